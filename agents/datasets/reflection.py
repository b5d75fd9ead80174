"""The tables and views of a database as it describes them itself, told by SQLAlchemy's inspector."""

import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Inspector
from sqlalchemy.exc import SAWarning, SQLAlchemyError

from agents.datasets.ddl_comments import comments
from agents.datasets.staging import CannotBeRead

MOST_TABLES = 10_000
"""Tables and views of a database together."""
_SYSTEM = re.compile(r"information_schema|sys|guest|crdb_internal|(?:pg|db)_\w+", re.IGNORECASE)
"""Schemas that belong to the database itself."""
_DEFAULT_ONLY = frozenset({"sqlite", "mysql", "mariadb", "oracle", "clickhouse"})
"""Where what SQLAlchemy calls another schema is another database, or another user's."""

Place = tuple[str | None, str]
"""The schema and name of a table."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key, with the place that it refers to; `to_columns` is empty where it is that table's primary key."""

    columns: tuple[str, ...]
    to: Place
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table or view; `columns` are as SQLAlchemy tells them, `comments` those of columns that do not bring their own,
    by their names in lower case."""

    place: Place
    view: bool
    columns: Sequence[Any]
    primary_key: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    references: tuple[Reference, ...] = ()
    comment: str = ""
    comments: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reflected:
    """What there is, tables before views. Those in the `default` schema are called by their names alone. `broken` are
    the views that cannot be read, with the error of each."""

    tables: tuple[SourceTable, ...]
    default: str | None
    broken: tuple[tuple[Place, Exception], ...] = ()


def reflected(source: sa.Connection, *, on_path: bool = False) -> Reflected:
    """Of all schemas that are not the system's, or only of those `on_path`: in which the connection looks for a name
    that comes without a schema. Raises CannotBeRead, SQLAlchemyError."""
    inspector = sa.inspect(source)
    path = _path(source, inspector)
    schemas = path if on_path else _schemas(inspector, path[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of indexes and types that SQLAlchemy knows nothing about
        tables = [table for schema in schemas for table in _tables(inspector, schema)]
        views = [(schema, name) for schema in schemas for name in _view_names(inspector, schema)]
        if len(tables) + len(views) > MOST_TABLES:
            advice = "register one schema of it, in PostgreSQL by ?options=-csearch_path%3DNAME."
            raise CannotBeRead(f"There are more than {MOST_TABLES:,} tables and views: {advice}")
        readable_views, broken = _views(source, inspector, views)
    places = {table.place for table in tables}
    resolved_tables = (replace(table, references=tuple(_resolved(table.references, path, places))) for table in tables)
    return Reflected((*resolved_tables, *readable_views), path[0], broken)


def _path(source: sa.Connection, inspector: Inspector) -> list[str | None]:
    """The schemas in which a name without one is looked for, in this order."""
    if inspector.dialect.name == "postgresql":
        return list(source.scalar(sa.text("SELECT current_schemas(false)::text[]")) or [None])
    return [inspector.default_schema_name]


def _schemas(inspector: Inspector, default: str | None) -> list[str | None]:
    if inspector.dialect.name in _DEFAULT_ONLY:
        return [default]
    others = [name for name in inspector.get_schema_names() if name != default and not _SYSTEM.fullmatch(name)]
    return [default, *sorted(others)]


def _tables(inspector: Inspector, schema: str | None) -> Iterator[SourceTable]:
    partitions = _partitions(inspector, schema)
    keys = dict(inspector.get_multi_pk_constraint(schema=schema))
    foreign = dict(inspector.get_multi_foreign_keys(schema=schema))
    unique = _unique(inspector, schema)
    table_comments = _comments(inspector, schema)
    for key, columns in inspector.get_multi_columns(schema=schema).items():
        name = key[1]
        if name in partitions:
            continue
        comment, of_columns = table_comments.get(name, ("", {}))
        references = (
            Reference(
                tuple(foreign_key["constrained_columns"]),
                (foreign_key["referred_schema"], foreign_key["referred_table"]),
                to_columns,
            )
            for foreign_key in foreign.get(key, ())
            for to_columns in [tuple(foreign_key["referred_columns"] or ())]
        )
        primary = tuple((keys.get(key) or {}).get("constrained_columns") or ())
        unique_columns = tuple(sorted(names for names in unique.get(name, ()) if set(names) != set(primary)))
        yield SourceTable(
            (schema, name), False, columns, primary, unique_columns, tuple(references), comment, of_columns
        )


def _partitions(inspector: Inspector, schema: str | None) -> frozenset[str]:
    """The parts of partitioned tables: their rows are the table's."""
    if inspector.dialect.name != "postgresql":
        return frozenset()
    query = sa.text(
        "SELECT relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
        "WHERE c.relispartition AND n.nspname = :schema"
    )
    return frozenset(_bound(inspector).scalars(query, {"schema": schema}))


