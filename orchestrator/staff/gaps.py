"""Questions that were not answered, those of one meaning together: what the documents lack. Pure."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

ALIKE = 0.62
"""The cosine from which two questions mean the same."""
SHOWN = 10


class Unanswered(msgspec.Struct, frozen=True):
    """A question to which there was no answer."""

    text: str
    conversation_id: str
    message_id: str
    at: str


class Gap(msgspec.Struct, frozen=True):
    """Questions of one meaning: the most typical one, how many there are, and the latest of them."""

    question: str
    count: int
    questions: tuple[Unanswered, ...]
    last_at: str


def gaps(asked: Sequence[Unanswered], vectors: NDArray[np.float32]) -> list[Gap]:
    """The questions, the latest first, grouped by their vectors of length 1; the largest group first."""
    groups: list[list[int]] = []
    centres: list[NDArray[np.float32]] = []
    for place in range(len(asked)):
        likeness = [float(centre @ vectors[place]) / (float(np.linalg.norm(centre)) or 1.0) for centre in centres]
        best = int(np.argmax(likeness)) if likeness else -1
        if best >= 0 and likeness[best] >= ALIKE:
            groups[best].append(place)
            centres[best] = centres[best] + vectors[place]
        else:
            groups.append([place])
            centres.append(vectors[place])
    found = [
        _gap([asked[place] for place in group], vectors[group], centre)
        for group, centre in zip(groups, centres, strict=True)
    ]
    return sorted(found, key=lambda gap: (-gap.count, gap.question))


def _gap(questions: list[Unanswered], vectors: NDArray[np.float32], centre: NDArray[np.float32]) -> Gap:
    typical = questions[int(np.argmax(vectors @ centre))]
    return Gap(typical.text, len(questions), tuple(questions[:SHOWN]), questions[0].at)
