"""What does each piece of the ranking bring? The search as shipped against its parts and against plainer ways.

    python -m benchmarks.ranking [CORPUS.jsonl QUESTIONS.jsonl ...]

Measured are this repository's knowledge base with its questions, by document; a made-up table of trouble codes and a
made-up parts list (`benchmarks/corpora.py`); and any pairs of files that are given, in the format of `pitcrew eval
retrieval`. But for the plain ways, every row is the product's own retriever with one piece left out or exchanged.
Printed are nDCG@10 and recall@1 over the questions that have an answer, in percent; `*` marks the best single part,
words or vectors. The last rows tell what the shipped ranking gains over that in nDCG@10, with the interval in which
95 % of such question sets would put it (paired bootstrap), and of how many questions without and with an answer the
search said that they name a code or number which is not there.
"""

import argparse
import sqlite3
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import rag.retrieve
from agents.conversation.followup import standalone
from agents.language.terms import terms
from agents.vehicles.range import Vehicles
from api.cli.evaluation.corpus import documents, fill
from api.cli.evaluation.questions import question, read_questions
from api.cli.ingestion import Ingestion, Tools
from api.compose.database import open_migrated_database
from api.compose.knowledge import Library, open_embedder, open_library, open_shelf
from api.compose.learnt import load_vehicles
from api.settings import Settings
from benchmarks.conversations import ROOT
from benchmarks.corpora import KINDS, write
from orchestrator.evaluation.bootstrap import estimates
from orchestrator.evaluation.cases import Case
from orchestrator.evaluation.retrieval import SCORES
from orchestrator.evaluation.statistics import mean
from rag.embedder import Embedder
from rag.embedders import weights
from rag.index import Hit, IndexUnavailable, Query, WordIndex
from rag.ingestion.extract import Extractor
from rag.ingestion.publish import Publisher
from rag.neighbours import Neighbours
from rag.query import Sought
from rag.retrieve import Retriever
from rag.terms import UNSOUGHT_TERMS

FOUND = 100
"""Chunks that a plain way looks at."""
RANK_CONSTANT = 60
"""Of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009)."""
BM25, WORDS = "words alone: BM25 as SQLite has it", "words alone: ours"
WHOLE, VIEWS = "vectors alone: of whole chunks", "vectors alone: of sentences"
PARTS = (BM25, WORDS, WHOLE, VIEWS)
SHIPPED = "as shipped"
ROWS = (
    *PARTS,
    "ranks fused (k = 60)",
    "scores added, words linear",
    "scores added, words to the power 1.5",
    SHIPPED,
    f"{SHIPPED}, 32-bit vectors",
)
SHOWN = ("ndcg@10", "recall@1")

Ranker = Callable[[str], Iterable[str]]
"""From a question to documents, best first."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What is measured: a data folder that is filled, and cases with the text that is searched for each."""

    name: str
    settings: Settings
    cases: tuple[Case, ...]
    asked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Scores of every case by the name of the ranking; for each case whether identifiers were said to be unknown."""

    texts: Texts
    rankings: Mapping[str, Sequence[Mapping[str, float]]]
    unknown: tuple[bool, ...]

    def figure(self, ranking: str, score: str) -> float:
        found = [scores[score] for scores in self.rankings[ranking] if scores]
        return 100 * sum(found) / len(found)

    @property
    def best_part(self) -> str:
        return max(PARTS, key=lambda name: self.figure(name, SHOWN[0]))


class Silent:
    """An index that cannot be searched: the retriever then goes on with the other half alone."""

    def search(self, query: Query, k: int, subjects: Sequence[str] | None = None) -> list[Hit]:
        raise IndexUnavailable("left out")


class Nameless:
    """A word index for which an identifier is a word like any other."""

    def __init__(self, inner: WordIndex) -> None:
        self.search, self.scores, self.analyzer, self._inner = inner.search, inner.scores, inner.analyzer, inner

    def sought(self, question: str) -> Sought:
        found = self._inner.sought(question)
        return Sought(found.weights, found.reach)


def measure(texts: Texts, embedder: Embedder, whole: Embedder | None) -> Measured:
    """Every ranking of some texts. `whole`: the embedder of the same model with 32-bit weights, None to do without."""
    rankings: dict[str, Sequence[Mapping[str, float]]] = {}
    with opened(texts.settings, embedder) as library:
        shipped = retriever(library)
        for name, ranker in {**plain_ways(library, texts.settings), **ablations(library)}.items():
            rankings[name] = scored(texts, ranker)
        unknown = tuple(bool(shipped.find(text).unknown) for text in texts.asked)
    if whole is not None:
        with opened(texts.settings, whole) as library:
            rankings[f"{SHIPPED}, 32-bit vectors"] = scored(texts, ranker_of(retriever(library)))
    return Measured(texts, rankings, unknown)


def scored(texts: Texts, ranker: Ranker) -> Sequence[Mapping[str, float]]:
    """For each case its scores by name; none where nothing is relevant."""
    found = []
    for case, text in zip(texts.cases, texts.asked, strict=True):
        relevant = {name: gain for name, gain in (case.relevant or {}).items() if gain > 0}
        ranked = tuple(ranker(text)) if relevant else ()
        found.append({name: SCORES[name](relevant, ranked) for name in SHOWN} if relevant else {})
    return found


def retriever(library: Library, *, dense: Any = None, words: Any = None) -> Retriever:
    """The product's search without threshold, with an index exchanged."""
    indexes = dense or library.indexes[0], words or library.indexes[1]
    vectors = library.shelf.vectors
    neighbours = None if dense else Neighbours(library.catalogue, vectors)
    return Retriever(
        library.catalogue, library.embedder, *indexes, vectors=vectors, neighbours=neighbours, threshold=0.0
    )


