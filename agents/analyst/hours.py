"""Hours of the day that a question names: "after 8 pm", "before 9 in the morning", "between 14:00 and 16:00"."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HOUR = r"(?:0?\d|1\d|2[0-4])"
_HALF = r"\s?(?:am|pm|a\.m\.|p\.m\.|in the (?:morning|afternoon|evening)|at night|o'?clock)|:00"
_CLOCK = re.compile(
    rf"\b(?P<word>before|until|after|since|from|between)\s(?P<first>{_HOUR})(?P<half>{_HALF})?"
    rf"(?:\s?(?:and|to|until|-)\s?(?P<second>{_HOUR})(?P<half2>{_HALF}))?(?![\w:])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Hours:
    """Stands at `start` to `end`; hours from `first` to `last`, both of them in it, 0 to 23."""

    start: int
    end: int
    first: int
    last: int


def hours(text: str) -> Iterator[Hours]:
    """The times of day in a text; only whole hours, and only where it is plain that they are no other numbers."""
    for found in _CLOCK.finditer(text):
        word, half = found["word"].casefold(), found["half"] or found["half2"]
        if not half or ((word == "between") != bool(found["second"]) and word != "from"):
            continue
        first = _hour(found["first"], half)
        if found["second"]:
            bounds = (first, _hour(found["second"], found["half2"]) - 1)
        else:
            bounds = (0, first - 1) if word in ("before", "until") else (first, 23)
        if 0 <= bounds[0] <= bounds[1] <= 23:
            yield Hours(found.start(), found.end(), *bounds)


def _hour(number: str, half: str) -> int:
    """The hour of the whole day."""
    hour, late = int(number), half.casefold().strip().startswith(("p", "in the a", "in the e", "at n"))
    if half.casefold().strip().startswith("a") and not late and hour == 12:
        return 0
    return hour + 12 if late and hour < 12 else hour
