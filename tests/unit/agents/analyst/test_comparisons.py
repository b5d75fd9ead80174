"""Comparisons by units, of two columns, of days with each other, of hours; places in a list; figures divided by others:
worked out by hand, and recounted by the verifier."""

from datetime import UTC, date, datetime, time, timedelta
from statistics import fmean
from typing import Any

import duckdb
import pytest

from agents.analyst.alternatives import checked
from agents.analyst.interpretation import Reading, Unread, read_question
from agents.analyst.lexicon import Lexicon
from agents.analyst.plan import Source
from agents.analyst.plan_sql import query
from agents.analyst.result_checks import Verdict
from agents.dataset import Column, ForeignKey, Rows, Schema, Table
from tests.unit.agents.analyst.shop import plain

NOW = datetime(2026, 12, 31, tzinfo=UTC)
YARDS = [(1, "Ash", 4), (2, "Birch", 2), (3, "Cedar", 5)]
START = date(2026, 1, 1)
BOATS = [
    (n, 1 + n * n % 3, START + timedelta(days=n), datetime.combine(START + timedelta(days=n), time(n % 24)),
     START + timedelta(days=n + n % 13) if n % 4 else None, 10.0 * (n % 7), 12.0 * (n % 5), n * 100)
    for n in range(1, 61)
]  # fmt: skip
SCHEMA = Schema(
    "dock",
    "",
    (
        Table("dock", "yards", (
            Column("id", "integer", "INTEGER", False), Column("name", "text", "VARCHAR", False),
            Column("berths", "integer", "INTEGER", False),
        ), ("id",), (), 3),
        Table("dock", "repairs", (
            Column("id", "integer", "INTEGER", False), Column("yard_id", "integer", "INTEGER", False),
            Column("opened_on", "date", "DATE", False), Column("opened_at", "timestamp", "TIMESTAMP", False),
            Column("finished_on", "date", "DATE"), Column("wages_eur", "number", "DOUBLE", False),
            Column("timber_eur", "number", "DOUBLE", False), Column("run_km", "integer", "INTEGER", False),
        ), ("id",), (ForeignKey(("yard_id",), "yards", ("id",)),), 60),
    ),
)  # fmt: skip
LEXICON = Lexicon(SCHEMA, {(Source("dock", "yards"), "name"): ("Ash", "Birch", "Cedar")})
CONNECTION = duckdb.connect()
CONNECTION.execute("CREATE SCHEMA dock")
for table, held in zip(SCHEMA.tables, (YARDS, BOATS), strict=True):
    columns = ", ".join(f"{one.name} {one.type}" for one in table.columns)
    CONNECTION.execute(f"CREATE TABLE {table.sql_name} ({columns})")
    CONNECTION.executemany(f"INSERT INTO {table.sql_name} VALUES ({', '.join('?' for _ in table.columns)})", held)


async def ask(sql: str) -> Rows:
    cursor = CONNECTION.cursor().execute(sql)
    names = tuple(one[0] for one in cursor.description or ())
    rows = tuple(tuple(map(plain, row)) for row in cursor.fetchall())
    return Rows(names, tuple("other" for _ in names), rows, len(rows), 0.1)


def read(text: str) -> Reading | Unread:
    return read_question(text, LEXICON, "dock", NOW)


async def answered(text: str) -> tuple[tuple[tuple[Any, ...], ...], Verdict]:
    reading = read(text)
    assert isinstance(reading, Reading), reading
    rows = await ask(query(reading.plan))
    return rows.rows, await checked(reading, rows, ask)


def lasted(boat: tuple[Any, ...]) -> int | None:
    return (boat[4] - boat[2]).days if boat[4] else None


LASTED = [days for days in map(lasted, BOATS) if days is not None]


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("how many repairs over 3 000 km", sum(one[7] > 3000 for one in BOATS)),
        ("repairs with less than 1500 km on the clock", sum(one[7] < 1500 for one in BOATS)),
        ("how many repairs where wages are higher than timber", sum(one[5] > one[6] for one in BOATS)),
        ("average days from opened to finished", fmean(LASTED)),
        ("how many repairs took longer than a week from opened to finished", sum(one > 7 for one in LASTED)),
        ("how many repairs took more than 10 days", sum(one > 10 for one in LASTED)),
        ("how many repairs took less than 2 weeks", sum(one < 14 for one in LASTED)),
        ("repairs opened after 8 pm", sum(one[3].hour >= 20 for one in BOATS)),
        ("how many repairs before 9 in the morning", sum(one[3].hour < 9 for one in BOATS)),
    ],
)
async def test_one_figure(text: str, figure: float) -> None:
    rows, verdict = await answered(text)
    assert len(rows) == 1
    assert rows[0][-1] == pytest.approx(figure)
    assert verdict.valid, verdict.checks


