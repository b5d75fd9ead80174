"""`pitcrew ask`: one question, answered here and now without a server."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.failure import CommandFailed
from api.cli.output import note, print_json

if TYPE_CHECKING:
    from orchestrator.crew import Crew
    from orchestrator.events import AnyEvent, Completed
    from orchestrator.run import RunInput


def ask(
    question: Annotated[str, typer.Argument(help="The question, in plain words.")],
    agent: Annotated[str, typer.Option(help="The specialist that is to answer, instead of the router's choice.")] = "",
    json: Annotated[bool, typer.Option("--json", help="The whole answer as one JSON object, at its end.")] = False,
) -> None:
    """Answer one question, streamed as it is written, with its sources. Nothing is stored.

    Example: pitcrew ask "How often does my Osprey need new engine oil?"
    """
    import asyncio

    from agents.answerer import AnswerFailed
    from api.cli.knowledge import specialist_named
    from orchestrator.commands import Send
    from orchestrator.errors import REASON_TEXTS

    Send(question).check()
    if agent:
        specialist_named(agent)
    try:
        asyncio.run(_ask(question, agent, json=json))
    except AnswerFailed as error:
        raise CommandFailed(REASON_TEXTS[error.reason]) from error


async def _ask(text: str, agent: str, *, json: bool) -> None:
    from contextlib import AsyncExitStack
    from dataclasses import replace

    from agents.diaries.sql import SqlDiary
    from api.bodies import complete_body, prompt_body
    from api.cli.knowledge import open_knowledge
    from api.crew import open_crew, open_models
    from api.database import open_migrated_database
    from api.settings import Settings
    from orchestrator.events import Completed, InputRequired
    from orchestrator.graph import build_graph
    from orchestrator.run import Desk, Reply
    from orchestrator.saver import memory_saver
    from orchestrator.stream import stream_events

    settings = Settings()
    async with AsyncExitStack() as stack:
        library = stack.enter_context(open_knowledge(settings))
        diary = SqlDiary(open_migrated_database(settings))
        stack.push_async_callback(diary.close)
        models = await stack.enter_async_context(open_models(settings))
        crew = await stack.enter_async_context(open_crew(settings, library, diary, models))
        graph = build_graph(_only(crew, agent) if agent else crew, memory_saver())
        run, desk = _run(text), Desk()
        async for event in stream_events(graph, run, desk):
            _show(event, json=json)
            if isinstance(event, Completed):
                if json:
                    print_json(complete_body(event, None))
                else:
                    print(_ending(event))
            elif isinstance(event, InputRequired):
                if json:
                    print_json(prompt_body(event))
                else:
                    print(f"\n\n{event.prompt}\n")
                note("Nothing was done, as nobody can answer here. To be asked and answer: pitcrew chat")
                refused = replace(run, reply=Reply(False, desk.parked or ""))
                async for _ in stream_events(graph, refused, desk):
                    pass  # what was held for the proposal is let go


def _run(text: str) -> "RunInput":
    import uuid

    from agents.types import Question
    from orchestrator.run import RunInput

    return RunInput(str(uuid.uuid4()), str(uuid.uuid4()), Question(text), "customer", "command line", "none")


def _only(crew: "Crew", name: str) -> "Crew":
    """The crew with a router that knows one specialist."""
    from dataclasses import replace

    from agents.specialist import Catalogue
    from agents.types import Part, Question, Route

    async def classify(question: Question, open_specialists: Catalogue) -> Route:
        return Route("answer", 1.0, (Part(question.text, name, 1.0),))

    return replace(crew, classify=classify)


def _show(event: "AnyEvent", *, json: bool) -> None:
    from orchestrator.events import Progress, Routed, Token

    match event:
        case Progress():
            note(event.message)
        case Routed() if event.agents:
            note("Specialist: " + ", ".join(f"{agent.name} ({agent.confidence:.2f})" for agent in event.agents))
        case Token() if not json:
            sys.stdout.write(event.text)
            sys.stdout.flush()


def _ending(event: "Completed") -> str:
    """What follows the answer: its sources, by their markers."""
    lines = ["", "", "Sources:"] if event.citations else [""]
    for cited in event.citations:
        page = f", page {cited.page}" if cited.page else ""
        lines.append(f"[{cited.number}] {cited.title} ({cited.source}{page})")
    return "\n".join(lines)
