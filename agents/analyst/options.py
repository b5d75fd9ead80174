"""What a phrase may mean in a table, and why a question may not fit it."""

from dataclasses import dataclass

from agents.analyst.plan import Field, Source
from agents.analyst.tokens import parts
from agents.dataset import Column

NUMBERS = ("integer", "number")
DAYS = ("date", "timestamp")


class Unresolved(Exception):
    """The question does not fit the data; the text says what is unclear, for a person."""


@dataclass(frozen=True, slots=True)
class Option:
    """A column that a phrase may mean; `score` is how surely, less the way to it. `values`, where it is they that are
    named."""

    field: Field
    column: Column
    source: Source
    score: float
    values: tuple[str, ...] = ()


def words_of(name: str) -> str:
    """An identifier as a person reads it."""
    return " ".join(parts(name)) or name.strip()
