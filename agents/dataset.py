"""The contract of the datasets: named tables of figures that questions can be asked about; `agents/datasets/` holds
what registers, describes, loads and queries them.

A dataset is a database. One that is registered by the URL of a database is that database, which is only ever read
(the sessions of SQLite and PostgreSQL are also opened read-only); files become tables of one. A query never runs there
but in a locked-down engine over a snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

ALL = "all"
"""The name that stands for every dataset together."""

_LONGEST_NAME = 40

Audience = Literal["customers", "staff", "admin"]
"""Who may read a dataset: everybody, the staff and admins, or admins alone."""

Kind = Literal["integer", "number", "text", "date", "timestamp", "boolean", "other"]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads figures: role, subject and e-mail address as the token has them, "" where it tells none."""

    role: str = "customer"
    user_id: str = ""
    email: str = ""


ANYBODY = Reader()
OPERATOR = Reader("admin")
"""Whoever works on the machine itself."""


class DatasetUnknown(Exception):
    """The reader may read no dataset of this name; the text names those that may be read."""


class DatasetUnavailable(Exception):
    """The dataset cannot be read now. The text says why and what to do, for whoever runs the server: it names files and
    repeats what drivers say, without secrets of the address. Who asks is told `cannot_be_read`."""


class QueryFailed(Exception):
    """The query was refused or did not come to an end. The text says why, for a person and for a model that is to
    write a better one; `refused` where it was not even tried, `limit` where it ran into one of the limits, `too_large`
    where that was room and not time, so that it never comes to an end while the rows stay as they are, `busy` where it
    may come to an end when it is asked again, as it is."""

    def __init__(
        self, text: str, *, refused: bool = False, limit: bool = False, too_large: bool = False, busy: bool = False
    ) -> None:
        super().__init__(text)
        self.refused = refused
        self.limit = limit or too_large
        self.too_large = too_large
        self.busy = busy


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is the database's own word, `kind` what it amounts to."""

    name: str
    kind: Kind
    type: str
    nullable: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` of the table that holds it refer to `to_columns` of `to_table` in the same dataset. Where it is not
    `declared` in the database it was inferred, for the given `reason`."""

    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]
    declared: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` is None where nobody has counted. In queries the table is called by its `sql_name`.

    `schema` is the one that it is in, empty where that is the database's default; `name` is then `schema.table`. A
    `view` is a query that the database keeps: it has columns and rows but no keys. `unique` holds the sets of columns
    that no two rows have the same values in, besides the primary key.
    """

    dataset: str
    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    rows: int | None = None
    description: str = ""
    schema: str = ""
    view: bool = False
    unique: tuple[tuple[str, ...], ...] = ()

    @property
    def own_name(self) -> str:
        """The name without that of the schema."""
        return self.name.removeprefix(f"{self.schema}.") if self.schema else self.name

    @property
    def sql_name(self) -> str:
        """`"dataset"."table"`, quoted."""
        return f"{quoted(self.dataset)}.{quoted(self.name)}"


@dataclass(frozen=True, slots=True)
class Schema:
    """What one dataset holds, or with the name ALL what all of them do. `left_out` says in a sentence each which tables
    and views of its source could not be read, and why. `version` is another one wherever the rows may have changed."""

    name: str
    description: str
    tables: tuple[Table, ...]
    left_out: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A dataset of the catalogue. `source` is a file, a folder or a URL as it is shown: without its password. One that
    is `bundled` with the knowledge base was never added, and `added_at` is empty. `own_rows` says which rows customers
    see: those whose column has the claim of their token, as `COLUMN=email`; empty for all."""

    name: str
    description: str
    source: str
    added_at: str
    origin: Literal["added", "bundled"] = "added"
    audience: Audience = "customers"
    own_rows: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gave: `rows` in their order, values as plain data (dates and times as ISO 8601 text, decimals as
    numbers), at most MOST_ROWS; `total` is how many there were, None where it stopped counting."""

    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int | None
    milliseconds: float

    def dicts(self, most: int | None = None) -> tuple[Mapping[str, Any], ...]:
        """The first rows by column name."""
        return tuple(dict(zip(self.columns, row, strict=True)) for row in self.rows[:most])


MOST_ROWS = 10_000
LONGEST_SQL = 20_000
"""Characters of a query."""


class DatasetSource(Protocol):
    """All datasets. Nothing can be read of them but as somebody."""

    def seen_by(self, reader: Reader) -> "Datasets":
        """Those that the reader may read, with the rows that the reader may see: of the others not even the name."""


class Datasets(Protocol):
    """The datasets as one reader sees them. Safe for concurrent use; nothing here blocks the event loop."""

    @property
    def source(self) -> DatasetSource:
        """What they are of: the same for all readers."""

    async def registered(self) -> tuple[Registered, ...]:
        """All of them, by name."""

    async def schema(self, name: str) -> Schema:
        """Tables, columns, keys and foreign keys, declared and inferred. Raises DatasetUnknown, DatasetUnavailable."""

    async def query(self, name: str, sql: str) -> Rows:
        """The result of one SELECT in DuckDB's dialect over the dataset's tables, in an engine that reaches nothing
        else. Raises QueryFailed, DatasetUnknown, DatasetUnavailable."""

    async def values(self, name: str, table: Table, column: str, most: int = 200) -> tuple[str, ...]:
        """The different values of a text column, the most frequent first; empty where there are more than `most`, or
        where they are too long to be names of anything. Raises QueryFailed, DatasetUnknown, DatasetUnavailable."""


def cannot_be_read(name: str) -> str:
    """What whoever asks is told of DatasetUnavailable: its own text is not for everybody."""
    presentable = name != ALL and len(name) <= _LONGEST_NAME and name.isascii() and name.isidentifier()
    return f"{f'The dataset {name}' if presentable else 'The data'} cannot be read now: ask again later."


def quoted(name: str) -> str:
    """An identifier as SQL spells it."""
    return '"' + name.replace('"', '""') + '"'
