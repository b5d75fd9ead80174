"""A stream's events, however they are cut up and written."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.models.completion_stream import LONGEST_EVENT, BadEvent, EventReader, Piece, piece_of, read

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
