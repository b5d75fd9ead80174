"""When the clients of the other wires come back."""

import pytest

from api.client.retry_schedules import ANALYSIS, EXPLORER, LONGEST_S, QUERY, REASONING, Schedule, Tries


@pytest.mark.parametrize(
    ("schedule", "waits"),
    [
        (ANALYSIS, (1, 2, 3)),
        (EXPLORER, (1, 2, 4, 8, 16)),
        (QUERY, (1, 2, 3)),
        (REASONING, (2, 4, 6, 8, 10)),
    ],
)
def test_the_waits(schedule: Schedule, waits: tuple[float, ...]) -> None:
    assert schedule.waits_s == waits
    assert max(schedule.waits_s) <= LONGEST_S


def used(tries: Tries) -> list[tuple[int, int, float]]:
    found = []
    while (one := tries.next()) is not None:
        found.append((one.number, one.of, one.wait_s))
    return found


def test_tries_count_up_and_end() -> None:
    tries = Tries(QUERY)
    assert used(tries) == [(1, 3, 1), (2, 3, 2), (3, 3, 3)]
    assert tries.next() is None


@pytest.mark.parametrize("schedule", [ANALYSIS, QUERY])
def test_the_tries_of_a_question_are_all_it_has(schedule: Schedule) -> None:
    tries = Tries(schedule)
    tries.next()
    tries.opened()
    assert len(used(tries)) == 2


@pytest.mark.parametrize("schedule", [EXPLORER, REASONING])
def test_a_connection_that_opens_earns_all_tries_anew(schedule: Schedule) -> None:
    tries = Tries(schedule)
    used(tries)
    tries.opened()
    assert len(used(tries)) == 5


@pytest.mark.parametrize("schedule", [ANALYSIS, EXPLORER, QUERY, REASONING])
def test_giving_up_says_so_in_words(schedule: Schedule) -> None:
    assert schedule.then.endswith(".")
    assert schedule.then[0].isupper()
