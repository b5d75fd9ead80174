"""The terms of some chunks as arrays, by which all of them are scored at once: the same scores as one by one, see
`rag/words/ranking.py`, in a few products instead of a loop over chunks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Counts = Mapping[str, float]
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Postings:
    """`ids` of the chunks and the `subjects` that they belong to, by their positions here; `lengths`: in terms, over
    that of the average chunk. Term number t stands in the chunks `docs[ends[t-1]:ends[t]]`, and `counts` says how
    often. `pair_keys`, growing, are pairs of term numbers that stand side by side in the chunks `pair_docs`."""

    ids: tuple[str, ...]
    subjects: NDArray[np.str_]
    lengths: NDArray[np.float64]
    numbers: Mapping[str, int]
    ends: NDArray[np.int64]
    docs: NDArray[np.int32]
    counts: NDArray[np.float64]
    pair_keys: NDArray[np.int64]
    pair_docs: NDArray[np.int32]
    positions: Mapping[str, int]

    @classmethod
    def of(cls, chunks: Sequence[tuple[str, str, float, Counts, Pairs]]) -> "Postings":
        """Of chunks by id, subject, length, the counts of their terms and their pairs."""
        numbers: dict[str, int] = {}
        told = [
            (numbers.setdefault(term, len(numbers)), at, count)
            for at, (_, _, _, counts, _) in enumerate(chunks)
            for term, count in counts.items()
        ]
        terms = np.array([term for term, _, _ in told], dtype=np.int64)
        order = np.argsort(terms, kind="stable")
        side_by_side = [
            (_pair(numbers[one], numbers[other]), at) for at, (*_, pairs) in enumerate(chunks) for one, other in pairs
        ]
        keys = np.array([key for key, _ in side_by_side], dtype=np.int64)
        by_key = np.argsort(keys, kind="stable")
        ids = tuple(chunk_id for chunk_id, *_ in chunks)
        return cls(
            ids,
            np.array([subject for _, subject, *_ in chunks], dtype=np.str_),
            np.array([length for _, _, length, _, _ in chunks], dtype=np.float64),
            numbers,
            np.cumsum(np.bincount(terms, minlength=len(numbers))),
            np.array([at for _, at, _ in told], dtype=np.int32)[order],
            np.array([count for _, _, count in told], dtype=np.float64)[order],
            keys[by_key],
            np.array([at for _, at in side_by_side], dtype=np.int32)[by_key],
            {chunk_id: at for at, chunk_id in enumerate(ids)},
        )

    def chunk_counts(self) -> dict[str, int]:
        """How many chunks hold each term."""
        return dict(zip(self.numbers, np.diff(self.ends, prepend=0).tolist(), strict=True))

    def gained(
        self,
        weights: Mapping[str, float],
        gain: Callable[[float, NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]],
        pair_gain: Callable[[float], float],
    ) -> NDArray[np.float64]:
        """What each chunk has of the terms, in the question's order, with their `weights`: a term brings what `gain`
        says of its weight, its counts and the lengths of the chunks that it is in; a pair of neighbours what
        `pair_gain` says of the smaller weight."""
        total = np.zeros(len(self.ids))
        for term, weight in weights.items():
            if (number := self.numbers.get(term)) is not None:
                span = slice(int(self.ends[number - 1]) if number else 0, int(self.ends[number]))
                docs = self.docs[span]
                total[docs] += gain(weight, self.counts[span], self.lengths[docs])
        for one, other in dict.fromkeys(pairwise(weights)):
            if one in self.numbers and other in self.numbers:
                key = _pair(self.numbers[one], self.numbers[other])
                begin, end = np.searchsorted(self.pair_keys, (key, key + 1))
                total[self.pair_docs[begin:end]] += pair_gain(min(weights[one], weights[other]))
        return total

    def best(self, scores: NDArray[np.float64], k: int, subjects: Sequence[str] | None) -> list[tuple[str, float]]:
        """At most `k` chunks with a score, of `subjects` where given: the best first, those alike by id."""
        if subjects is not None:
            scores = np.where(np.isin(self.subjects, subjects), scores, 0.0)
        least = np.partition(scores, -k)[-k] if k < len(scores) else 0.0
        found = np.flatnonzero((scores > 0) & (scores >= least))
        named = ((self.ids[at], float(scores[at])) for at in found)
        return sorted(named, key=lambda one: (-one[1], one[0]))[:k]


def _pair(one: int, other: int) -> int:
    return one << 32 | other
