"""Questions about figures: what the data says, what the analyst showed, and how it is judged.

What is expected stands beside each question as data, so that one judge does for every set. `answer` is null where the
data holds none, or an object of one of these: `figure`, one number (or so many rows, where they are listed); `date`,
one day; `series`, the figures in their order; `ranking`, names and figures in their order; `rows`, the first cell of
each row in their order; `names`, in any order; `groups`, the figure, or the figures, of each name, or of names joined
by " / "; `among`, rows that are listed, each known by its first cell, and said to be so many; `any`, one of several.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isclose
from typing import Annotated, Any, Literal

import msgspec

from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.coverage import Curve, curve
from orchestrator.evaluation.outcomes import Outcome, Share, coverage_points, coverage_statistics, headline, share
from orchestrator.evaluation.statistics import mean

Result = Literal["right", "declined", "wrong"]
_GOODNESS: dict[Result, float] = {"right": 1.0, "declined": 0.5, "wrong": 0.0}
_ABSOLUTE = 1e-9


class Expected(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One answer; exactly one of its fields is given."""

    figure: float | None = None
    date: str | None = None
    series: tuple[float, ...] | None = None
    ranking: tuple[tuple[str, float], ...] | None = None
    names: tuple[str, ...] | None = None
    rows: tuple[str, ...] | None = None
    groups: dict[str, float | tuple[float, ...]] | None = None
    among: tuple[str | int, ...] | None = None
    any: "tuple[Expected | None, ...] | None" = None

    def __post_init__(self) -> None:
        if sum(getattr(self, name) is not None for name in self.__struct_fields__) != 1:
            raise ValueError("an answer is given in exactly one way")


