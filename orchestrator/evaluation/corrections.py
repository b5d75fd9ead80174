"""Answers that somebody of the staff has corrected, given again: whether they say now what they should have said.

A correction is written freely, so that what counts is what it tells: all its figures and codes, and most of its words.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from agents.language.terms import terms
from agents.language.words import FUNCTION_WORDS
from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.coverage import Curve, curve
from orchestrator.evaluation.outcomes import Outcome, coverage_points, headline
from orchestrator.evaluation.statistics import mean
from orchestrator.staff.cases import CaseLine

SHARE = 0.6
"""Of the words of a correction that an answer has to have; figures it needs all."""


class CorrectionOutcome(Outcome, frozen=True):
    """`right`: the answer says what it should have said; `changed`: it is another one than was corrected."""

    right: bool
    changed: bool


def parse_correction(line: Mapping[str, Any]) -> CaseLine:
    """The case of a line of `GET /api/v1/staff/cases.jsonl`. Raises ValueError saying what is wrong with it."""
    try:
        read = msgspec.convert(line, CaseLine)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    if not _told(read.expected):
        raise ValueError("`expected` says nothing that an answer could be held against")
    return read


def judge(case: CaseLine, response: str) -> CorrectionOutcome:
    """How a case went."""
    fingerprint = hashlib.sha256(msgspec.json.encode(case, order="deterministic")).hexdigest()[:16]
    changed = _told(response) != _told(case.answer)
    return CorrectionOutcome(case.id, fingerprint, case.agent or "none", holds(case.expected, response), changed)


def holds(expected: str, response: str) -> bool:
    """Whether a response tells what was expected."""
    wanted, told = _told(expected), _told(response)
    figures = {term for term in wanted if any(sign.isdigit() for sign in term)}
    if not figures <= told:
        return False
    words = wanted - figures
    return not words or len(words & told) >= SHARE * len(words)


def _told(text: str) -> frozenset[str]:
    """The terms of a text that say something."""
    return frozenset(terms(text)) - FUNCTION_WORDS


def statistics(outcomes: Sequence[CorrectionOutcome]) -> dict[str, Statistic]:
    """The headline figures: the share that is right now, and that has changed."""
    return {
        "right": mean([outcome.right for outcome in outcomes]),
        "changed": mean([outcome.changed for outcome in outcomes]),
    }


def figures(outcomes: Sequence[CorrectionOutcome]) -> dict[str, Any]:
    """The headline figures with their intervals, and what is still wrong."""
    return {
        "cases": len(outcomes),
        **headline(statistics(outcomes), len(outcomes)),
        "coverage": coverage_points(in_order(outcomes)),
        "failed": [outcome.id for outcome in outcomes if not outcome.right],
    }


def in_order(outcomes: Sequence[CorrectionOutcome]) -> Curve:
    """The cases in their order against the share that is right: nothing tells how sure the answers are."""
    certainties = [-float(number) for number in range(len(outcomes))]
    return curve(certainties, [outcome.right for outcome in outcomes])
