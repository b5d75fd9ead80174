"""Which tables the rows of one lead to without being multiplied: foreign keys are followed from the many to the one."""

from collections import defaultdict
from collections.abc import Mapping

from agents.analyst.reading.plan import Field, Hop, Source
from agents.dataset import Column, Table

_FARTHEST = 3
_NAMES = ("name", "title", "label")

Paths = Mapping[Source, tuple[tuple[Hop, ...], ...]]


def reach(tables: Mapping[Source, Table], start: Source) -> Paths:
    """The shortest ways from `start` to each table that its rows refer to, itself among them; several where they are
    equally short."""
    found: dict[Source, tuple[tuple[Hop, ...], ...]] = {start: ((),)}
    edge = {start}
    for _ in range(_FARTHEST):
        further: dict[Source, list[tuple[Hop, ...]]] = defaultdict(list)
        for source in sorted(edge, key=lambda item: (item.dataset, item.table)):
            for key in tables[source].foreign_keys:
                target = Source(source.dataset, key.to_table)
                if target not in tables or target in found or not _single(tables[target], key.to_columns):
                    continue
                hop = Hop(key.columns, target, key.to_columns)
                further[target] += [(*path, hop) for path in found[source]]
        found |= {target: tuple(dict.fromkeys(paths)) for target, paths in further.items()}
        edge = set(further)
    return found


def _single(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether these columns name at most one row. Where no primary key is known, the reference is taken at its word."""
    return not table.primary_key or set(table.primary_key) <= set(columns)


def label(table: Table) -> Column | None:
    """The column by which people know the rows of a table."""
    texts = [column for column in table.columns if column.kind == "text"]
    keys = {name for key in table.foreign_keys for name in key.columns}
    named = [
        text for text in texts if text.name.casefold() in _NAMES or text.name.casefold().endswith(("_name", "_title"))
    ]
    own = [text for text in texts if text.name.casefold() == table.name.casefold().rstrip("s")]
    fitting = [*named, *own, *(text for text in texts if text.name not in table.primary_key and text.name not in keys)]
    return fitting[0] if fitting and (named or own or len(table.columns) <= 3) else None


def entity(table: Table, path: tuple[Hop, ...]) -> tuple[Field, ...]:
    """The columns that tell the rows of a table apart, and the one people know them by."""
    by_name = {column.name: column for column in table.columns}
    shown = label(table)
    keys = [by_name[name] for name in table.primary_key if name in by_name]
    columns = dict.fromkeys([*keys, *([shown] if shown else [])])
    return tuple(Field(column.name, column.kind, path) for column in columns)


def is_key(table: Table, name: str) -> bool:
    """Whether the column is there to tell rows apart or to refer to others, so that its numbers are no figures."""
    return name in table.primary_key or any(name in key.columns for key in table.foreign_keys)
