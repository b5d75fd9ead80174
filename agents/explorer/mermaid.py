"""Entity-relationship diagrams in Mermaid's language (https://mermaid.js.org/syntax/entityRelationshipDiagram.html).

Only a part of the language is written that every name fits in: plain names as they are, any other as the label of a
safe one, taken apart and with character codes (`#34;`), because Mermaid reads key words, Markdown and comments even
inside quotes.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.dataset import Column, Table
from agents.explorer.relations import Place, Relation, place
from agents.language.words import vocabulary

MOST_TABLES = 200
MOST_RELATIONS = 400
MOST_COLUMNS = 40
"""Of one table."""
MOST_CHARACTERS = 40_000
"""Mermaid refuses sources of more than 50,000 in its standard configuration (`maxTextSize`)."""
_LONGEST = 80

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*")
_RESERVED = vocabulary(
    "accdescr acctitle class classdef direction end erdiagram many one only optionally style subgraph title to u zero "
    "pk fk uk"
)
_KEY_WORD = re.compile(r"(?:pk|fk|uk)(?![A-Za-z0-9_])", re.IGNORECASE)
_DIRECTION = re.compile(r"direction(?= )", re.IGNORECASE)
"""Mermaid finds `direction TB` anywhere in a line."""
_NOT_IN_TYPES = re.compile(r"[^A-Za-z0-9_(),.]+")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9]+")
_SOFT = frozenset("_-.:@+=!?/$[]")
"""What Markdown or an icon may be made of, where no letters or digits stand on both sides."""
_APART = "\u200b"
"""A space without width: behind it nothing is Markdown. Unlike a character code it takes no room in any browser."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """`source` in Mermaid's language; `note` says in a sentence what it leaves out, empty where it shows all."""

    source: str
    note: str = ""


def er_diagram(tables: Sequence[Table], related: Sequence[Relation] = ()) -> Diagram:
    """The tables with their columns and keys, and the relations among them; inferred ones are dotted and say so.

    Of very many tables those with relations come first, and columns are left out until a browser can draw it.
    """
    ends = {place(table) for relation in related for table in (relation.table, relation.to)}
    shown = sorted(tables, key=lambda table: place(table) not in ends)[:MOST_TABLES]
    names, keys = _names(shown), _keys(shown, related)
    lines = [
        _relation(relation, names)
        for relation in related
        if place(relation.table) in names and place(relation.to) in names
    ]
    drawn = lines[:MOST_RELATIONS]
    left = [
        f"{len(part)} of {len(whole)} {what}"
        for part, whole, what in ((shown, tables, "tables"), (drawn, related, "relations"))
        if len(part) < len(whole)
    ]
    source, columns = "", ""
    for most in (MOST_COLUMNS, 0, -1):
        boxes = [_entity(table, _head(table, names), keys[place(table)], most) for table in shown]
        source = "\n".join(["erDiagram", *boxes, *drawn])
        columns = _left_out(shown, most)
        if len(source) <= MOST_CHARACTERS:
            break
    says = ", ".join(filter(None, [*left, columns]))
    return Diagram(source, f"The diagram shows {says}." if says else "")


def _left_out(tables: Iterable[Table], most: int) -> str:
    """How much is shown of the columns, where that is not all."""
    if most <= 0:
        return "no columns" if most else "of the columns only the keys"
    return f"at most {most} columns of a table" if any(len(table.columns) > most for table in tables) else ""


def _head(table: Table, names: dict[Place, str]) -> str:
    """The table's name, and its label where that is another one; a view is called so."""
    name = names[place(table)]
    if name == table.name and not table.view:
        return name
    twice = sum(other == table.name for _, other in names) > 1
    shown = f"{table.dataset}.{table.name}" if twice else table.name
    return f'{name}["{label(f"{shown} (view)" if table.view else shown)}"]'


