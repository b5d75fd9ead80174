"""When the staff is there, as one line says it: `Mon-Fri 09:00-17:00, Sat 10:00-13:00`. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPAN = re.compile(r"([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? (\d{2}):(\d{2})-(\d{2}):(\d{2})")
FORM = "such as `Mon-Fri 09:00-17:00, Sat 10:00-13:00`"


@dataclass(frozen=True, slots=True)
class Span:
    """On day `day` (0 is Monday) from `begins` until `ends`, which is None for midnight."""

    day: int
    begins: time
    ends: time | None


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """`text` is what they were read from; without spans it is always open. Times are those of `zone` (IANA)."""

    text: str
    spans: tuple[Span, ...]
    zone: str = "UTC"

    def __str__(self) -> str:
        return f"{self.text} ({self.zone})"

    def open_at(self, now: datetime) -> bool:
        """`now` is aware of its time zone."""
        if not self.spans:
            return True
        here = now.astimezone(ZoneInfo(self.zone))
        at = here.time().replace(tzinfo=None)
        return any(
            span.day == here.weekday() and span.begins <= at and (span.ends is None or at < span.ends)
            for span in self.spans
        )

    def next_opening(self, now: datetime) -> str:
        """The next time that it opens, as a person says it; "" where it is always open."""
        here = now.astimezone(ZoneInfo(self.zone))
        for ahead in range(8):
            date = here + timedelta(days=ahead)
            begins = sorted(span.begins for span in self.spans if span.day == date.weekday())
            later = [at for at in begins if ahead or at > here.time().replace(tzinfo=None)]
            if later:
                day = "today" if ahead == 0 else "tomorrow" if ahead == 1 else f"on {_NAMES[date.weekday()]}"
                return f"{day} at {later[0]:%H:%M}"
        return ""


def parse_opening_hours(text: str, zone: str = "UTC") -> OpeningHours:
    """The hours that the text tells; always open for "". Raises ValueError."""
    spans: list[Span] = []
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        match = _SPAN.fullmatch(piece)
        if match is None or match[1] not in DAYS or (match[2] or match[1]) not in DAYS:
            raise ValueError(f"{piece!r} are no hours; they are {FORM}")
        first, last = DAYS.index(match[1]), DAYS.index(match[2] or match[1])
        begins = _time(match[3], match[4])
        ends = _time(match[5], match[6])
        if begins is None or (ends is not None and ends <= begins) or last < first:
            raise ValueError(f"{piece!r} ends before it begins")
        spans += [Span(day, begins, ends) for day in range(first, last + 1)]
    return OpeningHours(text.strip(), tuple(spans), zone)


def _time(hour: str, minute: str) -> time | None:
    """A time of the day; None for 24:00. Raises ValueError."""
    return None if (hour, minute) == ("24", "00") else time(int(hour), int(minute))
