import pytest

from api.protocol.dialect import Pong
from api.transport.outbox import FULL_BYTES, MERGE_BYTES, Item, Outbox, OutboxFull
from orchestrator.events import Envelope, Progress, Token


def said(text: str, offset: int, run: str = "r") -> Envelope:
    return Envelope("c", Token(run, text, offset))


def taken(outbox: Outbox) -> list[Item]:
    return list(iter(outbox.take, None))


def test_first_in_first_out() -> None:
    outbox = Outbox()
    items = [said("a", 0), Pong(1), said("b", 1)]
    for item in items:
        outbox.put(item)
    assert taken(outbox) == items
    assert outbox.take() is None


def test_a_lagging_readers_tokens_are_merged_and_lose_nothing() -> None:
    outbox = Outbox()
    big = "x" * (MERGE_BYTES + 1)
    outbox.put(said(big, 0))
    for n in range(1000):
        outbox.put(said("y", len(big) + n))
    assert outbox.lagging
    first, rest = taken(outbox)
    assert first.event.text == big  # type: ignore[union-attr]
    assert (rest.event.text, rest.event.offset) == ("y" * 1000, len(big))  # type: ignore[union-attr]
    assert not outbox.lagging


def test_only_neighbours_of_one_run_are_merged() -> None:
    outbox = Outbox()
    outbox.put(said("x" * (MERGE_BYTES + 1), 0))
    for item in (
        said("a", 0, "other"),
        Envelope("c", Progress("other", "starting", "…")),
        said("b", 1, "other"),
        said("c", 9, "other"),
    ):
        outbox.put(item)
    assert len(taken(outbox)) == 5


def test_a_hopeless_reader_is_given_up() -> None:
    outbox = Outbox()
    for n in range(5):
        outbox.put(said("x" * (FULL_BYTES // 3), n, f"run-{n}"))
    assert not outbox.lagging
    with pytest.raises(OutboxFull):
        outbox.take()


def test_small_tokens_count_with_what_they_take_in_memory() -> None:
    outbox = Outbox()
    for n in range(20_000):
        outbox.put(said("ü", 2 * n))  # with gaps, so that none can be merged
    with pytest.raises(OutboxFull):
        outbox.take()


def test_the_bytes_of_what_was_taken_count_no_more() -> None:
    outbox = Outbox()
    for n in range(10):
        outbox.put(said("x" * (FULL_BYTES // 2), n))
        assert outbox.take() is not None
    assert not outbox.lagging
