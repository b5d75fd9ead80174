"""Results are checked by another way than the one they came by: right ones pass, wrong ones do not."""

from datetime import UTC, datetime
from functools import partial

import pytest

from agents.analyst.plan_sql import query
from agents.analyst.reading.candidates import Reading, read_question
from agents.analyst.reading.plan import Condition, Field, Order, Plan, Source
from agents.analyst.result_checks import MOST, Verdict, verify
from agents.analyst.wording import approach, notes, taken_apart
from agents.dataset import QueryFailed, Rows
from tests.unit.agents.analyst.reading.shop import LEXICON, Shop

NOW = datetime(2026, 12, 31, tzinfo=UTC)
FAN_OUT = 'FROM shop.orders o JOIN shop."order lines" l ON l."order id" = o.id'

IN_NORWAY = "FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id WHERE country = 'Norway'"


async def judged(question: str, sql: str | None = None) -> Verdict:
    """The verdict on the result of `sql`, or else of the question's own query."""
    shop = Shop()
    reading = read_question(question, LEXICON, "shop", NOW)
    assert isinstance(reading, Reading), reading
    rows = await shop.query("shop", sql or query(reading.plan))
    return await verify(reading.plan, rows, partial(shop.query, "shop"), len(reading.assumed))


@pytest.mark.parametrize(
    "question",
    [
        "how many orders are there",
        "total amount by country",
        "average amount by customer in 2025",
        "median amount by status",
        "orders over time",
        "orders by week in 2025",
        "orders by quarter and status",
        "top 3 customers by number of orders",
        "Show top 10 orders",
        "list orders in Norway",
        "customers with more than 15 orders",
        "share of orders by status",
        "percentage of closed orders by country",
        "orders in 2025 versus 2026",
        "how many different customers placed orders in 2026",
        "minimum, average and maximum amount by country",
        "orders in 2019",
        "orders not open since March 2026 with an amount over 100 euros",
    ],
)
async def test_right_results_pass(question: str) -> None:
    verdict = await judged(question)
    assert verdict.valid, verdict
    assert 0.6 <= verdict.confidence <= MOST


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        # another filter
        ("how many orders are open", "SELECT count(*) FROM shop.orders WHERE status = 'closed'"),
        ("how many orders are open", "SELECT count(*) FROM shop.orders"),
        ("orders over 450 euros", "SELECT count(*) FROM shop.orders WHERE amount_eur >= 450"),
        # a join that counts rows again
        ("total amount", f"SELECT sum(o.amount_eur) {FAN_OUT}"),
        ("how many orders by status", f"SELECT o.status, count(*) AS n {FAN_OUT} GROUP BY 1"),
        # another aggregate
        ("average amount by status", "SELECT status, sum(amount_eur) AS average FROM shop.orders GROUP BY 1"),
        ("median amount by status", "SELECT status, avg(amount_eur) AS median FROM shop.orders GROUP BY 1"),
        ("how many different customers placed orders in 2026", "SELECT count(customer_id) FROM shop.orders WHERE year(placed_on) = 2026"),  # noqa: E501
        # rows that are missing, or come twice
        ("orders by country", "SELECT country, count(*) FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id WHERE country = 'Chile' GROUP BY 1"),  # noqa: E501
        ("orders by status", "SELECT status, count(*) FROM shop.orders GROUP BY 1 LIMIT 1"),
        ("orders by status", "SELECT status, n FROM (SELECT status, count(*) AS n FROM shop.orders GROUP BY 1), range(2)"),  # noqa: E501
        # another order, others than the first
        ("top 2 customers by total amount", "SELECT name, sum(amount_eur) AS n FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY 1 ORDER BY n LIMIT 2"),  # noqa: E501
        ("Show top 3 orders", "SELECT id, amount_eur FROM shop.orders ORDER BY amount_eur LIMIT 3"),
        ("Show top 3 orders", "SELECT id, amount_eur FROM shop.orders WHERE status = 'open' ORDER BY amount_eur DESC LIMIT 3"),  # noqa: E501
        ("list orders in Norway", "SELECT id, amount_eur FROM shop.orders ORDER BY id LIMIT 40"),
        ("list orders in Norway", f"SELECT o.id, amount_eur {IN_NORWAY} ORDER BY o.id LIMIT 39"),
        ("list orders in Norway", f"SELECT min(o.id) OVER () AS id, amount_eur {IN_NORWAY}"),
        # off by a day
        ("orders until 10 January 2025", "SELECT count(*) FROM shop.orders WHERE placed_on < '2025-01-10'"),
        ("how many orders in 2025", "SELECT count(*) FROM shop.orders WHERE placed_on BETWEEN '2025-01-01' AND '2026-01-05'"),  # noqa: E501
        ("orders after 10 January 2025", "SELECT count(*) FROM shop.orders WHERE placed_on >= '2025-01-10'"),
        ("orders by month in 2025", "SELECT strftime(placed_on + 1, '%Y-%m') AS month, count(*) FROM shop.orders WHERE year(placed_on) = 2025 GROUP BY 1"),  # noqa: E501
        # a share of something else, the wrong way round
        ("What percentage of orders are closed?", "SELECT 100.0 * count(*) FILTER (WHERE status = 'open') / count(*) FROM shop.orders"),  # noqa: E501
        # other columns
        ("orders by status", "SELECT count(*) FROM shop.orders"),
    ],
)  # fmt: skip
async def test_wrong_results_do_not(question: str, sql: str) -> None:
    verdict = await judged(question, sql)
    assert not verdict.valid, verdict
    assert verdict.confidence <= 0.2
    assert verdict.cause or not verdict.checks


