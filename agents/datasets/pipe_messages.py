"""What crosses the pipes between the server and the two kinds of processes that touch figures for it."""

from typing import Any

import msgspec

from agents.dataset import MOST_ROWS, Kind, Table
from agents.datasets.rights import OwnRows


class Limits(msgspec.Struct, frozen=True):
    """What one query may take: seconds by the clock and of the processor, and of them for counting the rows that are
    not handed out; megabytes for the engine's tables and bytes of address space for the whole process; rows and bytes
    of the result. After `idle_s` without a query the process ends."""

    wall_s: float = 10.0
    cpu_s: int = 12
    count_s: float = 2.0
    idle_s: float = 300.0
    engine_mb: int = 384
    memory_bytes: int = 2 << 30
    rows: int = MOST_ROWS
    result_bytes: int = 8 << 20


class Attached(msgspec.Struct, frozen=True):
    """A snapshot that a query may read, and the name of its dataset; with `own` those of its rows."""

    name: str
    path: str
    own: OwnRows | None = None


class QueryRequest(msgspec.Struct, frozen=True):
    """A query over snapshots."""

    datasets: tuple[Attached, ...]
    sql: str


class Answered(msgspec.Struct, frozen=True):
    """Its result, or in `error` why there is none: `refused` unread, or stopped at a `limit`, `too_large` where
    that was room. With `last` the process takes no more."""

    columns: list[str] = []
    kinds: list[Kind] = []
    rows: list[list[Any]] = []
    total: int | None = None
    error: str = ""
    refused: bool = False
    limit: bool = False
    too_large: bool = False
    last: bool = False


class SnapshotRequest(msgspec.Struct, frozen=True):
    """A snapshot to be made in an empty `folder` of what lies at `address`."""

    address: str
    folder: str


class Made(msgspec.Struct, frozen=True):
    """Whether it was; otherwise `error` says why not, in words for whoever registered the dataset."""

    error: str = ""


class Described(msgspec.Struct, frozen=True):
    """What a snapshot holds: tables of a dataset that has no name yet, and what had to be left out, a sentence each."""

    tables: tuple[Table, ...]
    left_out: tuple[str, ...] = ()


DATA, SCHEMA = "data.duckdb", "schema.json"
"""The files of a snapshot: its tables, and their description as the JSON of `Described`."""
