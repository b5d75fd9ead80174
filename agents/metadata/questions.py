"""Reads English questions about tables, columns and their relationships. Pure; made for short questions, not prose."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.dataset import Table
from agents.metadata.identifiers import singular
from agents.metadata.mentions import MOST_CHARACTERS, SCHEMA_WORDS, Mention, closest, mentions
from agents.metadata.requests import (
    Direction,
    Help,
    Kind,
    Listing,
    Missing,
    Relationships,
    Request,
    Where,
    about,
)
from agents.words import FUNCTION_WORDS, vocabulary, words

_RELATE = vocabulary(
    "relationship relation related relate join joined joining connect connected connection link linked erd er diagram "
    "foreign refer referred referring reference referenced referencing depend depending dependency visualise visualize "
    "draw graph hang"
)
_DESCRIBE = vocabulary(
    "describe description column field attribute structure detail definition primary explain schema content define"
)
_STORE = vocabulary("stored kept held recorded saved live find located")
_HOLD = vocabulary("has have contain hold store keep record include with containing holding called named")
_LIST = vocabulary("table dataset database entity data")
_MODEL = re.compile(
    r"\b(?:(?:data|er|entity)[- ]?models?|how (?:do|are) .{0,30}\b(?:together|related))\b", re.IGNORECASE
)
"""Words for all relationships together."""
_PRONOUN = vocabulary("it its that this them these those they both")
_POLITE = vocabulary(
    "please could can would you me us my show give tell let see want need like i we thanks now also all every "
    "everything whole entire each together hang"
)
_WHO_REFERS = re.compile(r"\b(?:which|what|list|show|all)\b[^?.]{0,30}\b(?:tables?|entit\w+|else)\b", re.IGNORECASE)
_REFERS = re.compile(r"\b(?:refer|referenc|point|depend|link)\w*|\buses?\b", re.IGNORECASE)
_OWN = re.compile(r"\b(?:does|do)\b[^?.]{1,80}\b(?:refer|reference|point|depend)\b", re.IGNORECASE)
_REFERRED = re.compile(r"\b(?:referred|referenced|pointed|used)\b[^?.]{0,10}\b(?:by|from|in)\b", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|for|on|concerning|regarding|with|containing|named|called|like|related to|to do with)\s+"
    r"(?P<what>[^?!]+)",
    re.IGNORECASE,
)
_LARGEST = re.compile(r"\b(?:largest|biggest|most rows|longest|by size|by rows|how (?:big|large))\b", re.IGNORECASE)
_PLURAL = re.compile(r"\b(?:tables|datasets?|databases?|entities|data)\b", re.IGNORECASE)
_HOLDS = re.compile(
    r"\b(?:which|what|any|find|is there)\b[^?.]{0,20}\b(?:(?:tables?|columns?|fields?)\b[^?.]{0,20}"
    r"\b(?:has|have|contains?|holds?|stores?|keeps?|records?|includes?|called|named)|(?:table|columns?|fields?)\b"
    r"[^?.]{0,20}\b(?:is|are|for|with))\b"
)
_TABLE = vocabulary("table tables column columns")
_AGAIN = re.compile(r"^\W*(?:and|or|also|what about|how about|same for)\b", re.IGNORECASE)
_SHORT = 80


@dataclass(frozen=True, slots=True)
class Before:
    """What the last answer was about: how its tables were looked at, and which they were."""

    kind: Kind | None = None
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True, slots=True)
class _Heard:
    """A question with its words, in the singular, and the tables it names."""

    text: str
    words: frozenset[str]
    named: tuple[Mention, ...]
    before: Before

    @property
    def slots(self) -> tuple[tuple[Table, ...], ...]:
        return tuple(mention.tables for mention in self.named)

    @property
    def points_back(self) -> bool:
        return bool(self.words & _PRONOUN) and bool(self.before.tables)

    def rest(self) -> list[str]:
        """The words that carry meaning and belong to no name and no question about tables."""
        left = list(self.text)
        for mention in self.named:
            left[mention.start : mention.end] = " " * (mention.end - mention.start)
        return _meaning("".join(left))


def asked(text: str, tables: Sequence[Table], before: Before = Before()) -> Request:
    """What a question asks of these tables; Help where that cannot be read."""
    plain = text[:MOST_CHARACTERS]
    heard = _Heard(plain, frozenset(map(singular, words(plain))), mentions(plain, tables), before)
    for reading in (_listing, _relationships, _where, _description, _bare):
        request = reading(heard, tables)
        if request is not None:
            return request
    return Help()


def dataset_said(text: str, datasets: Iterable[str], tables: Sequence[Table]) -> tuple[str | None, str]:
    """The dataset that a question names, if it does, and the question without it: "the tables in fleet", "of the fleet
    dataset". A bare name is none where a table has it too."""
    plain = text[:MOST_CHARACTERS]
    for name in sorted(datasets, key=len, reverse=True):
        called = rf"[`\"']?{re.escape(name)}[`\"']?"
        word = r"(?:dataset|database|schema)"
        lead = r"(?:\b(?:in|of|from)\s+)?(?:\bthe\s+)?"
        forms = [rf"{lead}\b{word}\s+{called}(?!\w)", rf"{lead}(?<!\w){called}\s+{word}\b"]
        if not any(mention.whole for mention in mentions(name, tables)):
            forms.append(rf"\b(?:in|of|from)\s+(?:the\s+)?{called}(?!\w)")
        found = re.search("|".join(forms), plain, re.IGNORECASE)
        if found:
            return name, f"{plain[: found.start()]} {plain[found.end() :]}"
    return None, text


