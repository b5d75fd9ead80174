"""The datasets that questions can be asked about: registered in SQL, copied into snapshots, queried in the sandbox."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import structlog
from sqlalchemy import Engine

from agents.dataset import (
    ALL,
    OPERATOR,
    Audience,
    DatasetUnavailable,
    DatasetUnknown,
    QueryFailed,
    Reader,
    Registered,
    Rows,
    Schema,
    Table,
    quoted,
)
from agents.datasets.key_inference import inferred
from agents.datasets.pipe_messages import DATA, Attached, Described, Limits
from agents.datasets.registry import Entry, Registry, now
from agents.datasets.rights import OwnRows, own_rows, visible
from agents.datasets.sandbox import Sandbox
from agents.datasets.snapshots import CopyStopped, Snapshots

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4
"""That answer; as many more make copies."""
_MOST_KEPT = 500


class DatasetCatalogue:
    """See `agents.dataset.DatasetSource`; itself it is what the operator sees. `folder` is where the snapshots lie,
    `bundled` the folder of the datasets that come with the knowledge base, `audience` that of those that name none,
    `variables` what addresses may refer to (the environment, where none are given). Works on an engine that somebody
    else opens, migrates and disposes of.

    Whatever is read goes through `_resolve`, which alone knows who may read what.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        bundled: Path | None = None,
        *,
        audience: Audience = "customers",
        limits: Limits | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._registry = Registry(engine, bundled, audience)
        self._snapshots = Snapshots(folder, os.environ if variables is None else variables)
        self._sandbox = Sandbox(limits)
        # Whoever waits for a long copy must not take the threads that others need.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="datasets")
        self._copiers = ThreadPoolExecutor(THREADS, thread_name_prefix="dataset-copies")
        self._copying: dict[str, asyncio.Future[_Dataset]] = {}
        self._described: dict[str, tuple[Path, Described]] = {}
        self._values: dict[tuple[str, str, str, int], tuple[str, ...]] = {}

    async def close(self) -> None:
        for threads in (self._threads, self._copiers):
            threads.shutdown(wait=False, cancel_futures=True)
        self._snapshots.close()
        await self._sandbox.close()
        for threads in (self._threads, self._copiers):
            await asyncio.to_thread(threads.shutdown)

    def renew(self, bundled: Path | None) -> None:
        """Have the datasets of this folder from now on, beside those that were added."""
        self._registry.renew(bundled)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """Of the processes in which queries run; none before the first."""
        return self._sandbox.process_ids

    @property
    def source(self) -> "DatasetCatalogue":
        return self

    def seen_by(self, reader: Reader) -> "SeenDatasets":
        """See `agents.dataset.DatasetSource`."""
        return SeenDatasets(self, reader)

    async def registered(self, reader: Reader = OPERATOR) -> tuple[Registered, ...]:
        entries = await self._in_thread(self._registry.entries, reader)
        return tuple(entry.registered for entry in entries.values())

    async def schema(self, name: str, reader: Reader = OPERATOR) -> Schema:
        datasets = await self._resolve(name, reader)
        tables = tuple(table for dataset in datasets for table in dataset.tables)
        if name != ALL:
            return Schema(
                name, datasets[0].entry.description, tables, datasets[0].described.left_out, datasets[0].version
            )
        left_out = tuple(
            f"{dataset.entry.name}: {sentence}" for dataset in datasets for sentence in dataset.described.left_out
        )
        about = " ".join(f"{dataset.entry.name}: {dataset.entry.description}" for dataset in datasets)
        return Schema(ALL, about, tables, left_out, " ".join(dataset.version for dataset in datasets))

    async def query(self, name: str, sql: str, reader: Reader = OPERATOR) -> Rows:
        datasets = await self._resolve(name, reader)
        try:
            return await self._sandbox.query([dataset.attached for dataset in datasets], sql)
        except QueryFailed as failed:
            again = () if failed.refused or failed.limit or failed.busy else await self._resolve(name, reader)
            if [candidate.place for candidate in again] in ([], [dataset.place for dataset in datasets]):
                raise
            return await self._sandbox.query(
                [candidate.attached for candidate in again], sql
            )  # a newer copy took the place of it

    async def values(
        self, name: str, table: Table, column: str, most: int = 200, reader: Reader = OPERATOR
    ) -> tuple[str, ...]:
        datasets = await self._resolve(table.dataset if name == ALL else name, reader)
        key = (datasets[0].version, table.name, column, most)
        if key not in self._values:
            cell = quoted(column)
            sql = (
                f"SELECT CAST({cell} AS VARCHAR) FROM {table.sql_name} WHERE {cell} IS NOT NULL "  # noqa: S608
                f"GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {most + 1}"
            )
            rows = await self._distinct(datasets[0].entry.name, sql, reader)
            if len(self._values) >= _MOST_KEPT:
                self._values.clear()
            self._values[key] = tuple(str(row[0]) for row in rows) if len(rows) <= most else ()
        return self._values[key]

    async def _distinct(self, name: str, sql: str, reader: Reader) -> Sequence[Sequence[Any]]:
        try:
            return (await self.query(name, sql, reader)).rows
        except QueryFailed as error:
            if error.too_large:  # texts so long that they are no names of anything
                return ()
            raise

    def prepare(self) -> Future[None]:
        """Copy in the background what has no copy of its present state, so that no question waits for that. Returns at
        once; the future comes true when all are copied. What fails is logged."""
        return self._copiers.submit(self._prepare)

    async def add(
        self, name: str, address: str, description: str = "", *, audience: str = "", own_rows: str = ""
    ) -> Schema:
        """Register a file, a folder or the URL of a database, and copy it; nothing is registered where that fails.
        Without an `audience` it has the usual one; for `own_rows` see `Registered`. Raises NameTaken, ValueError with
        advice, DatasetUnavailable."""
        await self._in(self._copiers, self._add, name, address, description, audience, own_rows)
        return await self.schema(name)

    async def open(self, name: str, audience: str | None = None, own_rows: str | None = None) -> Registered:
        """Change who may read it, and which of its rows customers see; None leaves one as it is. Raises DatasetUnknown,
        DatasetUnavailable, ValueError with advice."""
        return await self._in(self._copiers, self._open, name, audience, own_rows)

    async def refresh(self, name: str) -> Schema:
        """Copy it again; where that fails, the old copy stays. Raises DatasetUnknown, DatasetUnavailable."""
        await self._in(self._copiers, self._refresh, name)
        return await self.schema(name)

    async def remove(self, name: str) -> None:
        """Forget it and delete the copy, never the source. Raises DatasetUnknown, and ValueError for a bundled one."""
        await self._in_thread(self._registry.remove, name)
        await self._in_thread(self._snapshots.tidy, name)

    async def _in_thread(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        return await self._in(self._threads, work, *arguments, **named)

    def _in(
        self, threads: ThreadPoolExecutor, work: Callable[P, T], *arguments: P.args, **named: P.kwargs
    ) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(threads, partial(work, *arguments, **named))

    async def _resolve(self, name: str, reader: Reader) -> Sequence["_Dataset"]:
        """What the name stands for to the reader, with snapshots. Of ALL those are left out that cannot be read."""
        if name != ALL:
            dataset = await self._current(await self._in_thread(self._registry.entry, name, reader))
            return [dataset.seen_by(reader)]
        entries = tuple((await self._in_thread(self._registry.entries, reader)).values())
        results = await asyncio.gather(*map(self._current, entries), return_exceptions=True)
        datasets = []
        for entry, result in zip(entries, results, strict=True):
            if isinstance(result, DatasetUnavailable | DatasetUnknown):  # unknown: it was removed since
                log.warning("dataset unavailable", name=entry.name, reason=str(result))
            elif isinstance(result, BaseException):
                raise result
            else:
                datasets.append(result.seen_by(reader))
        if not datasets and reader != OPERATOR:
            raise DatasetUnavailable("There is no dataset that this caller can read.")
        if not datasets:
            raise DatasetUnavailable("There is no dataset that can be read: see `pitcrew datasets list`.")
        return datasets

    async def _current(self, entry: Entry) -> "_Dataset":
        """The dataset with a copy of its present state; whoever asks for one that has none waits for the same copy."""
        dataset = await self._in_thread(self._ready, entry)
        if dataset is not None:
            return dataset
        copying = self._copying.get(entry.name)
        if copying is None:
            copying = self._copying[entry.name] = self._in(self._copiers, self._copied, entry.name)
            copying.add_done_callback(partial(self._ended, entry.name))
        return await asyncio.shield(copying)  # for the others, where the first who asked goes away

    def _ended(self, name: str, copying: "asyncio.Future[_Dataset]") -> None:
        del self._copying[name]
        if not copying.cancelled():
            copying.exception()  # told to all who wait; where nobody does any more, it is nobody's

    def _ready(self, entry: Entry) -> "_Dataset | None":
        """With the copy that is there; none where there is none of the present state."""
        place = self._snapshots.ready(entry.name, entry.address, entry.taken_at)
        if place is None:
            entry = self._registry.entry(entry.name)  # it may have been refreshed since it was read
            place = self._snapshots.ready(entry.name, entry.address, entry.taken_at)
        return None if place is None else self._described_in(place, entry)

    def _copied(self, name: str) -> "_Dataset":
        """With a copy that is made now, if need be. Blocks until it is there."""
        entry = self._registry.entry(name)
        return self._described_in(self._snapshots.current(name, entry.address, entry.taken_at), entry)

    def _described_in(self, place: Path, entry: Entry) -> "_Dataset":
        described_place, described = self._described.get(entry.name, (None, Described(())))
        if described_place != place:
            try:
                description = self._snapshots.described(place, entry.name)
            except DatasetUnavailable:
                if self._registry.entry(entry.name) == entry:
                    raise
                return self._copied(entry.name)  # a newer copy took the place of this one
            described = Described(inferred(description.tables), description.left_out)
            self._described[entry.name] = place, described
        return _Dataset(entry, place, described)

    def _prepare(self) -> None:
        try:
            for entry in self._registry.entries().values():
                try:
                    self._copied(entry.name)
                except CopyStopped:
                    return
                except (DatasetUnavailable, DatasetUnknown) as error:
                    log.warning("dataset not copied", name=entry.name, reason=str(error))
        except (DatasetUnavailable, OSError) as error:
            log.warning("datasets not copied", reason=str(error))

    def _add(self, name: str, address: str, description: str, audience: str, own: str) -> None:
        entry = self._registry.new(name, address, description, audience, own)
        made = self._snapshots.current(name, entry.address, entry.taken_at)
        with self._dropped_on_failure(made):
            self._check_column(self._described_in(made, entry))
            self._registry.add(entry, audience)

    def _open(self, name: str, audience: str | None, own: str | None) -> Registered:
        entry = self._registry.opened(name, audience, own)
        self._check_column(self._copied(name), entry)
        self._registry.open(entry)
        return entry.registered

    def _check_column(self, dataset: "_Dataset", entry: Entry | None = None) -> None:
        """Raises ValueError where no table has the column that says whose its rows are."""
        column = (entry or dataset.entry).own_rows.rpartition("=")[0].strip()
        names = {found.name for table in dataset.described.tables for found in table.columns}
        if column and column not in names:
            raise ValueError(
                f'No table of {dataset.entry.name} has a column "{column[:80]}": see `pitcrew datasets show`.'
            )

    def _refresh(self, name: str) -> None:
        entry = self._registry.entry(name)
        if entry.bundled:
            self._snapshots.renewed(name, entry.address, entry.taken_at)
            return
        at = now()
        made = self._snapshots.renewed(name, entry.address, at)
        with self._dropped_on_failure(made):
            self._registry.touch(name, at)
        self._snapshots.tidy(name, made)

    @contextmanager
    def _dropped_on_failure(self, copy: Path) -> Iterator[None]:
        """A copy that the list does not know of is nobody's."""
        try:
            yield
        except Exception:
            self._snapshots.drop(copy)
            raise


@dataclass(frozen=True, slots=True)
class SeenDatasets:
    """See `agents.dataset.Datasets`: the catalogue as one reader sees it."""

    source: DatasetCatalogue
    reader: Reader

    async def registered(self) -> tuple[Registered, ...]:
        return await self.source.registered(self.reader)

    async def schema(self, name: str) -> Schema:
        return await self.source.schema(name, self.reader)

    async def query(self, name: str, sql: str) -> Rows:
        return await self.source.query(name, sql, self.reader)

    async def values(self, name: str, table: Table, column: str, most: int = 200) -> tuple[str, ...]:
        return await self.source.values(name, table, column, most, self.reader)


@dataclass(frozen=True, slots=True)
class _Dataset:
    """A dataset with its newest snapshot and what is in it; with `own` only those rows count."""

    entry: Entry
    place: Path
    described: Described
    own: OwnRows | None = None

    def seen_by(self, reader: Reader) -> "_Dataset":
        return replace(self, own=own_rows(self.entry.own_rows, reader))

    @property
    def tables(self) -> tuple[Table, ...]:
        return visible(self.described.tables, self.own)

    @property
    def version(self) -> str:
        """Another one with every state of the source, and for everybody who has rows of their own."""
        return f"{self.entry.name}/{self.place.name}" + (f"/{self.own.mark}" if self.own else "")

    @property
    def attached(self) -> Attached:
        return Attached(self.entry.name, str((self.place / DATA).resolve()), self.own)
