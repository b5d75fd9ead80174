"""What customers have asked before, as a check of what a message is taken for: where the answers to the likest of their
questions stand together tells better what is wanted than any one word of the message."""

from collections.abc import Callable, Sequence

from rag.types import Place

_CLOSE = 0.06
"""Places whose questions are hardly less like the message count as well: several documents say the same."""


def nearest(places: Sequence[Place], within: float = _CLOSE) -> tuple[Place, ...]:
    """The places, the likest first, whose questions are as like as the first, or hardly less."""
    return tuple(place for place in places if place.cosine >= places[0].cosine - within)


def elsewhere(places: Sequence[Place], tells: Callable[[Place], bool], least: float) -> bool:
    """Whether questions at least so like the message, a cosine, are answered by nothing that `tells` names."""
    return bool(places) and places[0].cosine >= least and not any(map(tells, nearest(places)))
