"""What a customer says of the use and the service of a vehicle: mileage now, when the last service was, and on what."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from itertools import islice
from typing import Any, Self

from agents.language.dates.past import PastDate, past_dates
from agents.language.mileages import Mileage, mileages
from agents.vehicles.range import Vehicles, years

_CLAUSE = re.compile(
    r"(?<=[.!?;])\s++|\n++|(?:(?<!\s)\s++)?(?:,\s++(?!\d{3}\b)|[()]\s*+)|(?<!\s)\s++(?:(?:and|but)\s++(?!a\s+half)|-\s++)"
)
_LAST = re.compile(
    r"\b(?:last|latest|previous|most recent|first|only)\s+(?:\w+\s+)?(?:services?|serviced|inspections?|time|one|visit"
    r"|check-?up|oil change|changed?|replaced|done)\b"
    r"|\b(?:was|were|got|been|had|is)\s+(?:\w+\s+){0,3}?(?:serviced|changed|replaced|inspected|renewed|in for)\b"
    r"|\b(?:had|got)\s+(?:(?:it|her|him)\s+)?(?:an?|its|the|my)\s+(?:\w+\s+)?(?:service|inspection|oil change)\b"
    r"|\bserviced\s+(?:it|in|on|at|last)\b|\bservice\s+(?:was|done|in|at|on)\b|\bchanged\s+(?:it|in|on|at|last)\b",
    re.IGNORECASE,
)
_SINCE = re.compile(r"\b(?:since|ago|after)\b", re.IGNORECASE)
_REGISTERED = re.compile(
    r"\b(?:registered|registration|(?:bought|got|picked|delivered|new)\s+(?:it\s+|her\s+)?(?:up\s+)?(?:brand[- ])?new"
    r"|new\s+(?:in|since|from)|delivered|on the road since)\b",
    re.IGNORECASE,
)
_NEVER = re.compile(
    r"\b(?:never|not|hasn'?t|haven'?t|no)\s+(?:(?:yet|been|had|ever|a|an|any|its|the|first|single)\s+)*"
    r"(?:serviced|services?|inspections?|inspected|changed|replaced)\b"
    r"|\b(?:hasn'?t|haven'?t|never)\s+had\s+(?:one|any|it)\b|\b(?:not|none|nothing|never)\s*(?:so far|yet|at all)\b"
    r"|^\W*+(?:never|none|not yet|no|nope)\W*+(?:had one|was|one)?\W*+$",
    re.IGNORECASE,
)
_UNKNOWN = re.compile(
    r"\b(?:(?:do not|don'?t|dunno|can'?t|cannot)\s*(?:really\s+|actually\s+)?(?:know|remember|say|recall|tell)?|no idea"
    r"|not sure|unsure|no clue|unknown|forgot(?:ten)?|dunno)\b",
    re.IGNORECASE,
)
_OF_USE = re.compile(
    r"\b(?:every|per|next|another|in|within|up to|until|range(?: of)?|only|than the|year|a)\s+(?:about\s+|around\s+)?$",
    re.IGNORECASE,
)
_A_YEAR = re.compile(r"\s*(?:(?:a|per|each|every)\s+(?:year|month|week|day)|annually|yearly)\b", re.IGNORECASE)
_STATED = re.compile(
    r"\b(?:has|have|had|'ve|got|done|did|driven|drove|clocked|covered|mileage|odometer|clock|on|at|with|is|reads?|shows?"
    r"|just|hit|passed|reached|about|around|roughly|nearly|almost|over|approx(?:imately)?|now)\W+(?:\w+\W+){0,2}?$",
    re.IGNORECASE,
)
_NOW = re.compile(
    r"\b(?:now|today|currently|in total|altogether|odometer|on the clock|so far|mileage is)\b", re.IGNORECASE
)
_IT_IS = re.compile(r"\b(?:it'?s|it is|it has|i'?m)\s(?:at|on|about|around|done|\s)*+$", re.IGNORECASE)
_OF_SERVICE = re.compile(r"servic|inspect", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19[89]\d|20[0-4]\d)\b")
_BARE = re.compile(r"\s*(?:$|[.,;!?]|now\b|on the clock\b|today\b|already\b|so far\b)", re.IGNORECASE)
_SEVERE = re.compile(r"\bsevere\b|\btaxi\b|\bmostly (?:short trips|towing|off-?road)\b", re.IGNORECASE)
_LEAST_BARE = 1_000
"""A bare figure below it is hardly a mileage."""
_LONGEST = 1_000
_MOST_CLAUSES = 16


@dataclass(frozen=True, slots=True)
class Slots:
    """What is known; kilometres. `dated` says the last service's day in words. `since_km`: how far it has driven since
    the last service. `unknown` names what the customer could not tell."""

    mileage_km: float | None = None
    unit: str = ""
    last_km: float | None = None
    since_km: float | None = None
    last_date: date | None = None
    last_exact: bool = True
    never: bool = False
    first_registered: date | None = None
    severe: bool = False
    unknown: tuple[str, ...] = ()

    def serviced_km(self, mileage_km: float | None) -> float | None:
        """The mileage at the last service, given the one now."""
        if self.last_km is None and self.since_km is not None and mileage_km is not None:
            return max(0.0, mileage_km - self.since_km)
        return self.last_km

    @property
    def of_service(self) -> bool:
        """Whether anything is known of the last service."""
        return self.never or self.last_date is not None or self.last_km is not None or self.since_km is not None

    def told(self) -> bool:
        """Whether the customer has said anything."""
        return self != Slots()

    def over(self, earlier: Self) -> "Slots":
        """These, and where they say nothing the earlier ones; what is said of the last service replaces all of it."""
        newer = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        if self.of_service:
            earlier = replace(earlier, last_km=None, since_km=None, last_date=None, never=False)
        unknown = tuple(dict.fromkeys((*earlier.unknown, *self.unknown)))
        return replace(earlier, **{**newer, "unknown": unknown})

    def parted(self) -> "tuple[Slots, Slots]":
        """What is said of the vehicle's use, and of the last service."""
        own = Slots(last_km=self.last_km, since_km=self.since_km, last_date=self.last_date, last_exact=self.last_exact)
        own = replace(own, never=self.never, unknown=tuple(item for item in self.unknown if item == "service"))
        rest = tuple(item for item in self.unknown if item != "service")
        use = Slots(
            self.mileage_km, self.unit, first_registered=self.first_registered, severe=self.severe, unknown=rest
        )
        return use, own

    def note(self) -> dict[str, Any]:
        """As plain data."""
        plain = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in plain.items()}

    @classmethod
    def noted(cls, note: Mapping[str, Any]) -> Self:
        known = {field.name: note[field.name] for field in fields(cls) if field.name in note}
        for name in ("last_date", "first_registered"):
            if isinstance(known.get(name), str):
                known[name] = date.fromisoformat(known[name])
        return cls(**{**known, "unknown": tuple(known.get("unknown", ()))})


