"""Requests of OpenAI clients, read: what is understood, and what strangers send."""

import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.types import Turn
from api.integrations.history_limit import HISTORY_CHARS, HISTORY_TURNS
from api.integrations.openai.completion_request import read_request
from api.integrations.openai.refusals import Refused
from api.integrations.recall import after
from api.protocol.frames import parse_object
from orchestrator.errors import PitcrewError

ASK = {"role": "user", "content": "How strong is it?"}


def request(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"model": "pitcrew", "messages": list(messages or [ASK])} | fields


def refused(**fields: Any) -> tuple[str | None, str | None]:
    with pytest.raises(Refused) as caught:
        read_request(request(**fields))
    body = caught.value.body
    assert body.status == 400
    assert body.plain()["error"]["message"]
    return body.param, body.code


def test_the_least() -> None:
    asked = read_request(request())
    assert (asked.model, asked.text, asked.history, asked.stream, asked.session_id) == (
        "pitcrew", "How strong is it?", (), False, None,
    )  # fmt: skip
    assert asked.history_key == ""


def test_a_conversation() -> None:
    asked = read_request(
        request(
            {"role": "system", "content": "You are a pirate."},
            {"role": "user", "content": [{"type": "text", "text": "I drive"}, {"type": "text", "text": "a Wren."}]},
            {"role": "assistant", "content": None, "tool_calls": [{"id": "c"}]},
            {"role": "tool", "content": "85", "tool_call_id": "c"},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}], "name": "bob"},
            ASK,
            {"role": "assistant", "content": "an answer to be given anew"},
        )
    )
    assert asked.text == "How strong is it?"
    assert asked.history == (Turn("customer", "I drive\na Wren."), Turn("assistant", "No."))
    assert asked.history_key == after(after("", "customer", "I drive a Wren."), "assistant", "No.")


def test_what_only_tunes_a_model_does_not_matter() -> None:
    plain = read_request(request())
    tuned: dict[str, Any] = {
        "temperature": 2, "top_p": 0.1, "seed": 7, "user": "x", "n": 1,
        "tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": "auto", "store": True,
        "response_format": {"type": "text"}, "logprobs": False, "modalities": ["text"], "parallel_tool_calls": True,
        "frequency_penalty": 1, "reasoning_effort": "high", "unknown": {"deep": [1]}, "stream": None, "stop": [],
    }  # fmt: skip
    assert read_request(request(**tuned)) == plain


@pytest.mark.parametrize(
    ("asked", "most"),
    [({}, None), ({"max_tokens": None}, None), ({"max_tokens": 1}, 1), ({"max_completion_tokens": 10**12}, 10**12),
     ({"max_tokens": 20, "max_completion_tokens": 10}, 10), ({"max_tokens": 10, "max_completion_tokens": 20}, 10)],
)  # fmt: skip
def test_the_longest_answer(asked: dict[str, Any], most: int | None) -> None:
    assert read_request(request(**asked)).max_tokens == most


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("value", [0, -1, "9", True, 1.5, [], {}])
def test_a_length_that_is_none(name: str, value: Any) -> None:
    with pytest.raises(Refused) as refused:
        read_request(request(**{name: value}))
    assert (refused.value.body.status, refused.value.body.param) == (400, name)


def test_options() -> None:
    asked = read_request(
        request(
            stream=True,
            stream_options={"include_usage": True, "include_obfuscation": False},
            metadata={"session_id": "s", "timezone": "Europe/Berlin", "more": 1},
        )
    )
    assert (asked.stream, asked.include_usage, asked.session_id, asked.zone) == (True, True, "s", "Europe/Berlin")
    assert read_request(request(metadata={"timezone": "Nowhere/At_All"})).zone == ""


@pytest.mark.parametrize(
    ("param", "value"),
    [
        ("n", 2),
        ("n", 0),
        ("tool_choice", "required"),
        ("tool_choice", {"type": "function", "function": {"name": "f"}}),
        ("function_call", {"name": "f"}),
        ("response_format", {"type": "json_object"}),
        ("response_format", {"type": "json_schema", "json_schema": {}}),
        ("response_format", {"type": ["text"]}),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("stop", "\n"),
        ("stop", ["."]),
        ("modalities", ["text", "audio"]),
        ("audio", {"voice": "alloy"}),
    ],
)
def test_what_would_be_another_kind_of_answer(param: str, value: Any) -> None:
    assert refused(**{param: value}) == (param, "unsupported_value")


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": None}, "model", "missing_required_parameter"),
        ({"model": 7}, "model", "invalid_type"),
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": "hi"}, "messages", "invalid_type"),
        ({"messages": [7]}, "messages[0]", "invalid_type"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [ASK, {"role": "user", "content": {"a": 1}}]}, "messages[1].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": [{"text": "hi"}]}]}, "messages[0].content[0].type",
         "missing_required_parameter"),
        ({"messages": [{"role": "wizard", "content": "hi"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "assistant", "content": "hi"}]}, "messages", "invalid_value"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "invalid_value"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content", "invalid_value"),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}, ASK]}, "messages[0].content[0]",
         "unsupported_value"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": []}, "stream_options", "invalid_type"),
        ({"metadata": [1]}, "metadata", "invalid_type"),
        ({"metadata": {"session_id": 7}}, "metadata.session_id", "invalid_value"),
        ({"response_format": "text"}, "response_format", "invalid_type"),
    ],
)  # fmt: skip
def test_wrong_fields_are_named(fields: dict[str, Any], param: str, code: str) -> None:
    assert refused(**fields) == (param, code)


def test_ten_thousand_messages() -> None:
    said = [{"role": role, "content": f"{role} {n}"} for n in range(5_000) for role in ("user", "assistant")]
    started = time.perf_counter()
    asked = read_request(request(*said, ASK))
    assert time.perf_counter() - started < 2
    assert len(asked.history) == HISTORY_TURNS
    assert asked.history[-1] == Turn("assistant", "assistant 4999")


@given(st.lists(st.text(alphabet="ab ", max_size=3_000), max_size=8))
def test_no_more_is_heard_than_there_is_room_for(texts: list[str]) -> None:
    history = read_request(request(*({"role": "user", "content": text} for text in texts), ASK)).history
    assert sum(len(turn.text) for turn in history) <= HISTORY_CHARS
    kept = [text for text in texts if text.strip()]
    assert [turn.text for turn in history] == kept[len(kept) - len(history) :]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("model", "messages", "stream", "stream_options", "metadata", "n", "tool_choice", "response_format", "stop")


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4), st.lists(ANYTHING, max_size=3))
def test_nothing_else_is_ever_raised(fields: dict[str, Any], parts: list[Any]) -> None:
    for body in (fields, request(**fields), request({"role": "user", "content": parts}, *parts)):
        with suppress(Refused):
            read_request(body)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "nul", '{"model":' + "[" * 50_000, '{"a":' * 40 + "1" + "}" * 40, '{"n":NaN}', '{"a":1,"a":2}',
     '{"model":"\\u0000"}', '{"model":"\\ud800"}', '{"n":' + "9" * 100_000 + "}"],
)  # fmt: skip
def test_text_that_is_no_request(text: str) -> None:
    with pytest.raises((PitcrewError, Refused)):
        read_request(parse_object(text))
