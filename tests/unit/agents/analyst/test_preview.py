"""What is shown and stored of a result is bounded, however large its values are."""

from agents.analyst.chart import figure
from agents.analyst.preview import LONGEST, ROWS, preview, short
from agents.dataset import Rows


def test_long_values_are_cut_and_figures_are_not() -> None:
    many = tuple((f"{number} " + "x" * 100_000, number, [number] * 30_000, [1, 2]) for number in range(200))
    shown = preview(Rows(("note", "n", "list", "pair"), ("text", "integer", "other", "other"), many, 200, 1.0))
    assert len(shown) == ROWS
    assert len(str(shown)) < ROWS * (2 * LONGEST + 100)
    assert [row["n"] for row in shown] == list(range(ROWS))
    assert shown[0]["pair"] == [1, 2]
    assert shown[0]["note"].endswith("…")


def test_what_is_short_stays() -> None:
    for value in (None, True, 3, 2.5, "x", "", [1], {"a": 1}):
        assert short(value) is value


def test_names_in_a_figure_are_cut() -> None:
    rows = Rows(("note", "n"), ("text", "integer"), tuple((f"{n} " + "x" * 9_000, n) for n in range(20)), 20, 1.0)
    drawn = figure(rows)
    assert drawn is not None
    assert len(str(drawn)) < 5_000
