"""All chunks at once, from arrays, or some of them, one by one: the scores by words are the same."""

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.analyzer import Analyzer
from rag.index import Query
from rag.indexes.lexical import LexicalIndex
from rag.indexes.lexical_postgres import PostgresLexicalIndex
from rag.types import Chunk
from rag.words import index as term_index
from rag.words.index import TermIndex
from tests.databases import word_tables

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


@pytest.fixture(params=["sqlite", "postgres"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TermIndex]:
    if request.param == "sqlite":
        opened: TermIndex = LexicalIndex(":memory:", Analyzer())
        yield opened
        opened.close()
        return
    with word_tables(tmp_path) as url:
        opened = PostgresLexicalIndex(url, Analyzer())
        yield opened
        opened.close()


@pytest.mark.parametrize("subjects", [None, ["s1"], ["s0", "s2"], ["unknown"]])
def test_both_ways_give_the_same(monkeypatch: pytest.MonkeyPatch, index: TermIndex, subjects: list[str] | None) -> None:
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
    monkeypatch.setattr(term_index, "MOST_IN_MEMORY", 0)
    index.add([], np.zeros((0, 1), dtype=np.float32))
    index.remove([held[-1].id])
    index.add(held[-1:], np.zeros((1, 1), dtype=np.float32))
    one_by_one = answers()
    assert at_once == one_by_one
    assert any(hits for hits, _ in at_once) != (subjects == ["unknown"])
