"""Whether the passages found hold an answer to the question at all: what no document says is to be declined.

The weights come from a logistic regression over questions whose answers are, or are not, in a knowledge base; the
figures are shares in 0..1 unless said otherwise.
"""

import math
from collections.abc import Sequence

from agents.scoring import Scored, telling
from rag.terms import identifiers

WEIGHTS = {"sure": 0.97, "asked": 3.35, "value": -1.16, "length": 13.54, "named": 2.5}
BIAS = -3.41
LEAST = 0.58
"""The least probability with which a question is answered rather than declined."""

_FEW, _MANY = 2, 12  # telling words: fewer tell no more of a question than these; with more, it has enough
_SHORT, _LONG = 8, 40  # words, likewise
_CERTAIN = 1e-4  # probabilities are kept this far from 0 and 1, so that their odds are finite


def answerable(question: str, ranked: Sequence[Scored]) -> float:
    """The probability that the passages, whose statements are `ranked`, answer the question."""
    if not ranked:
        return 0.0
    return 1 / (1 + math.exp(-BIAS - sum(WEIGHTS[name] * value for name, value in features(question, ranked).items())))


def features(question: str, ranked: Sequence[Scored]) -> dict[str, float]:
    """What tells an answerable question from another. `sure`: the log odds of the best statement; `asked` and `length`:
    how many telling words and words the question has, since a long description is seldom in the documents' words and
    a short question for one fact nearly always is; `value`: whether the statement ranked first has a value of the kind
    asked for, which `sure` counts too much where nothing else speaks for it; `named`: whether it has the codes and part
    numbers that the question names."""
    probability = min(max(max(scored.probability for scored in ranked), _CERTAIN), 1 - _CERTAIN)
    return {
        "sure": math.log(probability / (1 - probability)),
        "asked": _within(len(telling(question)), _FEW, _MANY),
        "value": ranked[0].features["value"],
        "named": float(bool(identifiers(question)) and not ranked[0].features["code"]),
        "length": _within(len(question.split()), _SHORT, _LONG),
    }


def _within(count: int, least: int, most: int) -> float:
    """A count as a share of `most`, taken for `least` or `most` where it lies outside."""
    return min(max(count, least), most) / most