def ranker_of(search: Retriever) -> Ranker:
    return lambda text: documents(search, text)[0]


def ablations(library: Library) -> dict[str, Ranker]:
    """The product's search, and the same with pieces left out."""
    nameless = ranker_of(retriever(library, words=Nameless(library.indexes[1])))

    def linear(text: str) -> Iterable[str]:
        with patch.object(rag.retrieve, "WORDS_POWER", 1.0):
            return nameless(text)

    return {
        WORDS: ranker_of(retriever(library, dense=Silent())),
        VIEWS: ranker_of(retriever(library, words=Silent())),
        "scores added, words linear": linear,
        "scores added, words to the power 1.5": nameless,
        SHIPPED: ranker_of(retriever(library)),
    }


def plain_ways(library: Library, settings: Settings) -> dict[str, Ranker]:
    """Rankings as they are usually made, over the same terms and vectors."""
    dense, words = library.indexes
    chunks = library.catalogue.chunks(library.catalogue.chunk_ids())
    ids = sorted(chunks)
    matrix = library.embedder.embed([chunks[chunk_id].searchable for chunk_id in ids])
    database = sqlite3.connect(f"file:{settings.data_dir / 'lexical.db'}?mode=ro", uri=True)

    def bm25(text: str) -> list[str]:
        every = dict.fromkeys(terms(text))
        telling = [term for term in every if term not in UNSOUGHT_TERMS] or [*every]
        query = "SELECT id FROM words JOIN chunks ON number = words.rowid WHERE words MATCH ? ORDER BY rank, id LIMIT ?"
        return [row[0] for row in database.execute(query, (" OR ".join(f'"{term}"' for term in telling), FOUND))]

    def cosine(text: str) -> list[str]:
        near = matrix @ library.embedder.embed([text])[0]
        return [ids[at] for at in np.argsort(-near, kind="stable")[:FOUND]]

    def ranks(text: str) -> list[str]:
        query = Query(text, library.embedder.embed([text])[0])
        score: dict[str, float] = defaultdict(float)
        for index in (dense, words):
            for rank, hit in enumerate(index.search(query, FOUND), start=1):
                score[hit.chunk_id] += 1 / (RANK_CONSTANT + rank)
        return sorted(score, key=lambda chunk_id: (-score[chunk_id], chunk_id))

    def by_document(ranker: Callable[[str], list[str]]) -> Ranker:
        return lambda text: dict.fromkeys(chunks[chunk_id].document_id for chunk_id in ranker(text))

    return {BM25: by_document(bm25), WHOLE: by_document(cosine), "ranks fused (k = 60)": by_document(ranks)}


@contextmanager
def opened(settings: Settings, embedder: Embedder) -> Iterator[Library]:
    """The library of a data folder, with vectors of this embedder."""
    database = open_migrated_database(settings)
    try:
        with open_library(settings, database, embedder=embedder) as library:
            Publisher(library.shelf, library.indexes).align()
            yield library
    finally:
        database.dispose()


