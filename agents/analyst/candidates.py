"""The columns that a phrase may mean, and which of them may be meant as well as the likeliest."""

import re
from dataclasses import dataclass

from agents.analyst.plan import Field, Source
from agents.analyst.tokens import parts, tokens
from agents.dataset import Column

GENERAL = frozenset({"total", "overall", "gross"})
"""Words in a column's name that say that it is the whole of which others are parts."""
_NEAR = 0.25
"""How near another column has to come to be looked at as well."""
_EXACT = 0.95
"""From this weight on a column is called as it is said."""
_CLAUSE = re.compile(r"[:;,.]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """`weight` is how surely the phrase names the column; `score` is that less the way to it."""

    field: Field
    column: Column
    source: Source
    score: float
    weight: float


def rivals(best: Candidate, other: Candidate) -> bool:
    """Whether another column may well be meant: not beside one of the rows themselves that is called so, or that is
    the total of what the other is a part of."""
    exact = best.weight >= _EXACT
    plain = exact and not best.field.path
    whole = not best.field.path and bool(GENERAL & set(parts(best.column.name)))
    if plain or whole or (exact and other.weight < best.weight):
        return False
    return best.score - other.score < _NEAR


def described(said: str, column: Column) -> bool:
    """Whether the words stand in what a column's description says first; what follows is about something else."""
    first = _CLAUSE.split(column.description, maxsplit=1)[0]
    return set(said.casefold().split()) <= {token.plain for token in tokens(first)}
