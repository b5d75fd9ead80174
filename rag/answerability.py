"""How likely it is that the passages of a search answer its question, from their scores alone.

A passage that answers stands out from those behind it, whatever the level of the scores in a corpus. The weights are a
logistic regression, see `benchmarks/fit`; they hold only for the scores that they were fitted on.
"""

from collections.abc import Sequence

from rag import logistic

ANSWERABLE = logistic.beside(__file__)["answerable"]
_LOOKED_AT = 10


def answerable(scores: Sequence[float], *, unknown: bool = False) -> float:
    """The probability, 0..1; `scores` are those of the passages, best first, 0..1 each. `unknown`: whether the question
    names an identifier that the documents lack among many of its kind."""
    return ANSWERABLE.probability(features(scores, unknown=unknown)) if scores else 0.0


def features(scores: Sequence[float], *, unknown: bool) -> dict[str, float]:
    """What tells an answer from its neighbours, of at least one passage. `top`: the first score; `ahead`: how far it is
    above the mean of the first ten; `unknown`: 1 or 0."""
    first = scores[:_LOOKED_AT]
    return {"top": first[0], "ahead": first[0] - sum(first) / len(first), "unknown": float(unknown)}
