"""The score of a chunk by words: BM25 over fields (BM25F, Robertson and Zaragoza 2009) with little normalisation for
length and with pairs of neighbouring terms, as a share of what a chunk would have that held every term: hardly above 1.
Terms that no chunk has count as the rarest of all, so a question that the documents only touch with its common words
scores low. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.likeness.postings import Postings
from rag.query import Sought
from rag.terms import UNSOUGHT_TERMS
from rag.words.term_store import Columns

FIELDS = (1.0, 1.5, 1.0)
"""How much a term counts in the title, in the headings and in the body."""
K1, B = 1.2, 0.4
"""How soon more of the same term counts no more, and how much length matters."""
PAIR = 0.3
"""What a pair of terms that stand side by side adds, of the weight of the rarer one."""
SATURATION = 1.4
"""What a term that stands about once in the text, and perhaps in a heading, comes to: with it a full match is about 1.
It depends on FIELDS."""
_MOST = 1.5


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a chunk: how often each stands in it, a time in a field counting as much as the field; and which
    follow each other in one field, unless words that are not searched for do stand between them."""

    counts: Mapping[str, float]
    pairs: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, columns: Columns) -> "Terms":
        counts: dict[str, float] = defaultdict(float)
        pairs: set[tuple[str, str]] = set()
        for weight, column in zip(FIELDS, columns, strict=True):
            written = column.split()
            for term in written:
                counts[term] += weight
            pairs.update(pairwise(term for term in written if term not in UNSOUGHT_TERMS))
        return cls(dict(counts), frozenset(pairs))


def scores(postings: Postings, sought: Sought) -> NDArray[np.float64]:
    """The scores of all chunks, as `score` gives that of one."""

    def gain(weight: float, counts: NDArray[np.float64], lengths: NDArray[np.float64]) -> NDArray[np.float64]:
        return weight * counts * (K1 + 1) / (counts + K1 * (1 - B + B * lengths))

    gained = postings.gained(sought.weights, gain, lambda weight: PAIR * weight)
    return np.minimum(gained / max(sought.reach * SATURATION, 1e-9), _MOST)


def score(sought: Sought, neighbours: frozenset[tuple[str, str]], length: float, terms: Terms) -> float:
    """The score of one chunk; `neighbours`: the pairs of terms that follow each other in the question; `length`: in
    terms, over that of the average chunk. Words that are not searched for may stand between a pair."""
    saturation = K1 * (1 - B + B * length)
    gained = 0.0
    for term, weight in sought.weights.items():
        count = terms.counts.get(term)
        if count:
            gained += weight * count * (K1 + 1) / (count + saturation)
    for pair, other in neighbours & terms.pairs:
        gained += PAIR * min(sought.weights[pair], sought.weights[other])
    return min(gained / max(sought.reach * SATURATION, 1e-9), _MOST)


def rarest(weights: Mapping[str, float], counts: Mapping[str, int], most_chunks: int) -> Sequence[str]:
    """The terms that fewest chunks hold, as many as are held by so many chunks together, but at least one."""
    taken: list[str] = []
    chunks = 0
    for term in sorted(weights, key=counts.__getitem__):
        chunks += counts[term]
        if taken and chunks > most_chunks:
            break
        taken.append(term)
    return taken
