"""What a word of a question may mean, seen from the rows of one table."""

from dataclasses import dataclass
from typing import Literal

from agents.analyst.reading.plan import Field
from agents.analyst.reading.tokens import parts

SenseKind = Literal["rows", "figure", "thing", "day", "value"]


@dataclass(frozen=True, slots=True)
class Sense:
    """One meaning of a mark: the rows themselves, a column of figures, of days, or one that tells things apart (the
    rows of another table: its `group`), or `values` of a column."""

    kind: SenseKind
    score: float
    field: Field | None = None
    values: tuple[str, ...] = ()
    group: tuple[Field, ...] = ()

    def __bool__(self) -> bool:
        return self is not NOTHING


NOTHING = Sense("rows", 0.0)
"""No meaning of that kind."""


def is_code(sense: Sense) -> bool:
    """Whether a column has the codes of things, which may have names as well."""
    return sense.kind == "thing" and sense.field is not None and parts(sense.field.column)[-1] == "code"


def codes_of(sense: Sense, other: Sense) -> bool:
    """Whether a column has the codes of what the other has the names of."""
    one, two = (parts(item.field.column) if item.field else () for item in (sense, other))
    return is_code(sense) and two in (one[:-1], (*one[:-1], "name"))
