"""What a question about figures asks for, as a value: which rows of which table, counted how, in which groups.

A plan is written as a query in two independent ways (`sql.py`, `recount.py`) and is kept in the conversation as plain
data, so that the next question can build on it.
"""

from datetime import date
from typing import Literal

import msgspec

from agents.dataset import Kind, quoted

Aggregate = Literal["count", "distinct", "sum", "average", "median", "minimum", "maximum"]
Unit = Literal["day", "week", "month", "quarter", "year"]
Operator = Literal["in", "not in", "=", "<", "<=", ">", ">=", "is null", "is not null"]
Scalar = bool | int | float | str


class Source(msgspec.Struct, frozen=True):
    """A table of a dataset."""

    dataset: str
    table: str

    @property
    def sql(self) -> str:
        return f"{quoted(self.dataset)}.{quoted(self.table)}"


class Hop(msgspec.Struct, frozen=True):
    """A foreign key that is followed: `columns` of the table before refer to `to_columns` of `source`, of which there
    is at most one row."""

    columns: tuple[str, ...]
    source: Source
    to_columns: tuple[str, ...]


class Field(msgspec.Struct, frozen=True):
    """A column, seen from the rows that are counted: at the end of `path`, their own where there is none."""

    column: str
    kind: Kind
    path: tuple[Hop, ...] = ()


class Condition(msgspec.Struct, frozen=True):
    """Which rows count. `said` is how it was asked for."""

    field: Field
    operator: Operator
    values: tuple[Scalar, ...] = ()
    said: str = ""


class Span(msgspec.Struct, frozen=True):
    """Days from `first` to `last`, both of them in it; None where it is open."""

    label: str
    first: date | None = None
    last: date | None = None


class Measure(msgspec.Struct, frozen=True):
    """What is worked out: `field` of the rows, or None where the rows themselves are counted."""

    aggregate: Aggregate
    field: Field | None = None


class Group(msgspec.Struct, frozen=True):
    """What rows are put together by: all `fields` (a key and the name that goes with it), or the `unit` of time that
    the only one falls into."""

    fields: tuple[Field, ...]
    unit: Unit | None = None


class Order(msgspec.Struct, frozen=True):
    """By what rows are put in order; where the column holds words, `scale` names them from the lowest up."""

    field: Field
    descending: bool = True
    scale: tuple[str, ...] = ()


class Having(msgspec.Struct, frozen=True):
    """Only groups whose measure is so."""

    operator: Operator
    value: float


class Plan(msgspec.Struct, frozen=True):
    """`dataset` is the name that is queried. Rows of `source` are counted that meet all `conditions` and whose day
    `when` lies in one of `spans`, which are told apart if they are several.

    Without measures the rows themselves are listed: `shown` of them, in `order`. `part`: how large the share of those
    rows is that meet these conditions too; `share`: what share of the whole each group has. `descending` orders groups
    by the first measure; None leaves them in their own order."""

    dataset: str
    source: Source
    measures: tuple[Measure, ...] = ()
    groups: tuple[Group, ...] = ()
    conditions: tuple[Condition, ...] = ()
    when: Field | None = None
    spans: tuple[Span, ...] = ()
    part: tuple[Condition, ...] = ()
    share: bool = False
    having: Having | None = None
    descending: bool | None = None
    limit: int | None = None
    shown: tuple[Field, ...] = ()
    order: tuple[Order, ...] = ()

    @property
    def fields(self) -> tuple[Field, ...]:
        """All columns that it needs."""
        named = [
            *(measure.field for measure in self.measures if measure.field),
            *(field for group in self.groups for field in group.fields),
            *(condition.field for condition in (*self.conditions, *self.part)),
            *([self.when] if self.when else []),
            *self.shown,
            *(order.field for order in self.order),
        ]
        return tuple(dict.fromkeys(named))
