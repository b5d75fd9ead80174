"""A chat completion's stream, read from the client's raw response: the client's own reader makes an object of every
part of every event, which takes four times as long."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import openai
import orjson

from agents.types import Usage

LONGEST_EVENT = 1 << 20
"""Bytes of one event, and of one line; what is longer is no completion's."""
MOST_WAITING = 1 << 16
"""Bytes that are read before those that came earlier are taken."""


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
    """The pieces of an answer to `request`, the body's fields; texts that have come together are one. Raises what the
    client raises for a request that fails, openai.APIError for an error that the provider says in the stream, and
    BadEvent."""
    create = client.chat.completions.with_streaming_response.create
    reader = EventReader()
    # All fields go as extra ones, which replace those of the call: the client would walk through the others by their
    # types.
    body = {**request, "stream_options": {"include_usage": True}}
    async with create(model="", messages=(), stream=True, extra_body=body) as response:
        async with aclosing(together(response.iter_bytes())) as received:
            async for data in received:
                for piece in joined(_piece(event, response, label) for event in reader.feed(data)):
                    yield piece
                if reader.ended:
                    return
        for event in reader.rest():
            yield _piece(event, response, label)


def _piece(data: bytes, response: Any, label: str) -> Piece:
    event = read(data)
    if error := event.get("error"):
        raise openai.APIError(str(error)[:200], response.http_request, body=error)
    return piece_of(event, label)


def joined(said: Iterable[Piece]) -> Iterator[Piece]:
    """The pieces, with those that are nothing but text and follow each other as one. Where the next one cannot be read,
    what was said before it comes first."""
    texts: list[str] = []
    try:
        for piece in said:
            if piece.calls or piece.finish or piece.usage:
                if texts:
                    yield Piece("".join(texts))
                    texts = []
                yield piece
            elif piece.text or not texts:
                texts.append(piece.text)
    except Exception:
        if texts:
            yield Piece("".join(texts))
        raise
    if texts:
        yield Piece("".join(texts))


async def together(received: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The bytes as they come, those that are there at once as one: a client gives each chunk of HTTP by itself, and all
    that is done for each is then done for many. No more than MOST_WAITING is read ahead. Raises what reading raises."""
    waiting: deque[bytes] = deque()
    came, taken = asyncio.Event(), asyncio.Event()

    async def read_ahead() -> None:
        size = 0
        async for data in received:
            waiting.append(data)
            came.set()
            size += len(data)
            if size > MOST_WAITING:
                taken.clear()
                await taken.wait()
                size = 0

    reading = asyncio.create_task(read_ahead())
    reading.add_done_callback(lambda _: came.set())
    try:
        while not reading.done() or waiting:
            await came.wait()
            came.clear()
            data = b"".join(waiting)
            waiting.clear()
            taken.set()
            if data:
                yield data
        await reading
    finally:
        reading.cancel()
        await asyncio.wait([reading])


class EventReader:
    """Puts the events of a stream together from its bytes, however they are cut up."""

    def __init__(self) -> None:
        self.ended = False
        """Whether the event has come that says that there are no more."""
        self._begun: list[bytes] = []
        self._line_size = 0
        self._said: list[bytes] = []
        self._size = 0

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The data of each event that ends here, up to the last one. Raises BadEvent for one that is longer than any,
        and for a line without an end."""
        self._begun.append(received)
        self._line_size += len(received)
        if b"\n" in received:
            *lines, rest = b"".join(self._begun).split(b"\n")
            self._begun, self._line_size = [rest], len(rest)
            for line in lines:
                yield from self._line(line.strip())
                if self.ended:
                    return
        if self._line_size > LONGEST_EVENT:
            raise BadEvent("a line without an end")

    def _line(self, line: bytes) -> Iterator[bytes]:
        if line.startswith(b"data:"):  # comments keep the connection open
            self._said.append(line[5:].strip())
            self._size += len(line)
            if self._size > LONGEST_EVENT:
                raise BadEvent("an event without an end")
        elif not line and self._said:
            data, self._said, self._size = b"\n".join(self._said), [], 0
            self.ended = data.startswith(b"[DONE]")
            if data and not self.ended:
                yield data

    def rest(self) -> Iterator[bytes]:
        """The last event, where its blank line never came."""
        yield from self._line(b"".join(self._begun).strip())
        self._begun = []
        yield from self._line(b"")


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
