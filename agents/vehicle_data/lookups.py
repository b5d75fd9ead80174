"""What can be asked of the spec tables: a look-up, a comparison, or a choice among the vehicles."""

import re
from dataclasses import dataclass
from typing import Literal

from agents.language.units import Amount, Unit
from agents.vehicle_data.comparatives import Operator, Order
from agents.vehicles.applicability import Cars

MOST_SIDES = 4
"""Columns of a table that is still read on a telephone."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The values of some attributes for some cars. `into` is the unit that is wanted besides; `rim` the wheels' size in
    inches, if the question says which; `own`: it is the customer's vehicle, so it matters which one that is. `likely`:
    that these are asked for is likely and not certain."""

    attributes: tuple[str, ...]
    cars: Cars
    into: Unit | None = None
    rim: str = ""
    own: bool = False
    likely: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """Which of the `sides`, or of all cars where there are none, has the highest or lowest figure. `asserted`: the
    question can be answered with yes or no, for the first side; `apart`: by how much is asked too."""

    attribute: str
    order: Order
    sides: tuple[Cars, ...] = ()
    within: Cars = frozenset()
    asserted: bool = False
    apart: bool = False
    likely: bool = False


@dataclass(frozen=True, slots=True)
class Contrast:
    """What some attributes are on each of the `sides`, and how far they lie `apart`. `likely`: that these are asked for
    is likely and not certain."""

    sides: tuple[Cars, ...]
    attributes: tuple[str, ...]
    apart: bool = False
    likely: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """The cars whose figure stands in a relation to `amount`; with `has`, those that have the thing at all."""

    attribute: str
    operator: Operator | Literal["has"]
    amount: Amount | None = None


Request = Lookup | Comparison | Contrast | Choice


def on_rim(detail: str, rim: str) -> bool:
    """Whether a row's detail is a tyre for wheels of this size: `205/45 R17` for 17 inches."""
    return re.search(rf"R\s?{rim}\b", detail, re.IGNORECASE) is not None
