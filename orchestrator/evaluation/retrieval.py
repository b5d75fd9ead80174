"""Figures of retrieval: what was ranked how high, and whether it was known that nothing answers."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.evaluation.bootstrap import Statistic
from orchestrator.evaluation.cases import Case
from orchestrator.evaluation.coverage import Curve, curve
from orchestrator.evaluation.outcomes import Outcome, Share, coverage_points, coverage_statistics, headline, of
from orchestrator.evaluation.statistics import auroc, mean

RANKED = 10
"""How much of a ranking is looked at."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A prediction: document ids, best first, and the probability that the documents answer at all."""

    documents: tuple[str, ...]
    answerable: float


class RetrievalOutcome(Outcome, frozen=True):
    """`has_answer`: whether any document is relevant, None where that is not known. `scores` are those of the ranking,
    by their names in SCORES; empty unless `has_answer`."""

    answerable: Share
    has_answer: bool | None
    scores: dict[str, Share]

    @property
    def first_right(self) -> bool | None:
        """Whether the first document is relevant: what has no answer is wrong whatever comes first."""
        return None if self.has_answer is None else self.scores.get("first", 0.0) > 0


def outcome(case: Case, made: Ranked) -> RetrievalOutcome:
    """What is kept of a case and its prediction."""
    relevant = {document: gain for document, gain in (case.relevant or {}).items() if gain > 0}
    has_answer = None if case.relevant is None else bool(relevant)
    scores = {name: score(relevant, made.documents) for name, score in SCORES.items()} if relevant else {}
    return RetrievalOutcome(*of(case), min(max(made.answerable, 0.0), 1.0), has_answer, scores)


def statistics(outcomes: Sequence[RetrievalOutcome]) -> dict[str, Statistic]:
    """The headline figures: of the ranking, over the cases that have relevant documents; of `answerable`, over all of
    which it is known whether they have."""
    ranking = {name: mean([outcome.scores.get(name) for outcome in outcomes]) for name in SCORES if name != "first"}
    discrimination = auroc([outcome.answerable for outcome in outcomes], [outcome.has_answer for outcome in outcomes])
    return ranking | {"answerable_auroc": discrimination} | coverage_statistics(by_answerable(outcomes))


def by_answerable(outcomes: Sequence[RetrievalOutcome]) -> Curve:
    """Coverage against the share whose first document is right, the most answerable first."""
    return curve([outcome.answerable for outcome in outcomes], [outcome.first_right for outcome in outcomes])


def figures(outcomes: Sequence[RetrievalOutcome]) -> dict[str, Any]:
    """The headline figures with their intervals, and coverage against accuracy."""
    return {
        "cases": len(outcomes),
        "scored": sum(bool(outcome.has_answer) for outcome in outcomes),
        "unanswerable": sum(outcome.has_answer is False for outcome in outcomes),
        **headline(statistics(outcomes), len(outcomes)),
        "coverage": coverage_points(by_answerable(outcomes)),
    }


def ndcg(relevant: Mapping[str, float], ranked: Sequence[str]) -> float:
    """Normalised discounted cumulative gain of the first ten, with the gain as it is (Järvelin and Kekäläinen 2002)."""
    gained = sum(
        relevant.get(document, 0.0) / math.log2(rank + 1) for rank, document in enumerate(ranked[:RANKED], start=1)
    )
    best = sorted(relevant.values(), reverse=True)[:RANKED]
    ideal = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(best, start=1))
    return min(gained / ideal, 1.0) if ideal else 0.0


def recall(relevant: Mapping[str, float], ranked: Sequence[str], k: int) -> float:
    """The share of relevant documents among the first `k`."""
    relevant_documents = {document for document, gain in relevant.items() if gain > 0}
    return len(relevant_documents & set(ranked[:k])) / len(relevant_documents) if relevant_documents else 0.0


def reciprocal_rank(relevant: Mapping[str, float], ranked: Sequence[str]) -> float:
    """1 over the rank of the first relevant document among ten, else 0."""
    ranks = (rank for rank, document in enumerate(ranked[:RANKED], start=1) if relevant.get(document, 0.0) > 0)
    return 1.0 / next(ranks, math.inf)


SCORES: dict[str, Callable[[Mapping[str, float], Sequence[str]], float]] = {
    "ndcg@10": ndcg,
    "recall@1": lambda relevant, ranked: recall(relevant, ranked, 1),
    "recall@5": lambda relevant, ranked: recall(relevant, ranked, 5),
    "recall@10": lambda relevant, ranked: recall(relevant, ranked, 10),
    "mrr@10": reciprocal_rank,
    "first": lambda relevant, ranked: float(reciprocal_rank(relevant, ranked[:1])),
}
"""Of one ranking, each 0..1; `first` is 1 where the first document is relevant."""