@pytest.mark.parametrize(
    ("question", "sql"),
    [
        ("total amount by country", "SELECT c.country AS land, sum(o.amount_eur) AS s FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY ALL"),  # noqa: E501
        ("orders by month in 2025", "SELECT date_trunc('month', placed_on) AS m, count(*) FROM shop.orders WHERE year(placed_on) = 2025 GROUP BY 1"),  # noqa: E501
        ("top 2 customers by total amount", "SELECT sum(amount_eur) AS n, name FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY 2 ORDER BY n DESC LIMIT 2"),  # noqa: E501
        ("What percentage of orders are closed?", "SELECT count(*) FILTER (WHERE status = 'closed') AS a, count(*) AS b, round(100.0 * a / b, 2) AS c FROM shop.orders"),  # noqa: E501
        # rows that are to be listed in no order of their own
        ("list orders in Norway", f"SELECT o.id, amount_eur {IN_NORWAY} ORDER BY amount_eur DESC"),
        ("which customers had more than 15 orders", "SELECT c.id, name, count(*) AS orders FROM shop.orders o JOIN shop.customers c ON c.id = o.customer_id GROUP BY ALL HAVING count(*) > 15 ORDER BY name DESC"),  # noqa: E501
    ],
)  # fmt: skip
async def test_another_query_for_the_same_passes(question: str, sql: str) -> None:
    assert (await judged(question, sql)).valid


@pytest.mark.parametrize(
    ("sql", "valid"),
    [
        ("SELECT customer_id, placed_on FROM shop.orders WHERE status = 'open' ORDER BY placed_on DESC", True),
        ("SELECT customer_id, placed_on FROM shop.orders WHERE id <= 54", False),
        ("SELECT customer_id, placed_on + 1 AS placed_on FROM shop.orders WHERE status = 'open'", False),
        ("SELECT customer_id, strftime(placed_on, '%a') AS placed_on FROM shop.orders WHERE status = 'open'", False),
    ],
)
async def test_rows_are_looked_up_by_days_as_well(sql: str, valid: bool) -> None:
    """A key may be a thing and a day: readings of a meter, prices of a share."""
    shop, keys = Shop(), (Field("customer_id", "integer"), Field("placed_on", "date"))
    still_open = Condition(Field("status", "text"), "in", ("open",))
    plan = Plan("shop", Source("shop", "orders"), conditions=(still_open,), shown=keys, keys=keys, limit=200)
    verdict = await verify(plan, await shop.query("shop", sql), partial(shop.query, "shop"))
    assert verdict.valid is valid, verdict


@pytest.mark.parametrize(("field", "valid"), [("amount_eur", True), ("customer_id", False)])
async def test_rows_without_a_key_are_looked_up_by_a_figure_of_their_own(field: str, valid: bool) -> None:
    shop, by = Shop(), Field(field, "number")
    for descending in (True, False):
        plan = Plan("shop", Source("shop", "orders"), shown=(by,), order=(Order(by, descending),), limit=3)
        verdict = await verify(plan, await shop.query("shop", query(plan)), partial(shop.query, "shop"))
        assert verdict.valid is valid, verdict


def test_a_list_in_no_order_is_not_said_to_be_the_lowest_of_anything() -> None:
    reading = read_question("list orders in Norway", LEXICON, "shop", NOW)
    assert isinstance(reading, Reading)
    assert reading.plan.order == ()
    assert "lowest" not in taken_apart(reading.plan)
    assert "sort" not in approach(reading.plan)
    rows = Rows(("id",), ("integer",), ((1,),), 1, 0.1)
    assert "Left out" not in notes(reading.plan, (), Verdict(True, 0.9, ()), rows)


async def test_what_cannot_be_checked_is_not_valid() -> None:
    shop = Shop()
    reading = read_question("total amount by country", LEXICON, "shop", NOW)
    assert isinstance(reading, Reading)
    rows = await shop.query("shop", query(reading.plan))

    async def refuses(sql: str) -> Rows:
        raise QueryFailed("It took too long.", limit=True)

    assert await verify(reading.plan, rows, refuses) == Verdict(False, 0.2, ())