def leftover(text: str, tables: Sequence[Table]) -> bool:
    """Whether a message says anything beside names of tables and words of questions about them."""
    plain = text[:MOST_CHARACTERS]
    return bool(_Heard(plain, frozenset(), mentions(plain, tables), Before()).rest())


def surely(text: str, request: Request, tables: Sequence[Table]) -> bool:
    """Whether a message is about tables even where nobody said so: it has a word that only tables have, and names what
    there is."""
    plain = text[:MOST_CHARACTERS]
    heard = _Heard(plain, frozenset(words(plain)), mentions(plain, tables), Before())
    whole = [mention for mention in heard.named if mention.whole]
    exactly = any("_" in plain[mention.start : mention.end] for mention in whole)
    match request:
        case Listing():
            return bool(heard.words & {"tables", "datasets", "databases"}) and not heard.rest()
        case Relationships():
            return exactly or len(whole) > 1 or bool(heard.words & {"erd", "er"} or (whole and heard.words & _TABLE))
        case Help() | Missing():
            return False
    return exactly or bool(heard.words & _TABLE and heard.named)


def _listing(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    said = heard.words
    if said & {"table", "dataset"} and _LARGEST.search(heard.text):
        return Listing(largest=True)
    if said == said & (_POLITE | FUNCTION_WORDS | {"schema"}):
        return Listing() if "schema" in said else None
    if not said & _LIST or said & _RELATE or _asks_where(heard) or _MODEL.search(heard.text) or _refers(heard):
        return None
    if not _PLURAL.search(heard.text) or said & {"column", "field"}:
        return None
    what = _ABOUT.search(heard.text)
    subject = " ".join(_meaning(what.group("what"))) if what else ""
    if subject:
        return Listing(subject)
    if any(mention.whole for mention in heard.named) and said & _DESCRIBE:
        return None
    return Listing(" ".join(_meaning(heard.text)) if heard.named or what else "")


def _refers(heard: _Heard) -> bool:
    """ "Which tables use the dealers?" """
    return bool((heard.named or heard.points_back) and _WHO_REFERS.search(heard.text) and _REFERS.search(heard.text))


def _relationships(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    if not (heard.words & _RELATE or _refers(heard) or _MODEL.search(heard.text)):
        return None
    slots, rest = heard.slots, heard.rest()
    if not slots:
        if heard.before.tables and (heard.points_back or len(heard.words) < 3):
            return Relationships(heard.before.tables, _direction(heard))
        return _missing(rest, tables) if rest else Relationships()
    if heard.points_back and len(slots) == 1 and len(heard.before.tables) == 1 and heard.words & {"it", "that", "this"}:
        slots = ((heard.before.tables[0],), *slots)
    if len(slots) == 1 and rest and re.search(r"\bbetween\b", heard.text, re.IGNORECASE):
        return _missing(rest, tables)
    return about("relate", slots, _direction(heard) if len(slots) == 1 else "both")


def _direction(heard: _Heard) -> Direction:
    if _REFERRED.search(heard.text):
        return "in"
    if _OWN.search(heard.text):
        return "out"
    return "in" if _refers(heard) and "related" not in heard.words else "both"


def _asks_where(heard: _Heard) -> bool:
    """ "Which table holds the prices?" """
    text = heard.text.casefold()
    if "to do with" in text:
        return False
    stored = heard.words & _STORE and re.search(r"\b(?:which|what|how)\b", text)
    return bool(stored or re.search(r"\bwhere\b", text) or _HOLDS.search(text)) and bool(_meaning(text))


def _where(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    if not _asks_where(heard) or _asks_columns_of(heard):
        return None
    return Where(" ".join(_meaning(heard.text)))


def _asks_columns_of(heard: _Heard) -> bool:
    """ "Which columns does the incidents table have?" """
    columns = re.search(r"\b(?:columns|fields|attributes)\b", heard.text, re.IGNORECASE)
    return columns is not None and (heard.points_back or (bool(heard.named) and not heard.rest()))


def _description(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    wants = heard.words & (_DESCRIBE | {"table", "about", "inside", "in"})
    if heard.named and (wants or len(heard.rest()) == 0) and not _AGAIN.match(heard.text):
        return about("describe", heard.slots)
    if heard.named or not heard.words & (_DESCRIBE | {"table"}):
        return None
    if heard.points_back or (heard.before.tables and not heard.rest()):
        return about("describe", tuple((table,) for table in heard.before.tables[:3]))
    rest = heard.rest()
    if not 0 < len(rest) <= 4:
        return None
    return Where(" ".join(rest)) if heard.words & {"column", "field"} else _missing(rest, tables)


def _bare(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    """A table's name with little around it: what was last asked, of this one."""
    if not heard.named or len(heard.text) > _SHORT or len(heard.rest()) > 1:
        return None
    return about(heard.before.kind or "describe", heard.slots)


def _missing(rest: Sequence[str], tables: Sequence[Table]) -> Missing:
    name = " ".join(rest)[:_SHORT]
    return Missing(name, closest(name, tables))


def _meaning(text: str) -> list[str]:
    known = FUNCTION_WORDS | SCHEMA_WORDS | _POLITE | _STORE | _HOLD
    return [word for word in words(text) if word not in known and singular(word) not in known]
