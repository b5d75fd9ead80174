"""How often something is to be done, read from the words of a schedule: "15,000 km or 12 months", "every service"."""

from dataclasses import dataclass

from agents.language.phrases import Phrases
from agents.language.reading import reading
from agents.language.tokens import tokens
from agents.language.words import vocabulary

_ORDINALS = {"": 1, "second": 2, "other": 2, "2": 2, "third": 3, "3": 3, "fourth": 4, "4": 4}
_WITH_SERVICE = Phrases(
    {which: (f"(every|each) {which} (|nd|rd|th) service",) for which in _ORDINALS if which}
    | {"": ("(every|each) service",)}
)
_SEVERE = Phrases(("(under|in|with|) severe (use|conditions)",))
_THEN = Phrases(("then", "thereafter", "after that"))
_LEADS = vocabulary("clean replace check change inspect renew first at every each after from")
_SERVICES = Phrases(("(second|third|other|) (service|services)",))


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
    if not _says_when(said):
        return None
    usual, *severe = _SEVERE.split(said, 1)
    before, *after = _THEN.split(usual, 1)
    first = interval(before.split(";")[0])
    within = _WITH_SERVICE.first(before)
    if within:
        return Recurrence(services=_ORDINALS[within.label], from_km=first.km or 0)
    every = interval(after[0]) if after else first
    if not every:
        return None
    return Recurrence(every, first if after else Interval(), interval(severe[0]) if severe else Interval())


def _says_when(said: str) -> bool:
    """Whether it begins with a distance, a time or a service, perhaps behind what is done then."""
    kind, _, rest = said.partition(": ")
    if rest and kind.replace("-", " ").replace(" ", "").isalnum():
        said = rest
    begin = next((token.start for token in tokens(said) if token.word not in _LEADS), len(said))
    said = said[begin:]
    distance, time = next(iter(reading(said).mileages), None), next(iter(reading(said).quantities), None)
    if distance and distance.unit and distance.start == 0:
        return True
    return (time is not None and time.measure == "time" and time.start == 0) or _SERVICES.opening(said) is not None


def interval(text: str) -> Interval:
    """The first distance and the first time that a text names."""
    km = next((round(item.km) for item in reading(text).mileages if item.unit), None)
    months = next((int(float(item.amount)) for item in reading(text).quantities if item.measure == "time"), None)
    return Interval(km, months)


def spoken(of: Interval) -> str:
    """An interval as it is read: `15,000 km or 12 months`."""
    years, months = divmod(of.months or 0, 12)
    time = f"{years} year{'s' * (years > 1)}" if years > 1 and not months else f"{of.months} months"
    return " or ".join(part for part in (f"{of.km:,} km" if of.km else "", time if of.months else "") if part)
