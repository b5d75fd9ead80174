"""What the figures of a column are measured in, as far as its name says so, and the words for it."""

from agents.analyst.reading.cues import cues
from agents.analyst.reading.plan import Field
from agents.analyst.reading.plan import Unit as UnitOfTime
from agents.analyst.reading.tokens import parts
from agents.language.figures import measures
from agents.language.units import Unit
from agents.language.units import unit as unit_of

_MONEY = {"pound": "sterling", "pounds": "sterling", "quid": "sterling", "pence": "sterling", "bucks": "dollars"}
_CODES = {"gbp": "sterling", "usd": "dollars", "cad": "dollars", "aud": "dollars", "nzd": "dollars"}
_CURRENCIES = frozenset({"money", "sterling", "dollars"})
_LEVELS = {"masl": "m", "amsl": "m", "asl": "m"}
"""Heights above the sea."""


def said_measures(word: str) -> frozenset[str]:
    """What a unit measures; "pounds" are money as well as mass."""
    return measures(word) | frozenset({_MONEY[word]} if word in _MONEY else ())


def named_measures(field: Field) -> frozenset[str]:
    """What the unit words and signs in a column's name measure."""
    words = parts(field.column)
    coded = (_CODES[word] for word in words if word in _CODES)
    return frozenset((*measures(" ".join((*words, field.column))), *coded))


def is_money(field: Field) -> bool:
    """Whether a column's name says that it holds money."""
    return bool(named_measures(field) & _CURRENCIES)


def units_of_time(field: Field) -> frozenset[UnitOfTime]:
    """The units of time that a column's name has: "day" of `daily_traffic`."""
    return frozenset(unit for word in parts(field.column) if (unit := cues().units.get((word,))))


def named_unit(field: Field) -> Unit | None:
    """The unit in a column's name."""
    words = field.column.replace("(", " ").replace(")", " ").replace("_", " ").replace("/", " ").split()
    return next((found for word in reversed(words[1:]) if (found := unit_of(_LEVELS.get(word, word)))), None)


def is_per(field: Field) -> bool:
    """Whether the figures of a column are for one of something."""
    return "/" in field.column or "per" in parts(field.column)


def is_in(field: Field, word: str) -> bool:
    """Whether a column's name says that it is measured in what a unit measures."""
    said, own = unit_of(word), named_unit(field)
    return bool(named_measures(field) & said_measures(word) or (said and own and said.measure == own.measure))


def is_of_another(field: Field, word: str) -> bool:
    """Whether a column's name says that it is measured in something else than a unit: money and no weeks."""
    own, said = named_unit(field), unit_of(word)
    other = own is not None and said is not None and own.measure != said.measure
    return (other or bool(named_measures(field) and measures(word))) and not is_in(field, word)
