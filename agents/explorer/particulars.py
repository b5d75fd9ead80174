"""Questions about one thing of a table: its rows, its keys, which columns may be empty, or a single column. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.dataset import Table
from agents.datasets.identifiers import singular
from agents.explorer.mentions import SCHEMA_WORDS, Mention, mentions
from agents.explorer.requests import Aspect, Description
from agents.language.words import FUNCTION_WORDS

_ASPECTS: tuple[tuple[Aspect, re.Pattern[str]], ...] = (
    ("rows", re.compile(r"\bhow many (?:rows|records|entries)\b|\b(?:row count|number of (?:rows|records))\b", re.I)),
    ("rows", re.compile(r"^\W*(?:is|are)\b(?:(?!\bcolumns?\b)[^?]){0,90}\bempty\W*$", re.I)),
    ("primary key", re.compile(r"\bprimary[- ]keys?\b|\bpks?\b", re.I)),
    ("empty", re.compile(r"\b(?:nullable|nulls?|empty|mandatory|required)\b", re.I)),
    ("unique", re.compile(r"\bunique\b", re.I)),
)
_JOINED = re.compile(r"\b(?:relat|join|connect|link|refer|foreign|diagram|draw|between|columns)", re.I)
_QUALIFIED = re.compile(r"(?P<schema>[^\W_]\w{0,80})[\"`]?\.[\"`]?(?P<name>[^\W_]\w{0,80})")
_NAME = re.compile(r"[^\W_][\w$]{1,80}")


def particular(text: str, named: Sequence[Mention]) -> Description | None:
    """What is asked of the one table that is named; None where that is the whole of it, or no such thing."""
    tables = [mention for mention in named if len(mention.tables) == 1 and not _inside_a_column(text, mention, named)]
    if len({mention.tables for mention in tables}) != 1:
        return None
    (table,) = tables[0].tables
    if columns := _columns_said(text, table, tables):
        return Description((table,), "column", columns)
    if len(tables) < len(named) and any(len(mention.tables) > 1 for mention in named if mention not in tables):
        return None
    aspect = next((aspect for aspect, said in _ASPECTS if said.search(text)), None)
    return Description((table,), aspect) if aspect else None


def column_said(text: str, tables: Sequence[Table]) -> str | None:
    """The name of a column that stands in a text as it is written."""
    names = {column.name.casefold() for table in tables for column in table.columns}
    found = (word for word in _NAME.finditer(text) if word.group().casefold() in names)
    return next((word.group() for word in found if _means_a_column(text, word)), None)


def table_missing(text: str, tables: Sequence[Table]) -> str | None:
    """A name that stands behind that of a schema, as in `sales.orders`, where the schema has no such table."""
    schemas = {table.schema.casefold() for table in tables} - {""}
    for found in _QUALIFIED.finditer(text):
        schema, name = found["schema"].casefold(), found["name"]
        if schema in schemas:
            there = [
                replace(item, name=item.own_name, schema="") for item in tables if item.schema.casefold() == schema
            ]
            return None if mentions(f"`{name}`", there) else found.group()
    return None


def _columns_said(text: str, table: Table, said: Sequence[Mention]) -> tuple[str, ...]:
    if _JOINED.search(text):
        return ()
    names = {column.name.casefold(): column.name for column in table.columns}
    found = [
        names[word.group().casefold()]
        for word in _NAME.finditer(text)
        if word.group().casefold() in names
        and _means_a_column(text, word)
        and not any(item.start <= word.start() < item.end for item in said)
    ]
    return tuple(dict.fromkeys(found))


def _means_a_column(text: str, word: re.Match[str]) -> bool:
    """Whether a word that columns are called by is no other word here: "the description of products"."""
    common = singular(word.group()) in FUNCTION_WORDS | SCHEMA_WORDS or word.group().casefold() in FUNCTION_WORDS
    return not common or text[: word.start()].endswith((".", "`", '"', "column "))


def _inside_a_column(text: str, mention: Mention, named: Sequence[Mention]) -> bool:
    """Whether a table is only named as part of a column's name: `order` in `order_id`."""
    word = next(
        (match for match in _NAME.finditer(text) if match.start() <= mention.start and mention.end <= match.end()), None
    )
    if word is None or (word.start(), word.end()) == (mention.start, mention.end):
        return False
    held = {column.name.casefold() for item in named for table in item.tables for column in table.columns}
    return word.group().casefold() in held