def _names(tables: Iterable[Table]) -> dict[Place, str]:
    """How each table is called in the source: a plain name that no other has, as it is, one with its schema as
    `schema_table`; any other `table_7["…"]`, the label only where it is introduced."""
    names: dict[Place, str] = {}
    taken = {table.name.casefold() for table in tables}
    seen: set[str] = set()
    for table in tables:
        name = f"{table.schema}_{table.own_name}" if table.schema else table.name
        plain = name.casefold()
        free = plain not in seen and (name == table.name or plain not in taken) and plain not in _RESERVED
        if free and _PLAIN.fullmatch(name) and len(name) <= _LONGEST:
            names[place(table)] = name
            seen.add(plain)
            continue
        number = len(names) + 1
        while f"table_{number}" in taken:
            number += len(taken) + 1
        taken.add(f"table_{number}")
        names[place(table)] = f"table_{number}"
    return names


def _keys(tables: Iterable[Table], related: Iterable[Relation]) -> dict[Place, dict[str, str]]:
    """Of each table the columns that are keys, with what they are: `PK`, `FK`, or `UK` (unique), or several of them.
    Inferred foreign keys count where they are drawn."""
    drawn: dict[Place, set[str]] = defaultdict(set)
    for relation in related:
        drawn[place(relation.table)].update(relation.key.columns)
    marks: dict[Place, dict[str, str]] = {}
    for table in tables:
        declared = {name for key in table.foreign_keys if key.declared for name in key.columns}
        unique = {key[0] for key in table.unique if len(key) == 1}
        kinds = {"PK": set(table.primary_key), "FK": declared | drawn[place(table)], "UK": unique}
        names = dict.fromkeys([*table.primary_key, *(column.name for column in table.columns)])
        marked = {name: ", ".join(mark for mark, held in kinds.items() if name in held) for name in names}
        marks[place(table)] = {name: mark for name, mark in marked.items() if mark}
    return marks


def _entity(table: Table, head: str, keys: dict[str, str], most: int) -> str:
    """A table with at most `most` columns, keys before others; with 0 its keys alone, with -1 none."""
    named = [column for column in table.columns if column.name in keys] if most >= 0 else []
    others = [column for column in table.columns if column.name not in keys] if most > 0 else []
    kept = {column.name for column in [*named, *others][: most or MOST_COLUMNS]} if most >= 0 else set()
    lines = [_column(column, keys.get(column.name, "")) for column in table.columns if column.name in kept]
    return "\n".join([f"  {head} {{", *lines, "  }"]) if lines else f"  {head}"


def _column(column: Column, key: str) -> str:
    name = _word(_NOT_IN_NAMES.sub("_", column.name).strip("_")[:_LONGEST], "column")
    plain = _word("_".join(filter(None, _NOT_IN_TYPES.sub("_", _tight(column.type)).split("_")))[:40], "unknown")
    comment = f'"{label(column.name)}"' if name != column.name else ""
    return "    " + " ".join(filter(None, (plain, name, key, comment)))


def _tight(type_: str) -> str:
    """A type without quotes, brackets, and spaces behind commas."""
    return re.sub(r"[\"'`\[\]]|(?<=,)\s+", "", type_)


def _word(text: str, otherwise: str) -> str:
    """A word as a column's name or type may be: it begins with a letter and is no mark of a key."""
    if not text:
        return otherwise
    return f"_{text}" if not text[0].isalpha() or _KEY_WORD.match(text) else text


def _relation(relation: Relation, names: dict[Place, str]) -> str:
    """The one that is referred to stands on the left."""
    line = "--" if relation.key.declared else ".."
    ends = f"{'|o' if relation.optional else '||'}{line}{'o|' if relation.single else 'o{'}"
    says = ", ".join(relation.key.columns) + ("" if relation.key.declared else " (inferred)")
    return f'  {names[place(relation.to)]} {ends} {names[place(relation.table)]} : "{label(says)}"'


def label(text: str) -> str:
    """Any text as it may stand between quotes, on one line, shortened, and shown as it is written."""
    plain = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    if len(plain) > _LONGEST:
        plain = plain[: _LONGEST - 1] + "…"
    written = "".join(_character(plain, at) for at in range(len(plain)))
    return _DIRECTION.sub(rf"\g<0>{_APART}", written) or "(no name)"


def _character(text: str, at: int) -> str:
    one = text[at]
    if one in _SOFT:
        inside = one in "_-" and 0 < at < len(text) - 1 and text[at - 1].isalnum() and text[at + 1].isalnum()
        return one if inside else f"{_APART}{one}{_APART}"
    if one in " (),'" or one.isalnum() or not one.isascii():
        return one
    return f"#{ord(one)};"
