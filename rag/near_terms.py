"""What an unknown term of a question may stand for: a known one a slip of the finger away, or two written as one."""

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA

from rag.terms import stem

SHORTEST = 4
_SHORTEST_HALF = 3


def edits(term: str) -> int:
    """How many letters of a term may be wrong: none of a short one, nor of anything but letters."""
    if len(term) < SHORTEST or not term.isalpha():
        return 0
    return 1 if len(term) < 6 else 2


def nearest(term: str, vocabulary: Iterable[tuple[str, int]]) -> str | None:
    """The term of `vocabulary`, pairs of a term and how many chunks hold it, that takes the fewest edits (letters
    missing, added, replaced or swapped with their neighbours), then the one that most chunks hold. A first letter is
    rarely missed: only terms that begin alike are compared."""
    allowed = edits(term)
    best: tuple[int, int, str] | None = None
    for other, count in vocabulary:
        if abs(len(other) - len(term)) > allowed or other[:1] != term[:1] or not other.isalpha():
            continue
        apart = OSA.distance(term, other, score_cutoff=allowed)
        if apart <= allowed:
            candidate = (apart, -count, other)
            best = candidate if best is None else min(best, candidate)
    return best[2] if best and allowed else None


def halves(term: str) -> Iterator[tuple[str, str]]:
    """The pairs of terms that a word may have been put together from, such as `printerpaper`."""
    if term.isalpha():
        for at in range(_SHORTEST_HALF, len(term) - _SHORTEST_HALF + 1):
            yield stem(term[:at]), stem(term[at:])
