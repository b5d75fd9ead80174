"""Evaluate dialogues: each one held with the whole engine, in a database of its own and at its own time of day."""

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.evaluation.questions import Lines
from api.cli.terminal.output import numbered_json_lines, progress
from api.failure import CommandFailed

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine as Database

    from agents.appointment_store import AppointmentStore
    from api.settings import Settings
    from orchestrator.evaluation.dialogues import Dialogue, DialogueOutcome, Line, LineResult
    from orchestrator.events import AnyEvent, InputRequired
    from orchestrator.execution.engine import Engine
    from orchestrator.graph.state import Dependencies

_PATIENCE_S = 120.0


def read_dialogues(file: Path) -> "list[Dialogue]":
    """The dialogues of a TOML file (tables `[[dialogue]]`) or of JSON Lines. Raises CommandFailed that names the
    place."""
    from orchestrator.evaluation.dialogues import parse_dialogue

    dialogues: dict[str, Dialogue] = {}
    for place, value in _tables(file):
        try:
            dialogue = parse_dialogue(value)
        except ValueError as error:
            raise CommandFailed(f"{file}, {place}: {error}") from error
        if dialogue.id in dialogues:
            raise CommandFailed(f"{file}, {place}: the id {dialogue.id} is there already.")
        dialogues[dialogue.id] = dialogue
    if not dialogues:
        raise CommandFailed(f"{file} holds no dialogues. Write [[dialogue]] tables with `id` and `turns`.")
    return list(dialogues.values())


def _tables(file: Path) -> "list[tuple[str, Mapping[str, Any]]]":
    import tomllib

    if file.suffix != ".toml":
        return [(f"line {number}", value) for number, value in numbered_json_lines(file)]
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8")).get("dialogue", [])
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CommandFailed(f"{file} is no TOML: {error}") from error
    if not isinstance(tables, list) or not all(isinstance(table, Mapping) for table in tables):
        raise CommandFailed(f"{file}: write each dialogue as a [[dialogue]] table.")
    return [(f"dialogue {number}", table) for number, table in enumerate(tables, start=1)]


def evaluate_dialogues(
    settings: "Settings", dialogues: "list[Dialogue]", *, with_model: bool
) -> "tuple[Lines, Sequence[DialogueOutcome]]":
    """Predictions {id, passed, failures, turns} and outcomes."""
    import asyncio

    from orchestrator.evaluation.dialogues import judge

    transcripts = asyncio.run(_hold_dialogues(settings, dialogues))
    outcomes = [
        judge(dialogue, lines, with_model=with_model) for dialogue, lines in zip(dialogues, transcripts, strict=True)
    ]
    predictions = [
        {
            "id": outcome.id,
            "passed": outcome.passed,
            "failures": list(outcome.failures),
            "turns": _describe_lines(lines),
        }
        for outcome, lines in zip(outcomes, transcripts, strict=True)
    ]
    return predictions, outcomes


def _describe_lines(lines: "Sequence[LineResult]") -> list[dict[str, Any]]:
    return [
        {
            "said": line.text,
            "route": list(line.route),
            "status": list(line.status),
            "tools": [{"name": name, "arguments": dict(arguments)} for name, arguments in line.tools],
            "asked": line.asks,
            "facts": dict(line.facts),
            "booked": list(line.booked),
            "replies": sorted(line.replies),
            "hedged": line.hedged,
            "cited": [f"{source}:{start}-{end}" for source, start, end in line.cited],
        }
        for line in lines
    ]


async def _hold_dialogues(settings: "Settings", dialogues: "list[Dialogue]") -> "list[list[LineResult]]":
    from dataclasses import replace

    from agents.appointments.sql_store import SqlAppointmentStore
    from api.cli.evaluation.scratch import open_scratch_appointment_store, open_scratch_database
    from api.cli.terminal.knowledge import open_knowledge
    from api.compose.answering import open_dependencies
    from api.compose.models import open_models

    transcripts: list[list[LineResult]] = []
    clock = _Clock()
    async with AsyncExitStack() as stack:
        library = stack.enter_context(open_knowledge(settings))
        advance = stack.enter_context(progress("Talking"))
        models = await stack.enter_async_context(open_models(settings))
        nobodys = await stack.enter_async_context(open_scratch_appointment_store())
        dependencies = await open_dependencies(settings, library, nobodys, models)
        assert dependencies.resources is not None
        for done, dialogue in enumerate(dialogues):
            advance(done, len(dialogues), dialogue.id)
            async with AsyncExitStack() as own:
                database = await own.enter_async_context(open_scratch_database())
                appointment_store = SqlAppointmentStore(database)
                own.push_async_callback(appointment_store.close)
                resources = replace(dependencies.resources, appointment_store=appointment_store)
                engine = await _engine(own, replace(dependencies, resources=resources, now=clock.now), database)
                transcripts.append(await _Talk(engine, database, appointment_store, clock, dialogue).hold())
        advance(len(dialogues), len(dialogues), "")
    return transcripts


async def _engine(stack: AsyncExitStack, dependencies: "Dependencies", database: "Database") -> "Engine":
    from functools import partial

    from agents.acts.consent import CONSENT
    from orchestrator.buses.memory import MemoryBus
    from orchestrator.execution.engine import Engine
    from orchestrator.execution.replies import reading
    from orchestrator.graph.saver import memory_saver
    from orchestrator.graph.stream import stream_events
    from orchestrator.graph.turn import build_graph
    from orchestrator.stores.sql import SqlStore

    store = SqlStore(database)
    stack.push_async_callback(store.close)
    graph = build_graph(dependencies, memory_saver())
    consent = dependencies.resources.choices.get(CONSENT) if dependencies.resources else None
    engine = Engine(store, MemoryBus(), partial(stream_events, graph), read=reading(consent))
    stack.push_async_callback(engine.close, 0)
    return engine


