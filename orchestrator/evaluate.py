"""Scores of routing, retrieval and answers. Pure: cases and predictions in, figures out; all shares are in 0..1."""

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from agents.types import Turn

ROUTERS_OWN = ("out_of_scope", "human")
"""Routes, and kinds of cases, that lead to no specialist."""
UNANSWERABLE = ("absent", "out_of_scope")
"""Kinds of cases that no document answers."""
RANKED = 10
"""How much of a ranking is looked at."""
SHOWN = 5
"""A relevant document is to be among so many first passages."""
_BINS = 10
_EVEN_ODDS, _SPREAD = 0.43, 0.12


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a question set. `routes`: the specialists that are to answer, or one of ROUTERS_OWN; empty where
    unknown. `documents` hold the answer; `contains` are texts that it must have. `relevant` is the gain of each
    relevant document by id, None where unknown. `id` is of any JSON type."""

    id: Any
    text: str
    history: tuple[Turn, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    routes: frozenset[str] = frozenset()
    kind: str = "plain"
    documents: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    relevant: Mapping[str, float] | None = None


class _Line(msgspec.Struct):
    """A line as it is written; every set uses some of the fields."""

    id: Any
    text: str | None = None
    question: str | None = None
    history: tuple[Turn, ...] | None = None
    facts: dict[str, str] | None = None
    route: str | None = None
    routes: tuple[str, ...] | None = None
    kind: str = "plain"
    documents: tuple[str, ...] | None = None
    contains: tuple[str, ...] | None = None
    relevant: dict[str, float] | list[str | int] | None = None


def parse_case(line: Mapping[str, Any]) -> Case:
    """The case of a line; unknown fields are ignored. Raises ValueError saying what is wrong with it."""
    try:
        read = msgspec.convert(line, _Line)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    text = read.text if read.text is not None else read.question
    if text is None:
        raise ValueError("neither `text` nor `question` is given")
    routes = frozenset(read.routes or ((read.route,) if read.route else ()))
    if not routes and read.kind in ROUTERS_OWN:
        routes = frozenset({read.kind})
    documents = read.documents or ()
    relevant = read.relevant
    if relevant is None and (documents or read.kind in UNANSWERABLE):
        relevant = list(documents)
    if isinstance(relevant, list):
        relevant = {str(document_id): 1.0 for document_id in relevant}
    return Case(
        read.id,
        text,
        read.history or (),
        read.facts or {},
        routes,
        read.kind,
        documents,
        read.contains or (),
        relevant,
    )


# --- routing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Routed:
    """A prediction. `routes`: all specialists chosen, or one of ROUTERS_OWN; `confidence` that this is right;
    `asked_back`: in a conversation the customer would have been asked first."""

    routes: frozenset[str]
    confidence: float
    asked_back: bool = False


def score_routing(cases: Sequence[Case], predictions: Sequence[Routed]) -> dict[str, Any]:
    """Accuracy over the cases whose route is known, with recall and precision by route, and how far confidence and
    accuracy are apart (expected calibration error over ten bins, Naeini et al. 2015)."""
    pairs = [(case, made) for case, made in zip(cases, predictions, strict=True) if case.routes]
    right = [case.routes == made.routes for case, made in pairs]
    names = sorted({name for case, made in pairs for name in case.routes | made.routes})
    return {
        "cases": len(cases),
        "scored": len(pairs),
        "accuracy": share(right),
        "asked_back": share([made.asked_back for made in predictions]),
        "calibration_error": calibration_error([made.confidence for _, made in pairs], right),
        "by_kind": {
            kind: share([good for (case, _), good in zip(pairs, right, strict=True) if case.kind == kind])
            for kind in sorted({case.kind for case, _ in pairs})
        },
        "by_route": {
            name: {
                "cases": sum(name in case.routes for case, _ in pairs),
                "recall": share([name in made.routes for case, made in pairs if name in case.routes]),
                "precision": share([name in case.routes for case, made in pairs if name in made.routes]),
            }
            for name in names
        },
    }


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float | None:
    """The mean distance of confidence and accuracy, in bins of equal width weighted by their size."""
    bins: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, good in zip(confidences, right, strict=True):
        bins[min(int(confidence * _BINS), _BINS - 1)].append((confidence, good))
    if not bins:
        return None
    apart = sum(abs(sum(c for c, _ in held) - sum(good for _, good in held)) for held in bins.values())
    return round(apart / len(confidences), 4)


# --- retrieval -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ranked:
    """A prediction: document ids, best first, and the probability that the documents answer at all."""

    documents: tuple[str, ...]
    answerable: float


def answerable_from(score: float) -> float:
    """The probability that a search answers whose best passage has this score, 0..1: a logistic curve fitted to the
    project's own question set, where half the questions at its centre have an answer."""
    return 1.0 / (1.0 + math.exp(-(score - _EVEN_ODDS) / _SPREAD))


