"""How days and times of one text belong together: "Monday or Tuesday next week, but not before 10". Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise, product, zip_longest

from agents.language.dates.marks import Days
from agents.language.dates.wish import MOST_WINDOWS, Window, Wish
from agents.language.words import vocabulary

_OPENS, _CLOSES = 7 * 60, 19 * 60
"""A time that may be before noon or after is the one in this part of the day."""
_BOUNDS = {"before": "before", "by": "by", "until": "by", "till": "by", "til": "by", "after": "after", "past": "after",
           "from": "from", "since": "from", "starting": "from", "around": "around", "between": "between"}  # fmt: skip
_BETWEEN = vocabulary("the on at in of a about")
"""May stand between such a word and the day or time that it bounds."""
_AND = vocabulary("or and nor , either")
_AGAIN = vocabulary("but instead rather only just works suits prefer")
"""After them no longer what is not wanted is named."""
_LATER, _EARLIER = vocabulary("later after onwards onward"), vocabulary("earlier sooner before")
_DAY = timedelta(days=1)
_DAY_END = 1439
Said = str | Days | tuple[Window, ...]
"""A word or mark, days, or a time in all of its readings."""


@dataclass(slots=True, eq=False)
class _Item:
    """A day or a time, in all readings as it was written and as it is bounded. `either`: joined by "or" to the one
    before it."""

    written: Sequence[Window]
    bounded: Sequence[Window]
    negated: bool = False
    either: bool = False

    @property
    def named(self) -> tuple[int, ...]:
        """The weekdays that stand for themselves."""
        day = self.bounded[0]
        return day.named if isinstance(day, Days) else ()

    @property
    def is_day(self) -> bool:
        return isinstance(self.written[0], Days)

    @property
    def is_month(self) -> bool:
        """Whether it is a month, or what is left of it."""
        first, last = self.bounded[0].first, self.bounded[0].last
        one = first is not None and last is not None and (first.year, first.month) == (last.year, last.month)
        return one and self.is_span and last is not None and (last + _DAY).day == 1

    @property
    def is_span(self) -> bool:
        """Whether it is several days."""
        return self.is_day and self.bounded[0].first != self.bounded[0].last


class Sentence:
    """Puts together what one text says."""

    def __init__(self, now: datetime) -> None:
        self._now, self._today = now, now.date()
        self._items: list[_Item] = []
        self._month: _Item | None = None
        self._begun = 0
        self._soonest = self._negated = self._either = self._to = self._adjacent = False
        self._bound = ""

    def read(self, said: Sequence[Said]) -> Wish:
        """The wish that days and times are with the words and punctuation between them."""
        for at, node in enumerate(said):
            following = next((item for item in said[at + 1 : at + 3] if item != "at"), "")
            if not isinstance(node, str):
                self._mark(node if isinstance(node, tuple) else (node,))
            elif self._adjacent and node in _LATER | _EARLIER and (node not in _BOUNDS or isinstance(following, str)):
                bound = "from" if node in _LATER else "by"
                self._items[-1].bounded = self._within(self._items[-1].written[:1], bound)
            else:
                self._word(node, said[at + 1 :])
        return self._wish()

    def _mark(self, readings: Sequence[Window]) -> None:
        readings = sorted(
            readings, key=lambda time: not isinstance(time, Days) and not _OPENS <= time.earliest < _CLOSES
        )
        last = self._items[-1] if self._items else None
        if self._month is not None and (named := _of_month(readings[0], self._month.bounded[0])):
            readings = [named]
            if self._month in self._items and not (self._bound or self._to or self._either):
                self._items.remove(self._month)
        if self._to and last is not None and type(last.written[0]) is type(readings[0]):
            last.bounded = last.written = (_joined(last.written[0], readings),)
        else:
            self._items.append(_Item(readings, self._within(readings, self._bound), self._negated, self._either))
            self._month = self._items[-1] if self._items[-1].is_month else self._month
        if self._bound != "between":
            self._bound = ""
        self._either = self._to = False
        self._adjacent = True

    def _word(self, word: str, rest: Sequence[Said]) -> None:
        if word in ".;!?":
            self._negated, self._bound, self._begun = False, "", len(self._items)
        elif word == "soonest":
            self._soonest = True
        elif word == "never":
            self._negated = True
        elif word == "unsuitable":
            for item in self._items[self._begun :]:
                item.negated = True
            self._begun = len(self._items)
        elif word in _BOUNDS:
            ranged = self._adjacent and _BOUNDS[word] == "by" and word != "by"
            self._to, self._bound = ranged, "" if ranged else _BOUNDS[word]
        elif word in ("to", "-", "–") or (word == "and" and self._bound == "between"):
            self._to, self._bound = self._adjacent or self._to, ""
        elif word in _AND:
            self._either = self._either or word != ","
            if word == "," and not _listed(rest):
                self._negated, self._begun = False, len(self._items)
            return
        elif word in _AGAIN:
            self._negated, self._begun = False, len(self._items)
        elif word not in _BETWEEN:
            self._bound, self._to = "", False
        self._adjacent = False

    def _within(self, readings: Sequence[Window], bound: str) -> Sequence[Window]:
        if bound in ("", "between"):
            return readings
        return [self._days(item, bound) if isinstance(item, Days) else _hours(item, bound) for item in readings]

    def _days(self, days: Days, bound: str) -> Window:
        first, last = days.first, days.last
        if first is None or last is None:
            return days
        bounds = {
            "before": (min(self._today, first - _DAY), first - _DAY),
            "by": (self._today, last),
            "after": (last + _DAY, None),
            "from": (first, None),
            "around": (max(self._today, first - 2 * _DAY), last + 2 * _DAY),
        }
        return Days(*bounds[bound])

    def _wish(self) -> Wish:
        wanted = [item for item in self._items if not item.negated]
        windows = tuple(dict.fromkeys(_windows(_settled(wanted))))[:MOST_WINDOWS]
        never = tuple(dict.fromkeys(_unwanted(self._items)))[:MOST_WINDOWS]
        now = self._today, self._now.hour * 60 + self._now.minute
        left = tuple(window for window in windows if window.last is None or (window.last, window.latest) >= now)
        if windows and not left:
            return Wish(unclear="That time has gone by. Which day and time would you like instead?")
        return Wish(left, never, self._soonest)


def _listed(rest: Sequence[Said]) -> bool:
    """Whether what follows a comma goes on listing: ", Saturday or Sunday"."""
    return any(
        word in ("or", "and", "nor") and not isinstance(following, str) for word, following in pairwise(rest[:5])
    )


def _hours(time: Window, bound: str) -> Window:
    earliest, latest = time.earliest, time.latest
    bounds = {
        "before": (0, max(earliest - 1, 0)),
        "by": (0, latest),
        "after": (earliest if earliest == latest else min(latest + 1, _DAY_END), _DAY_END),
        "from": (earliest, _DAY_END),
        "around": (max(earliest - 60, 0), min(latest + 60, _DAY_END)),
    }
    return Window(None, None, (), *bounds[bound])


def _of_month(day: Window, month: Window) -> Days | None:
    """A day that is named by its number alone as the one of the month that is named before it; None for any other."""
    if not isinstance(day, Days) or not day.monthly or not day.first or not month.first or not month.last:
        return None
    if not month.first.day <= day.first.day <= month.last.day:
        return None
    named = month.first.replace(day=day.first.day)
    return Days(named, named, monthly=True)


def _joined(first: Window, last: Sequence[Window]) -> Window:
    """From one to the other."""
    end = last[0]
    if not isinstance(first, Days) or not isinstance(end, Days):
        end = next((time for time in last if time.latest >= first.earliest), end)
        return Window(earliest=first.earliest, latest=end.latest)
    if first.first is None or end.last is None:
        return first
    day = end.last
    while day < first.first and end.loose:
        day += timedelta(weeks=1)
    if day < first.first:
        return first
    named = tuple((first.first.weekday() + ahead) % 7 for ahead in range(min((day - first.first).days, 6) + 1))
    loose = first.loose and end.loose and len(named) < 7
    return Days(first.first, day, named if loose else (), loose=loose)


def _settled(items: Sequence[_Item]) -> list[_Item]:
    """The items with weekdays put into the weeks and months that are named beside them, which are then left out."""
    days = [item for item in items if item.is_day]
    named = [item for item in days if item.named]
    spans = [item for item in days if item not in named and item.is_span]
    apart = any(after.either and day.named != after.named and {day, after} & {*spans} for day, after in pairwise(days))
    if not spans or (named and apart):
        return list(items)
    whole = _folded(spans)
    settled: list[_Item] = []
    for item in items:
        if item in named:
            weekday = Window(weekdays=item.named)
            settled += [replace(item, bounded=[weekday.meet(span) or span]) for span in whole]
        elif item is spans[0] and not named:
            settled += [replace(item, bounded=[span]) for span in whole]
        elif item not in spans:
            settled.append(item)
    return settled


def _folded(items: Sequence[_Item]) -> list[Window]:
    """What is joined by "or" beside each other, the others within one another: "in the afternoon after 3". Of several
    readings the first in which they meet is meant."""
    found: list[Sequence[Window]] = []
    for item in items:
        pairs = product(found[-1], item.bounded) if found and not item.either else ()
        both = next((both for one, other in pairs if (both := one.meet(other))), None)
        if both is None:
            found.append(item.bounded)
        else:
            found[-1] = [both]
    return [readings[0] for readings in found]


def _windows(items: Sequence[_Item]) -> Iterator[Window]:
    """Every day at the times that stand with it."""
    groups: list[tuple[list[_Item], list[_Item]]] = []
    for item, after in zip_longest(items, items[1:]):
        days, times = groups[-1] if groups else ([], [])
        whole = bool(days and times)
        followed = after is not None and after.is_day and not after.either
        apart = (item.either and (item.is_day or followed)) or (item.is_day and not item.is_span)
        if not groups or (whole and apart):
            groups.append(([], []))
        groups[-1][not item.is_day].append(item)
    for days, times in groups:
        pairs = product([day.bounded[0] for day in days] or [Window()], _folded(times) or [Window()])
        yield from filter(None, (day.meet(time) for day, time in pairs))


def _unwanted(items: Sequence[_Item]) -> Iterator[Window]:
    """What was said not to suit: a weekday means all of them, a day and a time beside it that time."""
    rest = [item for item in items if item.negated]
    while rest:
        item, *rest = rest
        day, time = item.bounded[0], Window()
        if not item.is_day:
            yield day
            continue
        after = items[items.index(item) + 1 :][:1]
        if rest[:1] == after and after and not after[0].either and not after[0].is_day:
            time, rest = after[0].bounded[0], rest[1:]
        yield (Window(weekdays=item.named) if item.named else day).meet(time) or time
