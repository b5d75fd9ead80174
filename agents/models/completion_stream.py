"""A chat completion's stream, read from the client's raw response: the client's own reader makes an object of every
part of every event, which takes four times as long."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openai
import orjson

from agents.types import Usage

LONGEST_EVENT = 1 << 20
"""Bytes of one event, and of one line; what is longer is no completion's."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event of a stream says: a piece of the text; pieces of calls of tools (index, id, name and arguments of
    each); how the stream was finished; what was counted."""

    text: str = ""
    calls: Sequence[Sequence[Any]] = ()
    finish: str = ""
    usage: Usage | None = None


class BadEvent(Exception):
    """An event that is none of a chat completion."""


async def pieces(client: openai.AsyncOpenAI, request: Mapping[str, Any], label: str) -> AsyncGenerator[Piece, None]:
    """The pieces of an answer. Raises what the client raises for a request that fails, openai.APIError for an error
    that the provider says in the stream, and BadEvent."""
    create = client.chat.completions.with_streaming_response.create
    async with create(**request, stream=True, stream_options={"include_usage": True}) as response:
        async for data in events(response.iter_bytes()):
            event = read(data)
            if error := event.get("error"):
                raise openai.APIError(str(error)[:200], response.http_request, body=error)
            yield piece_of(event, label)


async def events(received: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The data of each event, up to the one that says that there are no more. Raises BadEvent for one that is longer
    than any."""
    said: list[bytes] = []
    size = 0
    async for line in _lines(received):
        if line.startswith(b"data:"):  # comments keep the connection open
            said.append(line[5:].strip())
            size += len(line)
            if size > LONGEST_EVENT:
                raise BadEvent("an event without an end")
        elif not line and said:
            if (data := b"\n".join(said)).startswith(b"[DONE]"):
                return
            if data:
                yield data
            said, size = [], 0
    if said and not said[0].startswith(b"[DONE]"):
        yield b"\n".join(said)


async def _lines(received: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Whole lines without their ends, however they are cut up on the way. Raises BadEvent for one without an end."""
    begun: list[bytes] = []
    size = 0
    async for some in received:
        begun.append(some)
        size += len(some)
        if b"\n" in some:
            *lines, rest = b"".join(begun).split(b"\n")
            begun, size = [rest], len(rest)
            for line in lines:
                yield line.strip()
        if size > LONGEST_EVENT:
            raise BadEvent("a line without an end")
    if size:
        yield b"".join(begun).strip()


def read(data: bytes) -> dict[str, Any]:
    """The object of an event. Raises BadEvent."""
    try:
        event = orjson.loads(data)
    except orjson.JSONDecodeError:
        event = None
    if not isinstance(event, dict):
        raise BadEvent("no JSON object")
    return event


def piece_of(event: Mapping[str, Any], label: str) -> Piece:
    """What an event says. Raises BadEvent."""
    usage = _usage(event.get("usage"), label)
    choices = event.get("choices")
    if not choices:
        return Piece(usage=usage)
    try:
        choice = choices[0]
        delta = choice.get("delta") or {}
        text, calls = delta.get("content"), delta.get("tool_calls")
        finish = choice.get("finish_reason")
        taken = tuple(map(_call, calls)) if calls else ()
    except (AttributeError, KeyError, IndexError, TypeError):
        raise BadEvent("no choice of a completion") from None
    return Piece(_text(text), taken, _text(finish), usage)


def _call(piece: Mapping[str, Any]) -> tuple[int | None, str, str, str]:
    function = piece.get("function") or {}
    return piece.get("index"), _text(piece.get("id")), _text(function.get("name")), _text(function.get("arguments"))


def _text(value: Any) -> str:
    """What should be a text, or be left out. Raises BadEvent."""
    if value is None or isinstance(value, str):
        return value or ""
    raise BadEvent("no text where one should be")


def _usage(counted: Any, label: str) -> Usage | None:
    """What the provider counted; None where it says nothing, or nothing that can be read."""
    if not isinstance(counted, dict):
        return None
    details = counted.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else 0
    sent, written = counted.get("prompt_tokens"), counted.get("completion_tokens")
    numbers = [number if isinstance(number, int) else 0 for number in (sent, written, cached)]
    return Usage(numbers[0], numbers[1], label, numbers[2])
