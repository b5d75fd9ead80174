"""Copies of datasets in a folder of the data directory, each made whole by a process of its own, or not at all.

A snapshot's folder is called after its dataset and the state of its source, so that a changed source is another
snapshot; queries that still read the old one are not disturbed when it goes.
"""

import hashlib
import shutil
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from agents.dataset import DatasetUnavailable
from agents.datasets import addresses, url_secrets
from agents.datasets.pipe_messages import SCHEMA, Described, Made, SnapshotRequest
from rag.ingestion.scan import Hashes
from rag.isolation.pipes import Ended, Process

BUILD_S = 600.0
RETRY_S = 30.0
_START_S = 60.0
_MOST_FAILURES = 50
_ANSWER_BYTES = 1 << 20
_STOPPING = "The server is stopping: ask again in a minute."
_STOPPED = "Copying it was stopped: ask again in a minute."


class CopyStopped(DatasetUnavailable):
    """Somebody stopped the copy, or the server: there is nothing wrong with the dataset."""


class Snapshots:
    """The copies in one folder. Safe in threads; several programs may share the folder. `variables`: what addresses
    may refer to."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._variables = variables
        self._hash_of = Hashes()
        self._locks: dict[str, threading.Lock] = {}
        self._failures: dict[Path, tuple[float, str]] = {}
        self._guard = threading.Lock()
        self._children: set[Process] = set()
        self._closing = threading.Event()

    def close(self) -> None:
        """Give up copies that are being made: whoever waits for one gets CopyStopped."""
        self._closing.set()
        for child in tuple(self._children):
            child.kill()

    def current(self, name: str, address: str, taken_at: str) -> Path:
        """The folder of the newest snapshot, made now where the source has changed. Blocks while it is made. Raises
        DatasetUnavailable, which is CopyStopped where somebody did not want it to go on."""
        with self._lock(name):
            place = self._place(name, address, taken_at)
            if not (place / SCHEMA).is_file():
                self._make_once(address, place)
                self.tidy(name, place)
            return place

    def ready(self, name: str, address: str, taken_at: str) -> Path | None:
        """The folder of the snapshot of this state, where there is one. Raises DatasetUnavailable."""
        place = self._place(name, address, taken_at)
        return place if (place / SCHEMA).is_file() else None

    def renewed(self, name: str, address: str, taken_at: str) -> Path:
        """A snapshot that is made now, whether or not the source has changed. Nobody who asks for the current one waits
        for it, and that one stays until it is tidied away. Raises DatasetUnavailable."""
        place = self._place(name, address, taken_at)
        self._make(address, place, again=True)
        return place

    def drop(self, place: Path) -> None:
        """Delete one snapshot."""
        shutil.rmtree(place, ignore_errors=True)

    def tidy(self, name: str, keep: Path | None = None) -> None:
        """Delete what is there of a dataset besides the one to be kept."""
        for place in self._folder.glob(f"{name}.*"):
            if place != keep:
                shutil.rmtree(place, ignore_errors=True)
        for draft in self._folder.glob(f".{name}.*"):  # of programs that were ended at work
            with suppress(OSError):
                if time.time() - draft.stat().st_mtime > 2 * BUILD_S:
                    shutil.rmtree(draft, ignore_errors=True)

    def described(self, place: Path, dataset: str) -> Described:
        """What a snapshot holds. Raises DatasetUnavailable."""
        try:
            description = msgspec.json.decode((place / SCHEMA).read_bytes(), type=Described)
        except (OSError, msgspec.MsgspecError) as error:
            advice = f"run `pitcrew datasets refresh {dataset}`."
            raise DatasetUnavailable(f"The copy of {dataset} is damaged: {advice}") from error
        return Described(tuple(replace(table, dataset=dataset) for table in description.tables), description.left_out)

    def _place(self, name: str, address: str, taken_at: str) -> Path:
        try:
            state = addresses.state(address, taken_at, self._hash_of)
        except OSError as error:
            advice = f"Put it back, or run `pitcrew datasets remove {name}`."
            raise DatasetUnavailable(f"{addresses.redact(address)}: {error.strerror}. {advice}") from error
        return self._folder / f"{name}.{hashlib.sha256(state.encode()).hexdigest()[:20]}"

    def _lock(self, name: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(name, threading.Lock())

    def _make_once(self, address: str, place: Path) -> None:
        """What has just failed is not tried again at once, whoever asks for it."""
        failed_at, reason = self._failures.get(place, (0.0, ""))
        if reason and time.monotonic() - failed_at < RETRY_S:
            raise DatasetUnavailable(reason)
        try:
            self._make(address, place)
        except CopyStopped:
            raise
        except DatasetUnavailable as error:
            self._failures = dict(list(self._failures.items())[-_MOST_FAILURES:])
            self._failures[place] = time.monotonic(), str(error)
            raise

    def _make(self, address: str, place: Path, *, again: bool = False) -> None:
        address = url_secrets.resolved(address, self._variables)
        draft = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}")
        try:
            draft.mkdir(parents=True)
            self._build(SnapshotRequest(address, str(draft.resolve())))
            if again or not (place / SCHEMA).is_file():
                shutil.rmtree(place, ignore_errors=True)
            draft.rename(place)
        except OSError as error:
            if not (place / SCHEMA).is_file():  # another program was quicker, and its copy is as good
                raise DatasetUnavailable(f"The copy cannot be written: {error.strerror}.") from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _build(self, request: SnapshotRequest) -> None:
        if self._closing.is_set():
            raise CopyStopped(_STOPPING)
        child = Process("agents.datasets.snapshot_process", most=_ANSWER_BYTES)
        self._children.add(child)
        if self._closing.is_set():  # meanwhile: `close` may not have seen it
            child.kill()
        try:
            child.receive(_START_S)
            child.send(msgspec.msgpack.encode(request))
            made = msgspec.msgpack.decode(child.receive(BUILD_S), type=Made)
        except Ended as ended:
            if self._closing.is_set() or ended.stopped:
                raise CopyStopped(_STOPPING if self._closing.is_set() else _STOPPED) from ended
            why = f"takes longer than {BUILD_S:g} s" if ended.late else "takes too much memory or disk"
            raise DatasetUnavailable(f"Copying it {why}: register a smaller table, file or view.") from ended
        finally:
            self._children.discard(child)
            child.close()
        if made.error:
            raise DatasetUnavailable(made.error)
