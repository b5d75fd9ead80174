"""What providers make of calls in a stream, beyond what the scripted one does."""

from typing import Any

import pytest

from agents.model import ToolCall
from agents.models.tool_calls import GrowingCalls, to_langchain

Piece = tuple[int | None, str | None, str | None, str | None]


def grown(*pieces: Piece) -> list[tuple[str, str, Any]]:
    calls = GrowingCalls()
    for piece in pieces:
        calls.feed([piece])
    return [(call.id, call.name, call.arguments) for call in calls.whole()]


@pytest.mark.parametrize(
    "pieces",
    [
        (
            (0, "a", "one", '{"x":'),
            (0, None, None, " 1}"),
            (1, "b", "two", ""),
            (1, None, None, "{}"),
        ),
        ((0, "a", "one", '{"x": 1}'), (0, "b", "two", "{}")),
        ((None, "a", "one", '{"x": 1}'), (None, "b", "two", "{}")),
        ((0, "a", "one", '{"x":'), (1, "b", "two", "{}"), (0, "a", "one", " 1}")),
        ((0, "a", "one", None), (0, "", "", '{"x": 1}'), (1, "b", "two", None)),
    ],
    ids=["as OpenAI", "one index", "no index", "interleaved and repeated", "nothing for no arguments"],
)
def test_pieces_find_their_calls(pieces: tuple[Piece, ...]) -> None:
    assert grown(*pieces) == [("a", "one", {"x": 1}), ("b", "two", {})]


def test_every_call_has_an_id_of_its_own() -> None:
    ids = [id for id, _, _ in grown((0, None, "one", "{}"), (1, None, "two", "{}"), (2, "x", "three", "{}"))]
    assert len(set(ids)) == 3
    assert all(ids)


def test_an_assistants_message_keeps_its_calls() -> None:
    message = to_langchain("", (ToolCall("a", "one", {"x": 1}), ToolCall("b", "two", "{")))
    assert [(call["id"], call["args"]) for call in message.tool_calls] == [("a", {"x": 1})]
    assert [(call["id"], call["args"]) for call in message.invalid_tool_calls] == [("b", "{")]
