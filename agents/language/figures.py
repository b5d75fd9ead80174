"""The figures and identifiers of a text, so that `1.5 t` and `1,500 kg`, `two years` and `24 months`, `P 0301` and
`p-0301` are one."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from itertools import zip_longest

from agents.language.codes import SYSTEMS, are_digits
from agents.language.numbers import BLANKS, Number, before, is_part, numbers
from agents.language.phrases import Phrases
from agents.language.tokens import compounds, squeezed
from agents.language.units import exact

_WORDS = "two three four five six seven eight nine ten eleven twelve"
_VALUES = {word: str(value) for value, word in enumerate(_WORDS.split(), start=2)} | {
    "one": "1",
    "fifteen": "15",
    "twenty": "20",
    "thirty": "30",
    "forty": "40",
    "forty-five": "45",
    "fifty": "50",
    "sixty": "60",
    "ninety": "90",
    "hundred": "100",
}
_WRITTEN_OUT = {
    "l/100km": "(l|litre|litres|liter|liters) (/|per) 100 (km|kilometre|kilometres|kilometer|kilometers)",
    "kwh/100km": "kwh (/|per) 100 (km|kilometre|kilometres|kilometer|kilometers)",
    "km/h": "(km|kilometre|kilometres|kilometer|kilometers) (/|per|an) (h|hour)",
    "g/km": "g / km",
    "%": "(%|per cent)",
    "°c": "(° c|° celsius|℃|degrees c|degrees celsius)",
    "°f": "(° f|° fahrenheit|degrees f|degrees fahrenheit)",
    "days": "working days",
}
"""Units of several words, and the sign that stands for each."""
_RIM = frozenset("rz")
_TYRE = Phrases(
    ("<width> / <ratio> (<rim>|(r|zr) <ratio>)",),
    {
        "width": lambda token: len(digits := token.word.removeprefix("t")) == 3 and digits.isdecimal(),
        "ratio": lambda token: token.kind == "number" and len(token.word) == 2,
        "rim": lambda token: token.word[0] in _RIM and token.word.lstrip("zr").isdecimal(),
    },
)
_JOINING = frozenset({"-", "–", "—", "to", "and", "or", "/"})
_MONEY = frozenset("€£$")
_GAPS = frozenset({"", "-", " ", "\u00a0", "\u202f", "\n"})
"""What may stand between a figure and its unit."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure, at `start` to `end` of its text. `value` is what
    is written, in plain decimal digits; `measure` and `amount` say what it is a measure of and how much in one fixed
    unit, `""` and `value` without a `unit`."""

    value: str
    measure: str
    amount: str
    start: int
    end: int
    unit: str = ""

    def same(self, other: "Quantity") -> bool:
        """Whether both are as much of the same; a figure without a unit goes by its digits alone."""
        if self.measure and other.measure:
            return (self.measure, self.amount) == (other.measure, other.amount)
        return self.value == other.value


@lru_cache(maxsize=1)
def _unit_phrases() -> Phrases:
    single = {name: (name,) for name in exact() if name.isalpha() or name in _MONEY}
    return Phrases(single | {sign: (*single.get(sign, ()), template) for sign, template in _WRITTEN_OUT.items()})


@lru_cache(maxsize=1)
def _spoken_values() -> Phrases:
    return Phrases({value: (word,) for word, value in _VALUES.items()})


def unit_words() -> frozenset[str]:
    """The words and signs for units, in lower case."""
    return frozenset(exact())


def measures(text: str) -> frozenset[str]:
    """What the unit words of a text measure, figures or not: a column `roof_load_kg` measures mass."""
    units = exact()
    found = (single.label for single in _unit_phrases().spans(text))
    return frozenset(units[name][0] for name in found if len(name) > 1 or not name.isalpha())


def identifiers(text: str) -> frozenset[str]:
    """The codes, sizes and order numbers that a text names: whatever mixes letters and digits and is no measure. In
    lower case, without what separates their parts."""
    return frozenset(squeezed(text[start:end]) for start, end in _identified(text))


def _identified(text: str) -> Iterator[tuple[int, int]]:
    """Where identifiers stand, from and to."""
    tyres = [(tyre.start, tyre.end) for tyre in _TYRE.spans(text)]
    yield from tyres
    sized = {place for start, end in tyres for place in range(start, end)}
    written = [(start, end) for start, end in compounds(text) if start not in sized]
    for (start, end), following in zip_longest(written, written[1:]):
        name = text[start:end]
        if following and following[0] == end + 1 and text[end] == " ":
            more = text[following[0] : following[1]]
            classed = name.isascii() and name.isalpha() and name.isupper() and 2 <= len(name) <= 5
            coded = name.casefold() in SYSTEMS and are_digits(more)
            if (classed and more.isdecimal() and len(more) <= 5) or coded:
                yield start, following[1]
        mixed = any(map(str.isalpha, name)) and any(map(str.isdecimal, name))
        if mixed and name != "100km" and not _is_ordinal(name) and not _is_measured(name):
            yield start, end


def _is_ordinal(name: str) -> bool:
    return name[-2:].casefold() in {"st", "nd", "rd", "th"} and name[:-2].isdecimal()


def _is_measured(name: str) -> bool:
    word = name.lstrip("0123456789.,").removeprefix("-")
    digits = name[: len(name) - len(word)].rstrip("-")
    if not digits or not digits[-1].isdecimal() or not (word.isalpha() or word in exact()):
        return False
    return word.casefold() in exact() or (len(word) > 2 and word.islower())


def quantities(text: str) -> tuple[Quantity, ...]:
    """The figures of a text in their order; words for numbers only before a unit. A figure that is joined with the next
    one (`10 to 15 km`) has its unit."""
    units = ((unit.start, unit.end) for unit in _unit_phrases().spans(text))
    held = {place for start, end in (*_identified(text), *units) for place in range(start, end)}
    found = [_figure(text, number) for number in numbers(text, BLANKS) if _stands_alone(text, number, held)]
    taken = {place for item in found for place in range(item.start, item.end)}
    for value in _spoken_values().spans(text):
        unit = _unit_phrases().at(text, value.last)
        if unit and value.start not in taken and text[value.end : unit.start] in _GAPS - {""}:
            found.append(_measured(value.label, unit.label, value.start, unit.end))
    found.sort(key=lambda item: item.start)
    for place in range(len(found) - 2, -1, -1):
        one, after = found[place], found[place + 1]
        if not one.measure and after.unit and text[one.end : after.start].strip().casefold() in _JOINING:
            found[place] = _measured(one.value, after.unit, one.start, one.end)
    return tuple(found)


def _stands_alone(text: str, number: Number, held: Collection[int]) -> bool:
    """Whether it is no part of a word or of an identifier, and not the hundred of "per 100 km"."""
    lead = before(text, number.start) or " "
    return not is_part(lead) and lead not in ".," and number.start not in held and number.end - 1 not in held


def _figure(text: str, number: Number) -> Quantity:
    hour, _, minute = number.written.partition(":")
    if minute:
        clock = f"{int(hour)}:{minute}" if hour.isdecimal() else number.written
        return Quantity(clock, "clock", clock, number.start, number.end)
    behind = _unit_phrases().at(text, number.after)
    unit, end = "", number.end
    if behind and text[number.end : behind.start] in _GAPS and not is_part(text[behind.end : behind.end + 1] or " "):
        unit, end = behind.label, behind.end
    sign = text[max(0, number.start - 2) : number.start].strip()[-1:]
    return _measured(number.plain(), sign if sign in _MONEY else unit, number.start, end)


def _measured(digits: str, unit: str, start: int, end: int) -> Quantity:
    try:
        value = Decimal(digits)
    except InvalidOperation:  # a number of several dots, such as a version or a date
        return Quantity(digits, "", digits, start, end)
    plain = _plain(value)
    known = exact().get(unit)
    if known is None:
        return Quantity(plain, "", plain, start, end)
    return Quantity(plain, known[0], _plain(value * known[1]), start, end, unit)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
