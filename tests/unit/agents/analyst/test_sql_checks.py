"""Queries of a model for questions that cannot be read without one: what can be checked of them, and how far that
goes."""

from datetime import UTC, datetime
from functools import partial

import pytest

from agents.analyst.result_checks import verdict
from agents.analyst.sql_checks import MOST, check_query, mentions
from agents.dataset import Rows
from tests.unit.agents.analyst.reading.shop import LEXICON, Shop

NOW = datetime(2026, 12, 31, tzinfo=UTC)
JOINED = 'FROM shop.orders o JOIN shop."order lines" l ON l."order id" = o.id'


async def kinds(sql: str, question: str = "") -> dict[str, bool]:
    """The checks that could be made, and whether all of a kind agreed."""
    shop = Shop()
    made = await check_query(sql, await shop.query("shop", sql), partial(shop.query, "shop"))
    made += mentions(question, sql, LEXICON, NOW)
    return {check.kind: all(one.agreed for one in made if one.kind == check.kind) for check in made}


async def test_groups_add_up_and_joins_multiply_nothing() -> None:
    good = "SELECT country, count(*) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY 1"
    assert await kinds(good) == {"rows": True, "total": True}


async def test_a_join_that_multiplies_is_found() -> None:
    assert (await kinds(f"SELECT o.status, sum(o.amount_eur) {JOINED} GROUP BY 1"))["rows"] is False


@pytest.mark.parametrize(
    ("question", "sql", "agreed"),
    [
        ("strange closed orders", "SELECT count(*) FROM shop.orders WHERE status = 'closed'", True),
        ("strange closed orders", "SELECT count(*) FROM shop.orders WHERE status = 'open'", False),
        ("strange orders in 2025", "SELECT count(*) FROM shop.orders WHERE year(placed_on) = 2026", False),
        ("strange average amount", "SELECT sum(amount_eur) FROM shop.orders", False),
        ("the most strange orders", "SELECT id FROM shop.orders ORDER BY amount_eur LIMIT 1", False),
    ],
)
async def test_what_the_question_names_stands_in_the_query(question: str, sql: str, agreed: bool) -> None:
    assert (await kinds(sql, question))["mentions"] is agreed


@pytest.mark.parametrize("sql", ["SELECT 1", "SELECT id FROM shop.orders", "SELECT max(amount_eur) FROM shop.orders"])
async def test_nothing_to_check_is_not_valid(sql: str) -> None:
    assert await kinds(sql) == {}
    assert not verdict(()).valid


@pytest.mark.parametrize("sql", ["", "SELECT", "(" * 3000, "DROP TABLE orders", "SELECT 'a"])
async def test_no_query_at_all(sql: str) -> None:
    shop = Shop()
    rows = await shop.query("shop", "SELECT 1")
    assert await check_query(sql, rows, partial(shop.query, "shop")) == []
    named = mentions("closed orders in 2025", sql, LEXICON, NOW)
    assert not any(check.agreed for check in named)


async def test_invariants_alone_give_little_confidence() -> None:
    shop = Shop()
    sql = "SELECT country, count(*) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY 1"
    made = await check_query(sql, await shop.query("shop", sql), partial(shop.query, "shop"))
    found = verdict(made, most=MOST)
    assert found.valid
    assert found.confidence <= MOST


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT status, country, count(*) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id "
        "GROUP BY ROLLUP (1, 2)",
        "SELECT status, count(*) FROM shop.orders GROUP BY GROUPING SETS ((status), ())",
        "SELECT status, sum(amount_eur)::VARCHAR FROM shop.orders GROUP BY 1",
    ],
)
async def test_what_does_not_add_up_by_nature_is_not_added_up(sql: str) -> None:
    assert "total" not in await kinds(sql)


async def test_groups_that_are_not_all_there_are_not_added_up() -> None:
    shop = Shop()
    sql = "SELECT customer_id, count(*) FROM shop.orders GROUP BY 1"
    rows = await shop.query("shop", sql)
    cut = Rows(rows.columns, rows.kinds, rows.rows[:2], rows.total, rows.milliseconds)
    made = await check_query(sql, cut, partial(shop.query, "shop"))
    assert "total" not in {check.kind for check in made}
