"""Reads English questions about tables, columns and their relationships. Pure; made for short questions, not prose."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.dataset import Table
from agents.datasets.identifiers import singular
from agents.explorer.mentions import MOST_CHARACTERS, SCHEMA_WORDS, Mention, closest, mentions
from agents.explorer.particulars import column_said, particular, table_missing
from agents.explorer.requests import (
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
from agents.explorer.value_kinds import KIND_WORDS
from agents.language.words import FUNCTION_WORDS, vocabulary, words

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
_LARGEST = re.compile(
    r"\b(?:largest|biggest|most rows|longest|by size|by rows|how (?:big|large)|(?:rows?|row counts?|sizes?)\b.{0,20}\b"
    r"(?:each|every|all|per) (?:tables?|dataset))\b",
    re.IGNORECASE,
)
_SMALLEST = re.compile(r"\b(?:smallest|fewest rows|least rows|shortest|tables are empty|empty tables)\b", re.IGNORECASE)
_VIEWS = re.compile(r"\bviews\b", re.IGNORECASE)
_WITHOUT_KEY = re.compile(r"\b(?:no|without|lack|missing)\b.{0,12}\bprimary[- ]keys?\b", re.IGNORECASE)
_ALONE = re.compile(
    r"\b(?:not|no|without|isolated|unconnected|unrelated|orphan(?:ed)?|standalone|alone)\b.{0,25}"
    r"\b(?:connected|related|linked|joined|relations?|relationships?|foreign keys?|tables?|anything)\b",
    re.IGNORECASE,
)
_WAY = re.compile(r"\b(?:path|way|route|get|go|come)\b.{0,20}\b(?:from|between)\b", re.IGNORECASE)
"""How one comes from one table to another."""
_WHAT_REFERS = re.compile(
    r"^\W*(?:what|who)(?: else)? (?:refer|reference|point|depend|link|use)s?\b|\bforeign keys? (?:to|on|into)\b",
    re.IGNORECASE,
)
_KEYS_OF = re.compile(r"\bforeign keys?\b.{0,12}\b(?:of|in|does)\b", re.IGNORECASE)
_TYPED = re.compile(
    r"\b(?:columns?|fields?)\b.{0,12}\b(?:are|is|contains?|holds?|stores?|with|of type)(?: an?| the)? (?:type )?"
    rf"(?P<kind>{'|'.join(sorted(KIND_WORDS))})s?\W*$",
    re.IGNORECASE,
)
"""Columns by what they hold."""
_PLURAL = re.compile(r"\b(?:tables|datasets?|databases?|entities|data)\b", re.IGNORECASE)
_HOLDS = re.compile(
    r"\b(?:which|what|any|find|is there)\b[^?.]{0,20}\b(?:(?:tables?|columns?|fields?)\b[^?.]{0,20}"
    r"\b(?:has|have|contains?|holds?|stores?|keeps?|records?|includes?|called|named)|(?:table|columns?|fields?)\b"
    r"[^?.]{0,20}\b(?:is|are|for|with))\b"
)
_OF_UNKNOWN = re.compile(r"\b(?:columns|fields) (?:does|do|of)\b", re.IGNORECASE)
"""Names a table, whether or not there is one."""
_WHAT_IS_IN = re.compile(
    r"^\W*(?:what(?:'s| is| does| do)\b|is there a (?:table|view) (?:called|named)\b)", re.IGNORECASE
)
"""Asks about the table itself that it names."""
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

    def rest_without(self, word: str) -> list[str]:
        return [other for other in self.rest() if singular(other) != word]

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
    for reading in (_unknown, _some, _particular, _listing, _relationships, _where, _description, _bare, _column):
        request = reading(heard, tables)
        if request is not None:
            return request
    return Help()


def dataset_said(text: str, datasets: Iterable[str], tables: Sequence[Table]) -> tuple[str | None, str]:
    """The dataset that a question names, if it does, and the question without it: "the tables in fleet", "of the fleet
    dataset". A bare name is none where a table has it too."""
    plain = text[:MOST_CHARACTERS]
    for name in sorted(datasets, key=len, reverse=True):
        if name.casefold() not in plain.casefold():
            continue
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


def schema_said(text: str, schemas: Iterable[str], tables: Sequence[Table]) -> tuple[str | None, str]:
    """The schema of a database that a question names, if it does, and the question without it: "the sales schema", "the
    tables in sales"."""
    return dataset_said(text, schemas, tables)


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


def _unknown(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    """A table that is not in the schema that is named before it."""
    name = table_missing(heard.text, tables)
    return _missing([name], tables) if name else None


def _some(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    """Tables or columns by what they are, not by what they are called."""
    if typed := _TYPED.search(heard.text):
        return Where(typed["kind"].casefold())
    if heard.slots and any(mention.whole for mention in heard.named):
        return None
    if "table" in heard.words and _WITHOUT_KEY.search(heard.text):
        return Listing(only="tables without primary key")
    if "table" in heard.words and _ALONE.search(heard.text):
        return Listing(only="tables without relations")
    if _VIEWS.search(heard.text) and not heard.rest_without("view"):
        return Listing(only="views")
    if heard.words & {"table", "dataset"}:
        if _SMALLEST.search(heard.text):
            return Listing(order="smallest")
        if _LARGEST.search(heard.text):
            return Listing(order="largest")
    return None


def _particular(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    return particular(heard.text, heard.named)


def _column(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    """ "What does severity mean?" """
    rest = heard.rest()
    name = column_said(heard.text, tables) if 0 < len(rest) <= 4 else None
    return Where(name) if name else None


def _listing(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    said = heard.words
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
    on_the_way = _WAY.search(heard.text) and len(heard.named) > 1
    if not (heard.words & _RELATE or _refers(heard) or _MODEL.search(heard.text) or on_the_way):
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
    if _REFERRED.search(heard.text) or _WHAT_REFERS.search(heard.text):
        return "in"
    if _OWN.search(heard.text) or _KEYS_OF.search(heard.text):
        return "out"
    return "in" if _refers(heard) and "related" not in heard.words else "both"


def _asks_where(heard: _Heard) -> bool:
    """ "Which table holds the prices?" """
    text = heard.text.casefold()
    if "to do with" in text:
        return False
    if any(mention.whole for mention in heard.named) and not heard.rest() and _WHAT_IS_IN.search(text):
        return False
    stored = heard.words & _STORE and re.search(r"\b(?:which|what|how)\b", text)
    return bool(stored or re.search(r"\bwhere\b", text) or _HOLDS.search(text)) and bool(_meaning(text))


def _where(heard: _Heard, tables: Sequence[Table]) -> Request | None:
    if not _asks_where(heard) or _asks_columns_of(heard) or _OF_UNKNOWN.search(heard.text):
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
    if heard.words & {"column", "field"} and not _OF_UNKNOWN.search(heard.text):
        return Where(" ".join(rest))
    return _missing(rest, tables)


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