class _Clock:
    """The time in the dialogue that is held."""

    def __init__(self) -> None:
        from datetime import UTC, datetime

        self.time = datetime.now(UTC)

    def now(self) -> "datetime":
        return self.time

    def set(self, time: "datetime") -> None:
        self.time = time

    def pass_minutes(self, minutes: float) -> None:
        from datetime import timedelta

        self.time += timedelta(minutes=minutes)


class _Talk:
    """One customer's side of a dialogue."""

    def __init__(
        self,
        engine: "Engine",
        database: "Database",
        appointment_store: "AppointmentStore",
        clock: _Clock,
        dialogue: "Dialogue",
    ) -> None:
        from orchestrator.commands import Caller

        self._engine = engine
        self._database = database
        self._appointment_store = appointment_store
        self._clock = clock
        self._dialogue = dialogue
        self._session = "dialogue"
        self._caller = Caller("customer")
        self._pending: InputRequired | None = None
        self._last_message = ""

    async def hold(self) -> "list[LineResult]":
        """What came of each line, until one failed."""
        replies: list[LineResult] = []
        self._clock.set(self._dialogue.now)
        for line in self._dialogue.lines:
            self._clock.pass_minutes(line.after_minutes)
            replies.append(await self._line(line))
            self._clock.pass_minutes(0.5)
            if replies[-1].failed:
                break
        return replies

    async def _line(self, line: "Line") -> "LineResult":
        import asyncio

        from orchestrator.errors import PitcrewError
        from orchestrator.evaluation.dialogues import LineResult

        if line.say is None and self._pending is None:
            return LineResult("", (), failed="`answer` stands where nothing was asked")
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._reply(await self._events(line))
        except PitcrewError as error:
            return LineResult("", (), failed=f"{error.code} ({error.field or error.text})")
        except TimeoutError:
            return LineResult("", (), failed=f"no end within {_PATIENCE_S:g} s")

    async def _events(self, line: "Line") -> "list[AnyEvent]":
        """The events of the line's run, from its message to the end of the turn."""
        import asyncio

        from orchestrator.commands import Answer, Send
        from orchestrator.events import Envelope, InputRequired, Terminal

        arrived: asyncio.Queue[Envelope] = asyncio.Queue()
        stop: list[Any] = []

        async def follow(conversation_id: str) -> None:
            stop.append(await self._engine.bus.subscribe(conversation_id, arrived.put_nowait))

        if line.say is None:
            assert self._pending is not None
            receipt = await self._engine.answer(self._caller, Answer(self._pending.request_id, line.answer), follow)
        else:
            replaces = self._last_message if line.edit else None
            send = Send(line.say, self._session, replaces=replaces, zone=self._dialogue.zone)
            receipt = await self._engine.send(self._caller, send, follow)
        self._last_message = receipt.accepted.message_id
        self._pending = None
        run_id, events = receipt.accepted.run_id, []
        while True:
            event = (await arrived.get()).event
            if getattr(event, "run_id", None) == run_id:
                events.append(event)
                if isinstance(event, Terminal | InputRequired):
                    stop[0]()
                    return events

    async def _reply(self, events: "list[AnyEvent]") -> "LineResult":
        from zoneinfo import ZoneInfo

        from orchestrator.evaluation.dialogues import LineResult
        from orchestrator.evaluation.turns import Reply, replies
        from orchestrator.events import Cancelled, Completed, Failed, InputRequired, Reasoning, Routed

        last = events[-1]
        routed = [event for event in events if isinstance(event, Routed)]
        agents = tuple(agent.name for agent in routed[-1].agents) if routed else ()
        tools = tuple(
            (event.tool or "", event.arguments or {})
            for event in events
            if isinstance(event, Reasoning) and event.kind == "tool_use"
        )
        zone = ZoneInfo(self._dialogue.zone)
        booked = await self._appointment_store.booked(self._caller.user_id, self._clock.now())
        starts = tuple(f"{appointment.starts_at.astimezone(zone):%Y-%m-%dT%H:%M}" for appointment in booked)
        facts = self._facts()
        match last:
            case InputRequired():
                self._pending = last
                text = f"{last.partial_response}\n\n{last.prompt}".strip()
                asked: frozenset[Reply] = frozenset({"proposal"} if last.kind == "confirm" else {"proposal", "ask"})
                return LineResult(text, agents, (), tools, True, facts, starts, replies=asked)
            case Completed():
                route = tuple(agent.name for agent in last.agents) or (last.agent,)
                status = tuple(part.status for part in last.parts)
                cites, looked_up = bool(last.sources or last.citations), bool(tools)
                kinds = replies(last.agent, last.act, status, cites=cites, looked_up=looked_up)
                cited = tuple((span.source, span.start, span.end) for span in last.citations)
                return LineResult(
                    last.response,
                    route,
                    status,
                    tools,
                    facts=facts,
                    booked=starts,
                    replies=kinds,
                    hedged=last.hedged,
                    cited=cited,
                )
            case Cancelled():
                return LineResult(last.partial_response, agents, (), tools, False, facts, starts, "cancelled")
            case Failed():
                return LineResult("", agents, (), tools, False, facts, starts, last.reason)
        raise AssertionError(last)

    def _facts(self) -> Mapping[str, str]:
        from sqlalchemy import select

        from orchestrator.stores.memory import decode_memory
        from orchestrator.tables import conversations

        query = select(conversations.c.memory).where(conversations.c.session_id == self._session)
        with self._database.connect() as connection:
            return decode_memory(connection.scalars(query).one()).facts