def own_knowledge(settings: Settings, embedder: Embedder) -> Texts:
    """The knowledge base of this repository, ingested."""
    settings = settings.model_copy(update={"knowledge_dir": ROOT / "knowledge_base"})
    settings.data_dir.mkdir()
    database = open_migrated_database(settings)
    try:
        with open_shelf(settings, database, embedder) as shelf, Extractor() as extractor:
            Ingestion(settings, [settings.knowledge_dir], quiet=True).run(Tools(shelf, extractor))
    finally:
        database.dispose()
    vehicles = load_vehicles(settings)
    cases = tuple(
        case for case in read_questions(settings.knowledge_dir / "questions.jsonl") if case.relevant is not None
    )
    return Texts("knowledge base", settings, cases, asked(cases, vehicles))


def other_texts(settings: Settings, embedder: Embedder, corpus: Path, questions: Path) -> Texts:
    """A pair of files, filled in as `pitcrew eval retrieval` does."""
    settings.data_dir.mkdir()
    with opened(settings, embedder) as library:
        fill(library, corpus)
    cases = tuple(read_questions(questions))
    return Texts(corpus.stem, settings, cases, asked(cases, Vehicles()))


def asked(cases: Sequence[Case], vehicles: Vehicles) -> tuple[str, ...]:
    return tuple(standalone(question(case, vehicles), vehicles).whole for case in cases)


def table(measured: Sequence[Measured]) -> Iterator[str]:
    """The lines of a Markdown table."""
    yield "| " + " | ".join(["nDCG@10, recall@1", *(row.texts.name for row in measured)]) + " |"
    yield "| --- |" + " --- |" * len(measured)
    for name in (name for name in ROWS if all(name in row.rankings for row in measured)):
        cells = [
            " ".join(f"{row.figure(name, score):.1f}" for score in SHOWN) + ("*" if name == row.best_part else "")
            for row in measured
        ]
        yield "| " + " | ".join([name, *cells]) + " |"
    yield "| " + " | ".join(["gain over *", *map(gain, measured)]) + " |"
    for answer in (False, True):
        said = [
            [
                unknown
                for case, unknown in zip(row.texts.cases, row.unknown, strict=True)
                if bool(case.relevant) == answer
            ]
            for row in measured
        ]
        cells = [f"{sum(some)} of {len(some)}" for some in said]
        yield "| " + " | ".join([f"unknown said, {'an' if answer else 'no'} answer", *cells]) + " |"


def gain(measured: Measured) -> str:
    """What the shipped ranking has over the best part in nDCG@10."""
    pairs = zip(measured.rankings[SHIPPED], measured.rankings[measured.best_part], strict=True)
    apart = mean([100 * (ours[SHOWN[0]] - theirs[SHOWN[0]]) if ours else None for ours, theirs in pairs])
    found = estimates({"gain": apart}, len(measured.texts.cases))["gain"]
    return f"{found.value:+.1f} [{found.low:+.1f}, {found.high:+.1f}]" if found else "-"


def unrounded() -> Embedder:
    """The packaged model with 32 bits a weight."""
    from rag.embedders.local import LocalEmbedder  # brings torch, which takes seconds

    return LocalEmbedder(weights.packaged())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", help="More pairs of corpus and questions.")
    parser.add_argument("--only-files", action="store_true", help="Measure nothing but the files that are given.")
    parser.add_argument("--only-8-bit", action="store_true", help="Do without 32-bit vectors, half of the time.")
    options = parser.parse_args()
    if len(options.files) % 2:
        parser.error("a corpus needs its questions: name the files in pairs.")
    pairs = list(zip(options.files[::2], options.files[1::2], strict=True))
    with tempfile.TemporaryDirectory(prefix="pitcrew-ranking-") as folder:
        settings = Settings().model_copy(update={"data_dir": Path(folder), "database_url": "", "chroma_url": ""})
        embedder = open_embedder(settings)
        whole = None if options.only_8_bit else unrounded()
        texts = []
        if not options.only_files:
            pairs = [*(write(make(3000), name, Path(folder)) for name, make in KINDS.items()), *pairs]
            texts.append(own_knowledge(settings.model_copy(update={"data_dir": Path(folder, "own")}), embedder))
        for number, (corpus, questions) in enumerate(pairs):
            apart = settings.model_copy(update={"data_dir": Path(folder, f"data-{number}")})
            texts.append(other_texts(apart, embedder, corpus, questions))
        measured: list[Measured] = []
        for text in texts:
            print(f"measuring {text.name}: {len(text.cases)} questions", file=sys.stderr, flush=True)
            measured.append(measure(text, embedder, whole))
            print("\n".join(table(measured[-1:])), file=sys.stderr, flush=True)
        print("\n".join(table(measured)))


if __name__ == "__main__":
    main()
