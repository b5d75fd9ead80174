"""Whether the passages found hold an answer to the question at all: what no document says is to be declined.

The weights are a logistic regression over questions whose answers are, or are not, in a knowledge base, see
`benchmarks/fit`; they hold only for the scores that they were fitted on. Features are shares in 0..1 unless said
otherwise.
"""

import math
from collections.abc import Sequence

from agents.extractive.scoring import Scored, telling
from agents.language import synonyms
from agents.language.terms import identifiers
from rag import logistic

_MODELS = logistic.beside(__file__)
ANSWERABLE, ANSWERABLE_ASKED = _MODELS["answerable"], _MODELS["answerable_asked"]
LEAST, LEAST_ASKED = 0.46, 0.92
"""The least probability with which a statement is told as the answer, and not as what our documents say; the second
where the search knew questions of customers. The fits count questions without an answer as much as those with one, so
0.5 is the even middle: the first declines as many of the former, and fewer others. A wrong answer costs more than a
quote that has to be read, and where the questions lead to the quote, the second takes two in five of the wrong answers
of conversations away and none of the right; from 0.92 to 0.97 little changes."""
POSSIBLE = 0.07
"""The least probability with which the nearest passage is quoted, as what our documents say and not as the answer."""

_SPOKEN, _ALIKE = 0.5, 0.45
"""The share of a question's telling words that what is told has at least, where it is not so alike in meaning, a
cosine: else it is something else that the documents say of the same product. On the bundled questions, without those
of customers, this takes away 15 of the 23 answers to what no document says, and 7 of the 84 that were right."""

_SHORT, _LONG = 8, 40  # words: fewer tell no more of a question than these; with more, it has enough
_CERTAIN = 1e-4  # probabilities are kept this far from 0 and 1, so that their odds are finite


def answerable(question: str, ranked: Sequence[Scored], *, asked: bool = False) -> float:
    """The probability that the passages, whose statements are `ranked`, answer the question, where half of all
    questions have an answer. `asked`: the search knew questions of customers with what answers them."""
    model = ANSWERABLE_ASKED if asked else ANSWERABLE
    return model.probability(features(question, ranked)) if ranked else 0.0


def speaks(told: Sequence[Scored]) -> bool:
    """Whether one of the statements told speaks of what was asked at all, in its words or its meaning; a row that has
    no value of the kind asked for does not. Where the search knew questions of customers, these tell it better."""
    return any(
        (scored.features["coverage"] >= _SPOKEN or scored.features["likeness"] >= _ALIKE)
        and not (scored.statement.span.kind == "row" and scored.features["no_value"])
        for scored in told
    )


def features(question: str, ranked: Sequence[Scored]) -> dict[str, float]:
    """What tells an answerable question from another. `sure`: the log odds of the best statement; `length`: how many
    words the question has, since a long description is seldom in the documents' words and a short question for one
    fact nearly always is; `spoken`: the share of its words that tell nothing, small in one typed in keywords, which is
    short for that; `kind`: whether it asks for a value of some kind, of which passages hold many that answer something
    else; `named`: whether it names codes or part numbers that the statement ranked first does not have."""
    probability = min(max(max(scored.probability for scored in ranked), _CERTAIN), 1 - _CERTAIN)
    words = question.split()
    return {
        "sure": math.log(probability / (1 - probability)),
        "named": float(bool(identifiers(question)) and not ranked[0].features["code"]),
        "length": _within(len(words), _SHORT, _LONG),
        "kind": float(synonyms.expected(question) is not None),
        "spoken": 1 - len(telling(question)) / max(1, len(words)),
    }


def _within(count: int, least: int, most: int) -> float:
    """A count as a share of `most`, taken for `least` or `most` where it lies outside."""
    return min(max(count, least), most) / most
