"""What a phrase may name in a dataset, and what stands in a column."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from agents.analyst.reading.plan import Source
from agents.dataset import Kind


@dataclass(frozen=True, slots=True)
class Profile:
    """What stands in a column: how many different values, how many rows lack one, the lowest and highest figure, or the
    first and last day."""

    distinct: int
    missing: int
    low: float | None = None
    high: float | None = None
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase may name; the higher the `weight` (0..1), the more surely. `value` is the text as it stands in
    the column, which is `of` a kind. `spelt` are the words of the name, one for each of the phrase."""

    kind: Literal["table", "column", "value"]
    source: Source
    weight: float
    column: str = ""
    value: str = ""
    of: Kind = "other"
    spelt: tuple[str, ...] = ()
