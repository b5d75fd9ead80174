"""Every decoder and reader of what strangers send, fed with what nobody would: it reads, or refuses with an error of
ours, soon."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from agents.datasets.rights import check_own_rows
from agents.language.reading import reading
from api.access.auth import TokenRules
from api.access.origins import by_local_name, origin_allowed
from api.client.socket import parsed
from api.dialects import all_dialects
from api.integrations.agui import run_request
from api.integrations.langgraph.routes.commands import Command, InputRespond, RunStart
from api.integrations.langgraph.routes.turn_request import Ask
from api.integrations.langgraph.thread_events import Subscription
from api.integrations.langgraph.thread_place import Place
from api.integrations.openai.completion_request import read_request
from api.integrations.openai.refusals import Refused
from api.protocol.dialect import Dialect, Handshake, Requested
from api.protocol.frames import convert, parse_object
from api.protocol.staff_frames import CLIENT_FRAMES
from api.routes.asyncapi import frame_examples
from api.transport.position import read_position
from orchestrator.commands import Send, valid_zone
from orchestrator.errors import PitcrewError
from orchestrator.stores.staff_listing import decode_cursor
from rag.loader import UnreadableFile
from tests.fuzz.effort import tried
from tests.fuzz.hostile import any_bytes, damaged, frames, long_texts, objects, texts
from tests.laws.test_loader_laws import READ, SAMPLES
from tests.rights.matrix import AGUI, COMPLETION, RUN

RULES = TokenRules("a-key-that-only-these-tests-know-0123456789", "HS256")
TOKEN = RULES.issue("anna").encode()
SPOKEN = frame_examples()
SUBSCRIPTION = {"channels": ["values", "custom:x"], "namespaces": [[]], "depth": 1, "since": 3}
COMMANDS = [
    {"id": 1, "method": "run.start", "params": RUN},
    {"id": 2, "method": "input.respond", "params": {"responses": [{"interrupt_id": "a", "response": {"change": "b"}}]}},
    {"id": 3, "method": "subscription.subscribe", "params": SUBSCRIPTION},
]
ASKED = [
    RUN,
    RUN | {"context": {"dataset": "a", "timezone": "Europe/Berlin"}, "stream_mode": ["values", "messages"]},
    {"assistant_id": "a", "command": {"resume": {"b": True}}, "config": {"configurable": {"passages": True}}},
]


def speaks(dialect: Dialect) -> Callable[[str], object]:
    """What a session does with a frame: it never raises, and what it refuses it can tell."""

    def attempt(text: str) -> None:
        session = dialect.open(Handshake({"session_id": "s"}, {"question": text[:200], "session_id": "s"}))
        for requested in (*session.opened(), session.received(text)):
            assert isinstance(requested, Requested)
            if isinstance(requested.inbound, Send):
                with suppress(PitcrewError):
                    requested.inbound.check()

    return attempt


def refusing(read: Callable[[Any], object], *errors: type[Exception]) -> Callable[[Any], object]:
    """Reading, where it may raise these alone."""

    def attempt(value: Any) -> None:
        with suppress(PitcrewError, *errors):
            read(value)

    return attempt


def staff_frame(text: str) -> None:
    body = parse_object(text)
    kind = CLIENT_FRAMES.get(body["type"] if isinstance(body.get("type"), str) else "")
    if kind is not None:
        convert(body, kind)


def thread_command(body: dict[str, Any]) -> None:
    command = convert(parse_object(json.dumps(body)), Command)
    for kind in (RunStart, InputRespond, Subscription):
        with suppress(PitcrewError):
            convert(command.params, kind)


def run_asked(body: dict[str, Any]) -> None:
    ask = convert(parse_object(json.dumps(body)), Ask)
    ask.check()
    assert ask.chosen is not None


def agui(body: dict[str, Any]) -> None:
    with run_request.in_its_own_words():
        run_request.read_commands(run_request.read_input(parse_object(json.dumps(body))))


def place(number: int) -> None:
    assert int(Place.at(number)) == number


def token(data: bytes) -> None:
    RULES.verify(data.decode("latin-1"))


READERS: dict[str, tuple[SearchStrategy[Any], Callable[[Any], object]]] = {
    **{
        f"frames of {dialect.name}": (frames([*SPOKEN[dialect.name]["receive"].values(), {}]), speaks(dialect))
        for dialect in all_dialects()
    },
    "frames of the staff": (frames([*SPOKEN["staff"]["receive"].values()]), refusing(staff_frame)),
    "bodies of OpenAI's API": (
        objects([COMPLETION, COMPLETION | {"stream": True, "stream_options": {"include_usage": True}, "n": 1}]),
        refusing(lambda body: read_request(parse_object(json.dumps(body))), Refused),
    ),
    "bodies of AG-UI": (objects([AGUI, AGUI | {"resume": [{"interruptId": "a", "payload": True}]}]), refusing(agui)),
    "bodies of LangGraph's runs": (objects(ASKED), refusing(run_asked)),
    "commands of LangGraph's threads": (objects(COMMANDS), refusing(thread_command)),
    "places in a thread": (st.integers(0, 2**53 - 1), place),
    "tokens": (damaged(TOKEN) | any_bytes, refusing(token)),
    "ids of events": (
        damaged(b"0-0123abcd.1.2.3.4.5.6").map(lambda one: one.decode("latin-1")) | texts,
        refusing(read_position),
    ),
    "cursors of lists": (
        damaged(b"WzEsMl0").map(lambda one: one.decode("latin-1")) | texts,
        refusing(lambda one: decode_cursor(one, int, int)),
    ),
    "names of hosts": (texts, by_local_name),
    "origins": (texts, lambda one: origin_allowed(one, frozenset(), development=True)),
    "time zones": (texts, valid_zone),
    "rights to rows": (texts, refusing(check_own_rows, ValueError)),
    "what a server tells our client": (frames([*SPOKEN["native"]["send"].values()]), parsed),
    "what customers say": (texts | long_texts, reading),
    **{
        f"files {loader.suffixes[0]}": (
            damaged(sound.encode() if isinstance(sound := SAMPLES[loader.suffixes[0]], str) else sound) | any_bytes,
            refusing(lambda data, loader=loader: loader.read(data, "title"), UnreadableFile),
        )
        for loader in READ
    },
}


@pytest.mark.parametrize("name", READERS)
def test_readers(name: str) -> None:
    strategy, attempt = READERS[name]
    tried(name, strategy, attempt, share=0.5 / len(READERS))
