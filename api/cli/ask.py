"""`pitcrew ask`: one question, answered here and now without a server."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.terminal import completion
from api.cli.terminal.output import note, print_json
from api.failure import CommandFailed

if TYPE_CHECKING:
    from agents.dataset import Datasets
    from agents.types import Wishes
    from orchestrator.events import AnyEvent, Completed, Token
    from orchestrator.run import RunInput


def ask(
    question: Annotated[str, typer.Argument(help="The question, in plain words.")],
    agent: Annotated[
        str,
        typer.Option(
            help="The specialist that is to answer, instead of the router's choice.",
            autocompletion=completion.specialists,
        ),
    ] = "",
    dataset: Annotated[
        str,
        typer.Option(
            help="The dataset that figures are to come from; the analyst answers, unless --agent is given.",
            autocompletion=completion.datasets,
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="The whole answer as one JSON object, at its end.")] = False,
) -> None:
    """Answer one question, streamed as it is written, with its sources. Nothing is stored.

    Example: pitcrew ask "How often does my Osprey need new engine oil?"

    Example: pitcrew ask --dataset operations "How many incidents are there by severity?"
    """
    import asyncio

    from agents.answerer import AnswerFailed
    from agents.types import Wishes
    from api.cli.terminal.knowledge import specialist_named
    from api.protocol.analysis_session import AGENT
    from orchestrator.commands import Send
    from orchestrator.errors import REASON_TEXTS

    chosen = agent or (AGENT if dataset else "")
    wishes = Wishes(agent=chosen or None, dataset=dataset or None)
    Send(question, wishes=wishes).check()
    if chosen:
        specialist_named(chosen)
    try:
        asyncio.run(_ask(question, wishes, json=json))
    except AnswerFailed as error:
        raise CommandFailed(REASON_TEXTS[error.reason]) from error


async def _ask(text: str, wishes: "Wishes", *, json: bool) -> None:
    from contextlib import AsyncExitStack

    from agents.appointments.sql_store import SqlAppointmentStore
    from api.cli.terminal.knowledge import open_knowledge
    from api.compose.answering import open_dependencies
    from api.compose.database import open_migrated_database
    from api.compose.datasets import open_datasets
    from api.compose.models import open_models
    from api.settings import Settings
    from orchestrator.graph.saver import memory_saver
    from orchestrator.graph.turn import build_graph

    settings = Settings()
    async with AsyncExitStack() as stack:
        database = open_migrated_database(settings)
        appointment_store = SqlAppointmentStore(database)
        stack.push_async_callback(appointment_store.close)
        datasets = open_datasets(settings, database)
        stack.push_async_callback(datasets.close)
        await _check_dataset(datasets, wishes.dataset)
        library = stack.enter_context(open_knowledge(settings))
        models = await stack.enter_async_context(open_models(settings))
        dependencies = await open_dependencies(settings, library, appointment_store, models, datasets)
        await _answer(build_graph(dependencies, memory_saver()), _run(text, wishes), json=json)


async def _check_dataset(datasets: "Datasets", name: str | None) -> None:
    """Ends the command as wrongly used where there is no such dataset."""
    if name is None:
        return
    names = [dataset.name for dataset in await datasets.registered()]
    if name not in names:
        raise typer.BadParameter(f"There is no dataset {name!r}. There are: {', '.join(names) or 'none'}.")


async def _answer(graph: Any, run: "RunInput", *, json: bool) -> None:
    from dataclasses import replace

    from api.protocol.bodies import complete_body, prompt_body
    from orchestrator.events import Completed, InputRequired, Token
    from orchestrator.graph.stream import stream_events
    from orchestrator.run import Desk, Reply

    desk, written, steps = Desk(), _Written(), _Steps()
    async for event in stream_events(graph, run, desk):
        if isinstance(event, Token):
            if not json:
                written.add(event)
            continue
        steps.show(event)
        if isinstance(event, Completed):
            written.end()
            if json:
                print_json(complete_body(event, None))
            else:
                print(_ending(event))
        elif isinstance(event, InputRequired):
            written.end()
            if json:
                print_json(prompt_body(event))
            else:
                print(f"\n\n{event.prompt}\n")
            note("Nothing was done, as nobody can answer here. To be asked and answer: pitcrew chat")
            refused = replace(run, reply=Reply(False, desk.parked or ""))
            async for _ in stream_events(graph, refused, desk):
                pass  # what was held for the proposal is let go


def _run(text: str, wishes: "Wishes") -> "RunInput":
    """Whoever sits at this machine may ask every specialist by name; the router serves a customer."""
    import uuid

    from agents.types import Question
    from orchestrator.run import RunInput

    role = "staff" if wishes.agent else "customer"
    question = Question(text, wishes=wishes)
    return RunInput(str(uuid.uuid4()), str(uuid.uuid4()), question, role, "command line", "none")


class _Written:
    """The answer as it grows: drawn as Markdown on a terminal, else as it is."""

    def __init__(self) -> None:
        self._text = ""
        self._drawn = None
        if sys.stdout.isatty():
            from api.cli.terminal.markdown import MarkdownStream

            self._drawn = MarkdownStream()

    def add(self, token: "Token") -> None:
        self._text = self._text[: token.offset] + token.text
        if self._drawn is not None:
            self._drawn.show(self._text)
        else:
            sys.stdout.write(token.text)
            sys.stdout.flush()

    def end(self) -> None:
        if self._drawn is not None:
            self._drawn.end()


class _Steps:
    """On the way to the answer: what happens, who answers, and the query as it is written."""

    def __init__(self) -> None:
        self._in_query = False

    def show(self, event: "AnyEvent") -> None:
        from orchestrator.events import Code, Progress, Routed

        if isinstance(event, Code):
            print(event.text, end="", file=sys.stderr, flush=True)
            self._in_query = True
            return
        if self._in_query:
            print(file=sys.stderr)
            self._in_query = False
        match event:
            case Progress():
                note(event.message)
            case Routed() if event.agents:
                note("Specialist: " + ", ".join(f"{agent.name} ({agent.confidence:.2f})" for agent in event.agents))


def _ending(event: "Completed") -> str:
    """What follows the answer: its sources, by their markers."""
    lines = ["", "", "```mermaid", event.diagram.rstrip(), "```"] if event.diagram else []
    lines += ["", "", "Sources:"] if event.citations else [""]
    for cited in event.citations:
        page = f", page {cited.page}" if cited.page else ""
        lines.append(f"[{cited.number}] {cited.title} ({cited.source}{page})")
    return "\n".join(lines)
