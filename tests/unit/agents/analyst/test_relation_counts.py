"""Things told by how many rows refer to them: counted by hand, and recounted by the verifier."""

import pytest

from agents.analyst.interpretation import Reading, Unread
from agents.analyst.plan_sql import query
from agents.analyst.result_checks import verify
from tests.unit.agents.analyst.shop import CUSTOMERS, ORDERS, Shop
from tests.unit.agents.analyst.test_interpretation import answer, read

LATE = [one for one in ORDERS if one[2].year == 2026]


def having(number: int, *, status: str = "", late: bool = False) -> list[str]:
    """The customers with more orders than that, by name."""
    orders = [one for one in (LATE if late else ORDERS) if status in ("", one[4])]
    return [name for at, name, _ in CUSTOMERS if sum(one[1] == at for one in orders) > number]


async def verified(text: str) -> bool:
    reading, shop = read(text), Shop()
    assert isinstance(reading, Reading), reading

    async def ask(sql: str):  # type: ignore[no-untyped-def]
        return await shop.query("shop", sql)

    return (await verify(reading.plan, await ask(query(reading.plan)), ask)).valid


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("how many customers placed more than 19 orders", 4),
        ("how many customers have more than one order", 4),
        ("how many customers have at least 21 orders", 0),
        ("how many customers have fewer than 7 closed orders", 4 - len(having(6, status="closed"))),
        ("how many customers had no open orders", 4 - len(having(0, status="open"))),
        ("how many customers have more than 9 orders in 2026", len(having(9, late=True))),
        ("how many customers in Norway have more than 9 orders in 2026", len({"Ada", "Ben"} & {*having(9, late=True)})),
        ("how many orders have more than two order lines", 80),
        ("how many orders have no order lines", 0),
        ("how many orders of 2025 have more than two order lines", 80 - len(LATE)),
    ],
)
async def test_how_many_have_so_many(text: str, figure: int) -> None:
    assert await answer(text) == ((figure,),)
    assert await verified(text)


@pytest.mark.parametrize("text", ["which customers had no open orders", "customers who never had a closed order"])
async def test_those_who_have_none_are_listed(text: str) -> None:
    assert await answer(text) == ()
    assert await verified(text)


async def test_who_has_none_at_all_has_fewer_than_one() -> None:
    """A grouping of the orders would find nobody without orders."""
    shop = Shop()
    shop._connection.execute("INSERT INTO shop.customers VALUES (5, 'Eve', 'Chile')")
    for text in ("which customers have fewer than 5 orders", "which customers have no orders"):
        reading = read(text)
        assert isinstance(reading, Reading), reading
        rows = (await shop.query("shop", query(reading.plan))).rows
        assert [row[0] for row in rows] == [5]


async def test_a_share_of_those_who_have_so_many() -> None:
    assert (await answer("what percentage of customers have more than 9 orders in 2026"))[0][:2] == (
        len(having(9, late=True)), 4,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "in 2026 how many customers have more than 9 orders",
        "how many customers envied more than 9 orders",
        "how many customers have more than 9 orders by status",
        "share of Norway among customers with more than 9 orders",
        "how many orders have more than 3 customers",
        "which customers came back more than once",
    ],
)
def test_what_is_unclear_is_not_answered(text: str) -> None:
    assert isinstance(read(text), Unread)
