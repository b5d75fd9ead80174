"""The headings of the knowledge base lean a message towards the specialist who reads them first."""

import numpy as np

from agents.learning.teacher import Teacher
from agents.routing.headings import learn
from agents.specialist import Specialist
from agents.vehicles.range import Vehicles
from rag.embedder import Vectors
from rag.types import Chunk

WORDS = ("tyres", "price", "noise", "lights")


class CountedWords:
    """One dimension per known word, and one for the rest."""

    name = "counted-words"
    dimensions = len(WORDS) + 1

    def embed(self, texts: list[str]) -> Vectors:
        rows = [[*(word in text.casefold() for word in WORDS), 0.1] for text in texts]
        vectors = np.array(rows, dtype=np.float32).reshape(-1, self.dimensions)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def specialist(name: str, *knowledge: str) -> Specialist:
    return Specialist(name, name, name, ("an example",), knowledge, "Cite [n].")


CATALOGUE = (specialist("data", "data", "guide"), specialist("faults", "faults", "guide"))
EMBEDDER = CountedWords()


def chunk(subject: str, title: str, *section: str) -> Chunk:
    return Chunk(f"{subject}/{title}", f"{subject}/{title}", subject, title, section, None, 0, 1, "x")


def test_headings_speak_for_their_own_specialist_only() -> None:
    chunks = [chunk("data", "Data", "Tyres"), chunk("faults", "Faults", "Noise"), chunk("guide", "Guide", "Lights")]
    known = learn(chunks, CATALOGUE, Vehicles(), Teacher(EMBEDDER, shipped=None))
    assert list(known.owners) == [0, 1, -1]
    leaning = known.leaning(EMBEDDER.embed(["which tyres", "a noise", "lights"]).astype(np.float64))
    assert leaning[0, 0] > leaning[0, 1]
    assert leaning[1, 1] > leaning[1, 0]
    assert abs(leaning[2, 0] - leaning[2, 1]) < 1e-6


def test_without_headings_for_everyone_nothing_leans() -> None:
    messages = EMBEDDER.embed(["which tyres"]).astype(np.float64)
    for chunks in ([], [chunk("data", "Data", "Tyres")]):
        assert not learn(chunks, CATALOGUE, Vehicles(), Teacher(EMBEDDER, shipped=None)).leaning(messages).any()
