"""Figures of results: what is drawn, and that it can be drawn."""

from typing import Any

import pytest
import vl_convert

from agents.analyst.chart import figure
from agents.dataset import Kind, Rows


def result(columns: tuple[str, ...], *rows: tuple[Any, ...], kinds: tuple[Kind, ...] = ()) -> Rows:
    return Rows(columns, kinds or tuple("other" for _ in columns), rows, len(rows), 1.0)


@pytest.mark.parametrize(
    ("rows", "mark"),
    [
        (result(("month", "orders"), ("2025-01", 3), ("2025-02", 4)), "line"),
        (result(("month", "status", "orders"), ("2025-01", "open", 3), ("2025-01", "closed", 4)), "line"),
        (result(("country", "amount"), ("Norway", 3.5), (None, 4.5)), "bar"),
        (result(("a.b", 'x["y"]'), ("Norway", 3), ("Chile", 4)), "bar"),
        (result(("country", "status", "orders"), ("Norway", "open", 1), ("Norway", "closed", 2)), "bar"),
    ],
)
def test_what_is_drawn_can_be_drawn(rows: Rows, mark: str) -> None:
    drawn = figure(rows)
    assert drawn is not None
    assert drawn["mark"]["type"] == mark
    assert [value["y"] for value in drawn["data"]["values"]] == [row[-1] for row in rows.rows]
    assert vl_convert.vegalite_to_svg(dict(drawn) | {"width": 300}).startswith("<svg")


@pytest.mark.parametrize(
    "rows",
    [
        result(("orders",), (80,)),
        result(("country", "orders")),
        result(("country", "orders"), ("Norway", 3)),
        result(("country", "status"), ("Norway", "open"), ("Chile", "closed")),
    ],
)
def test_nothing_sensible_to_draw(rows: Rows) -> None:
    assert figure(rows) is None


def test_much_is_cut() -> None:
    drawn = figure(result(("name", "n"), *((f"name {at}", at) for at in range(500))))
    assert drawn is not None
    assert len(drawn["data"]["values"]) == 30
    assert "first 30 of 500" in drawn["title"]
