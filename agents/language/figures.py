"""The figures and identifiers of a text, so that `1.5 t` and `1,500 kg`, `two years` and `24 months`, `P 0301` and
`p-0301` are one."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

_UNITS = """
mass kg 1: kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes
mass kg 1000: t tonne tonnes
mass kg 0.001: g gram grams
pounds lb 1: lb lbs pound pounds
length mm 1: mm millimetre millimetres millimeter millimeters
length mm 10: cm centimetre centimetres centimeter centimeters
length mm 1000: m metre metres meter meters
length mm 1000000: km kms kilometre kilometres kilometer kilometers
miles mile 1: mile miles mi
inches inch 1: inch inches
speed km/h 1: km/h kmh kph
miles an hour mph 1: mph
pressure bar 1: bar bars
pounds per square inch psi 1: psi
kilopascal kpa 1: kpa
volume l 1: l litre litres liter liters
volume l 0.001: ml millilitre millilitres
gallons gallon 1: gallon gallons
power kW 1: kw kilowatt kilowatts
power kW 0.001: w watt watts
horsepower hp 1: hp bhp ps horsepower
energy kWh 1: kwh
torque Nm 1: nm
voltage V 1: v volt volts
current A 1: a amp amps ampere amperes
charge Ah 1: ah
Celsius C 1: °c ℃ °celsius
Fahrenheit F 1: °f °fahrenheit
share % 1: % percent
time month 12: year years yr yrs
time month 1: month months
days day 7: week weeks
days day 1: day days
minutes minute 60: hour hours hr hrs h
minutes minute 1: minute minutes min mins
minutes minute 0.0166667: second seconds s
money euro 1: eur euro euros €
sterling pound 1: £
dollars dollar 1: $ dollar dollars
emission g/km 1: g/km
consumption l/100km 1: l/100km
consumption of energy kWh/100km 1: kwh/100km
"""
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
_BARE_WORDS = r"km/h|g/km|(?:l|kWh)/100km|[°℃](?:Celsius|Fahrenheit|[CF])?|[^\W\d_]+|[%€£$]"
_FIGURE = re.compile(
    r"(?P<money>[€£$])?\s?(?<![\w.,])(?P<value>\d{1,3}(?:[ \u00a0\u202f,]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:[.,]\d+)*)"
    rf"(?::(?P<minutes>\d\d)\b)?(?:[-\s\u00a0\u202f]?(?P<unit>{_BARE_WORDS}))?",
    re.IGNORECASE,
)
_SPOKEN = re.compile(rf"\b(?P<value>{'|'.join(_VALUES)})[-\s](?P<unit>[^\W\d_]+)\b", re.IGNORECASE)
_IDENTIFIER = re.compile(
    r"(?<![\w])(?:[PBCU][\s-]?[0-3][0-9A-F]{3}(?:-[0-9A-F]{2})?(?!\w)|T?\d{3}\s?/\s?\d{2}\s?-?\s?Z?R\s?-?\d{2}(?!\d)"
    r"|(?=[^\W_])(?=[\w.-]{0,60}?[^\W\d_])(?=[\w.-]{0,60}?\d)[^\W_]+(?:[-.][^\W_]+)*)",
    re.IGNORECASE,
)
_CLASS = re.compile(r"\b[A-Z]{2,5} \d{1,5}\b")
"""A class or standard: DOT 4, RON 95, ISO 22241."""
_MEASURED = re.compile(rf"\d+(?:[.,]\d+)*-?(?:{_BARE_WORDS})", re.IGNORECASE)
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
_PHRASES = (
    (re.compile(r"\b(?:l|litres?|liters?)\s?(?:/|per)\s?100\s?(?:km|kilomet(?:re|er)s?)\b", re.IGNORECASE), "l/100km"),
    (re.compile(r"\bkWh\s?(?:/|per)\s?100\s?(?:km|kilomet(?:re|er)s?)\b", re.IGNORECASE), "kWh/100km"),
    (re.compile(r"\b(?:km|kilomet(?:re|er)s?)\s?(?:/\s?|per |an )(?:h|hour)\b", re.IGNORECASE), "km/h"),
    (re.compile(r"\bworking (?=days\b)", re.IGNORECASE), ""),
    (re.compile(r"\bper cent\b", re.IGNORECASE), "%"),
    (re.compile(r"°\s+(?=[CF]\b)|\bdegrees (?=Celsius|Fahrenheit)|\bdegrees(?= [CF]\b)\s"), "°"),
)
"""Units of several words, and the sign that stands for each."""
_JOINING = re.compile(r"\s*(?:-|–|—|to|and|or|/)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure, at `start` to `end` of its text, in which units of several words count as their signs. `value` is what
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
def _known_units() -> dict[str, tuple[str, Decimal]]:
    units: dict[str, tuple[str, Decimal]] = {}
    for line in _UNITS.strip().splitlines():
        head, names = line.split(":")
        *measure, _, factor = head.split()
        units |= {name: (" ".join(measure), Decimal(factor)) for name in names.split()}
    return units


def unit_words() -> frozenset[str]:
    """The words and signs for units, in lower case."""
    return frozenset(_known_units())


def identifiers(text: str) -> frozenset[str]:
    """The codes, sizes and order numbers that a text names: whatever mixes letters and digits and is no measure. In
    lower case, without what separates their parts."""
    return frozenset(re.sub(r"[\W_]", "", match.group()).casefold() for match in _identified(text))


def _identified(text: str) -> Iterator[re.Match[str]]:
    yield from _CLASS.finditer(text)
    for match in _IDENTIFIER.finditer(text):
        if match.group() != "100km" and not _ORDINAL.fullmatch(match.group()) and not _is_measured(match.group()):
            yield match


def _is_measured(token: str) -> bool:
    measured = _MEASURED.fullmatch(token)
    if measured is None:
        return False
    word = re.sub(r"^[\d.,]+-?", "", token)
    return _is_unit(word) or (len(word) > 2 and word.islower())


def measures(text: str) -> frozenset[str]:
    """What the unit words of a text measure, figures or not: a column `roof_load_kg` measures mass."""
    units = _known_units()
    words = re.findall(r"km/h|[^\W\d_]+|[%€£]", text.casefold())
    return frozenset(units[word][0] for word in words if word in units and (len(word) > 1 or not word.isalpha()))


def quantities(text: str) -> tuple[Quantity, ...]:
    """The figures of a text in their order; words for numbers only before a unit. A figure that is joined with the next
    one (`10 to 15 km`) has its unit."""
    for phrase, sign in _PHRASES:
        text = phrase.sub(sign, text)
    for match in list(_identified(text)):
        text = text[: match.start()] + "_" * len(match.group()) + text[match.end() :]
    found = [_figure(match) for match in _FIGURE.finditer(text)]
    taken = [(item.start, item.end) for item in found]
    for match in _SPOKEN.finditer(text):
        if match["unit"].casefold() in _known_units() and not any(s <= match.start() < e for s, e in taken):
            found.append(_measured(_VALUES[match["value"].casefold()], match["unit"], match.start(), match.end()))
    found.sort(key=lambda item: item.start)
    for place in range(len(found) - 2, -1, -1):
        one, after = found[place], found[place + 1]
        if not one.measure and after.unit and _JOINING.fullmatch(text[one.end : after.start]):
            found[place] = _measured(one.value, after.unit, one.start, one.end)
    return tuple(found)


def _figure(match: re.Match[str]) -> Quantity:
    if match["minutes"]:
        clock = f"{int(re.sub(r'[^0-9]', '', match['value']))}:{match['minutes']}"
        return Quantity(clock, "clock", clock, match.start("value"), match.end("minutes"))
    digits = re.sub(r"[ \u00a0\u202f]|,(?=\d{3}(?!\d))", "", match["value"]).replace(",", ".")
    unit = match["money"] or match["unit"] or ""
    end = match.end() if _is_unit(unit) else match.end("value")
    return _measured(digits, unit, match.start("value"), end)


def _is_unit(word: str) -> bool:
    return re.sub(r"\s", "", word.casefold()) in _known_units()


def _measured(digits: str, unit: str, start: int, end: int) -> Quantity:
    try:
        value = Decimal(digits)
    except InvalidOperation:  # a number of several dots, such as a version or a date
        return Quantity(digits, "", digits, start, end)
    plain = _plain(value)
    known = _known_units().get(re.sub(r"\s", "", unit.casefold()))
    if known is None:
        return Quantity(plain, "", plain, start, end)
    return Quantity(plain, known[0], _plain(value * known[1]), start, end, unit)


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
