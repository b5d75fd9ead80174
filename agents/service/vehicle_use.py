"""What a customer says of the use and the service of a vehicle: mileage now, when the last service was, and on what.

What a clause speaks of is learnt from the examples beside this module; figures and days are read exactly.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Self

from agents.language.dates.past import PastDate, past_dates
from agents.language.mileages import Mileage, mileages
from agents.language.reading import reading
from agents.language.tokens import split_clauses
from agents.language.words import vocabulary, words
from agents.learning.choice import Choices
from agents.learning.examples import beside
from agents.vehicles.range import Vehicles, years

CLAUSE = "use clause"
"""The name of the choice among `Resources.choices`, and its examples."""
EXAMPLES = beside(__file__)
_BESIDE_FIGURES = vocabulary("at on in about around roughly or and approx approximately maybe it was i think")
"""Words of a clause that says no more than a figure or a day."""
_YEARS = range(1980, 2050)
"""A bare figure among them is a year rather than a mileage."""
_LEAST, _LEAST_BARE = 200, 1_000
"""Kilometres below which a figure is hardly a mileage, and a bare one."""
_FIELDS = {"now": "mileage_km", "last": "last_km", "since": "since_km", "registered": "mileage_km"}
"""Where a figure goes by what its clause speaks of."""
_BARE = 2
"""Words of a "no" that answers whatever was asked."""
_SURE = 0.4
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


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause, what it speaks of (a label of the examples), and its figures and days. `alone`: it says nothing but
    these."""

    text: str
    about: str
    figures: tuple[Mileage, ...]
    days: tuple[PastDate, ...]
    alone: bool


def slots(text: str, now: datetime, vehicles: Vehicles, choices: Choices, asked: str = "", unit: str = "") -> Slots:
    """What a message says. `asked` is what the customer was asked for last, `mileage`, `service` or `registered`: a
    bare figure or date answers it. `unit` is the one that was used before. Embeds, so that it blocks its thread."""
    found = Slots()
    for clause in clauses(text, now, vehicles, choices, asked, unit):
        found = _told(clause, asked, found)
    return found


def clauses(
    text: str, now: datetime, vehicles: Vehicles, choices: Choices, asked: str = "", unit: str = ""
) -> list[Clause]:
    """The first clauses of a message. A figure or day alone goes with the clause before it, or answers what was
    asked."""
    text = vehicles.generic(text[:_LONGEST])
    if asked == "service" and text.strip(" .!").isdecimal() and int(text.strip(" .!")) in _YEARS:
        text = f"in {text.strip(' .!')}"
    read: list[Clause] = []
    for part in [part for part in split_clauses(text, marks=".!?;,()") if words(part)][:_MOST_CLAUSES]:
        clause = _clause(part, now, choices, bool(asked), unit)
        if clause.alone:
            before = read[-1].about if read else {"service": "last", "mileage": "now"}.get(asked, asked)
            about = before if before in _FIELDS else "now" if clause.figures else clause.about
            clause = replace(clause, about=about)
        read.append(clause)
    return read


def _clause(text: str, now: datetime, choices: Choices, asked: bool, unit: str) -> Clause:
    days = past_dates(text, now)
    figures = tuple(
        figure
        for figure in mileages(text, unit or "km")
        if not any(day.start < figure.end and figure.start < day.end for day in days)
        and figure.km >= (_LEAST if figure.unit or asked else _LEAST_BARE)
        and (figure.unit or not text[figure.start : figure.end].isdecimal() or round(figure.km) not in _YEARS)
    )
    spans = [(day.start, day.end, "May 2024") for day in days] + [(at.start, at.end, "30,000 km") for at in figures]
    masked, bare = text, text
    for start, end, name in sorted(spans, reverse=True):
        masked, bare = masked[:start] + name + masked[end:], bare[:start] + " " + bare[end:]
    decision = choices[CLAUSE].decide(masked)
    about = decision.label if decision.probability >= _SURE else ""
    alone = bool(spans) and _BESIDE_FIGURES.issuperset(reading(bare).words)
    return Clause(text, about, figures, days, alone)


def _told(clause: Clause, asked: str, found: Slots) -> Slots:
    """What is known with one clause more."""
    figures, days = clause.figures, clause.days
    match clause.about:
        case "never" if asked in ("", "service") or len(words(clause.text)) > _BARE:
            return replace(found, never=True)
        case "severe":
            return replace(found, severe=True)
        case "unknown" if asked and not found.told():
            return replace(found, unknown=(asked,))
        case "registered" if days:
            found = replace(found, first_registered=days[0].day)
        case "last" | "since" if days:
            found = replace(found, last_date=days[-1].day, last_exact=days[-1].exact)
    if figures and (field := _FIELDS.get(clause.about)):
        found = replace(found, **{field: figures[-1].km}, unit=figures[-1].unit or found.unit)  # type: ignore[arg-type]
    return found


def model_year(text: str, now: datetime) -> str:
    """The year that a text names as the vehicle's, rather than in a date; "" where it names none or several."""
    for past in reversed(past_dates(text[:_LONGEST], now)):
        text = text[: past.start] + " " + text[past.end :]
    named = dict.fromkeys(years(text))
    return next(iter(named)) if len(named) == 1 else ""
