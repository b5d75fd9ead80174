"""Texts into typed tables of a snapshot: first all as text, then each column as what all its values amount to."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

import duckdb

from agents.dataset import quoted
from agents.datasets.rules import AMBIGUOUS, SEEN, TEXT, Rule

_BATCH = 2_000
STAGE = "temp.main.stage"
MOST_ROWS = 5_000_000
"""Of all tables of a dataset together."""


class CannotBeRead(Exception):
    """A source that gives no dataset; the text says why and what to do."""


def stage(connection: duckdb.DuckDBPyConnection, width: int, rows: Iterable[Sequence[str | None]]) -> int:
    """Put rows of texts where `settle` looks for them; how many there were. Raises CannotBeRead for too many."""
    columns = ", ".join(f"c{at} VARCHAR" for at in range(width))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE stage ({columns})")
    count = 0
    coming = iter(rows)
    with connection.appender("stage") as appender:
        while batch := list(islice(coming, _BATCH)):
            count += len(batch)
            check_rows(count)
            appender.append_rows(batch)
    return count


def check_rows(count: int) -> None:
    if count > MOST_ROWS:
        raise CannotBeRead(f"There are more than {MOST_ROWS:,} rows: register a smaller table, file or view.")


def settle(
    connection: duckdb.DuckDBPyConnection, table: str, names: Sequence[str], rules: Sequence[Sequence[Rule]]
) -> None:
    """Make the table of what was staged, its columns of the first type whose rule holds for all their values."""
    chosen = _chosen(connection, rules)
    values = (f"{rule.value_of(f'c{at}')} AS {quoted(names[at])}" for at, rule in enumerate(chosen))
    connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT {', '.join(values)} FROM {STAGE}")  # noqa: S608
    connection.execute("DROP TABLE temp.main.stage")


def _chosen(connection: duckdb.DuckDBPyConnection, rules: Sequence[Sequence[Rule]]) -> list[Rule]:
    tests = [
        f"coalesce(bool_and(c{at} IS NULL OR ({rule.fits_in(f'c{at}')})), true)"
        for at, column in enumerate(rules)
        for rule in column
    ]
    held: list[bool] = []
    for begin in range(0, len(tests), 200):
        row = connection.execute(f"SELECT {', '.join(tests[begin : begin + 200])} FROM {STAGE}").fetchone()  # noqa: S608
        held.extend(row or ())
    empty = connection.execute(
        f"SELECT {', '.join(f'count(c{at}) = 0' for at in range(len(rules)))} FROM {STAGE}"  # noqa: S608
    ).fetchone()
    results = iter(held)
    chosen = []
    for at, column in enumerate(rules):
        fitting = [rule for rule in column if next(results)]
        unknown = column is SEEN and bool(empty and empty[at])
        ambiguous = all(rule in fitting for rule in AMBIGUOUS)
        chosen.append(TEXT if unknown or (ambiguous and fitting[0] in AMBIGUOUS) else fitting[0])
    return chosen


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, with a number where another one differs from it only in case, which DuckDB does not tell apart."""
    known = {one.casefold() for one in taken}
    name = name.strip() or "unnamed"
    free, number = name, 2
    while free.casefold() in known:
        free, number = f"{name}_{number}", number + 1
    return free


def free_names(names: Iterable[Any]) -> list[str]:
    found: list[str] = []
    for name in names:
        found.append(free_name(str(name) if name is not None else "", found))
    return found


def discard(connection: duckdb.DuckDBPyConnection) -> None:
    """Give up what was staged."""
    with suppress(duckdb.Error):
        connection.execute("DROP TABLE IF EXISTS temp.main.stage")
