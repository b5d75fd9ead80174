"""What holds for every kind of evaluation."""

from pathlib import Path

import pytest

from orchestrator.evaluation.measures import LOWER_IS_BETTER, MEASURES

PAGE = (Path(__file__).parents[4] / "docs" / "evaluation.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", MEASURES)
def test_every_figure_has_a_meaning_on_the_page(kind: str) -> None:
    explained = {
        name for line in PAGE.splitlines() if line.startswith("| `") for name in line.split("|")[1].split("`")[1::2]
    }
    assert MEASURES[kind].statistics([]).keys() <= explained


@pytest.mark.parametrize("kind", MEASURES)
def test_without_cases_there_are_no_figures_and_no_failure(kind: str) -> None:
    figures = MEASURES[kind].figures([])
    assert figures["coverage"] == []
    assert figures["intervals"] == {}


def test_what_is_better_when_lower_is_a_figure() -> None:
    assert {name for measure in MEASURES.values() for name in measure.statistics([])} >= LOWER_IS_BETTER
