"""Inputs of AG-UI clients, read: what is asked, and what strangers send."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.integrations.agui.run_request import RunCommands, read_commands, read_input
from orchestrator.commands import Answer
from orchestrator.errors import BadRequest

MESSAGE = {"id": "m", "role": "user", "content": "How strong is it?"}
SOUND = {"type": "audio", "source": {"type": "data", "value": "", "mimeType": "audio/wav"}}
OURS = {"id": "a", "role": "assistant", "content": "Shall I?"}


def body(**fields: Any) -> dict[str, Any]:
    return {"threadId": "t", "runId": "r-1", "messages": [MESSAGE], "tools": [], "context": [], "state": {}} | fields


def read(**fields: Any) -> RunCommands:
    return read_commands(read_input(body(**fields)))


def resume(payload: Any = None, status: str = "resolved", *messages: Any) -> dict[str, Any]:
    return {
        "resume": [{"interruptId": "q", "status": status, "payload": payload}],
        "messages": list(messages or [MESSAGE, OURS]),
    }


def test_a_message() -> None:
    sends = read(forwardedProps={"agent": "specs", "dataset": "trips", "timezone": "Europe/Berlin"}).sends
    assert sends is not None
    assert (sends.message, sends.session_id, sends.client_message_id) == ("How strong is it?", "t", "r-1")
    assert (sends.wishes.agent, sends.wishes.dataset, sends.wishes.channel) == ("specs", "trips", "agui")
    assert (sends.zone, sends.wishes.history) == ("Europe/Berlin", None)


@pytest.mark.parametrize("run_id", ["a b", "x" * 1000, "ü", "\x01"])
def test_a_run_of_any_name(run_id: str) -> None:
    first, again, other = read(runId=run_id).sends, read(runId=run_id).sends, read(runId=run_id + "!").sends
    assert first == again
    assert first is not None
    assert other is not None
    assert first.client_message_id != other.client_message_id
    first.check()


def test_pieces_of_text() -> None:
    pieces = [{"type": "text", "text": "How"}, {"type": "text", "text": "strong?"}]
    sends = read(messages=[{**MESSAGE, "content": pieces}]).sends
    assert sends is not None
    assert sends.message == "How\nstrong?"


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        (True, True),
        (False, False),
        ("tue-9", "tue-9"),
        (3, 3),
        ({"value": "tue-9"}, "tue-9"),
        ({"approved": False}, False),
        ({"answer": True}, True),
        ({"change": "at 11"}, {"change": "at 11"}),
    ],
)
def test_an_interrupt_is_answered(payload: Any, value: Any) -> None:
    read_as = read(**resume(payload))
    assert read_as.answers == Answer("q", value)
    assert (read_as.sends is not None) is isinstance(value, str)
    assert read_as.declines is None


def test_an_answer_without_a_value_is_none() -> None:
    answers = read(**resume({"else": 1})).answers
    assert answers is not None
    with pytest.raises(BadRequest):
        answers.check()


def test_an_interrupt_is_declined() -> None:
    assert read(**resume(status="cancelled")) == RunCommands(answers=Answer("q", False))
    both = read(**resume(True, "cancelled", OURS, MESSAGE))
    assert both.declines == Answer("q", False)
    assert both.answers is None
    assert both.sends is not None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"threadId": 7}, "threadId"),
        ({"runId": ""}, "runId"),
        ({"messages": [{"id": "m", "role": "wizard", "content": "hi"}]}, "messages"),
        ({"messages": [OURS]}, "messages"),
        ({"messages": [{**MESSAGE, "content": [SOUND]}]}, "messages"),
        ({"forwardedProps": {"agent": ["specs"]}}, "forwardedProps.agent"),
        ({"forwardedProps": {"dataset": 1}}, "forwardedProps.dataset"),
        ({"resume": [{"interruptId": "q", "status": "maybe"}]}, "resume"),
        ({"resume": [{"interruptId": "q", "status": "cancelled"}] * 2}, "resume"),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(BadRequest) as caught:
        read(**fields)
    assert caught.value.field == field


@pytest.mark.parametrize("props", [None, [], "agent", 7, {"agent": None}, {"agent": ""}])
def test_no_wish(props: Any) -> None:
    sends = read(forwardedProps=props).sends
    assert sends is not None
    assert sends.wishes.agent is None


def test_ten_thousand_messages() -> None:
    sends = read(messages=[OURS, *([MESSAGE, OURS] * 5_000), MESSAGE]).sends
    assert sends is not None
    assert sends.message == MESSAGE["content"]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("threadId", "runId", "messages", "state", "tools", "context", "forwardedProps", "resume", "protocolVersion")


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=3), ANYTHING)
def test_nothing_else_is_ever_raised(fields: dict[str, Any], payload: Any) -> None:
    for given_fields in (fields, resume(payload), {"messages": [{**MESSAGE, "content": payload}]}):
        with suppress(BadRequest):
            read(**given_fields)
