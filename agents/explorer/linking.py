"""What a text names of the tables that there are: tables in whatever spelling, as the analyst reads them (see
`agents.analyst.reading`), columns as they are written, and words by how well an identifier fits them. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rapidfuzz import fuzz, process

from agents.analyst.reading.cues import cues
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.tokens import Token, base, parts, stem, tokens
from agents.dataset import Schema, Table
from agents.language.words import FUNCTION_WORDS, vocabulary

MOST_CHARACTERS = 600
"""Of a text that are read for names."""
_WHOLE, _PARTLY, _SAME = 0.95, 0.38, 0.03
"""How surely a phrase is all of a name, or a part of one; and how near another table's claim has to come."""
_LONGEST = 7
_CLOSE, _SLIP = 60.0, 85.0
_JOINING = vocabulary("and or to with from table view refer reference")
SCHEMA_WORDS = vocabulary(
    """table column field attribute schema database dataset relationship relation related relate join joined connect
    connected connection link linked refer referred reference referenced referencing point depend foreign primary key
    diagram erd er draw display list describe description structure details detail model data stored kept held contain
    hold called named name type row entity available exist between overview definition define visualise visualize chart
    picture graph metadata catalog catalogue look find search inside belong use used null nullable optional mandatory
    cardinality"""
)
"""Words of questions about tables; they name a table only in quotes or where all of its name is there."""
_SMALL = frozenset(map(stem, SCHEMA_WORDS)) | FUNCTION_WORDS
_MARKED = (".", "`", '"', "column ")
"""Before a name that is surely one."""


@dataclass(frozen=True, slots=True)
class Mention:
    """The tables that the text from `start` to `end` may mean; `whole` where it is all of their names."""

    start: int
    end: int
    tables: tuple[Table, ...]
    whole: bool = True


@lru_cache(maxsize=8)
def _names(tables: tuple[Table, ...]) -> tuple[Lexicon, dict[tuple[str, str], Table]]:
    """The tables' names without their columns, of which there may be very many."""
    bare = tuple(replace(table, columns=(), primary_key=(), foreign_keys=(), description="") for table in tables)
    return Lexicon(Schema("", "", bare), {}), {(table.dataset, table.name): table for table in tables}


def small(word: str) -> bool:
    """Whether a word belongs to any question about tables, and names nothing."""
    return word in FUNCTION_WORDS or stem(word) in _SMALL


def mentions(text: str, tables: Sequence[Table]) -> tuple[Mention, ...]:
    """The tables that the text names, in its order. Where several have the same claim, all of them."""
    text = text[:MOST_CHARACTERS]
    lexicon, known = _names(tuple(tables))
    row = [lexicon.corrected(token) or token for token in tokens(text)]
    found, at = [], 0
    while at < len(row):
        for size in range(min(_LONGEST, len(row) - at), 0, -1):
            named = [
                item
                for item in lexicon.meanings(tuple(token.stem for token in row[at : at + size]))
                if item.weight >= _PARTLY and (size > 1 or _is_name(text, row, at))
            ]
            if named:
                best = [known[item.source.dataset, item.source.table] for item in named
                        if named[0].weight - item.weight < _SAME]  # fmt: skip
                end = row[at + size - 1].end
                found.append(Mention(row[at].start, end, tuple(best), named[0].weight >= _WHOLE))
                at += size - 1
                break
        at += 1
    return tuple(found)


def _is_name(text: str, row: Sequence[Token], at: int) -> bool:
    """Whether a word is no other word: a table may be called `a`, and be meant in "a and b"."""
    word = row[at]
    around = text[max(word.start - 1, 0) : word.start] + text[word.end : word.end + 1]
    if any(mark in "`\"'“”" for mark in around) or not small(word.plain):
        return True
    return len(word.text) == 1 and at + 1 < len(row) and row[at + 1].plain in _JOINING


def closest(name: str, tables: Iterable[Table], most: int = 3) -> tuple[Table, ...]:
    """The tables whose names look most like a name that none has."""
    by_name = {table: table.name for table in tables}
    name = name[:MOST_CHARACTERS]
    return tuple(item[2] for item in process.extract(name, by_name, scorer=fuzz.ratio, limit=most, score_cutoff=_CLOSE))


def likeness(wanted: Sequence[str], name: str) -> float:
    """How many of the wanted words an identifier or description has, 0..1; a word of the same meaning, or a slip,
    counts as most of it."""
    have = {base(word): word for word in parts(name)}
    scores = [_near(word, have) for word in wanted]
    return sum(scores) / len(scores) if scores else 0.0


def _near(word: str, have: dict[str, str]) -> float:
    if base(word) in have:
        return 1.0
    alike = {base(other) for other in cues().synonyms.get(base(word), ())}
    slip = len(word) > 4 and any(len(other) > 4 and fuzz.ratio(word, other) >= _SLIP for other in have.values())
    return 0.8 if slip else 0.5 if alike & have.keys() else 0.0


def standing(text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Where such names stand in a text as words of their own, in any case."""
    folded = text.casefold()
    if len(folded) != len(text):  # where a letter becomes two, places would be others
        folded = text.lower() if len(text.lower()) == len(text) else text
    for name in {name.casefold() for name in names if len(name) > 1}:
        start = folded.find(name)
        while start >= 0:
            end = start + len(name)
            if not _is_inside(text[start - 1 : start] or " ") and not _is_inside(text[end : end + 1] or " "):
                yield start, end
            start = folded.find(name, end)


def _is_inside(character: str) -> bool:
    return character.isalnum() or character in "_$"


def columns_said(text: str, tables: Sequence[Table]) -> list[tuple[int, str]]:
    """The names of columns that stand in a text as they are written, where they are no other word there: not in "the
    description of products"."""
    names = {column.name.casefold(): column.name for table in tables for column in table.columns}
    found = []
    for start, end in sorted(standing(text, names)):
        word = text[start:end].casefold()
        common = len(tokens(word)) == 1 and small(word)
        if word in names and (not common or text[:start].endswith(_MARKED)):
            found.append((start, names[word]))
    return found


def table_missing(text: str, tables: Sequence[Table]) -> str | None:
    """A name that stands behind that of a schema, as in `sales.orders`, where the schema has no such table."""
    schemas = {table.schema.casefold() for table in tables} - {""}
    for start, end in sorted(standing(text, schemas)):
        behind = text[end:].lstrip('"`')
        rest = behind[1:].lstrip('"`') if behind.startswith(".") else ""
        name = rest[: next((at for at, character in enumerate(rest) if not _is_inside(character)), len(rest))]
        if name:
            schema = text[start:end]
            own = [item for item in tables if item.schema.casefold() == schema.casefold()]
            there = [replace(item, name=item.own_name, schema="") for item in own]
            return None if mentions(f"`{name}`", there) else f"{schema}.{name}"
    return None
