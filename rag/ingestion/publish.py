"""Showing releases: their chunks go into the indexes first, then SQL shows them all at once, then what they replaced
leaves the indexes.

Who owns the indexes publishes: a running server, or a command while there is none. A search that began before the
change still finds all of the old, because old chunks stay in the indexes for a grace time; which of the chunks it finds
belong together is decided by the catalogue alone.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from threading import Event

from rag.index import Index
from rag.ingestion.ingest import Progress, Shelf, embed, unwatched
from rag.releases import Published

GRACE_S = 30.0
"""How long replaced chunks stay findable; no search takes as long."""
_LOT = 64  # chunks put into the indexes at a time where searches and streams are to have their turn in between
_LARGE_LOT = 512  # and where nobody waits: every lot costs the index a commit


class Stopped(Exception):
    """The publisher was told to stop; what it was at is still to be done."""


class Publisher:
    """Keeps indexes in line with the catalogue. Used by one thread, but for `stop`. Its methods raise IndexUnavailable,
    SQLAlchemy's errors and Stopped; what was begun then is done by the next call, or the next publisher."""

    def __init__(
        self,
        shelf: Shelf,
        indexes: Sequence[Index],
        *,
        grace_s: float = GRACE_S,
        pause_s: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`pause_s`: rest after every lot of chunks that goes into the indexes; with one, the lots are small."""
        self._shelf = shelf
        self._indexes = indexes
        self._grace_s = grace_s
        self._pause_s = pause_s
        self._lot = _LOT if pause_s else _LARGE_LOT
        self._clock = clock
        self._stopping = Event()
        self._retired: deque[tuple[float, list[str]]] = deque()
        self._generation: int | None = None

    @property
    def generation(self) -> int | None:
        """The generation that the indexes are in line with; None before the first look."""
        return self._generation

    def work(self, progress: Progress = unwatched) -> tuple[Published, ...]:
        """One round: publish what is ready, follow what others have published, remove what was replaced long enough
        ago. Cheap when there is nothing to do."""
        if self._generation is None:
            self.align(progress)
        ready = self._shelf.releases.ready()
        published = tuple(filter(None, (self.publish(release_id, progress) for release_id in ready)))
        if self._shelf.catalogue.generation() != self._generation:
            self.align(progress)
        self._remove_retired()
        return published

    def publish(self, release_id: int, progress: Progress = unwatched) -> Published | None:
        """Show a release that is ready; None where it is not, or another publisher was first."""
        self._add(self._shelf.releases.chunk_ids(release_id), self._indexes, progress)
        published = self._shelf.releases.publish(release_id)
        if published is not None:
            self._retire(self._shelf.releases.retired(published.generation))
            if self._generation == published.generation - 1:
                self._generation = published.generation
        return published

    def align(self, progress: Progress = unwatched) -> int:
        """Compare each index with what is shown, and add what it lacks; how many chunks some index lacked. What it
        holds beyond that goes after the grace time."""
        generation = self._shelf.catalogue.generation()
        expected = self._shelf.catalogue.chunk_ids(generation=generation)
        lacking: dict[frozenset[int], list[str]] = {}
        index_ids = [index.ids() for index in self._indexes]
        for chunk_id in sorted(expected):
            if where := frozenset(at for at, ids in enumerate(index_ids) if chunk_id not in ids):
                lacking.setdefault(where, []).append(chunk_id)
        for where, chunk_ids in lacking.items():
            self._add(chunk_ids, [self._indexes[at] for at in sorted(where)], progress)
        self._retire(sorted(set().union(*index_ids) - expected))
        self._generation = generation
        return sum(map(len, lacking.values()))

    def stop(self) -> None:
        """Let the call that is running, and any later one, end soon with Stopped."""
        self._stopping.set()

    def finish(self) -> None:
        """Wait for the grace time of what was replaced and remove it."""
        while self._retired:
            self._rest(max(0.0, self._retired[0][0] - self._clock()))
            self._remove_retired()

    def _add(self, chunk_ids: Sequence[str], indexes: Sequence[Index], progress: Progress) -> None:
        shelf = self._shelf
        for at in range(0, len(chunk_ids), self._lot):
            progress(at, len(chunk_ids), "")
            some = chunk_ids[at : at + self._lot]
            embed(some, shelf)
            chunks = list(shelf.catalogue.stored_chunks(some).values())
            vectors = shelf.vectors.get([chunk.fingerprint for chunk in chunks])
            for index in indexes:
                index.add(chunks, [vectors[chunk.fingerprint] for chunk in chunks])
            self._rest(self._pause_s)
        progress(len(chunk_ids), len(chunk_ids), "")

    def _retire(self, chunk_ids: Collection[str]) -> None:
        if chunk_ids:
            self._retired.append((self._clock() + self._grace_s, list(chunk_ids)))

    def _remove_retired(self) -> None:
        now = self._clock()
        due = [chunk_id for when, chunk_ids in self._retired if when <= now for chunk_id in chunk_ids]
        if not due:
            return
        kept = self._shelf.catalogue.chunk_ids().union(self._waiting())
        gone = [chunk_id for chunk_id in dict.fromkeys(due) if chunk_id not in kept]
        for at in range(0, len(gone), self._lot):
            for index in self._indexes:
                index.remove(gone[at : at + self._lot])
            self._rest(self._pause_s)
        while self._retired and self._retired[0][0] <= now:
            self._retired.popleft()

    def _waiting(self) -> Iterator[str]:
        """The chunks of releases that are ready: another publisher may just have added them."""
        for release_id in self._shelf.releases.ready():
            yield from self._shelf.releases.chunk_ids(release_id)

    def _rest(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped
