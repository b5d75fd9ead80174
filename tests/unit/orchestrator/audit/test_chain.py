"""Where a chain of entries does not hold."""

from dataclasses import replace

import pytest

from orchestrator.audit.chain import BEGINNING, Break, Head, Row, breaks, digest, link


def chain(length: int) -> list[Row]:
    before, made = BEGINNING, []
    for number in range(1, length + 1):
        row = Row(number, f"2026-11-25T00:00:0{number}.000Z", "ada", "Ada", "note", f"c{number}", "{}", "::1", "")
        row = replace(row, hash=link(before, row))
        before = row.hash
        made.append(row)
    return made


def head(rows: list[Row]) -> Head:
    return Head(rows[-1].number, rows[-1].hash) if rows else Head(0, BEGINNING)


def places(rows: list[Row], of: Head, noted: Head | None = None) -> list[int]:
    return [one.number for one in breaks(rows, of, noted)]


@pytest.mark.parametrize("length", [0, 1, 5])
def test_what_nobody_touched_holds(length: int) -> None:
    rows = chain(length)
    assert places(rows, head(rows)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"at": "2020"}, {"staff_id": "ben"}, {"staff_name": "Ben"}, {"operation": "open"}, {"conversation_id": None},
        {"detail": '{"a":1}'}, {"address": "::2"}, {"subject": "x"}, {"hash": "0" * 64},
    ],
)  # fmt: skip
@pytest.mark.parametrize("at", [0, 2])
def test_every_changed_field_is_found_where_it_is(change: dict[str, str | None], at: int) -> None:
    rows = chain(4)
    end = head(rows)
    rows[at] = replace(rows[at], **change)  # type: ignore[arg-type]
    # Another hash is also missed by the entry after it.
    assert places(rows, end)[0] == at + 1


def test_the_last_entry_changed_with_its_hash_is_found_by_the_head() -> None:
    rows = chain(3)
    forged = replace(rows[2], operation="open")
    assert places([*rows[:2], replace(forged, hash=link(rows[1].hash, forged))], head(rows)) == [3]


def test_what_is_missing_is_named() -> None:
    rows = chain(6)
    end = head(rows)
    assert list(breaks([*rows[:2], *rows[4:]], end)) == [Break(3, "the entries up to 4 are missing")]
    assert list(breaks(rows[1:], end)) == [Break(1, "the entry is missing")]
    assert list(breaks(rows[:5], end)) == [Break(6, "the entry is missing")]
    assert list(breaks([], end)) == [Break(1, "the entries up to 6 are missing")]


def test_two_that_change_places_are_both_found() -> None:
    rows = chain(5)
    end = head(rows)
    one, other = rows[1], rows[3]
    rows[1], rows[3] = replace(other, number=2), replace(one, number=4)
    assert {2, 4} <= set(places(rows, end))


def test_what_was_added_behind_the_head_is_found() -> None:
    rows = chain(4)
    assert places(rows, head(rows[:3])) == [4]


def test_a_chain_made_anew_is_found_by_a_noted_head() -> None:
    rows = chain(5)
    noted = head(rows[:3])
    anew = chain(1) + [replace(row, detail='{"a":2}') for row in rows[1:]]
    before = anew[0].hash
    for at in range(1, 5):
        anew[at] = replace(anew[at], hash=link(before, anew[at]))
        before = anew[at].hash
    assert places(anew, head(anew)) == []
    assert places(anew, head(anew), noted) == [3]
    assert places(anew[:2], head(anew[:2]), noted) == [3]


def test_nobody_is_named_in_clear() -> None:
    assert digest("key", "anna") != digest("other", "anna") != digest("other", "ann")
    assert "anna" not in digest("key", "anna")
    assert digest("key", "") == ""
