"""The bundled knowledge base as chunks and as a reference, without indexes or a database."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from agents.vehicles.range import Vehicles
from rag.file_bytes import title_from_name
from rag.ingestion.split import split
from rag.loaders import loader_for
from rag.types import Chunk, Document

T = TypeVar("T")

ROOT = Path(__file__).parents[1] / "knowledge_base"


@cache
def chunks() -> tuple[Chunk, ...]:
    """All chunks, as they lie in the documents: by document, in the order of the text."""
    found: list[Chunk] = []
    for path in sorted(ROOT.rglob("*")):
        figures = path.is_relative_to(ROOT / "datasets")
        loader = loader_for(path) if path.is_file() and path.parent != ROOT and not figures else None
        if loader is not None:
            found += chunks_of(path.relative_to(ROOT).as_posix(), path.read_bytes())
    return tuple(sorted(found, key=lambda chunk: (chunk.document_id, chunk.start)))


def chunks_of(name: str, data: bytes) -> tuple[Chunk, ...]:
    """The chunks of one document with this path and content."""
    path = Path(name)
    loader = loader_for(path)
    assert loader is not None, name
    content = loader.read(data, title_from_name(path)).content
    return split(Document(name, path.parts[0] if len(path.parts) > 1 else "", f"hash of {name}", content))


@cache
def vehicles() -> Vehicles:
    return Vehicles.parse((ROOT / "vehicles.csv").read_text(encoding="utf-8"))


class Parsed:
    """A reference over given chunks, see `agents.context.Reference`."""

    def __init__(self, of: Sequence[Chunk], range_of: Vehicles) -> None:
        self._chunks = of
        self._vehicles = range_of
        self._known: dict[Any, Any] = {}

    async def derived(self, parse: Callable[[Sequence[Chunk], Vehicles], T]) -> T:
        if parse not in self._known:
            self._known[parse] = parse(self._chunks, self._vehicles)
        made: T = self._known[parse]
        return made


@cache
def reference() -> Parsed:
    return Parsed(chunks(), vehicles())
