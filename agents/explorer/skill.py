"""Metadata: the tables of the registered datasets, their columns, and how they hang together."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from agents.context import Case, Outcome, Resources, ToolContext
from agents.dataset import Table
from agents.explorer import wording
from agents.explorer.inquiry import Before, asked, dataset_said, leftover, surely
from agents.explorer.linking import mentions
from agents.explorer.relations import Place, place
from agents.explorer.requests import (
    Description,
    Direction,
    Help,
    Kind,
    Listing,
    Missing,
    Relationships,
    Request,
    Where,
    Which,
    about,
)
from agents.explorer.tools import DESCRIBE_TABLE, FIND_COLUMNS, FIND_RELATIONSHIPS, LIST_TABLES
from agents.explorer.visible_tables import NotFound, tables_of
from agents.skill import Action, Handled
from agents.tool import Tool

_SHORT = 80
"""Characters of a follow-up that names a table and little else, and of an answer that it is known again by."""
_REMEMBERED = 6
"""Tables that a follow-up may refer to."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """What is asked, of which tables; `dataset` and `schema` where the message names them."""

    request: Request
    tables: tuple[Table, ...]
    dataset: str | None = None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class ExplorerSkill:
    """See `agents.skill.Skill`."""

    name: str = "explorer"
    guidance: str = (
        "Take everything from the tools; never name a table, column or relation that none of them gave. list_tables "
        "lists, describe_table gives the columns of one table, find_relationships how tables hang together and draws "
        "the diagram, find_columns finds where something stands. Say of every inferred relation that it is inferred, "
        "and why. Do not write Mermaid yourself: the diagram is shown beside your answer. When a tool names other "
        "tables, choose among those or ask."
    )
    tools: tuple[Tool[Any], ...] = (LIST_TABLES, DESCRIBE_TABLE, FIND_RELATIONSHIPS, FIND_COLUMNS)
    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        if not _follows(case):
            return False
        try:
            tables = await tables_of(resources, case.reader, case.dataset)
        except NotFound:
            return False
        return await asyncio.to_thread(_continued, case, tables) is not None

    async def read(self, case: Case, resources: Resources) -> Exploration | None:
        try:
            tables = await tables_of(resources, case.reader, case.dataset)
        except NotFound as error:
            return Exploration(Help(str(error)), ()) if case.wished else None
        return await asyncio.to_thread(_read, case, tables)

    async def act(self, request: Exploration, context: ToolContext) -> Handled:
        match request.request:
            case Listing(words, order, only):
                arguments = _within(request, about=words, only=only, schema_name=request.schema)
                outcome = await context.call(LIST_TABLES, arguments)
                return _handled(outcome, lambda value: wording.listed(value, words, order, only))
            case Description() as asks:
                return await _describe(asks, request, context)
            case Relationships() as asks:
                return await _relate(asks, request, context)
            case Where(sought):
                outcome = await context.call(FIND_COLUMNS, _within(request, text=sought))
                return _handled(outcome, lambda value: wording.stored(value, sought))
            case Which() as unclear:
                text = wording.which(unclear.choices)
                return Handled(text, "asked_back", note=_noted(text, unclear.kind, (), unclear))
            case Missing(name, close):
                return Handled(wording.missing(name, close, request.tables), "declined")
            case Help(because):
                return Handled(because or wording.help_(request.tables), "declined" if because else "answered")


SKILL = ExplorerSkill()


def _read(case: Case, tables: tuple[Table, ...]) -> Exploration | None:
    dataset, said = dataset_said(case.message, dict.fromkeys(table.dataset for table in tables), tables)
    if dataset is not None:
        tables = tuple(table for table in tables if table.dataset == dataset)
    schema, said = dataset_said(said, dict.fromkeys(table.schema for table in tables if table.schema), tables)
    if dataset is schema is None and (request := _continued(case, tables)) is not None:
        return Exploration(request, tables)
    there = tables if schema is None else tuple(table for table in tables if table.schema == schema)
    request = asked(said, there, Before() if dataset or schema else _before(case.note, tables))
    if schema is not None and isinstance(request, Help):
        request = Listing()
    in_dataset = dataset is not None and isinstance(request, Listing | Relationships)
    if not (case.wished or in_dataset or surely(said, request, there)):
        return None
    return Exploration(request, tables, dataset, schema)


def _follows(case: Case) -> bool:
    """Whether the message comes right after an answer of this skill."""
    last = next((turn.text for turn in reversed(case.history) if turn.role == "assistant"), "")
    return bool(case.note) and str(case.note.get("said")) in last


def _continued(case: Case, tables: Sequence[Table]) -> Request | None:
    """What a short message after an answer asks: one of the tables that it offered, or the same of another table."""
    said = case.message.strip()
    if not _follows(case) or len(said) > _SHORT:
        return None
    slots = [_known(slot, tables) for slot in case.note.get("slots", ())]
    if slots:
        unclear = next((at for at, slot in enumerate(slots) if len(slot) > 1), None)
        found = mentions(said, slots[unclear]) if unclear is not None else ()
        if unclear is not None and len(found) == 1 and len(found[0].tables) == 1:
            slots[unclear] = found[0].tables
            return about(case.note["kind"], tuple(slots), case.note["direction"])
    request = asked(said, tables, _before(case.note, tables))
    related = isinstance(request, Description | Relationships | Which)
    return request if related and (case.wished or not leftover(said, tables)) else None


def _before(note: Mapping[str, Any], tables: Sequence[Table]) -> Before:
    return Before(note.get("kind"), _known(note.get("tables", ()), tables))


def _known(places: Sequence[Sequence[str]], tables: Sequence[Table]) -> tuple[Table, ...]:
    by_place = {place(table): table for table in tables}
    wanted: list[Place] = [(str(item[0]), str(item[1])) for item in places]
    return tuple(by_place[item] for item in wanted if item in by_place)


async def _describe(asks: Description, request: Exploration, context: ToolContext) -> Handled:
    def worded(value: Any) -> str:
        return wording.particular(value, asks.aspect, asks.columns)

    calls = [_within(request, table, table=table.name) for table in asks.tables[:_REMEMBERED]]
    told = [_handled(await context.call(DESCRIBE_TABLE, arguments), worded) for arguments in calls]
    text = "\n\n".join(item.text for item in told)
    return Handled(text, told[0].status, note=_noted(text, "describe", asks.tables))


async def _relate(asks: Relationships, request: Exploration, context: ToolContext) -> Handled:
    names = [table.name for table in asks.tables]
    if len({table.dataset for table in asks.tables}) > 1:
        arguments = _within(request, tables=[f"{table.dataset}.{table.name}" for table in asks.tables])
    else:
        schema = None if names else request.schema
        arguments = _within(request, *asks.tables[:1], tables=names, schema_name=schema)
    outcome = await context.call(FIND_RELATIONSHIPS, arguments)
    handled = _handled(outcome, lambda value: wording.related(value, names, asks.direction))
    return replace(handled, note=_noted(handled.text, "relate", asks.tables, direction=asks.direction))


def _within(request: Exploration, *tables: Table, **arguments: Any) -> dict[str, Any]:
    """The arguments of a call without empty ones, and with the dataset where it has to be said."""
    said = {name: value for name, value in arguments.items() if value}
    several = len({table.dataset for table in request.tables}) > 1
    dataset = tables[0].dataset if tables and several else request.dataset
    return said | ({"dataset": dataset} if dataset else {})


def _handled(outcome: Outcome, worded: Callable[[Any], str]) -> Handled:
    if outcome.result is None:
        return Handled(str(outcome.error), "declined")
    return Handled(worded(outcome.result.value))


def _noted(
    text: str, kind: Kind, tables: Sequence[Table], asks: Which | None = None, direction: Direction = "both"
) -> dict[str, Any]:
    """What the next message may refer to; `slots` where it may say which table was meant."""
    slots = [[list(place(table)) for table in slot] for slot in asks.slots] if asks else []
    return {
        "said": text[-_SHORT:],
        "kind": kind,
        "direction": asks.direction if asks else direction,
        "tables": [list(place(table)) for table in tables[:_REMEMBERED]],
        "slots": slots,
    }