class AnalysisCase(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question as it is written. `before`: the questions asked before it in its conversation. `today` is the day that
    it is asked on, "" for the day of the run. `tolerance` is by how much figures may differ, as a share of them."""

    id: str | int
    question: str
    answer: Expected | None
    dataset: str = ""
    before: tuple[str, ...] = ()
    today: str = ""
    tolerance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1e-6
    kind: str = "plain"

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stay while nothing of it changes."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class AnalysisOutput:
    """What came out: the first `rows` of `total`, None where nothing was worked out; `explanation` tells how it was
    checked, or why it is not there."""

    rows: tuple[tuple[Any, ...], ...] | None
    total: int = 0
    verified: bool = False
    confidence: float = 0.0
    explanation: str = ""


class AnalysisOutcome(Outcome, frozen=True):
    """`result` with whether the figure passed for verified, and the confidence that was told."""

    result: Result
    verified: bool
    confidence: Share

    @property
    def goodness(self) -> float:
        """A wrong figure is worse than none."""
        return _GOODNESS[self.result]


def parse_analysis_case(line: Mapping[str, Any]) -> AnalysisCase:
    """The question of a line; unknown fields are ignored. Raises ValueError saying what is wrong with it."""
    if "answer" not in line:
        raise ValueError("`answer` is not given: write null where the data holds none")
    try:
        read = msgspec.convert(line, AnalysisCase)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    if read.today:
        date.fromisoformat(read.today)
    return read


def judge(case: AnalysisCase, output: AnalysisOutput) -> AnalysisOutcome:
    """How a question went. Where the data holds no answer, declining is right."""
    result: Result = "declined" if output.rows is None else "wrong"
    if _fits(case.answer, output, case.tolerance):
        result = "right"
    confidence = min(max(output.confidence, 0.0), 1.0)
    return AnalysisOutcome(case.id, case.fingerprint, case.kind, result, output.verified, confidence)


def _fits(answer: Expected | None, output: AnalysisOutput, room: float) -> bool:
    if answer is not None and answer.any is not None:
        return any(_fits(alternative, output, room) for alternative in answer.any)
    if answer is None or output.rows is None:
        return answer is None and output.rows is None
    rows = output.rows
    if answer.figure is not None:
        return same(rows[0][-1], answer.figure, room) if len(rows) == 1 else output.total == answer.figure
    if answer.date is not None:
        return bool(rows) and any(plain(value)[:10] == answer.date for value in rows[0])
    if answer.among is not None:
        return f"{len(answer.among):,} rows" in output.explanation and all(row[0] in answer.among for row in rows)
    expected = answer.series or answer.ranking or answer.names or answer.rows or answer.groups or ()
    return output.total == len(expected) and _listed(answer, rows, room)


def _listed(answer: Expected, rows: Sequence[Sequence[Any]], room: float) -> bool:
    """Whether as many rows as are shown are those that are wanted."""
    if answer.series is not None:
        return all(same(row[-1], figure, room) for row, figure in zip(rows, answer.series, strict=False))
    if answer.ranking is not None:
        return all(
            name in map(plain, row) and any(same(value, figure, room) for value in row)
            for row, (name, figure) in zip(rows, answer.ranking, strict=False)
        )
    if answer.rows is not None:
        return all(plain(row[0]) == first for row, first in zip(rows, answer.rows, strict=False))
    if answer.names is not None:
        return all(any(name in map(plain, row) for name in answer.names) for row in rows)
    groups = answer.groups or {}
    return all(any(_is_group(row, name, figure, room) for name, figure in groups.items()) for row in rows)


def _is_group(row: Sequence[Any], name: str, figure: float | tuple[float, ...], room: float) -> bool:
    figures = figure if isinstance(figure, tuple) else (figure,)
    keys = set(map(plain, row[: -len(figures)]))
    return set(name.split(" / ")) <= keys and all(
        same(value, expected, room) for value, expected in zip(row[-len(figures) :], figures, strict=True)
    )


def plain(value: Any) -> str:
    """A cell as it is compared with a name; what is missing is ""."""
    return "" if value is None else str(value)


def same(value: Any, other: Any, room: float = 1e-6) -> bool:
    """Whether two cells say the same."""
    if isinstance(value, int | float) and isinstance(other, int | float):
        return isclose(value, other, rel_tol=room, abs_tol=_ABSOLUTE)
    return bool(value == other)


def statistics(outcomes: Sequence[AnalysisOutcome]) -> dict[str, Statistic]:
    """The shares that are right, wrong, and wrong though they passed for verified, and coverage."""
    return {
        "right": mean([outcome.result == "right" for outcome in outcomes]),
        "wrong": mean([outcome.result == "wrong" for outcome in outcomes]),
        "wrong_and_verified": mean([_misleads(outcome) for outcome in outcomes]),
    } | coverage_statistics(by_confidence(outcomes))


def _misleads(analysis_outcome: AnalysisOutcome) -> bool:
    return analysis_outcome.result == "wrong" and analysis_outcome.verified


def by_confidence(outcomes: Sequence[AnalysisOutcome]) -> Curve:
    """Coverage against the share that is right: the most confident first."""
    return curve([outcome.confidence for outcome in outcomes], [outcome.result == "right" for outcome in outcomes])


def figures(outcomes: Sequence[AnalysisOutcome]) -> dict[str, Any]:
    """The headline figures with their intervals, by kind, and which were declined, or wrong."""
    summary = headline(statistics(outcomes), len(outcomes))
    kinds = sorted({outcome.kind for outcome in outcomes})
    return {
        "cases": len(outcomes),
        **summary,
        "declined": share([outcome.result == "declined" for outcome in outcomes]),
        "by_kind": {kind: _counted([outcome for outcome in outcomes if outcome.kind == kind]) for kind in kinds},
        "coverage": coverage_points(by_confidence(outcomes)) if outcomes else [],
        "failed": [outcome.id for outcome in outcomes if outcome.result != "right"],
    }


def _counted(outcomes: Sequence[AnalysisOutcome]) -> dict[str, int]:
    return {
        "cases": len(outcomes),
        **{name: sum(outcome.result == name for outcome in outcomes) for name in _GOODNESS},
        "wrong_and_verified": sum(map(_misleads, outcomes)),
    }
