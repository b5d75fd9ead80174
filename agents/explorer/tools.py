"""Tools over the structure of the registered datasets: tables, columns, and how tables hang together."""

import asyncio
from collections.abc import Sequence
from itertools import accumulate
from typing import Annotated, Any

import msgspec
from pydantic import Field

from agents.context import ToolContext
from agents.dataset import Table
from agents.explorer.containment import held_against_rows
from agents.explorer.mermaid import er_diagram
from agents.explorer.relations import Relation, between, kinds, place, relations
from agents.explorer.requests import Only
from agents.explorer.visible_tables import NotFound, columns_for, table_named, tables_about, tables_of
from agents.tool import MOST_BYTES, Arguments, Result, Tool, ToolFailed

Name = Annotated[str, Field(min_length=1, max_length=200)]
DATASET = "The dataset's name; null for the one that the conversation is about, or all."

SCHEMA = "Of a database with several schemas, the one that is asked about; null for all."

INFERRED = " (inferred)"
_ROOM = MOST_BYTES * 3 // 4
"""Bytes of the longest list in a result."""
_ENDS = 40
_DESCRIPTION = 100
"""Characters of a description in a list."""


class ListTables(Arguments):
    dataset: Name | None = Field(None, description=DATASET)
    about: Name | None = Field(None, description="Words that the tables are to have to do with; null for all tables.")
    only: Only | None = Field(None, description="Only views, or only tables without key or relations; null for all.")
    schema_name: Name | None = Field(None, description=SCHEMA)


class DescribeTable(Arguments):
    table: Name = Field(description="The table's name, or dataset.table.")
    dataset: Name | None = Field(None, description=DATASET)


class FindRelationships(Arguments):
    tables: tuple[Name, ...] = Field(
        (), max_length=12, description="One table for all of its relations, several for how they hang together; or all."
    )
    dataset: Name | None = Field(None, description=DATASET)
    schema_name: Name | None = Field(None, description=SCHEMA)


class FindColumns(Arguments):
    text: Name = Field(description="What the column holds, in a few words: 'price of a part'.")
    dataset: Name | None = Field(None, description=DATASET)


async def _list_tables(arguments: ListTables, context: ToolContext) -> Result:
    tables = await _tables(context, arguments.dataset, arguments.schema_name)
    chosen = await asyncio.to_thread(tables_about, arguments.about, tables) if arguments.about else tables
    if arguments.only:
        chosen = _only(arguments.only, chosen, tables)
    elif not chosen:
        raise ToolFailed(f"No table has to do with '{str(arguments.about)[:80]}'. There are {len(tables)} tables.")
    kind = kinds(tables)
    rows = [
        {
            "name": table.name,
            "type": kind[place(table)],
            "dataset": table.dataset,
            "rows": table.rows,
            "columns": len(table.columns),
            "description": _short(table.description),
        }
        | ({"schema": table.schema} if table.schema else {})
        for table in chosen
    ]
    shown, left_out = _fitting(rows)
    if left_out:
        shown, left_out = _fitting([{**row, "description": ""} for row in rows])
    return Result([*shown, *([{"more_tables": left_out}] if left_out else [])])


async def _describe_table(arguments: DescribeTable, context: ToolContext) -> Result:
    tables = await _tables(context, arguments.dataset)
    (table,), found = await _asked_for([arguments.table], tables, context)
    goes_to: dict[str, str] = {}
    for key in (match.key for match in found if match.table is table):
        for name, there in zip(key.columns, key.to_columns, strict=True):
            goes_to.setdefault(name, f"{key.to_table}.{there}{'' if key.declared else INFERRED}")
    coming = [f"{match.table.name}.{', '.join(match.key.columns)}" for match in found if match.to is table]
    columns = [
        {
            "name": column.name,
            "type": column.type[:60],
            "nullable": column.nullable,
            "key": _key(column.name, table, goes_to),
            "refers_to": goes_to.get(column.name),
            "description": _short(column.description),
        }
        for column in table.columns
    ]
    shown, left_out = _fitting(columns)
    value = {
        "dataset": table.dataset,
        "name": table.name,
        "type": kinds(tables)[place(table)],
        "rows": table.rows,
        "description": " ".join(table.description.split())[:400],
        "primary_key": list(table.primary_key),
        "unique_together": [list(names) for names in table.unique if len(names) > 1][:_ENDS],
        "columns": shown,
        "columns_left_out": left_out,
        "referred_to_by": coming[:20],
    }
    return Result(value)


async def _find_relationships(arguments: FindRelationships, context: ToolContext) -> Result:
    tables = await _tables(context, arguments.dataset, arguments.schema_name)
    named, found = await _asked_for(arguments.tables, tables, context)
    return await asyncio.to_thread(_related, tables, named, found)


