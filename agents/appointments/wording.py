"""Times at a workshop as a customer reads them."""

from collections.abc import Sequence
from datetime import datetime

from agents.language.dates.marks import spoken


def moment(start: datetime, now: datetime) -> str:
    """`Tuesday 10 March 2026 at 09:00`: the workshop's wall clock. Where the customer's shows another time then, both,
    with the workshop's time zone; `now` is in the customer's."""
    there = f"{spoken(start)} at {start:%H:%M}"
    here = start.astimezone(now.tzinfo)
    if here.utcoffset() == start.utcoffset():
        return there
    day = "" if here.date() == start.date() else f"{spoken(here)}, "
    return f"{there} {start.tzinfo} time ({day}{here:%H:%M} where you are)"


def listed(lines: Sequence[str]) -> str:
    """The lines, numbered from 1."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))
