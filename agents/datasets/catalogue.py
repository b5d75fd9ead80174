"""The datasets that questions can be asked about: registered in SQL, copied into snapshots, queried in the sandbox."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog
from sqlalchemy import Engine

from agents.dataset import ALL, DatasetUnavailable, QueryFailed, Registered, Rows, Schema, Table, quoted
from agents.datasets.messages import DATA, Attached, Limits
from agents.datasets.registry import Entry, Registry, now
from agents.datasets.sandbox import Sandbox
from agents.datasets.snapshots import Snapshots
from agents.metadata.inference import inferred

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
_MOST_KEPT = 500


class DatasetCatalogue:
    """See `agents.dataset.Datasets`. `folder` is where the snapshots lie, `bundled` the folder of the datasets that
    come with the knowledge base. Works on an engine that somebody else opens, migrates and disposes of."""

    def __init__(
        self, engine: Engine, folder: Path, bundled: Path | None = None, *, limits: Limits | None = None
    ) -> None:
        self._registry = Registry(engine, bundled)
        self._snapshots = Snapshots(folder)
        self._sandbox = Sandbox(limits)
        # Threads of its own: whoever waits here for a long copy must not take those that others need.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="datasets")
        self._tables: dict[str, tuple[Path, tuple[Table, ...]]] = {}
        self._values: dict[tuple[Path, str, str, int], tuple[str, ...]] = {}

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._snapshots.close()
        await self._sandbox.close()
        await asyncio.to_thread(self._threads.shutdown)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes in which queries run; none before the first."""
        return self._sandbox.process_ids

    async def registered(self) -> tuple[Registered, ...]:
        entries = await self._in_thread(self._registry.entries)
        return tuple(entry.registered for entry in entries.values())

    async def schema(self, name: str) -> Schema:
        held = await self._held(name)
        tables = tuple(table for one in held for table in one.tables)
        if name != ALL:
            return Schema(name, held[0].entry.description, tables)
        return Schema(ALL, " ".join(f"{one.entry.name}: {one.entry.description}" for one in held), tables)

    async def query(self, name: str, sql: str) -> Rows:
        held = await self._held(name)
        return await self._sandbox.query([one.attached for one in held], sql)

    async def values(self, name: str, table: Table, column: str, most: int = 200) -> tuple[str, ...]:
        held = await self._held(table.dataset if name == ALL else name)
        key = (held[0].place, table.name, column, most)
        if key not in self._values:
            cell = quoted(column)
            sql = (
                f"SELECT CAST({cell} AS VARCHAR) FROM {table.sql_name} WHERE {cell} IS NOT NULL "  # noqa: S608
                f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {most + 1}"
            )
            rows = await self._distinct(held[0], sql)
            if len(self._values) >= _MOST_KEPT:
                self._values.clear()
            self._values[key] = tuple(str(row[0]) for row in rows) if len(rows) <= most else ()
        return self._values[key]

    async def _distinct(self, held: "_Held", sql: str) -> Sequence[Sequence[Any]]:
        try:
            return (await self._sandbox.query([held.attached], sql)).rows
        except QueryFailed as error:
            if error.limit:  # texts so long that they are no names of anything
                return ()
            raise

    async def add(self, name: str, address: str, description: str = "") -> Schema:
        """Register a file, a folder or the URL of a database, and copy it; nothing is registered where that fails.
        Raises NameTaken, ValueError with advice, DatasetUnavailable."""
        await self._in_thread(self._add, name, address, description)
        return await self.schema(name)

    async def refresh(self, name: str) -> Schema:
        """Copy it again; where that fails, the old copy stays. Raises DatasetUnknown, DatasetUnavailable."""
        await self._in_thread(self._refresh, name)
        return await self.schema(name)

    async def remove(self, name: str) -> None:
        """Forget it and delete the copy, never the source. Raises DatasetUnknown, and ValueError for a bundled one."""
        await self._in_thread(self._registry.remove, name)
        await self._in_thread(self._snapshots.forget, name)

    async def _in_thread(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *arguments, **named))

    async def _held(self, name: str) -> Sequence["_Held"]:
        """What the name stands for, with snapshots."""
        return await self._in_thread(self._hold, name)

    def _hold(self, name: str) -> Sequence["_Held"]:
        if name != ALL:
            return [self._current(self._registry.entry(name))]
        found = []
        for entry in self._registry.entries().values():
            try:
                found.append(self._current(entry))
            except DatasetUnavailable as error:  # the others can still be asked
                log.warning("dataset unavailable", name=entry.name, reason=str(error))
        if not found:
            raise DatasetUnavailable("There is no dataset that can be read: see `pitcrew datasets list`.")
        return found

    def _add(self, name: str, address: str, description: str) -> None:
        entry = self._registry.new(name, address, description)
        self._snapshots.current(name, entry.address, entry.taken_at)
        self._registry.add(entry)

    def _refresh(self, name: str) -> None:
        entry = self._registry.entry(name)
        if entry.bundled:
            self._snapshots.forget(name)
            return
        at = now()
        self._snapshots.current(name, entry.address, at)
        self._registry.touch(name, at)

    def _current(self, entry: Entry) -> "_Held":
        place = self._snapshots.current(entry.name, entry.address, entry.taken_at)
        known, tables = self._tables.get(entry.name, (None, ()))
        if known != place:
            tables = inferred(self._snapshots.tables(place, entry.name))
            self._tables[entry.name] = place, tables
        return _Held(entry, place, tables)


@dataclass(frozen=True, slots=True)
class _Held:
    """A dataset with its newest snapshot and what is in it."""

    entry: Entry
    place: Path
    tables: tuple[Table, ...]

    @property
    def attached(self) -> Attached:
        return Attached(self.entry.name, str((self.place / DATA).resolve()))
