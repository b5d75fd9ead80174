"""Tools on the wire: shown to a model as LangChain tools, its calls put together from the pieces of a stream."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall, ToolCallChunk
from langchain_core.tools import StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from agents import model
from agents.tool import Tool

DEEPEST = 20
"""Levels of arguments within each other; no tool asks for more than a few."""


@lru_cache(maxsize=256)
def shown(tool: Tool[Any]) -> dict[str, Any]:
    """What a model is told of a tool, in OpenAI's form. Only a bench calls tools, so that this one has no function."""
    structured = StructuredTool(name=tool.name, description=tool.description, args_schema=tool.arguments)
    return convert_to_openai_tool(structured)


@dataclass
class _Growing:
    """A call as far as it has come."""

    index: int | str | None
    id: str
    name: str = ""
    pieces: list[str] = field(default_factory=list)


class GrowingCalls:
    """Puts calls together. Pieces of one call share an index; where a provider gives every call the same index, or
    none, a new id begins the next call."""

    def __init__(self) -> None:
        self._calls: list[_Growing] = []

    def feed(self, chunks: Sequence[ToolCallChunk]) -> int:
        """Take the pieces of one chunk, and say how many characters they have."""
        size = 0
        for chunk in chunks:
            call = self._of(chunk)
            call.name = call.name or chunk["name"] or ""
            call.pieces.append(chunk["args"] or "")
            size += len(chunk["args"] or "") + len(chunk["name"] or "")
        return size

    def _of(self, chunk: ToolCallChunk) -> _Growing:
        index, given = chunk["index"], chunk["id"] or ""
        for call in reversed(self._calls):
            if (index is None or call.index == index) and given in ("", call.id):
                return call
        self._calls.append(_Growing(index, given))
        return self._calls[-1]

    def whole(self) -> tuple[model.ToolCall, ...]:
        """The calls in the order in which they began, each with an id that no other has."""
        taken: set[str] = set()
        calls: list[model.ToolCall] = []
        for number, call in enumerate(self._calls, start=1):
            name = call.id if call.id and call.id not in taken else f"call_{number}"
            taken.add(name)
            calls.append(model.ToolCall(name, call.name, arguments("".join(call.pieces))))
        return tuple(calls)


def arguments(text: str) -> dict[str, Any] | str:
    """The JSON object that a model wrote, or the text itself where it is none; nothing at all is an empty object."""
    try:
        read = msgspec.json.decode(text.strip() or "{}")
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text
    return read if isinstance(read, dict) and not _deeper(read, DEEPEST) else text


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper(one, levels - 1) for one in inner)


def to_langchain(text: str, calls: Sequence[model.ToolCall]) -> AIMessage:
    """An assistant's message with the calls that it made."""
    valid = [
        ToolCall(name=call.name, args=dict(call.arguments), id=call.id)
        for call in calls
        if not isinstance(call.arguments, str)
    ]
    broken = [
        InvalidToolCall(type="invalid_tool_call", name=call.name, args=call.arguments, id=call.id, error=None)
        for call in calls
        if isinstance(call.arguments, str)
    ]
    return AIMessage(content=text, tool_calls=valid, invalid_tool_calls=broken)
