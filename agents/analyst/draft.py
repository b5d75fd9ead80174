"""A question on its way to a plan for the rows of one table: its marks, what they mean there, and which of them have left
their trace."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from agents.analyst.plan import Condition, Field, Group, Having, Measure, Plan, Span
from agents.analyst.sentence import Mark
from agents.analyst.view import Option, View

NAMING = frozenset({"", "unit", "list", "top", "bottom", "rate", "sum", "count", "average", "most", "least", "known", "idle", "range"})
"""What a mark may do besides, that is a name all the same."""


@dataclass(slots=True)
class Draft:
    """`used` are the places of marks that mean something in the plan. `filters` are conditions with the place where
    each was said; `own` says whether they were negated."""

    marks: tuple[Mark, ...]
    view: View
    before: Plan | None = None
    used: set[int] = field(default_factory=set)
    filters: list[tuple[int, Condition]] = field(default_factory=list)
    times: list[tuple[int, Span]] = field(default_factory=list)
    when: Field | None = None
    groups: list[Group] = field(default_factory=list)
    having: tuple[Having, Measure] | None = None
    digits: int | None = None
    given: tuple[Measure, ...] = ()

    def has(self, *kinds: str) -> bool:
        return any(mark.cue in kinds for mark in self.marks)

    def first(self, *kinds: str) -> Mark | None:
        """The first mark of such a kind that is not used yet."""
        return next((mark for mark in self.marks if mark.cue in kinds and mark.place not in self.used), None)

    def use(self, *marks: Mark) -> None:
        self.used.update(mark.place for mark in marks)

    def free(self, mark: Mark) -> bool:
        return mark.place not in self.used

    def after(self, place: int, step: int = 1) -> Mark | None:
        """The next mark that says something, to the right or (`step` -1) to the left."""
        return next(self.onward(place, step), None)

    def onward(self, place: int, step: int = 1) -> Iterator[Mark]:
        """The marks behind a place, or before it, that say something."""
        at = place + step
        while 0 <= at < len(self.marks):
            mark = self.marks[at]
            if mark.cue != "idle" or mark.names:
                yield mark
            at += step

    def cued(self, place: int, step: int, *kinds: str) -> Mark | None:
        """The next mark, where it is of such a kind."""
        found = self.after(place, step)
        return found if found is not None and found.cue in kinds else None

    def named(self, mark: Mark | None, accept: Callable[[Option], bool]) -> bool:
        """Whether a mark that is not used yet names such a column."""
        return mark is not None and self.free(mark) and bool(self.view.options(mark.names, accept))

    def is_figure(self, mark: Mark | None) -> bool:
        if mark is None or not self.free(mark) or mark.cue not in NAMING:
            return False
        option = self.view.pick(mark, self.view.is_figure, quiet=True)
        if option is None:
            return False
        others = [item.weight for item in mark.of("table") if item.source in self.view.paths]
        others += [item.weight for item in mark.of("value") if item.source in self.view.paths]
        return option.score + 0.2 >= max(others, default=0.0)

    def is_thing(self, mark: Mark) -> bool:
        """Whether rows can be put together by what a mark names, or it is the rows themselves."""
        return self.view.own(mark) or self.named(mark, self.view.groupable) or bool(self._tables(mark))

    def _tables(self, mark: Mark) -> bool:
        return any(item.source in self.view.paths for item in mark.of("table", 0.4))

    def names(self) -> Iterator[Mark]:
        """The names that are not used yet."""
        return (mark for mark in self.marks if mark.names and self.free(mark))
