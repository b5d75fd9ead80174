"""Whether the documents are about vehicles that people drive on roads, rather than about products of another trade."""

from collections.abc import Sequence

from agents.language.words import vocabulary, words
from agents.vehicles.range import Vehicles
from rag.types import Chunk

_SPOKEN = vocabulary("vehicle vehicles car cars driver drivers driving")
_LEAST = 0.1
"""The share of chunks that speak of driving. It is 0.38 of the bundled handbooks, and 0 of twenty pages about kitchen
appliances; others name cars in a warning here and there."""


def driven(chunks: Sequence[Chunk], vehicles: Vehicles) -> bool:
    """See `agents.context.Reference.derived`."""
    speaking = sum(not _SPOKEN.isdisjoint(words(chunk.text)) for chunk in chunks)
    return speaking > _LEAST * len(chunks)
