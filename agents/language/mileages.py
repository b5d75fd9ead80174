"""Distances as customers write them: "43,000 km", "43k", "about 27k miles", "43 thousand kilometres"."""

import re
from dataclasses import dataclass

KM_PER_MILE = 1.609344
_FIGURE = r"\d{1,3}(?:[ ,.\u00a0\u202f']\d{3})+(?!\d)|\d{1,9}(?:[.,]\d{1,2})?(?![\d.,]*\d)"
_DISTANCE = re.compile(
    rf"(?<![\w.,/:-])(?P<figure>{_FIGURE})\s{{0,9}}(?P<thousand>k(?![a-z])|thousand\b|k(?=\s?(?:km|mi)))?"
    r"(?:\s{0,9}(?P<unit>kms?|kilomet(?:re|er)s?|klicks|miles?|mi)\b)?(?!\w|\s{0,9}(?:km|kms|mi|miles)?\s{0,9}(?:/|per\b))",
    re.IGNORECASE,
)
_MOST = 40


@dataclass(frozen=True, slots=True)
class Mileage:
    """`text[start:end]` is a distance of `km` kilometres; `unit` as it was written, `km`, `miles` or "" where none
    was."""

    start: int
    end: int
    km: float
    unit: str


def mileages(text: str, unit: str = "km") -> tuple[Mileage, ...]:
    """The distances that a text names, in order, bare numbers among them, which count in `unit`."""
    found = []
    for match in _DISTANCE.finditer(text):
        figure = match["figure"]
        grouped = re.fullmatch(r"\d{1,3}(?:\D\d{3})+", figure)
        amount = float(re.sub(r"\D", "", figure) if grouped else figure.replace(",", "."))
        written = (match["unit"] or "").casefold()
        named = "miles" if written.startswith("mi") else "km" if written else ""
        thousand = 1000.0 if match["thousand"] else 1.0
        factor = KM_PER_MILE if (named or unit) == "miles" else 1.0
        found.append(Mileage(match.start(), match.end(), amount * thousand * factor, named))
        if len(found) == _MOST:
            break
    return tuple(found)
