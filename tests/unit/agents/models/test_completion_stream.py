"""A stream's events, however they are cut up and written."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.completion_stream import (
    LONGEST_EVENT,
    MOST_WAITING,
    BadEvent,
    EventReader,
    Piece,
    joined,
    piece_of,
    read,
    together,
)

STREAM = (
    b': wait\n\ndata: {"choices": [{"delta": {"content": "4.5"}}]}\r\n\r\n'
    b'event: message\ndata:{"choices":\ndata: []}\n\n'
    b"data: \n\ndata: [DONE]\n\ndata: {}\n\n"
)


def heard(pieces: Sequence[bytes]) -> list[bytes]:
    reader = EventReader()
    told = [event for piece in pieces for event in (() if reader.ended else reader.feed(piece))]
    return told if reader.ended else [*told, *reader.rest()]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_events_are_the_same_however_they_are_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(places)]
    assert heard(pieces) == [b'{"choices": [{"delta": {"content": "4.5"}}]}', b'{"choices":\n[]}']


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert heard([b'data: {"a": 1}\n\ndata: {"b"', b": 2}"]) == [b'{"a": 1}', b'{"b": 2}']


def test_an_event_without_an_end_is_not_waited_for() -> None:
    with pytest.raises(BadEvent):
        heard([b"data: " + b"x" * 1000] * (LONGEST_EVENT // 1000))
    with pytest.raises(BadEvent):
        heard([b"data: " + b"x" * 1000 + b"\n"] * (LONGEST_EVENT // 1000))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"1", b"{", b"\xff", b'{"choices": 1}', b'{"choices": [1]}', b'{"choices": {"0": 1}}']
)
def test_what_is_no_event_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(BadEvent):
        piece_of(read(data), "m")


@pytest.mark.parametrize("usage", ["null", "1", "[]", '{"prompt_tokens": "many"}', '{"prompt_tokens_details": 3}'])
def test_a_count_that_cannot_be_read_breaks_nothing(usage: str) -> None:
    piece = piece_of(read(f'{{"choices": [], "usage": {usage}}}'.encode()), "m")
    assert piece.text == ""
    assert piece.usage is None or (piece.usage.input_tokens, piece.usage.output_tokens) == (0, 0)


def test_a_piece_has_text_calls_and_the_end() -> None:
    delta = '{"content": "a", "tool_calls": [{"index": 0, "id": "c", "function": {"name": "n", "arguments": "{"}}]}'
    event = f'{{"choices": [{{"delta": {delta}, "finish_reason": "stop"}}]}}'
    assert piece_of(read(event.encode()), "m") == Piece("a", ((0, "c", "n", "{"),), "stop")


def text(said: str) -> Piece:
    return Piece(said)


def test_texts_that_follow_each_other_are_one_piece() -> None:
    call, end = Piece("", ((0, "c", "n", "{"),)), Piece("", (), "stop")
    said = [text("a"), text(""), text("b"), call, text("c"), end]
    assert list(joined(said)) == [text("ab"), call, text("c"), end]
    assert list(joined([text("")])) == [text("")]
    assert list(joined([])) == []


def test_what_was_said_before_a_bad_event_is_not_lost() -> None:
    def events() -> Iterator[Piece]:
        yield text("a")
        yield text("b")
        raise BadEvent("no JSON object")

    told = joined(events())
    assert next(told) == text("ab")
    with pytest.raises(BadEvent):
        next(told)


async def test_what_is_there_at_once_comes_as_one() -> None:
    more = asyncio.Event()

    async def received() -> AsyncIterator[bytes]:
        yield b"a"
        yield b"b"
        await more.wait()
        yield b"c"

    stream = together(received())
    assert await anext(stream) == b"ab"
    more.set()
    assert [data async for data in stream] == [b"c"]


async def test_no_more_is_read_ahead_than_may_wait() -> None:
    sent = 0

    async def received() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += MOST_WAITING
            yield b"x" * MOST_WAITING

    async with aclosing(together(received())) as stream:
        await anext(stream)
        for _ in range(20):
            await asyncio.sleep(0)
        assert sent <= 6 * MOST_WAITING


async def test_what_reading_raises_comes_after_what_was_read() -> None:
    async def received() -> AsyncIterator[bytes]:
        yield b"a"
        raise ConnectionError("reset")

    stream = together(received())
    assert await anext(stream) == b"a"
    with pytest.raises(ConnectionError):
        await anext(stream)


async def test_leaving_ends_the_reading() -> None:
    left = asyncio.Event()

    async def received() -> AsyncIterator[bytes]:
        try:
            yield b"a"
            await asyncio.Event().wait()
        finally:
            left.set()

    async with aclosing(together(received())) as stream:
        await anext(stream)
    assert left.is_set()
