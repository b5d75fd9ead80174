"""The tables that a caller can ask about: of one dataset or of all, found by name, by word and by column."""

from collections.abc import Sequence

import structlog

from agents.context import Resources
from agents.dataset import ALL, Column, DatasetUnavailable, DatasetUnknown, Reader, Table, cannot_be_read
from agents.datasets.identifiers import parts, singular, subject
from agents.explorer.inquiry import cues, leftover
from agents.explorer.linking import closest, likeness, mentions
from agents.language.words import content

log = structlog.get_logger()

NONE_YET = (
    "No dataset is registered yet, so there are no tables to tell about. "
    "`pitcrew datasets add NAME FILE` or `pitcrew datasets add NAME URL-of-database` registers one."
)
_ENOUGH = 0.5
"""How many of the words searched for must be found in a column."""
_ABOUT = 0.45
"""From here on a table has to do with what is asked for."""


class NotFound(Exception):
    """No such dataset or table, or several of them; the text says what to do."""


async def tables_of(resources: Resources, reader: Reader, dataset: str | None) -> tuple[Table, ...]:
    """The tables of a dataset, or of all, that the reader may read. Raises NotFound."""
    if resources.datasets is None:
        raise NotFound(NONE_YET)
    try:
        schema = await resources.datasets.seen_by(reader).schema(dataset or ALL)
    except DatasetUnknown as error:
        raise NotFound(str(error)) from error
    except DatasetUnavailable as error:
        log.warning("dataset unavailable", name=dataset or ALL, reason=str(error))
        raise NotFound(cannot_be_read(dataset or ALL)) from error
    if not schema.tables:
        raise NotFound(NONE_YET)
    return schema.tables


def table_named(name: str, tables: Sequence[Table]) -> Table:
    """The table that a name means: as it is written, or loosely. Raises NotFound, which names what it may be."""
    for spelt in (str, str.casefold):
        exact = [item for item in tables if spelt(name) in (spelt(item.name), spelt(f"{item.dataset}.{item.name}"))]
        if len(exact) == 1:
            return exact[0]
        if exact:
            raise NotFound(_several(name, exact))
    found = mentions(name, tables)
    if len(found) == 1 and not leftover(name, tables):
        if len(found[0].tables) == 1:
            return found[0].tables[0]
        raise NotFound(_several(name, found[0].tables))
    near = ", ".join(f"'{table.name}'" for table in closest(name, tables))
    hint = f"What comes closest: {near}." if near else "list_tables tells which there are."
    raise NotFound(f"There is no table '{name[:80]}'. {hint}")


def _several(name: str, tables: Sequence[Table]) -> str:
    same = len({table.name for table in tables}) < len(tables)
    named = ", ".join(f"'{table.dataset}.{table.name}'" if same else f"'{table.name}'" for table in tables[:8])
    return f"'{name[:80]}' can mean {named}. Name one of them."


def tables_about(about: str, tables: Sequence[Table]) -> tuple[Table, ...]:
    """The tables that have to do with some words, best first: by their name, then their description, then columns."""
    wanted = _wanted(about)
    scored = []
    for table in tables:
        columns = max((likeness(wanted, column.name) for column in table.columns), default=0.0)
        told = max(likeness(wanted, table.name), 0.9 * likeness(wanted, table.description))
        scored.append((max(told, 0.8 * (columns >= 0.99)), table))
    return tuple(table for score, table in sorted(scored, key=lambda item: -item[0]) if score >= _ABOUT)


def columns_for(text: str, tables: Sequence[Table], most: int = 20) -> tuple[tuple[Table, Column], ...]:
    """The columns that hold what a text names, best first: its words are looked for in the column's name, its
    description and the name of its table. Where all that is named is a kind of values, those of the kind."""
    every = [(table, column) for table in tables for column in table.columns]
    kinds = cues()["kinds"].get(singular(text.strip()), ())
    if typed := [(table, column) for table, column in every if column.kind in kinds]:
        return tuple(typed[:most])
    wanted = _wanted(text)
    around = {table: likeness(wanted, table.name) / max(1, len(subject(table.own_name))) for table in tables}
    scored = []
    for table, column in every:
        named = likeness(wanted, column.name)
        told = max(named, 0.9 * likeness(wanted, column.description))
        score = max(told, likeness(wanted, f"{table.name} {column.name}")) if told else 0.0
        if score >= _ENOUGH:
            scored.append((score + 0.1 * named + 0.05 * around[table], table, column))
    scored.sort(key=lambda item: -item[0])
    return tuple((table, column) for score, table, column in scored[:most] if score >= scored[0][0] - 0.25)


def _wanted(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for item in content(text) for word in parts(item)))[:12]