def slots(text: str, now: datetime, vehicles: Vehicles, asked: str = "", unit: str = "") -> Slots:
    """What a message says. `asked` is what the customer was asked for last, `mileage`, `service` or `registered`: a
    bare figure or date answers it. `unit` is the one that was used before."""
    text = _plain(text[:_LONGEST], vehicles)
    if asked and (year := re.fullmatch(r"\W*((?:19|20)\d\d)\W*", text)):
        text = f"in {year.group(1)}" if asked != "mileage" else text
    found = Slots(severe=bool(_SEVERE.search(text)))
    for clause, own in islice(_clauses(text), _MOST_CLAUSES):
        found = _read(clause, own, now, asked, unit, found)
    if asked and _UNKNOWN.search(text) and not found.told():
        found = replace(found, unknown=(asked,))
    return found


def model_year(text: str, now: datetime) -> str:
    """The year that a text names as the vehicle's, rather than in a date; "" where it names none or several."""
    for past in reversed(past_dates(text[:_LONGEST], now)):
        text = text[: past.start] + " " + text[past.end :]
    named = dict.fromkeys(years(text))
    return next(iter(named)) if len(named) == 1 else ""


def _plain(text: str, vehicles: Vehicles) -> str:
    """The text without the names of vehicles, which hold figures, and the model years beside them."""
    for mention in reversed(vehicles.mentions(text)):
        before = re.sub(r"\b(?:19[89]\d|20[0-4]\d)\W+$", "", text[: mention.start])
        after = re.sub(r"^\W{0,3}(?:(?:model|year|from|of)\W+)*(?:19[89]\d|20[0-4]\d)\b", "", text[mention.end :])
        text = f"{before}car{after}"
    return text


def _clauses(text: str) -> Iterator[tuple[str, bool]]:
    """The clauses, and whether the words of the last service stand in them; a date or figure alone goes with the clause
    before it."""
    before = False
    for clause in _CLAUSE.split(text):
        if clause and clause.strip():
            own = _LAST.search(clause) is not None
            alone = len(re.findall(r"[^\W\d_]{3,}", clause)) <= 3 and not _STATED.search(clause)
            before = own or (before and alone)
            yield clause, before


def _read(clause: str, of_service: bool, now: datetime, asked: str, unit: str, found: Slots) -> Slots:
    dates = past_dates(clause, now)
    if _NEVER.search(clause) and (of_service or asked == "service" or _OF_SERVICE.search(clause)):
        found = replace(found, never=True)
    if dates and (asked == "registered" or (_REGISTERED.search(clause) and not _LAST.search(clause))):
        found = replace(found, first_registered=dates[0].day)
    elif dates and (of_service or asked == "service"):
        found = replace(found, last_date=dates[-1].day, last_exact=dates[-1].exact)
    for figure in _figures(clause, dates, unit, bool(asked)):
        found = _distance(clause, figure, of_service, asked, found)
    return found


def _figures(clause: str, dates: Sequence[PastDate], unit: str, bare: bool) -> Iterator[Mileage]:
    for mileage in mileages(clause, unit or "km"):
        inside = any(day.start < mileage.end and mileage.start < day.end for day in dates)
        year = not mileage.unit and _YEAR.fullmatch(clause[mileage.start : mileage.end].strip())
        named = (
            mileage.unit or bare or re.search(r"mileage|odometer|clock|\d\s*k$", clause[: mileage.end], re.IGNORECASE)
        )
        if not named and mileage.km >= _LEAST_BARE:
            named = _STATED.search(clause[: mileage.start] + " ") and _BARE.match(clause[mileage.end :])
        general = _OF_USE.search(clause[: mileage.start]) or _A_YEAR.match(clause[mileage.end :])
        if named and not (inside or year or general):
            yield mileage


def _distance(clause: str, mileage: Mileage, of_service: bool, asked: str, found: Slots) -> Slots:
    written = mileage.unit or found.unit
    after = clause[mileage.end : mileage.end + 40]
    now = _NOW.search(clause) or (not of_service and _IT_IS.search(clause[: mileage.start]))
    past = (of_service or asked == "service") and not now
    if past and _SINCE.search(after):
        return replace(found, since_km=mileage.km, unit=written)
    if past:
        return replace(found, last_km=mileage.km, unit=written)
    return replace(found, mileage_km=mileage.km, unit=written)
