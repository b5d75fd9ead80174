"""Every kind of event against everything that tells events: a wire says something of it, or declares that it does not.

A kind that is new, and of which a wire neither says nor declares anything, fails here instead of being dropped."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
import pytest
from ag_ui.core import RunAgentInput

from api.client.turn import Turn
from api.client.waits import Effort
from api.dialects.native import NativeSession, frame_of
from api.integrations.agui import run_events
from api.integrations.langgraph import modes, thread_events
from api.integrations.langgraph.messages import Transcript
from api.integrations.openai import completion as openai_response
from api.protocol import native_frames
from api.protocol.dialect import Handshake
from api.transport.retelling import Retelling
from orchestrator import events
from orchestrator.events import AnyEvent, Envelope, Event
from tests.wire.transcripts import scenarios
from tests.wires import WIRES

Tell = Callable[[Envelope], Sequence[object]]
Teller = Callable[[], Tell]
RUN, NAME = "r-1", "m-1"
AT = "2026-01-01T00:00:00.000Z"
PAGES = Path(native_frames.__file__).parents[1] / "pages"


def sample(kind: type[Event]) -> AnyEvent:
    """An event of the kind with its required fields alone."""
    hints = get_type_hints(kind)
    required = [field.name for field in msgspec.structs.fields(kind) if field.required]
    made: AnyEvent = kind(**{name: RUN if name == "run_id" else _value(hints[name]) for name in required})  # type: ignore[assignment]
    return made


def _value(form: Any) -> Any:
    if get_origin(form) is Literal:
        return get_args(form)[0]
    if get_origin(form) in {tuple, list, dict}:
        return get_origin(form)()
    if NoneType in get_args(form):
        return None
    if isinstance(form, type) and issubclass(form, msgspec.Struct):
        hints = get_type_hints(form)
        return form(
            **{field.name: _value(hints[field.name]) for field in msgspec.structs.fields(form) if field.required}
        )
    return {str: "text", int: 1, float: 0.5, bool: True}.get(form)


def runs() -> Iterable[list[Envelope]]:
    """Scenarios of what happens, all in the run RUN, and one for each kind in which it happens in the middle."""
    for lines in scenarios().values():
        yield [line.envelope for line in lines]
    for kind in sorted(events.KINDS, key=lambda kind: kind.__name__):
        thought = events.Reasoning(RUN, "thought", "It is for somebody.", 1, AT, number=1)
        yield _numbered([_accepted(), thought, events.Token(RUN, "Hi", 0), sample(kind)])


def _accepted() -> events.Accepted:
    return events.Accepted("m", RUN, "s", "Hi", AT, NAME)


def _numbered(told: Iterable[AnyEvent]) -> list[Envelope]:
    return [
        Envelope("c", event, seq if isinstance(event, events.Durable) else None) for seq, event in enumerate(told, 1)
    ]


def spoken_of(teller: Teller) -> set[type[Event]]:
    """The kinds of which something is said."""
    spoken: set[type[Event]] = set()
    for run in runs():
        tell = teller()
        for envelope in run:
            event = envelope.event
            if isinstance(event, events.Accepted):
                event = msgspec.structs.replace(event, client_message_id=NAME)
            if tell(msgspec.structs.replace(envelope, event=event)):
                spoken.add(type(event))
    return spoken


def _asks() -> RunAgentInput:
    return RunAgentInput(thread_id="t", run_id="r", state={}, messages=[], tools=[], context=[], forwarded_props={})


def _native() -> Tell:
    return NativeSession(partial=False, reasoning=True).emitted


def _openai() -> Tell:
    completion = openai_response.Completion(RUN, "pitcrew", 0)
    return lambda envelope: list(completion.chunks(envelope))


def _agui() -> Tell:
    narration = run_events.Narration(_asks(), RUN)
    return lambda envelope: list(narration.events(envelope))


def _langgraph_run() -> Tell:
    return modes.RunSession(frozenset(modes.MODES), Transcript(), "t", "a").emitted


def _langgraph_thread() -> Tell:
    told = thread_events.ThreadEvents(Transcript())
    return lambda envelope: list(told.new_events(envelope))


def _dialect(name: str) -> Teller:
    if name == "native":
        return _native
    if name == "reasoning":
        return lambda: WIRES[name].dialect.open(Handshake({"session_id": "s"}, {"history": "true"})).emitted
    return lambda: WIRES[name].begin(NAME)[0].emitted


TELLERS: dict[str, tuple[Teller, frozenset[type[Event]]]] = {
    **{name: (_dialect(name), wire.dialect.silent) for name, wire in WIRES.items()},
    "openai": (_openai, openai_response.SILENT),
    "agui": (_agui, run_events.SILENT),
    "langgraph run": (_langgraph_run, modes.SILENT),
    "langgraph thread": (_langgraph_thread, thread_events.SILENT),
}


@pytest.mark.parametrize("name", TELLERS)
def test_a_wire_is_silent_of_what_it_declares_and_of_nothing_else(name: str) -> None:
    teller, silent = TELLERS[name]
    assert events.KINDS - spoken_of(teller) == silent


@pytest.mark.parametrize("name", WIRES)
def test_a_stream_says_what_its_socket_says(name: str) -> None:
    """Of what concerns the run that it tells; and that there is none, where a person has the conversation."""

    def stream() -> Tell:
        retelling = Retelling(WIRES[name].begin(NAME)[0] if name != "native" else NativeSession(reasoning=True), NAME)
        return lambda envelope: list(retelling.tell(envelope)) if retelling.concerns(envelope) else []

    concerns = {kind for kind in events.KINDS if "run_id" in kind.__struct_fields__}
    silent = WIRES[name].dialect.silent - {events.Accepted}
    assert spoken_of(stream) == (events.KINDS - silent) & concerns


@pytest.mark.parametrize("kind", sorted(events.KINDS - native_frames.SILENT, key=lambda kind: kind.__name__))
def test_the_python_client_gives_every_frame_of_a_run_to_its_reader(kind: type[Event]) -> None:
    event = sample(kind)
    if "run_id" not in kind.__struct_fields__:
        return  # it belongs to the conversation, whose reader gets it from `follow`
    turn = Turn({}, lambda frame: True, Effort(0.0), _never)
    turn.begin({"type": "ack", "run_id": RUN, "seq": 1}, "")
    envelope = events.Envelope("c", event, 2 if isinstance(event, events.Durable) else None)
    frame = events.to_plain(frame_of(envelope))
    turn.offer(frame)
    assert list(turn._feed._frames) == [frame]


async def _never(run_id: str | None) -> None:
    raise AssertionError


def test_the_page_handles_every_frame_without_which_an_answer_is_not_whole() -> None:
    handlers = (
        (PAGES / "conversation.js").read_text(encoding="utf-8").partition("const HANDLERS = {")[2].partition("\n};")[0]
    )
    handled = set(re.findall(r"^  (\w+): ", handlers, re.MULTILINE))
    handled |= set(re.findall(r"frame\.type === '(\w+)'", (PAGES / "test.js").read_text(encoding="utf-8")))
    tags = {
        str((native_frames.MIRRORED | native_frames.OWN_FRAMES)[kind].__struct_config__.tag)
        for kind in events.KINDS - native_frames.SILENT - events.kinds(events.Detail)
    }
    assert tags <= handled


def test_a_sample_is_an_event_that_can_be_stored() -> None:
    for kind in events.KINDS:
        event = sample(kind)
        assert events.decode(events.encode(event)) == event
        assert json.loads(events.encode(event))["event"] == kind.__struct_config__.tag
