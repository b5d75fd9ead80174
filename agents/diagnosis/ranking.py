"""Which cause is behind a symptom, from what was checked: a Bayesian ranking and what it leads to. Pure.

Every cause begins with its weight among the causes of its symptom. Each answer multiplies it by a factor, and the
products, divided by their sum, are the causes' probabilities; causes are taken to exclude each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agents.diagnosis.guided_checks import Cause, Effect, Symptom
from agents.vehicles.applicability import Cars

Answer = Literal["yes", "no", "unknown"]

FACTORS: dict[Effect, float] = {"confirms": 20.0, "likelier": 3.0, "": 1.0, "unlikelier": 1 / 3, "excludes": 1 / 20}
"""How many times likelier the answer is from somebody who has the cause than from one who has another. An answer that
confirms or excludes is wrong once in twenty."""
DOMINATES = 0.85
"""Probability from which on a cause is taken for the one, once something was checked."""
MOST_NAMED = 4
"""Causes that are told at once."""


@dataclass(frozen=True, slots=True)
class Ranked:
    cause: Cause
    probability: float


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a diagnosis stands. `ranked`: the causes that are not excluded, the likeliest first. One of: `cause`, which
    explains it (`sure` where an answer confirmed it); `ask`, whose check is next; or neither, where nothing fits."""

    ranked: tuple[Ranked, ...]
    cause: Cause | None = None
    ask: Cause | None = None
    sure: bool = False


def find(symptom: Symptom, cars: Cars, answers: Mapping[str, Answer], codes: Sequence[str] = ()) -> Finding:
    """What is known of `symptom` on one of `cars`, given the answers by their causes' names and the codes stored."""
    possible = [cause for cause in symptom.causes if cause.cars & cars]
    scores = [cause.weight * _factor(cause, answers, codes) for cause in possible]
    ranked = sorted(
        (
            Ranked(cause, score / sum(scores))
            for cause, score in zip(possible, scores, strict=True)
            if effect(cause, answers) != "excludes"
        ),
        key=lambda item: -item.probability,
    )
    left = tuple(ranked)
    confirmed = next((candidate.cause for candidate in left if _is_confirmed(candidate.cause, answers, codes)), None)
    if confirmed is not None:
        return Finding(left, cause=confirmed, sure=True)
    if left and left[0].probability >= DOMINATES and effect(left[0].cause, answers) == "likelier":
        return Finding(left, cause=left[0].cause)
    ask = next(
        (candidate.cause for candidate in left if candidate.cause.check and candidate.cause.name not in answers), None
    )
    if ask is not None:
        return Finding(left, ask=ask)
    likely = [
        candidate.cause
        for candidate in left
        if not candidate.cause.check or effect(candidate.cause, answers) == "likelier"
    ]
    return Finding(left, cause=likely[0] if likely else None)


def effect(cause: Cause, answers: Mapping[str, Answer]) -> Effect:
    """What the answer to the cause's own check does to it."""
    match answers.get(cause.name):
        case "yes":
            return cause.if_yes
        case "no":
            return cause.if_no
        case _:
            return ""


def confirming(cause: Cause) -> Answer:
    """The answer that speaks for the cause."""
    return "no" if cause.if_no in ("confirms", "likelier") else "yes"


def refuting(cause: Cause) -> Answer:
    """The answer that speaks against it."""
    return "yes" if confirming(cause) == "no" else "no"


def _factor(cause: Cause, answers: Mapping[str, Answer], codes: Sequence[str]) -> float:
    stored = FACTORS["confirms"] if set(cause.codes) & set(codes) else 1.0
    return stored * FACTORS[effect(cause, answers)]


def _is_confirmed(cause: Cause, answers: Mapping[str, Answer], codes: Sequence[str]) -> bool:
    return effect(cause, answers) == "confirms" or bool(set(cause.codes) & set(codes) and cause.name not in answers)
