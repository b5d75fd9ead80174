"""An order of passages in which the first few are of several documents."""

from collections import Counter
from collections.abc import Sequence

from rag.types import Passage

FIRST = 5
SAME_DOCUMENT = 2
"""Passages of one document among the first: the next documents matter more than its third."""


def spread(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Passages, best first, such that the first five are of several documents if they can be: those that are a
    document's third or later make way for the best of others and follow behind them."""
    first: list[Passage] = []
    surplus: list[Passage] = []
    taken: Counter[str] = Counter()
    for at, passage in enumerate(passages):
        if len(first) == FIRST:
            return (*first, *sorted((*surplus, *passages[at:]), key=lambda other: -other.score))
        document = passage.chunk.document_id
        taken[document] += 1
        (first if taken[document] <= SAME_DOCUMENT else surplus).append(passage)
    return (*first, *surplus)
