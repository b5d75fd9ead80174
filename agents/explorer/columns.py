"""Which columns a text names as they are written, and what it asks of one table: its rows, its keys, which columns may
be empty, or a single column. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from agents.analyst.reading.tokens import tokens
from agents.dataset import Table
from agents.datasets.identifiers import singular
from agents.explorer.mentions import SCHEMA_WORDS, Mention, mentions
from agents.explorer.requests import Aspect, Description
from agents.language.words import FUNCTION_WORDS

_MARKED = (".", "`", '"', "column ")
"""Before a name that is surely one."""


def particular(text: str, named: Sequence[Mention], aspect: Aspect | None, *, joined: bool) -> Description | None:
    """What is asked of the one table that is named; None where that is the whole of it, or no such thing. `joined`: the
    question is about how tables hang together, or about columns altogether."""
    tables = [mention for mention in named if len(mention.tables) == 1 and not _inside_a_column(text, mention, named)]
    if len({mention.tables for mention in tables}) != 1:
        return None
    (table,) = tables[0].tables
    if not joined and (columns := _columns_said(text, table, tables)):
        return Description((table,), "column", columns)
    if len(tables) < len(named) and any(len(mention.tables) > 1 for mention in named if mention not in tables):
        return None
    return Description((table,), aspect) if aspect else None


def column_said(text: str, tables: Sequence[Table]) -> str | None:
    """The name of a column that stands in a text as it is written."""
    found = _standing(text, (column.name for table in tables for column in table.columns))
    return next((text[start:end] for start, end in sorted(found) if _means_a_column(text, start, end)), None)


def table_missing(text: str, tables: Sequence[Table]) -> str | None:
    """A name that stands behind that of a schema, as in `sales.orders`, where the schema has no such table."""
    schemas = {table.schema.casefold() for table in tables} - {""}
    for start, end in sorted(_standing(text, schemas)):
        behind = text[end:].lstrip('"`')
        name = _first_name(behind[1:].lstrip('"`')) if behind.startswith(".") else ""
        if name:
            schema = text[start:end]
            own = [item for item in tables if item.schema.casefold() == schema.casefold()]
            there = [replace(item, name=item.own_name, schema="") for item in own]
            return None if mentions(f"`{name}`", there) else f"{schema}.{name}"
    return None


def _first_name(text: str) -> str:
    return text[: next((at for at, character in enumerate(text) if not _is_inside(character)), len(text))]


def _is_inside(character: str) -> bool:
    return character.isalnum() or character in "_$"


def _standing(text: str, names: Iterable[str]) -> Iterator[tuple[int, int]]:
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


def _columns_said(text: str, table: Table, said: Sequence[Mention]) -> tuple[str, ...]:
    names = {column.name.casefold(): column.name for column in table.columns}
    found = [
        names[text[start:end].casefold()]
        for start, end in sorted(_standing(text, names))
        if text[start:end].casefold() in names
        and _means_a_column(text, start, end)
        and not any(item.start <= start < item.end for item in said)
    ]
    return tuple(dict.fromkeys(found))


def _means_a_column(text: str, start: int, end: int) -> bool:
    """Whether a word that columns are called by is no other word here: "the description of products"."""
    word = text[start:end].casefold()
    common = len(tokens(word)) == 1 and {word, singular(word)} & (FUNCTION_WORDS | SCHEMA_WORDS)
    return not common or text[:start].endswith(_MARKED)


def _inside_a_column(text: str, mention: Mention, named: Sequence[Mention]) -> bool:
    """Whether a table is only named as part of a column's name: `order` in `order_id`."""
    held = {column.name for item in named for table in item.tables for column in table.columns}
    around = ((start, end) for start, end in _standing(text, held) if start <= mention.start and mention.end <= end)
    return any(end - start > mention.end - mention.start for start, end in around)
