"""A question on its way to a plan for the rows of one table: its marks, what they mean there, which of them have left
their trace, and the conditions that they make together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from msgspec.structs import replace

from agents.analyst.options import DAYS, Option, Unresolved
from agents.analyst.plan import Condition, Field, Group, Having, Measure, Operator, Scalar, Span
from agents.analyst.sentence import Mark
from agents.analyst.view import View

AGGREGATES = ("average", "sum", "median", "minimum", "maximum", "deviation", "variance", "range")
_NAMING = frozenset(
    {"", "unit", "list", "top", "bottom", "rate", "known", "idle", "most", "least", *AGGREGATES, "count"}
)
"""What a mark may do besides, that is a name all the same."""


_BETTER = 0.15
"""By how much another column has to be called so rather than the figure."""


@dataclass(slots=True)
class Draft:
    """`used` are the places of marks that mean something in the plan. `filters` are conditions, and `times` spans, with
    the place where each was said; `given` is what is worked out, where that is known already."""

    marks: tuple[Mark, ...]
    view: View
    used: set[int] = field(default_factory=set)
    filters: list[tuple[int, Condition]] = field(default_factory=list)
    times: list[tuple[int, Span]] = field(default_factory=list)
    when: Field | None = None
    groups: list[Group] = field(default_factory=list)
    having: tuple[Having, Measure] | None = None
    digits: int | None = None
    given: tuple[Measure, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        return tuple(span for _, span in self.times)

    def has(self, *kinds: str) -> bool:
        return any(mark.cue in kinds for mark in self.marks)

    def all(self, *kinds: str) -> list[Mark]:
        return [mark for mark in self.marks if mark.cue in kinds]

    def first(self, *kinds: str) -> Mark | None:
        """The first mark of such a kind that is not used yet."""
        return next((mark for mark in self.marks if mark.cue in kinds and self.free(mark)), None)

    def says(self, *words: str) -> bool:
        """Whether one of these words asks for something."""
        return any(mark.cue == "which" and set(mark.plain.split()) & set(words) for mark in self.marks)

    def use(self, *marks: Mark | None) -> None:
        self.used.update(mark.place for mark in marks if mark is not None)

    def free(self, mark: Mark) -> bool:
        return mark.place not in self.used

    def onward(self, place: int, step: int = 1) -> Iterator[Mark]:
        """The marks behind a place, or (`step` -1) before it, that say something."""
        at = place + step
        while 0 <= at < len(self.marks):
            if self.marks[at].cue != "idle" or self.marks[at].names:
                yield self.marks[at]
            at += step

    def near(self, place: int, most: int, step: int = 1) -> list[Mark]:
        return list(islice(self.onward(place, step), most))

    def after(self, place: int, step: int = 1) -> Mark | None:
        return next(self.onward(place, step), None)

    def beside(self, place: int, step: int = 1) -> Mark | None:
        """The very next mark, whatever it is."""
        return self.marks[place + step] if 0 <= place + step < len(self.marks) else None

    def cued(self, place: int, step: int, *kinds: str) -> Mark | None:
        """The next mark that says something, where it is of such a kind."""
        found = self.after(place, step)
        return found if found is not None and found.cue in kinds else None

    def names(self) -> list[Mark]:
        """The names that are not used yet."""
        return [mark for mark in self.marks if mark.names and self.free(mark)]

    def named(self, mark: Mark | None, accept: Callable[[Option], bool]) -> bool:
        """Whether a mark that is not used yet names such a column."""
        return mark is not None and self.free(mark) and bool(self.view.options(mark.names, accept))

    def is_figure(self, mark: Mark | None) -> bool:
        """Whether a mark that is not used yet names a figure rather than anything else."""
        if mark is None or not self.free(mark) or mark.cue not in _NAMING:
            return False
        option = self.view.pick(mark, self.view.is_figure, quiet=True)
        others = [item.weight for item in mark.names if item.kind != "column" and item.source in self.view.paths]
        best = self.view.pick(mark, is_column, quiet=True)
        if option is None or best is None or best.score > option.score + _BETTER:
            return False
        return option.score + 0.2 >= max(others, default=0.0)

    def figures(self) -> list[Mark]:
        return [mark for mark in self.names() if self.is_figure(mark)]

    def figure(self, mark: Mark) -> Field:
        """The figure that a mark names, which is used then."""
        found = self.view.figure(mark)
        assert found is not None
        self.use(mark)
        return found

    def is_thing(self, mark: Mark) -> bool:
        """Whether rows can be put together by what a mark names, or it is the rows themselves."""
        tables = any(item.source in self.view.paths for item in mark.of("table", 0.4))
        return self.view.own(mark) or self.named(mark, self.view.groupable) or tables

    def only_rows(self, mark: Mark) -> bool:
        """Whether a mark names the rows, and no column as surely."""
        return self.view.own(mark) and not any(item.weight >= 0.95 for item in mark.of("column"))

    def use_rows(self) -> None:
        """The names of the rows mean what is counted."""
        self.use(*(mark for mark in self.names() if self.view.own(mark)))

    def keep(self, place: int, column: Field, operator: Operator, values: tuple[Scalar, ...], said: str) -> None:
        """Only rows that meet this count."""
        self.filters.append((place, Condition(column, operator, values, said)))


def is_day(option: Option) -> bool:
    return option.column.kind in DAYS and not option.values


def is_column(option: Option) -> bool:
    return not option.values


def is_text(option: Option) -> bool:
    return option.column.kind == "text" and not option.values


def merged(draft: Draft, which: Callable[[int], bool] = lambda place: True) -> tuple[Condition, ...]:
    """Those that were said at such places, in their order; the values of one column together. Raises Unresolved where
    nothing can meet them."""
    found: dict[object, Condition] = {}
    for place, item in sorted(draft.filters, key=lambda entry: entry[0]):
        if not which(place):
            continue
        key = (item.field, item.operator) if item.operator in ("in", "not in") else item
        if (held := found.get(key)) is not None:
            values = tuple(dict.fromkeys((*held.values, *item.values)))
            item = replace(
                held, values=values, said=f"{held.said}, {item.said}" if values != held.values else held.said
            )
        found[key] = item
    for one in found.values():
        other = found.get((one.field, "not in")) if one.operator == "in" else None
        if other is not None and set(one.values) & set(other.values):
            raise Unresolved("Nothing is both: please say which one counts.")
    return tuple(found.values())


def is_flag(draft: Draft, condition: Condition) -> bool:
    """Whether a condition is a yes or no."""
    return draft.view.lexicon.flag(draft.view.at(condition.field), condition.field.column) is not None
