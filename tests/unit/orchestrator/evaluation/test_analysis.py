"""The judge of questions about figures."""

from typing import Any

import pytest

from orchestrator.evaluation.analysis import AnalysisOutcome, AnalysisOutput, figures, judge, parse_analysis_case
from orchestrator.evaluation.comparison import compare
from orchestrator.evaluation.saved_runs import Run, decode_run, encode_run


def shown(*rows: tuple[Any, ...], total: int | None = None, verified: bool = True, said: str = "") -> AnalysisOutput:
    return AnalysisOutput(rows, len(rows) if total is None else total, verified, 0.9, said)


def result(answer: Any, what: AnalysisOutput, **more: Any) -> str:
    return judge(parse_analysis_case({"id": 1, "question": "?", "answer": answer, **more}), what).result


NOTHING = AnalysisOutput(None)
NAMES = shown((1, "Ada", 3), (2, "Ben", 2.5))


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (None, NOTHING),
        ({"figure": 5}, shown((5,))),
        ({"figure": 1 / 3}, shown((0.33333333333,))),
        ({"figure": 120}, shown((1,), (2,), total=120)),
        ({"date": "2025-03-01"}, shown((7, "2025-03-01T10:00:00"))),
        ({"series": [1, 2]}, shown(("2025", 1), ("2026", 2))),
        ({"ranking": [["Ada", 3], ["Ben", 2.5]]}, NAMES),
        ({"rows": ["1", "2"]}, NAMES),
        ({"names": ["Ben", "Ada"]}, NAMES),
        ({"groups": {"Ada": 3, "Ben": 2.5}}, NAMES),
        ({"groups": {"a / b": [1, 2]}}, shown(("b", "a", 1, 2))),
        ({"groups": {"": 4}}, shown((None, 4))),
        ({"among": [1, 2, 3]}, shown((1,), (3,), said="3 rows meet the filters")),
        ({"any": [{"figure": 1}, {"names": ["Ada", "Ben"]}]}, NAMES),
        ({"any": [{"figure": 1}, None]}, NOTHING),
    ],
)
def test_what_is_right(answer: Any, what: AnalysisOutput) -> None:
    assert result(answer, what) == "right"


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (None, shown((5,))),
        ({"figure": 5}, shown((5.1,))),
        ({"figure": 5}, shown()),
        ({"date": "2025-03-01"}, shown(("2025-03-02",))),
        ({"date": "2025-03-01"}, shown()),
        ({"series": [2, 1]}, shown(("2025", 1), ("2026", 2))),
        ({"ranking": [["Ben", 2.5], ["Ada", 3]]}, NAMES),
        ({"rows": ["2", "1"]}, NAMES),
        ({"names": ["Ada"]}, NAMES),
        ({"groups": {"Ada": 3, "Ben": 3}}, NAMES),
        ({"groups": {"Ada": 3}}, NAMES),
        ({"among": [1, 2]}, shown((1,), (3,), said="2 rows")),
        ({"among": [1, 3]}, shown((1,), (3,), said="5 rows")),
        ({"any": [{"figure": 1}, None]}, NAMES),
    ],
)
def test_what_is_wrong(answer: Any, what: AnalysisOutput) -> None:
    assert result(answer, what) == "wrong"


def test_declining_is_neither() -> None:
    assert result({"figure": 5}, NOTHING) == "declined"


def test_how_exact_a_figure_has_to_be_is_said_beside_it() -> None:
    assert result({"figure": 100}, shown((101,)), tolerance=0.02) == "right"
    assert result({"figure": 100}, shown((103,)), tolerance=0.02) == "wrong"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"id": 1, "question": "?"}, "`answer` is not given"),
        ({"id": 1, "answer": None}, "question"),
        ({"id": 1, "question": "?", "answer": {}}, "exactly one way"),
        ({"id": 1, "question": "?", "answer": {"figure": 1, "names": ["a"]}}, "exactly one way"),
        ({"id": 1, "question": "?", "answer": {"number": 1}}, "number"),
        ({"id": 1, "question": "?", "answer": {"figure": "many"}}, "Expected"),
        ({"id": 1, "question": "?", "answer": None, "today": "yesterday"}, "yesterday"),
        ({"id": 1, "question": "?", "answer": None, "tolerance": -1}, "tolerance"),
        ({"id": {}, "question": "?", "answer": None}, "id"),
    ],
)
def test_a_line_that_is_no_question_says_why(line: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_analysis_case(line)


def outcomes(*results: str) -> tuple[AnalysisOutcome, ...]:
    return tuple(
        AnalysisOutcome(n, f"{n:016}", "plain", one.rstrip("!"), one.endswith("!"), 0.5)  # type: ignore[arg-type]
        for n, one in enumerate(results)
    )


def test_the_figures_tell_what_misleads() -> None:
    told = figures(outcomes("right!", "right", "declined", "wrong", "wrong!"))
    assert (told["right"], told["declined"], told["wrong"], told["wrong_and_verified"]) == (0.4, 0.2, 0.4, 0.2)
    assert told["by_kind"]["plain"] == {"cases": 5, "right": 2, "declined": 1, "wrong": 2, "wrong_and_verified": 1}
    assert told["failed"] == [2, 3, 4]


def test_more_wrong_figures_are_a_regression() -> None:
    old, new = Run("analysis", outcomes(*["declined"] * 20)), Run("analysis", outcomes(*["wrong!"] * 20))
    assert decode_run(encode_run(old)) == old
    found = compare(old, new)
    assert set(found.regressions) == {"wrong", "wrong_and_verified"}
    assert len(found.worse) == 20
