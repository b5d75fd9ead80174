"""What a client is told of a refused field: the form that is expected, and nothing of what it sent."""

import json
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.dialects import all_dialects
from api.integrations.agui.run_request import read_input
from api.integrations.langgraph.routes.turn_request import Ask
from api.integrations.openai.completion_request import read_request
from api.integrations.openai.refusals import Refused
from api.protocol.dialect import Handshake, Rejected
from api.protocol.frames import convert, parse_object
from api.protocol.native_frames import CLIENT_FRAMES
from orchestrator.commands import Feedback, Resume, Send
from orchestrator.errors import BadRequest, PitcrewError

GENERAL = BadRequest.text
SECRET = "my-secret-4711"


class Part(msgspec.Struct):
    kind: Literal["text", "picture"]
    text: str = ""


class Frame(msgspec.Struct, tag="frame"):
    content: str | list[Part]
    count: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    share: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=8)] | None = None
    flag: bool = False
    note: dict[str, Any] | None = None
    places: dict[str, int] | None = None


@pytest.mark.parametrize(
    ("body", "field", "text"),
    [
        ({}, "content", "`content` is missing: it must be a string or a list of objects."),
        ({"content": 1}, "content", "`content` must be a string or a list of objects."),
        ({"content": [1]}, "content", "`content[0]` must be an object with `kind`."),
        ({"content": [{"kind": SECRET}]}, "content", '`content[0].kind` must be "picture" or "text".'),
        ({"content": [{}]}, "kind", '`content[0].kind` is missing: it must be "picture" or "text".'),
        ({"content": "", "count": 9}, "count", "`count` must be a whole number from 1 to 5."),
        ({"content": "", "count": SECRET}, "count", "`count` must be a whole number from 1 to 5."),
        ({"content": "", "share": -1}, "share", "`share` must be a number of at least 0."),
        ({"content": "", "name": SECRET}, "name", "`name` must be a string of 1 to 8 characters."),
        ({"content": "", "flag": "yes"}, "flag", "`flag` must be true or false."),
        ({"content": "", "note": SECRET}, "note", "`note` must be an object."),
        ({"content": "", "places": {SECRET: SECRET}}, "places", "`places` must be a whole number."),
        ({"content": "", "type": SECRET}, "type", '`type` must be "frame".'),
    ],
)
def test_the_expected_form_is_told(body: dict[str, object], field: str, text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        convert(body, Frame)
    assert (refused.value.field, refused.value.text) == (field, text)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (Send("x", ""), "`session_id` must be a string of 1 to 128 characters."),
        (Send("x", None, "a b"), "`client_message_id` must be a string of 1 to 64 letters, digits, _ and -."),
        (Send("\0"), "`message` must be free of NUL characters and lone surrogates."),
        (Resume("a", -1), "`after` must be a whole number of at least 0."),
        (Feedback("a", "up", "x" * 2001), "`reason` must be a string of at most 2000 characters."),
    ],
)
def test_what_a_command_cannot_hold_is_told(command: Send | Resume | Feedback, text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        command.check()
    assert refused.value.text == text


@pytest.mark.parametrize("text", ["[]", '"x"', '{"x": "\\u0000"}', '{"x": "\\ud800"}'])
def test_what_is_sent_as_a_whole(text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        parse_object(text)
    assert refused.value.text.startswith("What is sent must be ")


def test_a_renamed_field_has_its_new_name_in_the_text() -> None:
    error = BadRequest(field="message", form="a string", path="message[0].text")
    error.rename({"message": "question", "text": "other"})
    assert (error.field, error.text) == ("question", "`question[0].text` must be a string.")
    inner = BadRequest(field="text", form="a string", path="message[0].text")
    inner.rename({"text": "other"})
    assert (inner.field, inner.text) == ("other", "`message[0].text` must be a string.")


WRONG: list[Any] = [SECRET, 7.5, [SECRET], {SECRET: SECRET}, True, -1, [[SECRET]]]


@pytest.mark.parametrize("name", CLIENT_FRAMES)
def test_every_field_of_every_native_frame_tells_its_form(name: str) -> None:
    kind = CLIENT_FRAMES[name]
    for field in msgspec.structs.fields(kind):
        refusals = [error for value in WRONG if (error := refusal_of({"type": name, field.name: value}, kind))]
        assert field.type is Any or refusals
        for error in refusals:
            assert " must be " in error.text
            assert SECRET not in error.text


def refusal_of(body: dict[str, Any], kind: type) -> BadRequest | None:
    try:
        convert(body, kind)
    except BadRequest as error:
        return error
    return None


fields = st.sampled_from(
    [
        "type", "message", "session_id", "after", "rating", "payload", "content", "question", "action", "dataset",
        "humanize", "stream", "timestamp", "token", "metadata", "request", "run_id", "message_id", "client_message_id",
        "messages", "model", "max_tokens", "stream_options", "threadId", "runId", "tools", "resume", "assistant_id",
        "multitask_strategy", "stream_mode", "config", "command", "role", "id", "agent_name",
    ]
)  # fmt: skip
words = st.sampled_from([SECRET, "message", "chat", "query", "auth", "resume", "answer", "feedback", "user", "text"])
values = st.recursive(
    words | st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(fields | st.just(SECRET), inner, max_size=4),
    max_leaves=8,
)
bodies = st.dictionaries(fields, values, max_size=6)


@given(bodies)
def test_no_wire_repeats_what_was_sent(body: dict[str, Any]) -> None:
    for error in refusals(body):
        assert SECRET not in error
    for dialect in all_dialects():
        inbound = dialect.open(Handshake({"session_id": "a"}, {})).received(json.dumps(body)).inbound
        if isinstance(inbound, Rejected):
            assert SECRET not in inbound.error.text


def refusals(body: dict[str, Any]) -> list[str]:
    """What the doors say of it."""
    said = []
    try:
        read_request(body)
    except Refused as refused:
        if refused.body.code in {"invalid_type", "missing_required_parameter"}:
            said.append(refused.body.message)
    for read in (read_input, lambda given: convert(given, Ask).check()):
        try:
            read(body)
        except PitcrewError as error:
            said.append(error.text)
    return said


OF_AGUI: dict[str, Any] = {
    "threadId": "t", "runId": "r", "state": {}, "messages": [], "tools": [], "context": [], "forwardedProps": {},
}  # fmt: skip
ONE_OF_THE_USER = {"id": "1", "role": "user", "content": "x"}


@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        ({"threadId": 4}, "threadId", "`threadId` must be a string."),
        (
            {"messages": [ONE_OF_THE_USER | {"content": 5}]},
            "messages",
            "`messages[0].content` must be a string or a list.",
        ),
        ({"messages": [{"role": "user", "content": "x"}]}, "messages", "`messages[0].id` is missing."),
        (
            {"resume": [{"interruptId": "a", "status": SECRET}]},
            "resume",
            '`resume[0].status` must be "resolved" or "cancelled".',
        ),
    ],
)
def test_ag_ui(change: dict[str, Any], field: str, text: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read_input(OF_AGUI | change)
    assert (refused.value.field, refused.value.text) == (field, text)


@pytest.mark.parametrize(
    ("change", "param", "message"),
    [
        ({"messages": SECRET}, "messages", "Invalid type for 'messages': expected a list of objects."),
        ({"max_tokens": 0}, "max_tokens", "Invalid type for 'max_tokens': expected a whole number of at least 1."),
        (
            {"messages": [{"content": "x"}]},
            "messages[0].role",
            "Missing required parameter: 'messages[0].role'. Expected a string.",
        ),
    ],
)
def test_openai(change: dict[str, Any], param: str, message: str) -> None:
    with pytest.raises(Refused) as refused:
        read_request({"model": "pitcrew", "messages": [{"role": "user", "content": "x"}]} | change)
    assert (refused.value.body.param, refused.value.body.message) == (param, message)
