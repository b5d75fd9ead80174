"""How likely it is that the passages of a search answer its question, from their scores alone.

A passage that answers stands out from those behind it, whatever the level of the scores in a corpus. The weights are a
logistic regression over questions on texts of five kinds (this knowledge base, an encyclopaedia, manuals, a forum, a
table of codes), each asked twice: with the documents that answer it, and without them.
"""

import math
from collections.abc import Sequence

BIAS, TOP, AHEAD = -1.38, 0.3, 12.3
UNKNOWN = -8.4
"""Where the question names an identifier that the documents lack among many of its kind."""
_LOOKED_AT = 10


def answerable(scores: Sequence[float], *, unknown: bool = False) -> float:
    """The probability, 0..1; `scores` are those of the passages, best first, 0..1 each."""
    if not scores:
        return 0.0
    first = scores[:_LOOKED_AT]
    ahead = first[0] - sum(first) / len(first)
    return 1.0 / (1.0 + math.exp(-(BIAS + TOP * first[0] + AHEAD * ahead + UNKNOWN * unknown)))