def _unique(inspector: Inspector, schema: str | None) -> Mapping[str, set[tuple[str, ...]]]:
    """Of each table the sets of columns with a constraint or index that lets no two rows have the same. An index over
    some of the rows, or over more than columns, is none."""
    columns_by_table: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    if inspector.dialect.name == "sqlite":
        # SQLAlchemy reads SQLite's constraints out of the text of CREATE TABLE, and misses some.
        groups: dict[tuple[str, str], list[str | None]] = defaultdict(list)
        for table, index, column in _bound(inspector).execute(sa.text(_SQLITE_UNIQUE)):
            groups[table, index].append(column)
        for (table, _), names in groups.items():
            if columns := tuple(name for name in names if name is not None):
                columns_by_table[table] |= {columns} if len(columns) == len(names) else set()
        return columns_by_table
    for (_, table), constraints in _multi(inspector.get_multi_unique_constraints, schema):
        columns_by_table[table] |= {tuple(constraint["column_names"]) for constraint in constraints}
    for (_, table), indexes in _multi(inspector.get_multi_indexes, schema):
        for index in indexes:
            options = index.get("dialect_options", {})
            included = options.get("postgresql_include") or ()
            columns = tuple(name for name in index["column_names"] if name not in included)
            part = any(value is not None for option, value in options.items() if option.endswith("_where"))
            if index["unique"] and columns and None not in columns and not part:
                columns_by_table[table].add(columns)
    return columns_by_table


_SQLITE_UNIQUE = """
SELECT m.name, l.name, i.name FROM sqlite_master m, pragma_index_list(m.name) l, pragma_index_info(l.name) i
WHERE m.type = 'table' AND l."unique" AND NOT l.partial ORDER BY m.name, l.name, i.seqno"""


def _multi(tell: Callable[..., Mapping[Any, Any]], schema: str | None) -> Iterable[tuple[Any, Any]]:
    try:
        return tell(schema=schema).items()
    except NotImplementedError:  # how SQLAlchemy says that this kind of database has no such thing
        return ()


def _comments(inspector: Inspector, schema: str | None) -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """What the database says about each table, and about its columns by their names in lower case."""
    if inspector.dialect.name == "sqlite":
        query = sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        return {name: comments(sql or "") for name, sql in _bound(inspector).execute(query)}
    table_comments = _multi(inspector.get_multi_table_comment, schema)
    return {name: ((comment or {}).get("text") or "", {}) for (_, name), comment in table_comments}


def _view_names(inspector: Inspector, schema: str | None) -> Iterator[str]:
    for tell in (inspector.get_view_names, inspector.get_materialized_view_names):
        try:
            yield from tell(schema=schema)
        except NotImplementedError:  # as above: it has no such views
            continue


def _views(
    source: sa.Connection, inspector: Inspector, places: Sequence[Place]
) -> tuple[list[SourceTable], tuple[tuple[Place, Exception], ...]]:
    readable, broken = [], []
    for place in places:
        try:
            with apart(source):
                readable.append(SourceTable(place, True, inspector.get_columns(place[1], schema=place[0])))
        except SQLAlchemyError as error:  # such as a view of a table that is gone
            broken.append((place, error))
    return readable, tuple(broken)


def apart(source: sa.Connection) -> AbstractContextManager[Any]:
    """For what may fail: an error ends a transaction of PostgreSQL, unless there is a savepoint. Others go on."""
    return source.begin_nested() if source.dialect.name == "postgresql" else nullcontext()


def _resolved(
    references: Iterable[Reference], path: Sequence[str | None], places: Collection[Place]
) -> Iterator[Reference]:
    """With the schema that is meant where none is named: the first on the path that has the table."""
    for reference in references:
        schema, name = reference.to
        if schema is None:
            schema = next((here for here in path if (here, name) in places), None)
        yield replace(reference, to=(schema, name))


def _bound(inspector: Inspector) -> sa.Connection:
    assert isinstance(inspector.bind, sa.Connection)
    return inspector.bind
