"""What the knowledge base says, as data: parsed once for each of its generations, whoever asks."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from agents.vehicles.range import Vehicles
from rag.catalogue import Catalogue
from rag.types import Chunk

FRESH_S = 0.1
"""For how long a generation counts as the newest: what one message is read by asks several times."""

T = TypeVar("T")
Parse = Callable[[Sequence[Chunk], Vehicles], T]


class KnowledgeReference:
    """See `agents.context.Reference`. Used from one event loop. Raises SQLAlchemy's errors; the next one who asks tries
    again."""

    def __init__(self, catalogue: Catalogue, vehicles: Vehicles) -> None:
        self._catalogue = catalogue
        self._vehicles = vehicles
        self._read: dict[Parse[Any], tuple[int, asyncio.Task[Any]]] = {}
        self._chunks: tuple[int, list[Chunk]] = (-1, [])
        self._newest, self._until = -1, 0.0

    def renew(self, vehicles: Vehicles) -> None:
        """Read everything anew with these vehicles."""
        self._vehicles = vehicles
        self._read = {}

    async def derived(self, parse: Parse[T]) -> T:
        if time.monotonic() >= self._until:
            self._newest = await asyncio.to_thread(self._catalogue.generation)
            self._until = time.monotonic() + FRESH_S
        generation = self._newest
        cached = self._read.get(parse)
        if cached is None or cached[0] != generation or _failed(cached[1]):
            cached = (generation, asyncio.create_task(asyncio.to_thread(self._parsed, parse, generation)))
            self._read[parse] = cached
        return cast(T, await asyncio.shield(cached[1]))

    def _parsed(self, parse: Parse[T], generation: int) -> T:
        known, chunks = self._chunks
        if known != generation:
            found = self._catalogue.chunks(sorted(self._catalogue.chunk_ids(generation=generation)), generation)
            chunks = sorted(found.values(), key=lambda chunk: (chunk.document_id, chunk.start))
            self._chunks = generation, chunks
        return parse(chunks, self._vehicles)


def _failed(task: asyncio.Task[Any]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
