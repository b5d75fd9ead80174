"""A question on its way to a plan for the rows of one table: its marks, which of them have left their trace, and the
conditions that they make."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from msgspec.structs import replace

from agents.analyst.reading.options import Unresolved
from agents.analyst.reading.plan import Condition, Field, Group, Having, Measure, Operator, Scalar, Span
from agents.analyst.reading.scope import Scope
from agents.analyst.reading.senses import SenseKind
from agents.analyst.reading.sentence import NOWHERE, Mark

AGGREGATES = ("average", "sum", "median", "minimum", "maximum", "deviation", "variance", "range")
_QUIET = ("idle", "all")


@dataclass(slots=True)
class Question:
    """`used` are the places of marks that mean something in the plan. `filters` are conditions, and `times` spans, with
    the place where each was said. `lapse` are the days between two dates, where they are asked about; `given` is what
    is worked out, where that is known already; `descending` in which order groups are to stand."""

    marks: tuple[Mark, ...]
    scope: Scope
    used: set[int] = field(default_factory=set)
    filters: list[tuple[int, Condition]] = field(default_factory=list)
    times: list[tuple[int, Span]] = field(default_factory=list)
    when: Field | None = None
    having: tuple[Having, Measure | None] | None = None
    digits: int | None = None
    lapse: Field | None = None
    groups: list[Group] = field(default_factory=list)
    given: Measure | None = None
    descending: bool | None = None

    def fork(self) -> "Question":
        """The same question, to be read on in one of several ways."""
        own = {name: getattr(self, name).copy() for name in ("used", "filters", "times", "groups")}
        return dataclasses.replace(self, **own)

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
        return any(mark.cue == "which" and set(mark.plain.split()) & set(words) for mark in self.marks)

    def word(self, *words: str) -> Mark | None:
        return next((mark for mark in self.marks if set(mark.plain.split()) & set(words)), None)

    def use(self, *marks: Mark | None) -> None:
        self.used.update(mark.place for mark in marks if mark is not None)

    def use_all(self, *kinds: str) -> None:
        """Use every mark of such a kind."""
        self.use(*self.all(*kinds))

    def use_rows(self) -> None:
        """Use the names of the rows: they say what is counted."""
        self.use(*self.rows())

    def rows(self) -> list[Mark]:
        """The names of the rows that are not used yet."""
        return [mark for mark in self.names() if self.scope.own(mark)]

    def free(self, mark: Mark) -> bool:
        return mark is not NOWHERE and mark.place not in self.used

    def onward(self, place: int, step: int = 1) -> Iterator[Mark]:
        """The marks behind a place, or (`step` -1) before it, that say something."""
        at = place + step
        while 0 <= at < len(self.marks):
            if self.marks[at].cue not in _QUIET or self.marks[at].names:
                yield self.marks[at]
            at += step

    def near(self, place: int, most: int, step: int = 1) -> list[Mark]:
        return list(islice(self.onward(place, step), most))

    def after(self, place: int, step: int = 1) -> Mark:
        """The next mark that says something; NOWHERE where there is none."""
        return next(self.onward(place, step), NOWHERE)

    def beside(self, place: int, step: int = 1) -> Mark:
        """The very next mark, whatever it is; NOWHERE where there is none."""
        return self.marks[place + step] if 0 <= place + step < len(self.marks) else NOWHERE

    def cued(self, place: int, step: int, *kinds: str) -> Mark | None:
        """The next mark that says something, where it is of such a kind."""
        found = self.after(place, step)
        return found if found.cue in kinds else None

    def names(self) -> list[Mark]:
        """The names that are not used yet."""
        return [mark for mark in self.marks if mark.names and self.free(mark)]

    def is_figure(self, mark: Mark | None) -> bool:
        """Whether a mark that is not used yet names a figure rather than anything else."""
        if mark is None or not self.free(mark) or mark.cue.startswith("beyond"):
            return False
        figure = self.scope.score(mark, "figure")
        much = self.beside(mark.place, -1).plain == "much"
        others = self.scope.score(mark, "value") if much else self.scope.score(mark, "rows", "thing", "day", "value")
        return figure >= 0.34 and figure + 0.16 >= others and not (figure < others and mark.cue == "count")

    def figures(self) -> list[Mark]:
        return [mark for mark in self.marks if self.is_figure(mark)]

    def take(self, mark: Mark, *kinds: SenseKind) -> Field:
        """The column that a mark names, which is used then. Raises Unresolved."""
        field = self.scope.chosen(mark, *kinds).field
        if field is None:
            raise Unresolved(f'I do not see what "{mark.text}" is.')
        self.use(mark)
        return field

    def is_thing(self, mark: Mark | None) -> bool:
        """Whether rows can be put together by what a mark names: a column of words or classes, another table."""
        if mark is None or not self.free(mark):
            return False
        thing, figure = self.scope.sense(mark, "thing", least=0.4), self.scope.field_of(mark, "figure", least=0.45)
        if thing and thing.score >= self.scope.score(mark, "rows"):
            return True
        return figure is not None and self.scope.is_class(figure)

    def group(self, mark: Mark) -> Group:
        """The group that a mark names; it is used then. Raises Unresolved."""
        found = self.scope.chosen(mark, "thing", "figure", "day")
        if found.field is None:
            raise Unresolved(f'I do not see what "{mark.text}" is.')
        self.use(mark)
        return Group(found.group or (found.field,))

    def keep(self, place: int, column: Field, operator: Operator, values: tuple[Scalar, ...], said: str) -> None:
        """Only rows that meet this count."""
        self.filters.append((place, Condition(column, operator, values, said)))

    def conditions(self, which: Callable[[int], bool] = lambda place: True) -> tuple[Condition, ...]:
        """Those that were said at such places, in their order; the values of one column together. Raises Unresolved
        where nothing can meet them."""
        found: dict[object, Condition] = {}
        for place, item in sorted(self.filters, key=lambda entry: entry[0]):
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

    def is_flag(self, condition: Condition) -> bool:
        """Whether a condition is a yes or no."""
        return not condition.than and self.scope.flag(condition.field) is not None