def score_retrieval(cases: Sequence[Case], predictions: Sequence[Ranked]) -> dict[str, Any]:
    """Means over the cases that have relevant documents, and how well `answerable` tells them from those without."""
    known = [(case.relevant, made) for case, made in zip(cases, predictions, strict=True) if case.relevant is not None]
    pairs = [(relevant, made.documents) for relevant, made in known if relevant]

    def mean(score: Callable[[Mapping[str, float], Sequence[str]], float]) -> float | None:
        return round(sum(score(*pair) for pair in pairs) / len(pairs), 4) if pairs else None

    return {
        "cases": len(cases),
        "scored": len(pairs),
        "ndcg@10": mean(ndcg),
        "recall@1": mean(lambda relevant, ranked: recall(relevant, ranked, 1)),
        "recall@5": mean(lambda relevant, ranked: recall(relevant, ranked, 5)),
        "recall@10": mean(lambda relevant, ranked: recall(relevant, ranked, 10)),
        "mrr@10": mean(reciprocal_rank),
        "answerable_auroc": auroc(
            [made.answerable for relevant, made in known if relevant],
            [made.answerable for relevant, made in known if not relevant],
        ),
    }


def ndcg(relevant: Mapping[str, float], ranked: Sequence[str]) -> float:
    """Normalised discounted cumulative gain of the first ten, with the gain as it is (Järvelin and Kekäläinen 2002)."""
    gained = sum(
        relevant.get(document, 0.0) / math.log2(rank + 1) for rank, document in enumerate(ranked[:RANKED], start=1)
    )
    best = sorted(relevant.values(), reverse=True)[:RANKED]
    ideal = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, start=1))
    return gained / ideal if ideal else 0.0


def recall(relevant: Mapping[str, float], ranked: Sequence[str], k: int) -> float:
    """The share of relevant documents among the first `k`."""
    wanted = {document for document, gain in relevant.items() if gain > 0}
    return len(wanted & set(ranked[:k])) / len(wanted) if wanted else 0.0


def reciprocal_rank(relevant: Mapping[str, float], ranked: Sequence[str]) -> float:
    """1 over the rank of the first relevant document among ten, else 0."""
    ranks = (rank for rank, document in enumerate(ranked[:RANKED], start=1) if relevant.get(document, 0.0) > 0)
    return 1.0 / next(ranks, math.inf)


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The probability that a positive case has the higher score; ties count half. None without both."""
    if not positive or not negative:
        return None
    wins = sum((good > bad) + 0.5 * (good == bad) for good in positive for bad in negative)
    return round(wins / (len(positive) * len(negative)), 4)


# --- answers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Answer:
    """What came out for a case. `routes` as in Routed, or `clarify`; `sources` are the documents of the passages found,
    in their order, one per passage; `cited` says whether the text rests on any of them."""

    routes: frozenset[str]
    response: str
    sources: tuple[str, ...]
    cited: bool
    declined: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which of the checks that apply to a case went well, by name: `route`, `contains` (every text is in the answer),
    `source` (a relevant document is among the first five passages), `declined` (what no document has was not said)."""

    case: Case
    checks: Mapping[str, bool]

    @property
    def passed(self) -> bool:
        return all(self.checks.values())


def judge(case: Case, answer: Answer) -> Verdict:
    """The checks of one answer."""
    checks: dict[str, bool] = {}
    if case.routes:
        checks["route"] = answer.routes == case.routes
    if case.kind == "absent":
        checks["declined"] = answer.declined or not answer.cited
    elif case.kind not in ROUTERS_OWN:
        if case.contains:
            text = plain(answer.response)
            checks["contains"] = all(plain(wanted) in text for wanted in case.contains)
        if case.documents:
            checks["source"] = not set(case.documents).isdisjoint(answer.sources[:SHOWN])
    return Verdict(case, checks)


def plain(text: str) -> str:
    """Text for comparison: case folded, every run of white space a single blank."""
    return " ".join(text.casefold().split())


def score_answers(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The share of cases that passed each check, over all cases and by kind."""
    kinds = sorted({verdict.case.kind for verdict in verdicts})
    return {
        "overall": _checked(verdicts),
        "by_kind": {kind: _checked([one for one in verdicts if one.case.kind == kind]) for kind in kinds},
        "failed": [verdict.case.id for verdict in verdicts if not verdict.passed],
    }


def _checked(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    names = ("route", "contains", "source", "declined")
    found = {name: share([one.checks[name] for one in verdicts if name in one.checks]) for name in names}
    return {"cases": len(verdicts), "passed": share([one.passed for one in verdicts]), **found}


def share(outcomes: Sequence[bool]) -> float | None:
    """The share of true ones; None where there are none to judge."""
    return round(sum(outcomes) / len(outcomes), 4) if outcomes else None
