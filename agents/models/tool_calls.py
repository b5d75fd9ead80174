"""Tools as sent: shown to a model as LangChain tools, its calls put together from the pieces of a stream."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec
from langchain_core.messages import AIMessage, InvalidToolCall, ToolCall
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.tools import StructuredTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI

from agents import model
from agents.tool import Tool

PIECES = "tool_call_pieces"

DEEPEST = 20
"""Levels of arguments within each other; no tool asks for more than a few."""


@lru_cache(maxsize=256)
def to_openai(tool: Tool[Any]) -> dict[str, Any]:
    """What a model is told of a tool, in OpenAI's form. Only a tool context calls tools, so that this one has no
    function."""
    structured = StructuredTool(name=tool.name, description=tool.description, args_schema=tool.arguments)
    return convert_to_openai_tool(structured)


class ChatOpenAIUnread(ChatOpenAI):
    """Streams calls of tools without reading them. LangChain reads the arguments with every piece and again at the end,
    and where they are no JSON it tries every beginning of them: 20 KB of nonsense held the loop for ten seconds."""

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        pieces = [piece for choice in chunk.get("choices") or () for piece in _taken(choice)]
        made = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        if made is not None and pieces:
            made.message.additional_kwargs[PIECES] = pieces
        return made


def _taken(choice: dict[str, Any]) -> list[list[Any]]:
    """The pieces of calls in a choice, which has none afterwards: index, id, name, arguments of each."""
    delta = choice.get("delta") or {}
    pieces = []
    for piece in delta.pop("tool_calls", None) or ():
        function = piece.get("function") or {}
        pieces.append([piece.get("index"), piece.get("id"), function.get("name"), function.get("arguments")])
    return pieces


@dataclass
class _Growing:
    """A call as far as it has come."""

    index: int | None
    id: str
    name: str = ""
    pieces: list[str] = field(default_factory=list)


class GrowingCalls:
    """Puts calls together. Pieces of one call share an index; where a provider gives every call the same index, or
    none, a new id begins the next call."""

    def __init__(self) -> None:
        self._calls: list[_Growing] = []

    def feed(self, pieces: Iterable[Sequence[Any]]) -> int:
        """Take pieces of calls (index, id, name and arguments of each), and say how many characters they have."""
        size = 0
        for index, call_id, name, arguments in pieces:
            call = self._of(index, call_id or "")
            call.name = call.name or name or ""
            call.pieces.append(arguments or "")
            size += len(arguments or "") + len(name or "")
        return size

    def _of(self, index: int | None, call_id: str) -> _Growing:
        for call in reversed(self._calls):
            if (index is None or call.index == index) and call_id in ("", call.id):
                return call
        self._calls.append(_Growing(index, call_id))
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
    return levels == 0 or any(_deeper(member, levels - 1) for member in inner)


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
