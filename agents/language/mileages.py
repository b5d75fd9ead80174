"""Distances as customers write them: "43,000 km", "43k", "about 27k miles", "43 thousand kilometres"."""

from dataclasses import dataclass

from agents.language.numbers import BLANKS, before, is_part, numbers
from agents.language.tokens import tokens
from agents.language.words import vocabulary

KM_PER_MILE = 1.609344
_KM = vocabulary("km kms kilometre kilometres kilometer kilometers klick klicks")
_MILES = vocabulary("mile miles mi")
_THOUSAND = vocabulary("k thousand")
_LONGEST = 9
"""Digits before the decimals."""
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
    read, found = tokens(text), []
    for number in numbers(text, f"{BLANKS},.'"):
        whole, _, decimals = number.plain(points=True).partition(".")
        if len(whole) > _LONGEST or len(decimals) > 2 or not f"{whole}{decimals}".isdecimal():
            continue
        end, factor, named = number.end, 1.0, ""
        behind = [token.word for token in read[number.after : number.after + 2]]
        attached = next((word for word in (*_KM, *_MILES) if behind and behind[0] == f"k{word}"), "")
        if attached:
            factor, named, end = 1000.0, attached, read[number.after].end
        else:
            if behind and behind[0] in _THOUSAND:
                factor, end, behind = 1000.0, read[number.after].end, behind[1:]
            if behind and behind[0] in _KM | _MILES:
                named = behind[0]
                end = read[number.after + (factor > 1)].end
        rest = text[end : end + 12].split()
        rated = bool(rest) and (rest[0].startswith("/") or rest[0].casefold() == "per")
        if (before(text, number.start) or " ") in ".,/:-" or _in_word(text, number.start, end) or rated:
            continue
        miles = (("miles" if named in _MILES else "km") if named else unit) == "miles"
        km = float(f"{whole}.{decimals or 0}") * factor * (KM_PER_MILE if miles else 1.0)
        found.append(Mileage(number.start, end, km, ("miles" if miles else "km") if named else ""))
        if len(found) == _MOST:
            break
    return tuple(found)


def _in_word(text: str, start: int, end: int) -> bool:
    return is_part(before(text, start)) or is_part(text[end : end + 1])
