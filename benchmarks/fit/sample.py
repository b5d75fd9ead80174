"""Features of a few training questions, kept to notice a change of what features mean: of the search's scores, of the
chunks, of the statements.

They are those that an embedder of words gives, in the place of the model: it takes a moment, and gives the same on any
processor. The model is part of the provenance by its name.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from agents.extractive.answerer import ExtractiveAnswerer
from agents.extractive.decision import features as answerable_features
from agents.extractive.scoring import Scoring
from agents.language.terms import identifiers, terms
from agents.vehicles.range import Vehicles
from benchmarks.fit.corpus import Corpus
from benchmarks.fit.questions import Features, posed, read, searches
from orchestrator.evaluation.cases import Case
from rag.embedder import Vectors
from rag.types import Chunk

PATH = Path(__file__).with_name("sample.json")
_EVERY = 25
_TOLERANCE = 1e-3
_WIDTH = 64

Sample = Mapping[str, Sequence[Features]]


class WordEmbedder:
    """A text's vector is the sum of fixed vectors of its terms, so that texts which share words are near each other."""

    name = "words"
    dimensions = _WIDTH

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.array([sum(map(_vector, terms(text)), start=_vector("")) for text in texts])
        rows: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return rows


@cache
def _vector(term: str) -> Vectors:
    seed = int.from_bytes(hashlib.sha256(term.encode()).digest()[:8], "big")
    vector: Vectors = np.random.default_rng(seed).standard_normal(_WIDTH)
    return vector


def searchable(chunks: Sequence[Chunk]) -> Corpus:
    """The chunks, to be found by their words."""
    return Corpus(chunks, WordEmbedder())


def take(corpus: Corpus, cases: Sequence[Case], vehicles: Vehicles, scoring: Scoring) -> Sample:
    """By question of a `searchable` corpus: the features of its search, of its best statement, and of the whole
    answer."""
    few = [case for at, case in enumerate(cases) if at % _EVERY == 0 or identifiers(case.text)]
    answerer = ExtractiveAnswerer(WordEmbedder(), vehicles)
    found: dict[str, list[Features]] = {str(case.id): [] for case in few}
    for row in searches(corpus, few, vehicles):
        found[row.group].append(row.features)
    for example, reading in read(asyncio.run(posed(corpus, few, vehicles)), answerer, scoring):
        found[example.group] += [
            dict(reading.ranked[0].features),
            answerable_features(reading.question, reading.ranked),
        ]
    return {
        name: [{feature: round(value, 4) for feature, value in some.items()} for some in features]
        for name, features in found.items()
    }


def write(sample: Sample) -> None:
    lines = (f"{json.dumps(name)}: {json.dumps(features)}" for name, features in sample.items())
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def changed(sample: Sample) -> list[str]:
    """The questions whose features are not those that were kept."""
    kept = json.loads(PATH.read_text(encoding="utf-8"))
    return sorted(name for name in {**kept, **sample} if not _same(kept.get(name), sample.get(name)))


def _same(kept: Sequence[Features] | None, found: Sequence[Features] | None) -> bool:
    if kept is None or found is None or [list(some) for some in kept] != [list(some) for some in found]:
        return False
    pairs = zip(kept, found, strict=True)
    return all(abs(before[name] - after[name]) <= _TOLERANCE for before, after in pairs for name in before)
