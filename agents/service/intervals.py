"""How often something is to be done, read from the words of a schedule: "15,000 km or 12 months", "every service"."""

import re
from dataclasses import dataclass

from agents.language.mileages import KM_PER_MILE

"""Exactly: the international yard and pound agreement of 1959."""

_FIGURE = r"\d{1,3}(?:[ ,.\u00a0\u202f]\d{3}){1,2}(?!\d)|(?<!\d)\d{1,7}(?!\d)"
_DISTANCE = rf"(?P<figure>{_FIGURE})\s*+(?P<unit>km|kilomet(?:re|er)s?|miles?|mi)\b(?!\s*/)"
_TIME = r"(?P<count>\d{1,3}|one|two|three|four|five|six|ten|twelve)\s*+(?:-\s*+)?(?P<span>months?|years?)\b"
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "ten": 10, "twelve": 12}
_ORDINALS = {"": 1, "second": 2, "other": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_WITH_SERVICE = re.compile(r"\b(?:every|each)\s+(?:(?P<which>second|other|2nd|third|3rd|fourth|4th)\s+)?service\b")
_SEVERE = re.compile(r"(?:[;,(]\s*+|(?<!\s)\s*+)(?:\b(?:under|in|with)\s*+)?\bsevere\s+(?:use|conditions)\b:?")
_THEN = re.compile(r"(?:(?:(?<!\s)\s++)?[;,]\s*+|(?<!\s)\s*+)\b(?:then|thereafter|after that)\b")
_START = re.compile(
    rf"(?:[a-z][\w -]*:\s+)?(?:(?:clean|replace|check|change|inspect|renew|first|at|every|each|after|from)\s+)*"
    rf"(?:{_DISTANCE}|{_TIME}|(?:(?:second|third|other)\s+)?services?\b)"
)


@dataclass(frozen=True, slots=True)
class Interval:
    """A distance, a time or both, of which the one that is reached first counts. Kilometres; whole months."""

    km: int | None = None
    months: int | None = None

    def __bool__(self) -> bool:
        return bool(self.km or self.months)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """When something is to be done: after `first`, and then each `every`; `severe` instead where use is severe.
    `services`: at each so-manieth service, 0 for none, from `from_km` on."""

    every: Interval = Interval()
    first: Interval = Interval()
    severe: Interval = Interval()
    services: int = 0
    from_km: int = 0


def recurrence(text: str) -> Recurrence | None:
    """What a cell such as "10 years or 200,000 km, then 5 years or 100,000 km" says; None where it says no interval
    ("none fitted", "when worn"). A condition behind a semicolon ("; every 15,000 km with pets") is not read."""
    said = " ".join(text.casefold().split())
    if not _START.match(said):
        return None
    usual, *severe = _SEVERE.split(said, maxsplit=1)
    before, *after = _THEN.split(usual, maxsplit=1)
    first = interval(before.split(";")[0])
    within = _WITH_SERVICE.search(before)
    if within:
        return Recurrence(services=_ORDINALS[within["which"] or ""], from_km=first.km or 0)
    every = interval(after[0]) if after else first
    if not every:
        return None
    return Recurrence(every, first if after else Interval(), interval(severe[0]) if severe else Interval())


def interval(text: str) -> Interval:
    """The first distance and the first time that a text names."""
    distance = re.search(_DISTANCE, text, re.IGNORECASE)
    time = re.search(_TIME, text, re.IGNORECASE)
    return Interval(_kilometres(distance) if distance else None, _months(time) if time else None)


def spoken(of: Interval) -> str:
    """An interval as it is read: `15,000 km or 12 months`."""
    years, months = divmod(of.months or 0, 12)
    time = f"{years} year{'s' * (years > 1)}" if years > 1 and not months else f"{of.months} months"
    return " or ".join(part for part in (f"{of.km:,} km" if of.km else "", time if of.months else "") if part)


def _kilometres(found: re.Match[str]) -> int:
    figure = int(re.sub(r"\D", "", found["figure"]))
    return round(figure * KM_PER_MILE) if found["unit"].casefold().startswith("mi") else figure


def _months(found: re.Match[str]) -> int:
    count = found["count"].casefold()
    number = _NUMBERS.get(count) or int(count)
    return number * (12 if found["span"].casefold().startswith("year") else 1)
