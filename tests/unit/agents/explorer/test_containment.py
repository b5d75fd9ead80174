"""Inferred references held against rows."""

from typing import Any

from agents.dataset import LONGEST_SQL, QueryFailed, Rows
from agents.datasets.key_inference import inferred
from agents.explorer.containment import SAMPLE, held_against_rows
from agents.explorer.relations import Relation, relations
from tests.unit.agents.tabled import InMemory, table

VEHICLES = table("vehicles", "id INTEGER", "id")
VISITS = table("visits", "visit INTEGER, vehicle_id INTEGER?", "visit")
TABLES = inferred((VEHICLES, VISITS))


async def held(vehicles: list[Any], visits: list[Any]) -> list[Relation]:
    rows = {"vehicles": [(one,) for one in vehicles], "visits": [(n, one) for n, one in enumerate(visits)]}
    return list(await held_against_rows(relations(TABLES), InMemory(*TABLES, rows=rows)))


async def test_values_that_are_all_there_speak_for_it() -> None:
    (one,) = await held([1, 2, 3], [1, 1, 2, None])
    assert one.key.reason.endswith("; all 2 sampled values are found there")


async def test_a_few_that_are_missing_are_told() -> None:
    (one,) = await held(list(range(99)), list(range(100)))
    assert one.key.reason.endswith("; 99 of 100 sampled values are found there")


async def test_many_that_are_missing_speak_against_it() -> None:
    assert await held([1, 2], [1, 2, 3]) == []


async def test_a_key_that_is_not_unique_speaks_against_it() -> None:
    assert await held([1, 1, 2], [1, 2]) == []


async def test_no_rows_say_nothing() -> None:
    (one,) = await held([], [])
    assert one == relations(TABLES)[0]


async def test_no_more_values_are_looked_up_than_the_sample() -> None:
    (one,) = await held(list(range(2 * SAMPLE)), list(range(2 * SAMPLE)))
    assert one.key.reason.endswith(f"all {SAMPLE:,} sampled values are found there")


async def test_declared_ones_are_not_doubted() -> None:
    tables = (VEHICLES, table("visits", "visit INTEGER, vehicle_id INTEGER", "visit", {"vehicle_id": "vehicles.id"}))
    datasets = InMemory(*tables)
    assert await held_against_rows(relations(tables), datasets) == relations(tables)
    assert datasets.asked == []


async def test_what_cannot_be_checked_stays() -> None:
    class Refusing(InMemory):
        async def query(self, name: str, sql: str) -> Rows:
            raise QueryFailed("too much", limit=True)

    assert await held_against_rows(relations(TABLES), Refusing(*TABLES)) == relations(TABLES)


async def test_composite_keys_and_odd_names_are_checked_in_one_query() -> None:
    tables = inferred(
        (
            table('or"der', "ye ar INTEGER, number INTEGER", "", dataset="o'dd"),
            table("shipment", "id INTEGER, day INTEGER, number_2 INTEGER", "id", dataset="o'dd"),
            table("order", "day INTEGER, number_2 INTEGER", "day number_2", dataset="o'dd"),
            VEHICLES,
            VISITS,
        )
    )
    rows = {"order": [(1, 1), (1, 2)], "shipment": [(1, 1, 1), (2, 1, 2)], "vehicles": [(5,)], "visits": [(1, 7)]}
    datasets = InMemory(*tables, rows=rows)
    (one,) = await held_against_rows(relations(tables), datasets)
    assert one.key.reason.endswith("all 2 sampled values are found there")
    assert len(datasets.asked) == 2


PARTS = [table(f"part_{n}", f"part_{n}_id INTEGER", f"part_{n}_id") for n in range(8)]
USES = table("uses", "id INTEGER, " + ", ".join(f"part_{n}_id INTEGER" for n in range(8)), "id")
MANY = inferred((*PARTS, USES))


class Failing(InMemory):
    """Fails where a query touches one of the tables."""

    def __init__(self, failure: QueryFailed) -> None:
        super().__init__(*MANY, rows={"uses": [tuple(range(9))]})
        self.failure = failure

    async def query(self, name: str, sql: str) -> Rows:
        if '"part_5"' in sql:
            self.asked.append(sql)
            raise self.failure
        return await super().query(name, sql)


async def test_one_that_cannot_be_checked_does_not_take_the_others_with_it() -> None:
    datasets = Failing(QueryFailed("a value of it cannot be read"))
    found = relations(MANY)
    assert len(found) == 8
    (left,) = await held_against_rows(found, datasets)  # of the others there is no such part
    assert left.to.name == "part_5"
    assert len(datasets.asked) <= 2 * len(found) - 1


async def test_a_busy_engine_is_not_asked_again() -> None:
    datasets = Failing(QueryFailed("too many", busy=True))
    assert await held_against_rows(relations(MANY), datasets) == relations(MANY)
    assert len(datasets.asked) == 1


async def test_no_query_is_longer_than_it_may_be() -> None:
    long = "x" * 1_500
    tables = inferred(
        (
            *(table(f"{long}_{n}", f"{long}_{n}_id INTEGER", f"{long}_{n}_id") for n in range(6)),
            table("uses", "id INTEGER, " + ", ".join(f"{long}_{n}_id INTEGER" for n in range(6)), "id"),
        )
    )
    datasets = InMemory(*tables, rows={"uses": [tuple(range(7))]})
    assert len(relations(tables)) == 6
    assert await held_against_rows(relations(tables), datasets) == ()
    assert len(datasets.asked) > 1
    assert max(map(len, datasets.asked)) <= LONGEST_SQL
