"""What providers make of calls in a stream, beyond what the scripted one does."""

from typing import Any

import pytest
from langchain_core.messages import ToolCallChunk
from langchain_core.messages.tool import tool_call_chunk

from agents.model import ToolCall
from agents.models.tool_calls import GrowingCalls, to_langchain


def chunk(index: int | None, id: str | None, name: str | None, args: str | None) -> ToolCallChunk:
    return tool_call_chunk(name=name, args=args, id=id, index=index)


def grown(*chunks: ToolCallChunk) -> list[tuple[str, str, Any]]:
    calls = GrowingCalls()
    for one in chunks:
        calls.feed([one])
    return [(call.id, call.name, call.arguments) for call in calls.whole()]


@pytest.mark.parametrize(
    "chunks",
    [
        (
            chunk(0, "a", "one", '{"x":'),
            chunk(0, None, None, " 1}"),
            chunk(1, "b", "two", ""),
            chunk(1, None, None, "{}"),
        ),
        (chunk(0, "a", "one", '{"x": 1}'), chunk(0, "b", "two", "{}")),
        (chunk(None, "a", "one", '{"x": 1}'), chunk(None, "b", "two", "{}")),
        (chunk(0, "a", "one", '{"x":'), chunk(1, "b", "two", "{}"), chunk(0, "a", "one", " 1}")),
        (chunk(0, "a", "one", None), chunk(0, "", "", '{"x": 1}'), chunk(1, "b", "two", None)),
    ],
    ids=["as OpenAI", "one index", "no index", "interleaved and repeated", "nothing for no arguments"],
)
def test_pieces_find_their_calls(chunks: tuple[ToolCallChunk, ...]) -> None:
    assert grown(*chunks) == [("a", "one", {"x": 1}), ("b", "two", {})]


def test_every_call_has_an_id_of_its_own() -> None:
    ids = [
        id for id, _, _ in grown(chunk(0, None, "one", "{}"), chunk(1, None, "two", "{}"), chunk(2, "x", "three", "{}"))
    ]
    assert len(set(ids)) == 3
    assert all(ids)


def test_an_assistants_message_keeps_its_calls() -> None:
    message = to_langchain("", (ToolCall("a", "one", {"x": 1}), ToolCall("b", "two", "{")))
    assert [(call["id"], call["args"]) for call in message.tool_calls] == [("a", {"x": 1})]
    assert [(call["id"], call["args"]) for call in message.invalid_tool_calls] == [("b", "{")]