async def test_repairs_by_hour() -> None:
    rows, verdict = await answered("number of repairs by hour")
    assert {int(hour): number for hour, number in rows} == {
        hour: sum(one[3].hour == hour for one in BOATS) for hour in range(24)
    }
    assert verdict.valid


COUNTS = {name: sum(boat[1] == at for boat in BOATS) for at, name, _ in YARDS}


async def test_a_ratio_is_no_group() -> None:
    rows, verdict = await answered("repairs per berth for each yard")
    assert {row[1]: row[2] for row in rows} == {
        name: pytest.approx(COUNTS[name] / berths) for _, name, berths in YARDS if COUNTS[name]
    }
    assert verdict.valid
    assert isinstance(read("repairs per berth"), Unread)


async def test_both_ends() -> None:
    rows, verdict = await answered("lowest and highest wages")
    assert rows == ((min(one[5] for one in BOATS), max(one[5] for one in BOATS)),)
    assert verdict.valid
    rows, _ = await answered("average and total wages")
    assert rows[0] == pytest.approx((fmean(one[5] for one in BOATS), sum(one[5] for one in BOATS)))


async def test_a_place_in_a_list() -> None:
    rows, verdict = await answered("the repair with the third highest run")
    assert rows[0][0] == 58
    assert verdict.valid
    rows, verdict = await answered("the repair with the second highest wages")
    assert not verdict.valid, "several share that place"
    assert isinstance(read("second highest wages"), Unread)


async def test_a_limit_of_what_is_worked_out_for_each() -> None:
    means = {name: fmean(one[7] for one in BOATS if one[1] == at) for at, name, _ in YARDS if COUNTS[name]}
    middle = int(fmean(means.values()))
    rows, verdict = await answered(f"which yards have an average run above {middle} km")
    assert {row[1] for row in rows} == {name for name, mean in means.items() if mean > middle}
    assert verdict.valid


async def test_months_with_so_many() -> None:
    rows, verdict = await answered("months with more than 28 repairs")
    assert [row[0] for row in rows] == ["2026-01"]
    assert verdict.valid
    assert not (await answered("months with fewer than 29 repairs"))[1].valid, "those without any are not listed"


@pytest.mark.parametrize(
    "text",
    [
        "days from opened to finished",
        "average days from finished to Ash",
        "repairs longer than 100 hours",
    ],
)
def test_what_is_unclear_is_not_answered(text: str) -> None:
    assert isinstance(read(text), Unread)


def test_a_word_of_the_same_family_is_another_word() -> None:
    schema = Schema("till", "", (Table("till", "sales", (
        Column("id", "integer", "INTEGER", False), Column("rate_eur", "number", "DOUBLE"),
        Column("kind", "text", "VARCHAR"),
    ), ("id",)),))  # fmt: skip
    lexicon = Lexicon(schema, {(Source("till", "sales"), "kind"): ("brakes", "charge")})
    assert isinstance(read_question("average rating", lexicon, "till", NOW), Unread)
    assert isinstance(read_question("average rate", lexicon, "till", NOW), Reading)
    charging = read_question("how many charging sales", lexicon, "till", NOW)
    assert isinstance(charging, Unread) or charging.doubts
    brake = read_question("how many brake sales", lexicon, "till", NOW)
    assert isinstance(brake, Reading)
    assert not brake.doubts


def test_a_plain_noun_is_no_column_that_shares_a_word() -> None:
    schema = Schema("till", "", (Table("till", "faults", (
        Column("id", "integer", "INTEGER", False), Column("trouble_code", "text", "VARCHAR"),
        Column("kind", "text", "VARCHAR"),
    ), ("id",)),))  # fmt: skip
    lexicon = Lexicon(schema, {(Source("till", "faults"), "kind"): ("brakes", "engine")})
    reading = read_question("how many engine troubles", lexicon, "till", NOW)
    assert isinstance(reading, Reading)
    assert reading.plan.measures[0].field is None, "the faults themselves are counted"
