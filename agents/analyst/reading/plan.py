"""What a question about figures asks for, as a value: which rows of which table, counted how, in which groups.

A plan is written as a query in two independent ways (`plan_sql.py`, `recount.py`) and is kept in the conversation as
plain data, so that the next question can build on it.
"""

import calendar
from datetime import date
from typing import Literal

import msgspec

from agents.dataset import Kind, quoted
from agents.language.dates.marks import month_of, spoken

Aggregate = Literal[
    "count", "distinct", "sum", "average", "median", "minimum", "maximum", "deviation", "variance", "range",
    "correlation", "each",
]  # fmt: skip
Unit = Literal["hour", "day", "week", "month", "quarter", "year", "weekday", "season"]
Operator = Literal["in", "not in", "=", "<", "<=", ">", ">=", "is null", "is not null", "contains", "starts"]
Part = Literal["", "hour", "day", "week", "month", "quarter", "year", "weekday", "season"]
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


class Related(msgspec.Struct, frozen=True):
    """The rows of `source` whose `keys` refer to `to_columns` of a row, that meet all `conditions`, and whose day
    `when` lies in one of `spans`."""

    source: Source
    keys: tuple["Field", ...]
    to_columns: tuple[str, ...]
    conditions: tuple["Condition", ...] = ()
    when: "Field | None" = None
    spans: tuple["Span", ...] = ()


class Field(msgspec.Struct, frozen=True):
    """A column, seen from the rows that are counted: at the end of `path`, their own where there is none.

    Or what is worked out of it row by row: the days from `since` to it, or a `part` of it: the hour of the day, 0 to
    23, the name of the weekday, the year. With `related` it is the number of such rows that refer to this one, and
    `column` what that is called."""

    column: str
    kind: Kind
    path: tuple[Hop, ...] = ()
    since: "Field | None" = None
    part: Part = ""
    related: Related | None = None

    @property
    def name(self) -> str:
        """What it is called in a result."""
        if self.since is not None:
            return f"days_from_{self.since.column}_to_{self.column}"
        return f"{self.part}_of_{self.column}" if self.part else self.column


class Condition(msgspec.Struct, frozen=True):
    """Which rows count: compared with `values`, or with the column `than` of the same row. `said` is how it was asked
    for."""

    field: Field
    operator: Operator
    values: tuple[Scalar, ...] = ()
    said: str = ""
    than: Field | None = None


class Span(msgspec.Struct, frozen=True):
    """Days from `first` to `last`, both of them in it; None where it is open."""

    label: str
    first: date | None = None
    last: date | None = None


def label(first: date | None, last: date | None) -> str:
    """The span in words: "2025", "March 2025", "Q3 2025", "since 1 March 2025"."""
    if first is None or last is None:
        return f"since {_plain(first)}" if first else f"until {_plain(last)}" if last else "all the time"
    if first == last:
        return _plain(first)
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return str(first.year)
    if (first, last) == month_of(first.year, first.month):
        return f"{calendar.month_name[first.month]} {first.year}"
    if first.month % 3 == 1 and first.day == 1 and last == month_of(first.year, first.month + 2)[1]:
        return f"Q{(first.month + 2) // 3} {first.year}"
    return f"{_plain(first)} to {_plain(last)}"


def _plain(day: date) -> str:
    """`3 March 2026`."""
    return spoken(day).split(" ", 1)[1]


class Measure(msgspec.Struct, frozen=True):
    """What is worked out: `field` of the rows, or None where the rows themselves are counted; with a correlation, that
    of `field` and `other`; with "each", how many rows there are for each different `field`. It is divided by `per`,
    which is the same in all rows of a group."""

    aggregate: Aggregate
    field: Field | None = None
    per: Field | None = None
    other: Field | None = None

    @property
    def adds_up(self) -> bool:
        """Whether the figures of groups add up to that of all rows."""
        return self.aggregate in ("count", "sum") and self.per is None


class Group(msgspec.Struct, frozen=True):
    """What rows are put together by: all `fields` (a key and the name that goes with it), or the `unit` of time that
    the only one falls into."""

    fields: tuple[Field, ...]
    unit: Unit | None = None

    def tells_apart(self, field: Field) -> bool:
        """Whether it is by the things that `field` is of, each by its key and its name."""
        return self.unit is None and len(self.fields) > 1 and self.fields[0].path == field.path


class Order(msgspec.Struct, frozen=True):
    """By what rows are put in order; where the column holds words, `scale` names them from the lowest up."""

    field: Field
    descending: bool = True
    scale: tuple[str, ...] = ()


class Having(msgspec.Struct, frozen=True):
    """Only groups whose measure is so."""

    operator: Operator
    value: float


class Side(msgspec.Struct, frozen=True):
    """One of two things whose figures are compared: the rows that meet all these conditions, on days of `span`."""

    label: str
    conditions: tuple[Condition, ...] = ()
    span: Span | None = None


Change = Literal["", "difference", "distance", "percent"]


class Plan(msgspec.Struct, frozen=True):
    """`dataset` is the name that is queried. Rows of `source` are counted that meet all `conditions` and whose day
    `when` lies in one of `spans`, which are told apart if they are several.

    Without measures the rows themselves are listed: `shown` of them, in the `order` that is asked for, if one is;
    `keys` tell them apart, and settle what no order says. `part`: how large the share of those rows is, or of what the
    measure adds up, that meet these conditions too; `change`: by how much the second of two `sides` is more than the
    first (their "distance" has no sign), or what per cent; `share`: what share of the whole each group has.
    `descending` orders groups by the first measure; None leaves them in their own order. Of the list the first `skip`
    are left out, and then `limit` stand in it; where that is one, so do those that share its place. Figures are rounded
    to `digits`."""

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
    skip: int = 0
    shown: tuple[Field, ...] = ()
    order: tuple[Order, ...] = ()
    keys: tuple[Field, ...] = ()
    sides: tuple[Side, ...] = ()
    change: Change = ""
    digits: int | None = None

    @property
    def all_conditions(self) -> tuple[Condition, ...]:
        """Of the rows, of a part of them, and of what is compared."""
        return (*self.conditions, *self.part, *(item for side in self.sides for item in side.conditions))

    @property
    def fields(self) -> tuple[Field, ...]:
        """All columns that it needs."""
        named = [
            *(field for measure in self.measures for field in (measure.field, measure.other, measure.per) if field),
            *(field for group in self.groups for field in group.fields),
            *(condition.field for condition in self.all_conditions),
            *(condition.than for condition in self.all_conditions if condition.than),
            *([self.when] if self.when else []),
            *self.shown,
            *(order.field for order in self.order),
            *self.keys,
        ]
        return tuple(dict.fromkeys(named))
