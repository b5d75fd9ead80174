"""Categories in several spellings are one; what tells rows apart, or may be a code, stays."""

import duckdb
import pytest

from agents.dataset import Column, ForeignKey, Table
from agents.datasets.categories import unify


def unified(*values: str | None, **of: object) -> list[str | None]:
    """The column `c` of a table with these values."""
    snapshot = duckdb.connect()
    snapshot.execute("CREATE TABLE t (c VARCHAR, n INTEGER)")
    snapshot.executemany("INSERT INTO t VALUES (?, ?)", [(value, at) for at, value in enumerate(values)])
    unify(snapshot, (Table("", "t", (Column("c", "text", "VARCHAR"), Column("n", "integer", "INTEGER")), **of),))  # type: ignore[arg-type]
    found = [row[0] for row in snapshot.execute("SELECT c FROM t ORDER BY n").fetchall()]
    snapshot.close()
    return found


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (("Dog", "Dog", "DOG", "dog", "dog ", "Cat", None), {"Dog", "Cat", None}),
        (("Old Town", "old town", "Old  Town", "OLD TOWN", "Harbour", "Harbour"), {"Old Town", "Harbour"}),
        (("YES", "yes", "Yes", "No", "no", "NO"), {"Yes", "No"}),
        (("iPhone", "iPhone", "IPHONE", "iphone"), {"iPhone"}),
        (("Y", "Y", "y", "N", "n", "N"), {"Y", "N"}),
    ],
)
def test_the_commonest_spelling_is_that_of_all(values: tuple[str | None, ...], wanted: set[str | None]) -> None:
    assert set(unified(*values)) == wanted


@pytest.mark.parametrize(
    "values",
    [
        ("Ada", "ada", "Ben", "Cid"),  # nothing repeats: they may be names of rows
        ("mW", "MW", "mW", "MW", "kW", "kW"),
        ("aB3x", "Ab3X", "aB3x", "Ab3X"),
    ],
)
def test_what_may_mean_something_stays(values: tuple[str, ...]) -> None:
    assert unified(*values) == list(values)


def test_a_reference_stays_as_it_is() -> None:
    values = ("oslo", "Oslo", "Oslo", "oslo", "Oslo")
    assert unified(*values, foreign_keys=(ForeignKey(("c",), "towns", ("name",)),)) == list(values)
    assert unified(*values, unique=(("c", "n"),)) == list(values)
    assert set(unified(*values)) == {"Oslo"}
