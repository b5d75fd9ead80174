"""The wish for a day and a time, as windows of calendar days and wall-clock times; see `windows.py`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import product

MOST_WINDOWS = 20


@dataclass(frozen=True, slots=True)
class Window:
    """Days from `first` to `last`, both open if None, on `weekdays` (Monday is 0; any if none), at times from minute
    `earliest` to minute `latest` of the day; all inclusive."""

    first: date | None = None
    last: date | None = None
    weekdays: tuple[int, ...] = ()
    earliest: int = 0
    latest: int = 1439

    def on(self, day: date) -> bool:
        """Whether the day is one of its days."""
        return (
            (self.first is None or self.first <= day)
            and (self.last is None or day <= self.last)
            and (not self.weekdays or day.weekday() in self.weekdays)
        )

    def holds(self, local: datetime) -> bool:
        """Whether a time of the wall's clock lies in it."""
        return self.on(local.date()) and self.earliest <= local.hour * 60 + local.minute <= self.latest

    def meet(self, other: "Window") -> "Window | None":
        """What lies in both; None where nothing does. The one day that is left of a weekday is that day."""
        first = max((day for day in (self.first, other.first) if day), default=None)
        last = min((day for day in (self.last, other.last) if day), default=None)
        earliest, latest = max(self.earliest, other.earliest), min(self.latest, other.latest)
        named = tuple(day for day in self.weekdays or other.weekdays if day in (other.weekdays or self.weekdays))
        if (first and last and first > last) or earliest > latest or (not named and self.weekdays and other.weekdays):
            return None
        if first and last and len(named) == 1:
            day = first + timedelta(days=(named[0] - first.weekday()) % 7)
            if day <= last < day + timedelta(weeks=1):
                return Window(day, day, (), earliest, latest)
        return Window(first, last, named, earliest, latest)

    @property
    def any_day(self) -> bool:
        return self.first is None and self.last is None and not self.weekdays

    @property
    def any_week(self) -> bool:
        """Whether it is a weekday of no week in particular."""
        return self.first is None and self.last is None and bool(self.weekdays) and self.any_time

    @property
    def any_time(self) -> bool:
        return (self.earliest, self.latest) == (0, 1439)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: a time in one of the `windows` (any, if there are none) and in none of `never`. `soonest`: the
    first that there is. `unclear`: a question to ask back, where a day was named that is none or has gone by."""

    windows: tuple[Window, ...] = ()
    never: tuple[Window, ...] = ()
    soonest: bool = False
    unclear: str = ""

    def __bool__(self) -> bool:
        """Whether anything was said of days or times."""
        return bool(self.windows or self.never or self.soonest or self.unclear)

    def holds(self, local: datetime) -> bool:
        """Whether a time of the wall's clock is one of those wanted."""
        wanted = not self.windows or any(window.holds(local) for window in self.windows)
        return wanted and not any(window.holds(local) for window in self.never)

    @property
    def exact(self) -> tuple[date, int] | None:
        """The one day and minute of the day that it names, if it names just one."""
        if len(self.windows) != 1:
            return None
        window = self.windows[0]
        exact = window.first is not None and window.first == window.last and window.earliest == window.latest
        return (window.first, window.earliest) if exact and window.first else None

    def over(self, before: "Wish") -> "Wish":
        """This wish with what it leaves open taken from the one before it: "make it Wednesday" keeps the morning, "at 3
        instead" keeps the day."""
        if self.unclear or not self:
            return self if self.unclear else before
        spans = bool(before.windows) and all(map(_long, before.windows))
        if not before or (self.soonest and not spans):
            return self
        if not self.windows:
            return replace(before, never=(*before.never, *self.never)[:MOST_WINDOWS], soonest=self.soonest)
        if all(window.any_week for window in self.windows) and spans:
            named = [replace(span, weekdays=item.weekdays) for span in before.windows for item in self.windows]
            return Wish(tuple(named)[:MOST_WINDOWS], (*before.never, *self.never)[:MOST_WINDOWS])
        if all(window.any_day for window in self.windows):
            return Wish(_filled(self.windows, before.windows), (*before.never, *self.never)[:MOST_WINDOWS])
        if all(window.any_time for window in self.windows):
            return replace(self, windows=_filled(before.windows, self.windows))
        return self


def at(local: datetime) -> Window:
    """Just that time."""
    minute = local.hour * 60 + local.minute
    return Window(local.date(), local.date(), (), minute, minute)


def _long(window: Window) -> bool:
    """Whether it spans weeks."""
    return window.first is not None and window.last is not None and (window.last - window.first).days > 6


def _filled(timed: Sequence[Window], dated: Sequence[Window]) -> tuple[Window, ...]:
    """Every one of the days at every one of the times."""
    days = dict.fromkeys(replace(window, earliest=0, latest=1439) for window in dated)
    times = dict.fromkeys(Window(earliest=window.earliest, latest=window.latest) for window in timed)
    met = (day.meet(time) for day, time in product(days or [Window()], times or [Window()]))
    return tuple(filter(None, met))[:MOST_WINDOWS]
