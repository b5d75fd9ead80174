"""How days and times of one text belong together: "Monday or Tuesday next week, but not before 10". Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from agents.language.dates.marks import Days, Hours
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
_DAY_END = 1439
Said = str | Days | tuple[Hours, ...]
"""A word or mark, days, or a time in all of its readings."""


@dataclass(slots=True, eq=False)
class _Item:
    """A day or a time, as it was written and as it is bounded. `other`: a time's other reading. `either`: joined by
    "or" to the one before it."""

    written: Days | Hours
    bounded: Days | Hours
    other: Hours | None = None
    negated: bool = False
    either: bool = False


class Sentence:
    """Puts together what one text says."""

    def __init__(self, now: datetime) -> None:
        self._now, self._today = now, now.date()
        self._items: list[_Item] = []
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
                self._items[-1].bounded = self._within(self._items[-1].written, "from" if node in _LATER else "by")
            else:
                self._word(node, said[at + 1 :])
        return self._wish()

    def _mark(self, readings: Sequence[Days | Hours]) -> None:
        first, *others = sorted(readings, key=_unusual)
        last = self._items[-1] if self._items else None
        if self._to and last is not None and type(last.written) is type(first):
            last.bounded = last.written = _joined(last.written, first, others)
            last.other = None
        else:
            bounded = self._within(first, self._bound)
            other = self._within(others[0], self._bound) if others else None
            self._items.append(
                _Item(first, bounded, other if isinstance(other, Hours) else None, self._negated, self._either)
            )
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
            if word == "," and not self._listed(rest):
                self._negated, self._begun = False, len(self._items)
            return
        elif word in _AGAIN:
            self._negated, self._begun = False, len(self._items)
        elif word not in _BETWEEN:
            self._bound, self._to = "", False
        self._adjacent = False

    def _listed(self, rest: Sequence[Said]) -> bool:
        """Whether what follows a comma goes on listing: ", Saturday or Sunday"."""
        return any(
            word in ("or", "and", "nor") and at + 1 < len(rest) and not isinstance(rest[at + 1], str)
            for at, word in enumerate(rest[:4])
        )

    def _within(self, mark: Days | Hours, bound: str) -> Days | Hours:
        if isinstance(mark, Hours):
            return _hours_within(mark, bound)
        if mark.first is None or mark.last is None or bound in ("", "between"):
            return mark
        day = timedelta(days=1)
        return {
            "before": Days(self._today, mark.first - day),
            "by": Days(self._today, mark.last),
            "after": Days(mark.last + day, None),
            "from": Days(mark.first, None),
            "around": Days(max(self._today, mark.first - 2 * day), mark.last + 2 * day),
        }[bound]

    def _wish(self) -> Wish:
        wanted = [item for item in self._items if not item.negated]
        windows = tuple(dict.fromkeys(_windows(_settled(wanted))))[:MOST_WINDOWS]
        never = tuple(dict.fromkeys(_unwanted(self._items)))[:MOST_WINDOWS]
        minute = self._now.hour * 60 + self._now.minute
        gone = [
            window
            for window in windows
            if window.last is not None and (window.last, window.latest) < (self._today, minute)
        ]
        if gone and len(gone) == len(windows):
            return Wish(unclear="That time has gone by. Which day and time would you like instead?")
        return Wish(tuple(window for window in windows if window not in gone), never, self._soonest)


def _unusual(time: Days | Hours) -> bool:
    return isinstance(time, Hours) and not _OPENS <= time.earliest < _CLOSES


def _hours_within(hours: Hours, bound: str) -> Hours:
    exact = hours.earliest == hours.latest
    if bound == "before":
        return Hours(0, max(hours.earliest - 1, 0))
    if bound == "by":
        return Hours(0, hours.latest)
    if bound == "after":
        return Hours(hours.earliest if exact else min(hours.latest + 1, _DAY_END), _DAY_END)
    if bound == "from":
        return Hours(hours.earliest, _DAY_END)
    if bound == "around":
        return Hours(max(hours.earliest - 60, 0), min(hours.latest + 60, _DAY_END))
    return hours


def _joined(first: Days | Hours, last: Days | Hours, others: Sequence[Days | Hours]) -> Days | Hours:
    """From one to the other."""
    if isinstance(first, Hours) and isinstance(last, Hours):
        later = [other for other in (last, *others) if isinstance(other, Hours) and other.latest >= first.earliest]
        return Hours(first.earliest, (later or [last])[0].latest)
    if isinstance(first, Days) and isinstance(last, Days) and first.first and last.last:
        end = last.last
        while end < first.first and last.loose:
            end += timedelta(weeks=1)
        if end < first.first:
            return first
        named = tuple((first.first.weekday() + ahead) % 7 for ahead in range(min((end - first.first).days, 6) + 1))
        loose = first.loose and last.loose and len(named) < 7
        return Days(first.first, end, named if loose else (), loose)
    return first


def _settled(items: Sequence[_Item]) -> list[_Item]:
    """The items with weekdays put into the weeks and months that are named beside them, which are then left out."""
    days = [item for item in items if isinstance(item.bounded, Days)]
    named = [item for item in days if _weekdays(item)]
    spans = [item for item in days if item not in named and _is_span(item)]
    apart = any(after.either and _weekdays(day) != _weekdays(after) and {day, after} & {*spans}
                for day, after in pairwise(days))  # fmt: skip
    if not spans or (named and apart):
        return list(items)
    common = _common(spans)
    settled: list[_Item] = []
    for item in items:
        if item in named:
            settled += [replace(item, bounded=_within_span(_weekdays(item), entry)) for entry in common]
        elif item not in spans:
            settled.append(item)
        elif item is spans[0] and not named:
            settled += [replace(item, bounded=entry) for entry in common]
    return settled


def _weekdays(item: _Item) -> tuple[int, ...]:
    """The weekdays that stand for themselves: "Tuesdays", or "Tuesday" beside a week."""
    days = item.bounded
    if not isinstance(days, Days) or days.weekdays:
        return days.weekdays if isinstance(days, Days) else ()
    return (days.first.weekday(),) if days.loose and days.first else ()


def _within_span(weekdays: tuple[int, ...], span: Days) -> Days:
    """The weekdays of the span; the day itself where there is just one."""
    if span.first and span.last and len(weekdays) == 1:
        day = span.first + timedelta(days=(weekdays[0] - span.first.weekday()) % 7)
        if day <= span.last < day + timedelta(weeks=1):
            return Days(day, day)
    return replace(span, weekdays=weekdays)


def _is_span(item: _Item) -> bool:
    return isinstance(item.bounded, Days) and item.bounded.first != item.bounded.last


def _common(spans: Sequence[_Item]) -> list[Days]:
    """The spans that lie in one another as one, those joined by "or" beside each other."""
    found: list[Days] = []
    for span in spans:
        days = span.bounded
        if not isinstance(days, Days):
            continue
        first = max((day for day in (found[-1].first if found else None, days.first) if day), default=None)
        last = min((day for day in (found[-1].last if found else None, days.last) if day), default=None)
        if found and not span.either and (first is None or last is None or first <= last):
            found[-1] = Days(first, last)
        else:
            found.append(days)
    return found


def _windows(items: Sequence[_Item]) -> Iterator[Window]:
    """Every day at the times that stand with it."""
    groups: list[tuple[list[Days], list[_Item]]] = []
    for at, item in enumerate(items):
        days, times = groups[-1] if groups else ([], [])
        is_day = isinstance(item.bounded, Days)
        followed = at + 1 < len(items) and isinstance(items[at + 1].bounded, Days) and not items[at + 1].either
        begins = not groups or (item.either and bool(days and times) and (is_day or followed))
        if begins or (is_day and days and times and not _is_span(item)):
            groups.append(([], []))
        if isinstance(item.bounded, Days):
            groups[-1][0].append(item.bounded)
        else:
            groups[-1][1].append(item)
    for days, times in groups:
        for day in days or [Days()]:
            for hours in _hours(times) or [Hours()]:
                yield Window(day.first, day.last, day.weekdays, hours.earliest, hours.latest)


def _hours(items: Sequence[_Item]) -> list[Hours]:
    """Times joined by "or" beside each other, the others within one another: "in the afternoon after 3"."""
    found: list[tuple[Hours, Hours | None]] = []
    for item in items:
        if not isinstance(item.bounded, Hours):
            continue
        if found and not item.either and (both := _both(found[-1], (item.bounded, item.other))):
            found[-1] = (both, None)
        else:
            found.append((item.bounded, item.other))
    return [hours for hours, _ in found]


def _both(one: tuple[Hours, Hours | None], other: tuple[Hours, Hours | None]) -> Hours | None:
    """What lies in both, in the first of their readings in which they meet."""
    for first in filter(None, one):
        for second in filter(None, other):
            both = Hours(max(first.earliest, second.earliest), min(first.latest, second.latest))
            if both.earliest <= both.latest:
                return both
    return None


def _unwanted(items: Sequence[_Item]) -> Iterator[Window]:
    """What was said not to suit: a weekday means all of them, a day and a time beside it that time."""
    at = 0
    while at < len(items):
        item, at = items[at], at + 1
        if not item.negated:
            continue
        if isinstance(item.bounded, Hours):
            yield Window(earliest=item.bounded.earliest, latest=item.bounded.latest)
            continue
        days, hours = item.bounded, Hours()
        after = items[at] if at < len(items) else None
        if after is not None and after.negated and not after.either and isinstance(after.bounded, Hours):
            hours, at = after.bounded, at + 1
        named = _weekdays(item)
        first, last = (None, None) if named else (days.first, days.last)
        yield Window(first, last, named, hours.earliest, hours.latest)
