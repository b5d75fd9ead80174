"""Texts into typed tables of a snapshot: first all as text, then each column as what all its values amount to."""

from collections.abc import Container, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any

import duckdb

from agents.dataset import quoted
from agents.datasets.column_types import (
    AMBIGUOUS,
    CODES,
    COMMAS,
    MISSING,
    SEEN,
    TEXT,
    WRITTEN,
    WRITTEN_WITH_COMMAS,
    Rule,
)  # fmt: skip

_BATCH = 2_000
_SAMPLE = 2_000
_TESTS = 200
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
    if any(column is WRITTEN for column in rules):
        _tidy(connection, rules)
    chosen = _chosen(connection, rules)
    if any(rule in COMMAS for rule in chosen):
        chosen = _chosen(connection, [WRITTEN_WITH_COMMAS if column is WRITTEN else column for column in rules])
    values = (f"{rule.value_of(f'c{at}')} AS {quoted(names[at])}" for at, rule in enumerate(chosen))
    connection.execute(f"CREATE TABLE {quoted(table)} AS SELECT {', '.join(values)} FROM {STAGE}")  # noqa: S608
    connection.execute("DROP TABLE temp.main.stage")


def _tidy(connection: duckdb.DuckDBPyConnection, rules: Sequence[Sequence[Rule]]) -> None:
    """In columns that people have written: no blanks around texts, and none of their words for what is missing."""
    written = [at for at, column in enumerate(rules) if column is WRITTEN]
    codes = [
        f"coalesce(bool_and(regexp_full_match(c{at}, '{CODES}')), false) AND count(DISTINCT c{at}) > 3"
        for at in written
    ]
    coded = connection.execute(f"SELECT {', '.join(codes)} FROM {STAGE}").fetchone() or ()  # noqa: S608
    listed = ", ".join(f"'{text}'" for text in MISSING)
    cells = [f"c{at}" for at in range(len(rules))]
    for at, names in zip(written, coded, strict=True):
        if not names:
            cells[at] = f"CASE WHEN lower(trim(c{at})) NOT IN ({listed}) THEN trim(c{at}) END AS c{at}"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE tidied AS SELECT {', '.join(cells)} FROM {STAGE}")  # noqa: S608
    connection.execute(f"DROP TABLE {STAGE}")
    connection.execute("ALTER TABLE temp.main.tidied RENAME TO stage")


def _chosen(connection: duckdb.DuckDBPyConnection, rules: Sequence[Sequence[Rule]]) -> list[Rule]:
    """The first rule of each column that holds for all its values. A few rows rule out most of them, so that the whole
    table is gone through once and seldom twice."""
    some = f"(SELECT * FROM {STAGE} LIMIT {_SAMPLE})"  # noqa: S608
    outcomes = iter(_test_rules(connection, some, [(at, rule) for at, column in enumerate(rules) for rule in column]))
    left = [[rule for rule in column if next(outcomes)] for column in rules]
    count = connection.execute(f"SELECT count(*) FROM {STAGE}").fetchone()  # noqa: S608
    waiting = set(range(len(left))) if count and count[0] > _SAMPLE else set()
    while waiting:
        order = sorted(waiting)
        holds = _test_rules(connection, STAGE, [(at, left[at][0]) for at in order])
        waiting = {at for at, holding in zip(order, holds, strict=True) if not holding}
        for at in waiting:
            del left[at][0]
    return [
        _settled(connection, at, remaining[0], declared=column not in (SEEN, WRITTEN, WRITTEN_WITH_COMMAS))
        for at, (remaining, column) in enumerate(zip(left, rules, strict=True))
    ]


def _settled(connection: duckdb.DuckDBPyConnection, at: int, rule: Rule, *, declared: bool) -> Rule:
    """The rule, or text where nothing but looks speaks for it and those deceive."""
    if declared or rule is TEXT:
        return rule
    row = connection.execute(f"SELECT count(c{at}) FROM {STAGE}").fetchone()  # noqa: S608
    if not row or not row[0]:
        return TEXT
    pair = next((both for both in AMBIGUOUS if rule in both), None)
    if pair is None or not all(_test_rules(connection, STAGE, [(at, other) for other in pair])):
        return rule
    return _in_order(connection, at, pair) or TEXT


def _in_order(connection: duckdb.DuckDBPyConnection, at: int, pair: Sequence[Rule]) -> Rule | None:
    """The one of two ways to read days by which the rows stand in their order; None where both or neither do."""
    values = ", ".join(f"{rule.value_of(f'c{at}')} AS v{number}" for number, rule in enumerate(pair))
    steps = ", ".join(
        f"count(*) FILTER (v{number} < before{number}), count(*) FILTER (v{number} > before{number})"
        for number in range(len(pair))
    )
    before = ", ".join(f"lag(v{number}) OVER (ORDER BY place) AS before{number}" for number in range(len(pair)))
    rows = f"SELECT {values}, rowid AS place FROM {STAGE} WHERE c{at} IS NOT NULL"  # noqa: S608
    found = connection.execute(f"SELECT {steps} FROM (SELECT *, {before} FROM ({rows}))").fetchone()  # noqa: S608
    downs = [min(found[2 * number], found[2 * number + 1]) for number in range(len(pair))] if found else []
    fitting = [rule for rule, turns in zip(pair, downs, strict=False) if not turns]
    return fitting[0] if len(fitting) == 1 else None


def _test_rules(connection: duckdb.DuckDBPyConnection, rows: str, rules: Sequence[tuple[int, Rule]]) -> list[bool]:
    """Whether each rule holds for all values of its column."""
    tests = [f"coalesce(bool_and(c{at} IS NULL OR ({rule.fits_in(f'c{at}')})), true)" for at, rule in rules]
    outcomes: list[bool] = []
    for begin in range(0, len(tests), _TESTS):
        row = connection.execute(f"SELECT {', '.join(tests[begin : begin + _TESTS])} FROM {rows}").fetchone()  # noqa: S608
        outcomes.extend(row or ())
    return outcomes


def free_name(name: str, taken: Iterable[str]) -> str:
    """The name, with a number where another one differs from it only in case, which DuckDB does not tell apart."""
    return _free(name, {other.casefold() for other in taken})


def free_names(names: Iterable[Any]) -> list[str]:
    """Each as `free_name` makes it of the ones before."""
    taken: set[str] = set()
    unique_names: list[str] = []
    for name in names:
        unique_names.append(_free(str(name) if name is not None else "", taken))
        taken.add(unique_names[-1].casefold())
    return unique_names


def _free(name: str, taken: Container[str]) -> str:
    name = name.strip() or "unnamed"
    free, number = name, 2
    while free.casefold() in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def discard(connection: duckdb.DuckDBPyConnection) -> None:
    """Give up what was staged."""
    with suppress(duckdb.Error):
        connection.execute("DROP TABLE IF EXISTS temp.main.stage")