def _related(tables: Sequence[Table], named: Sequence[Table], found: Sequence[Relation]) -> Result:
    reached = {place(table) for match in found for table in (match.table, match.to)}
    ends = reached | {place(table) for table in named}
    shown = [table for table in tables if place(table) in ends or not named]
    kind = kinds(tables)
    ways, left_out = _fitting([_told(match) for match in found])
    diagram = er_diagram(shown, found)
    value = {
        "tables": [{"dataset": item.dataset, "name": item.name, "type": kind[place(item)]} for item in shown[:_ENDS]],
        "relations": ways,
        "relations_left_out": left_out,
        "not_connected": [item.name for item in named if place(item) not in reached],
        "diagram_shows": diagram.note,
    }
    return Result(value, diagram=diagram.source if found or not named else None)


async def _find_columns(arguments: FindColumns, context: ToolContext) -> Result:
    tables = await _tables(context, arguments.dataset)
    found = await asyncio.to_thread(columns_for, arguments.text, tables)
    if not found:
        raise ToolFailed(f"No column seems to hold '{arguments.text[:80]}'. Try another word for it.")
    return Result(
        [
            {
                "dataset": table.dataset,
                "table": table.name,
                "column": column.name,
                "type": column.type[:60],
                "description": _short(column.description),
            }
            for table, column in found
        ]
    )


LIST_TABLES = Tool(
    "list_tables",
    "List the tables of the registered datasets: each with its type (VIEW; FACT or DIMENSION as its foreign keys say), "
    "its rows and what it is about. Where there are very many, the last entry says how many more.",
    ListTables,
    _list_tables,
)
DESCRIBE_TABLE = Tool(
    "describe_table",
    "Describe one table or view: columns with type, key (PK primary, FK foreign, UK unique), whether they may be "
    "empty, and which tables refer to it.",
    DescribeTable,
    _describe_table,
)
FIND_RELATIONSHIPS = Tool(
    "find_relationships",
    "Find how tables hang together: foreign keys that the database declares, and inferred ones, each with its reason. "
    "An entity-relationship diagram of them is shown to the user beside the answer.",
    FindRelationships,
    _find_relationships,
)
FIND_COLUMNS = Tool("find_columns", "Find the columns that hold something.", FindColumns, _find_columns)


async def _tables(context: ToolContext, dataset: str | None, schema: str | None = None) -> Sequence[Table]:
    """Those of a dataset, or of one schema of it. Raises ToolFailed."""
    try:
        tables = await tables_of(context.resources, context.case.reader, dataset or context.case.dataset)
    except NotFound as error:
        raise ToolFailed(str(error)) from error
    found = [table for table in tables if schema is None or table.schema.casefold() == schema.casefold()]
    if not found:
        there = ", ".join(dict.fromkeys(table.schema for table in tables if table.schema)) or "only the default one"
        raise ToolFailed(f"There is no schema '{str(schema)[:80]}'. There are: {there}.")
    return found


def _only(only: Only, chosen: Sequence[Table], tables: Sequence[Table]) -> Sequence[Table]:
    if only == "views":
        return [table for table in chosen if table.view]
    ends = {place(table) for relation in relations(tables) for table in (relation.table, relation.to)}
    keyless = only == "tables without primary key"
    lacks = [not table.primary_key if keyless else place(table) not in ends for table in chosen]
    return [table for table, lacking in zip(chosen, lacks, strict=True) if lacking and not table.view]


async def _asked_for(
    names: Sequence[str], tables: Sequence[Table], context: ToolContext
) -> tuple[list[Table], tuple[Relation, ...]]:
    """The tables that the names mean, each once, and their relations: all where no table is named, those of the one
    that is, or the ways between several. Raises ToolFailed."""
    named, wanted = await asyncio.to_thread(_among, names, tables)
    datasets = context.resources.datasets
    if datasets is None:
        return named, wanted
    return named, await held_against_rows(wanted, datasets.seen_by(context.case.reader))


def _among(names: Sequence[str], tables: Sequence[Table]) -> tuple[list[Table], tuple[Relation, ...]]:
    try:
        named = list(dict.fromkeys(table_named(name, tables) for name in names))
    except NotFound as error:
        raise ToolFailed(str(error)) from error
    every = relations(tables)
    if len(named) > 1:
        return named, between(every, named)
    return named, tuple(item for item in every if not named or named[0] in (item.table, item.to))


def _fitting(rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The first rows that there is room for, and how many are left out."""
    sizes = accumulate(len(msgspec.json.encode(row)) + 1 for row in rows)
    count = sum(size <= _ROOM for size in sizes)
    return list(rows[:count]), len(rows) - count


def _told(relation: Relation) -> dict[str, Any]:
    return {
        "table": relation.table.name,
        "columns": list(relation.key.columns),
        "refers_to": relation.to.name,
        "to_columns": list(relation.key.to_columns),
        "dataset": relation.table.dataset,
        "declared": relation.key.declared,
        "reason": relation.key.reason,
        "optional": relation.optional,
        "at_most_one": relation.single,
    }


def _key(name: str, table: Table, goes_to: dict[str, str]) -> str:
    marks = {"PK": name in table.primary_key, "FK": name in goes_to, "UK": (name,) in table.unique}
    return ", ".join(mark for mark, there in marks.items() if there)


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _DESCRIPTION else f"{plain[: _DESCRIPTION - 1].rstrip()}…"
