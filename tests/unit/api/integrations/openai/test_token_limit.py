"""How much of an answer there is room for."""

import time

import pytest

from api.integrations.openai.token_limit import Room


@pytest.mark.parametrize(
    ("tokens", "pieces", "told"),
    [
        (None, ["any ", "number"], "any number"),
        (3, ["one ", "two ", "three"], "one two three"),
        (3, ["one two three four"], "one two three "),
        (2, ["It ", "is", ", ", "well"], "It is"),
        (2, ["internationalisation works"], "internationalisation"[:16]),
        (1, ["   ", "a", "  ", "b"], "   a"),
        (2, ["好的", "。", "再"], "好的。"),
    ],
)
def test_what_is_told(tokens: int | None, pieces: list[str], told: str) -> None:
    room = Room(tokens)
    assert "".join(map(room.take, pieces)).rstrip() == told.rstrip()
    assert room.short is (told.rstrip() != "".join(pieces).rstrip())


def test_nothing_is_told_behind_what_was_left_out() -> None:
    room = Room(1)
    assert [room.take(piece) for piece in ("a ", "b", " ", "c")] == ["a ", "", "", ""]


@pytest.mark.parametrize("text", ["x" * 1_000_000, " " * 1_000_000, "a " * 500_000, ". " * 500_000, "\n\x0b" * 500_000])
def test_long_texts_take_a_moment(text: str) -> None:
    began = time.perf_counter()
    Room(10**9).take(text)
    assert time.perf_counter() - began < 3
