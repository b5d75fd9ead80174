"""The knowledge base as passages, without an index, and the labelled claims about it."""

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agents.vehicles.applicability import Fitment
from agents.vehicles.range import Vehicles
from rag.ingestion.split import split
from rag.loaders import loader_for
from rag.types import Chunk, Document, Passage

KNOWLEDGE = Path(__file__).parents[3] / "knowledge_base"
FITMENT = Fitment(Vehicles.parse((KNOWLEDGE / "vehicles.csv").read_text(encoding="utf-8")))
DISTRACTORS = 3


@dataclass(frozen=True)
class Labelled:
    """A claim about the passage of `document` that holds the text `at`. `wrong` says how it is, None where the passage
    supports it."""

    document: str
    at: str
    wrong: str | None
    claim: str


@cache
def labelled() -> tuple[Labelled, ...]:
    lines = (Path(__file__).parent / "claims.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(Labelled(**json.loads(line)) for line in lines)


@cache
def chunks() -> tuple[Chunk, ...]:
    """All chunks of the Markdown, CSV and HTML documents in the order of their paths."""
    found: list[Chunk] = []
    for path in sorted(KNOWLEDGE.glob("*/*")):
        loader = loader_for(path)
        if loader is not None and path.suffix in {".md", ".csv", ".html", ".txt"}:
            name = path.relative_to(KNOWLEDGE).as_posix()
            found += split(Document(name, name.split("/")[0], name, loader.load(path)))
    return tuple(found)


def given(one: Labelled) -> dict[int, Passage]:
    """What an answer would be given: passage 1 with the text, those before and after it, and the passages of other
    documents that share most words with the claim."""
    every = chunks()
    place = next(n for n, chunk in enumerate(every) if chunk.document_id == one.document and one.at in chunk.searchable)
    beside = [n for n in (place - 1, place + 1) if every[n].document_id == one.document]
    wanted = _words(one.claim)
    likeness = Counter(
        {n: len(wanted & _words(chunk.text)) for n, chunk in enumerate(every) if chunk.document_id != one.document}
    )
    chosen = [place, *beside, *(n for n, _ in likeness.most_common(DISTRACTORS))]
    return {number: Passage(every[n], 0.7) for number, n in enumerate(chosen, start=1)}


def likest(question: str, documents: Collection[str], most: int = 8) -> tuple[Passage, ...]:
    """The passages that share most words with a question, those of `documents` before others; records, which are made
    for skills, are left out."""
    wanted = _words(question)
    searched = [one for one in chunks() if one.subject != "records"]
    order = sorted(searched, key=lambda one: -len(wanted & _words(one.searchable)) - 3 * (one.document_id in documents))
    return tuple(Passage(chunk, 0.7) for chunk in order[:most])


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w{3,}", text.casefold()))
