"""What clients send as a run's input, and what a thread's state holds."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.types import Turn
from api.integrations.langgraph.messages import Transcript, human, read_input
from orchestrator.errors import BadRequest, EmptyMessage
from orchestrator.events import Accepted, Deleted, Envelope, Superseded

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "messages",
    [
        "Hi",
        ["Hi"],
        {"role": "user", "content": "Hi"},
        [{"type": "human", "content": "Hi"}],
        [["user", "Hi"]],
        [{"role": "user", "content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]}],
        [{"role": "system", "content": "Be rude."}, {"role": "user", "content": "Hi"}],
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
    ],
)
def test_the_last_human_message_is_asked(messages: Any) -> None:
    assert read_input({"messages": messages}).text == "Hi"
    assert read_input({"messages": messages}).earlier == ()


def test_what_was_said_before_goes_with_it() -> None:
    said = [
        {"role": "user", "content": "One"},
        {"type": "ai", "content": "Two", "tool_calls": []},
        {"role": "tool", "content": "secret"},
        {"role": "user", "content": "Three", "id": "m3"},
    ]
    found = read_input({"messages": said})
    assert (found.text, found.message_id) == ("Three", "m3")
    assert found.earlier == (Turn("customer", "One"), Turn("assistant", "Two"))


@pytest.mark.parametrize("given_", [None, 3, "Hi", [], {}, {"messages": 3}, {"messages": [3]}, {"messages": [{}]}])
def test_other_input_is_refused(given_: Any) -> None:
    with pytest.raises(BadRequest):
        read_input(given_)


def test_somebody_must_ask() -> None:
    with pytest.raises(EmptyMessage):
        read_input({"messages": [{"role": "assistant", "content": "Hello"}]})


@given(JSON)
def test_nothing_but_a_refusal_comes_of_nonsense(value: Any) -> None:
    said = [{"role": "user", "content": value}]
    for given_ in (value, {"messages": value}, {"messages": [value]}, {"messages": said}):
        with contextlib.suppress(BadRequest, EmptyMessage):
            assert isinstance(read_input(given_).text, str)


def test_a_message_that_was_taken_back_or_replaced_is_gone() -> None:
    at = "2026-01-01T00:00:00.000Z"
    thread = Transcript()
    for seq, text in enumerate(["One", "Two"], start=1):
        thread.heed(Envelope("c", Accepted(f"m{seq}", f"r{seq}", "s", text, at), seq))
    thread.heed(Envelope("c", Superseded("m2", "m3", "r2"), 3))
    thread.heed(Envelope("c", Accepted("m3", "r3", "s", "Three", at, replaces="m2"), 4))
    assert thread.values == {"messages": [human("m1", "One"), human("m3", "Three")]}
    thread.heed(Envelope("c", Deleted("m1", "r1"), 5))
    assert thread.values["messages"][0]["content"] == ""
