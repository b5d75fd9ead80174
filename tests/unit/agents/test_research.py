from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agents.language.terms import terms
from agents.research import MOST, gather
from agents.specialist import Specialist
from agents.vehicles.range import Vehicles
from rag.terms import STOP_WORDS
from rag.types import Passage
from tests.unit.agents.manual import MANUALS, VEHICLES, documents, passages

SPECIALIST = Specialist("specs", "Data", "Technical data.", (), ("specs", "maintenance"), "")


class Shelf:
    """Searches the manual by the share of a text's words that a passage holds."""

    def __init__(self, folder: Path) -> None:
        self.passages = passages(documents(folder))
        self.searches: list[str] = []

    async def __call__(
        self, texts: Sequence[str], *, subjects: Sequence[str] | None, k: int
    ) -> Sequence[tuple[Passage, ...]]:
        assert subjects == SPECIALIST.knowledge
        return [self._found(text, k) for text in texts]

    def _found(self, text: str, k: int) -> tuple[Passage, ...]:
        self.searches.append(text)
        words = set(terms(text)) - STOP_WORDS
        scored = [
            Passage(passage.chunk, len(words & set(terms(passage.chunk.searchable))) / max(len(words), 1))
            for passage in self.passages
        ]
        return tuple(sorted(scored, key=lambda passage: -passage.score)[:k])


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


async def test_a_question_that_names_its_vehicle_is_searched_once(shelf: Shelf) -> None:
    found = await gather(shelf, "What is the maximum power of the Rook?", SPECIALIST, VEHICLES, {})
    assert shelf.searches == ["What is the maximum power of the Rook?"]
    assert found.passages[0].chunk.document_id == "specs/rook.md"
    assert not found.dependent


async def test_a_vehicle_that_is_known_joins_the_search(shelf: Shelf) -> None:
    await gather(shelf, "What is the maximum power?", SPECIALIST, VEHICLES, {"model": "Rook"})
    assert "Rook" in shelf.searches[0]
    assert len(shelf.searches) == 1


async def test_a_vehicle_named_otherwise_is_searched_for_by_its_name(shelf: Shelf) -> None:
    rows = [replace(row, aliases=("family van",)) if row.model == "Rook" else row for row in VEHICLES.rows]
    await gather(shelf, "What is the power of the family van?", SPECIALIST, Vehicles(rows), {"model": "Teal"})
    assert shelf.searches[0] == "What is the power of the family van? (Rook)"


async def test_what_depends_on_an_unknown_vehicle_is_searched_for_each_model(shelf: Shelf) -> None:
    found = await gather(shelf, "What is the maximum power?", SPECIALIST, VEHICLES, {})
    assert found.dependent
    assert [text.split(":")[0] for text in shelf.searches[1:]] == ["Teal", "Rook"]
    ids = [passage.chunk.id for passage in found.passages]
    assert len(ids) == len(set(ids)) <= MOST
    assert {"specs/teal.md", "specs/rook.md"} <= {passage.chunk.document_id for passage in found.passages}


async def test_what_holds_for_all_is_searched_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    shelf.passages = passages(documents(tmp_path, {"maintenance/fluids.md": MANUALS["maintenance/fluids.md"]}))
    found = await gather(shelf, "How often is brake fluid changed?", SPECIALIST, VEHICLES, {})
    assert len(shelf.searches) == 1
    assert not found.dependent
