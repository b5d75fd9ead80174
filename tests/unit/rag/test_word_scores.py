"""All chunks at once, from arrays, or some of them, one by one: the scores by words are the same."""

import random

import numpy as np
import pytest

from rag.analyzer import Analyzer
from rag.index import Query
from rag.indexes import lexical
from rag.indexes.lexical import LexicalIndex
from rag.types import Chunk

WORDS = [
    "the",
    "oil",
    "of",
    "a",
    "tank",
    "brake",
    "fluid",
    "A1200",
    "a1201",
    "52",
    "1,498",
    "checked",
    "every",
    "year",
    "front",
    "wheels",
]
NOTHING = np.empty(0, dtype=np.float32)


def chunks(number: int) -> list[Chunk]:
    chance = random.Random(number)

    def text() -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(1, 12)))

    return [Chunk(f"c{at}", f"d{at % 5}", f"s{at % 3}", text(), (text(),), None, 0, 1, text()) for at in range(number)]


def questions() -> list[str]:
    chance = random.Random(7)
    return [" ".join(chance.choices([*WORDS, "unheard"], k=chance.randint(1, 6))) for _ in range(40)]


@pytest.mark.parametrize("subjects", [None, ["s1"], ["s0", "s2"], ["unknown"]])
def test_both_ways_give_the_same(monkeypatch: pytest.MonkeyPatch, subjects: list[str] | None) -> None:
    index = LexicalIndex(":memory:", Analyzer())
    held = chunks(60)
    index.add(held, np.zeros((len(held), 1), dtype=np.float32))
    ids = [chunk.id for chunk in held] + ["unknown"]

    def answers() -> list[tuple[list[tuple[str, float]], dict[str, float]]]:
        return [
            (
                [(hit.chunk_id, round(hit.score, 9)) for hit in index.search(Query(text, NOTHING), 8, subjects)],
                {name: round(score, 9) for name, score in index.scores(text, ids).items()},
            )
            for text in questions()
        ]

    at_once = answers()
    monkeypatch.setattr(lexical, "MOST_IN_MEMORY", 0)
    index.add([], np.zeros((0, 1), dtype=np.float32))
    index.remove([held[-1].id])
    index.add(held[-1:], np.zeros((1, 1), dtype=np.float32))
    one_by_one = answers()
    assert at_once == one_by_one
    assert any(hits for hits, _ in at_once) != (subjects == ["unknown"])
