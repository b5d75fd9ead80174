"""How fast are ingestion and search, and what do they take? Fills a folder with a made-up parts list and searches it.

    python -m benchmarks.search --chunks 1000 10000 100000

Each size has a process and a data folder of its own. The parts are sections of Markdown files that go the way of any
file: read in a child process, split, stored, embedded, published to both indexes. Printed are the rate, with that of
the embedder alone on the same texts, where the time went, memory, disk, and milliseconds of a search and of each of its
steps: of the clock, and of the processor, which says more on a machine that others use too. No question is asked twice
but for those of the row that says so.

Of a long list only `--embed` texts are embedded; the others take the vectors of those, each turned by some degrees.
"""

import argparse
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.conversations import memory_mb, percentile
from benchmarks.corpora import Corpus, parts, respelt, unlike

if TYPE_CHECKING:
    from api.compose.knowledge import Library
    from api.settings import Settings
    from rag.embedder import Embedder, Vectors

SECTIONS = 500
"""Parts in one file."""
ASKED = 100
"""Questions of each kind, for the whole search and again for its steps."""
RECENT = 300
"""Questions that are asked again: no more than the embedder remembers."""
TURNED = 0.15
"""Length of what is added to a unit vector that is used again: about 9 degrees."""
POOL = 40
"""Chunks that the retriever asks each index for."""

Asked = dict[str, list[str]]
Spent = tuple[float, float]


class Sparing:
    """An embedder that embeds questions and the first `most` texts; further ones get vectors of those, turned."""

    def __init__(self, inner: "Embedder", most: int) -> None:
        self._inner = inner
        self._most = most
        self._known: Vectors = np.empty((0, inner.dimensions), dtype=np.float32)
        self._chance = np.random.default_rng(1)

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def dimensions(self) -> int:
        return self._inner.dimensions

    @property
    def embedded(self) -> int:
        """How many texts were embedded so far, questions not counted."""
        return len(self._known)

    def embed(self, texts: Sequence[str]) -> "Vectors":
        if len(texts) == 1:
            return self._inner.embed(texts)
        left = max(self._most - len(self._known), 0)
        made = self._inner.embed(texts[:left])
        self._known = np.concatenate((self._known, made))
        return np.concatenate((made, self._turned(len(texts) - len(made))))

    def _turned(self, count: int) -> "Vectors":
        chosen = self._known[self._chance.integers(0, len(self._known), count)]
        added = self._chance.standard_normal(chosen.shape).astype(np.float32)
        turned = chosen + TURNED * added / np.linalg.norm(added, axis=1, keepdims=True)
        vectors: Vectors = turned / np.linalg.norm(turned, axis=1, keepdims=True)
        return vectors


class Clock:
    """Seconds by what took them; what runs within something else is named after it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running: list[str] = []

    @contextmanager
    def running(self, name: str) -> Iterator[None]:
        self._running.append(name)
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[" / ".join(self._running)] += time.perf_counter() - began
            self._running.pop()

    def around(self, owner: Any, method: str, name: str) -> None:
        """Measure every call of a method of this one object from now on."""
        inner = getattr(owner, method)

        def measured(*given: Any, **named: Any) -> Any:
            with self.running(name):
                return inner(*given, **named)

        setattr(owner, method, measured)


def write_files(corpus: Corpus, folder: Path) -> None:
    """The parts as Markdown files, SECTIONS in each: what stands under one heading is one chunk."""
    for at in range(0, len(corpus.documents), SECTIONS):
        texts = (line["text"] for line in corpus.documents[at : at + SECTIONS])
        sections = (f"## {text.partition(',')[0]}\n\n{text}\n" for text in texts)
        Path(folder, f"parts-{at:06}.md").write_text("# Parts list\n\n" + "\n".join(sections), encoding="utf-8")


def ingest(library: "Library", sparing: Sparing, folder: Path) -> None:
    """Bring the files of a folder in, and print how fast that was and what took the time."""
    from rag.ingestion.extract import Extractor
    from rag.ingestion.ingest import complete, plan, store
    from rag.ingestion.publish import Publisher
    from rag.ingestion.scan import scan

    clock, shelf = Clock(), library.shelf
    dense, words = library.indexes
    clock.around(dense, "add", "Chroma")
    clock.around(words, "add", "FTS5")
    clock.around(shelf.versions, "store", "SQL")
    clock.around(shelf.catalogue, "stored_chunks", "SQL")
    for method in ("put", "get", "missing"):
        clock.around(shelf.vectors, method, f"vectors.{method}")
    clock.around(sparing, "embed", "model")
    with Extractor() as extractor, clock.running("stored"):
        stored = store(plan(scan(folder).files, {}), folder, shelf, extractor)
    with clock.running("embedded"):
        staged = complete(stored, shelf)
    with clock.running("published"):
        Publisher(shelf, library.indexes, grace_s=0.0).publish(stored.release_id)
    took = sum(clock.seconds[step] for step in ("stored", "embedded", "published"))
    model = clock.seconds["embedded / model"]
    text = model / sparing.embedded
    chunk = text + (took - model) / staged.chunks
    print(f"{staged.chunks} chunks, {sparing.embedded} texts embedded, in {took:.1f} s")
    print(f"ingestion: {1 / chunk:.0f} chunks/s, {text / chunk:.2f} of the embedder's own {1 / text:.0f} texts/s")
    for step, seconds in sorted(clock.seconds.items()):
        print(f"  {step:32} {seconds:8.2f} s  {1000 * seconds / staged.chunks:7.3f} ms a chunk")


def questions(corpus: Corpus, chance: Random) -> Asked:
    """By kind, each once: bare numbers, some of them unknown; and requests of 8 words, of 8 with a slip, of 25."""
    numbers = [line["text"].split(" ", 1)[0] for line in corpus.documents]
    known = set(numbers)
    said = [line["question"] for line in corpus.questions if line["kind"] == "description"]
    asked: dict[str, dict[str, None]] = {kind: {} for kind in ("number", "8 words", "8 words, a slip", "25 words")}
    while any(len(some) < 2 * ASKED for some in asked.values()):
        number = chance.choice(numbers)
        number = unlike(number, known, chance) if chance.random() < 0.25 else number
        what, year, price = chance.choice(said), chance.randint(2009, 2024), chance.randint(20, 400)
        words = f"price of {year} {what} please and thanks a lot".split()[:8]
        long = f"hello, since {year} I have been looking for a {what} that costs at most {price} euros"
        long = f"{long} and can be here before the weekend, what is there"
        texts = respelt(number, chance), " ".join(words), _slipped(words, chance), " ".join(long.split()[:25])
        for some, text in zip(asked.values(), texts, strict=True):
            some[text] = None
    return {kind: list(some)[: 2 * ASKED] for kind, some in asked.items()}


def _slipped(words: Sequence[str], chance: Random) -> str:
    """The words with a letter of the longest one left out."""
    longest = max(words, key=len)
    cut = chance.randint(1, len(longest) - 2)
    return " ".join(words).replace(longest, longest[:cut] + longest[cut + 1 :])


def search(library: "Library", asked: Asked) -> None:
    """Print milliseconds of the whole search, and of each of its steps on other questions."""
    from rag.index import Query

    retriever, catalogue, (dense, words) = library.retriever, library.catalogue, library.indexes
    for some in asked.values():
        retriever.find(f"warm up, {some[0]}")
    print(f"{'milliseconds':32} {'median':>8} {'p95':>8} {'processor: median':>19} {'p95':>8}")
    fresh: list[Spent] = []
    for kind, some in asked.items():
        whole = [spent(retriever.find, text) for text in some[:ASKED]]
        row(f"search: {kind}", whole)
        fresh += whole
    row("search: all of these", fresh)
    again = [text for some in asked.values() for text in some[:ASKED]][-RECENT:]
    row("search: asked again", [spent(retriever.find, text) for text in again])
    steps: dict[str, list[Spent]] = defaultdict(list)
    for kind, some in asked.items():
        for text in some[ASKED:]:
            query = Query(text, library.embedder.embed([f"{text}?"])[0])
            steps["embed the question"].append(spent(library.embedder.embed, [text]))
            steps["by meaning"].append(spent(dense.search, query, POOL))
            steps[f"by words: {kind}"].append(spent(words.search, query, POOL))
            hits = (*dense.search(query, POOL), *words.search(query, POOL))
            found = [*dict.fromkeys(hit.chunk_id for hit in hits)]
            steps["read the chunks"].append(spent(catalogue.chunks, found))
            looks = {chunk.fingerprint for chunk in [*catalogue.chunks(found).values()][POOL // 2 :]}
            steps["read half their vectors"].append(spent(library.shelf.vectors.get, looks))
    for step, values in steps.items():
        row(f"  {step}", values)


def spent(work: Callable[..., Any], *given: Any) -> Spent:
    """Milliseconds that a call takes: of the clock, and of the processor in all threads of this process."""
    began, worked = time.perf_counter(), time.process_time()
    work(*given)
    return 1000 * (time.perf_counter() - began), 1000 * (time.process_time() - worked)


def row(name: str, values: Sequence[Spent]) -> None:
    passed, worked = ([value[at] for value in values] for at in (0, 1))
    print(
        f"{name:32} {statistics.median(passed):8.1f} {percentile(passed, 0.95):8.1f} "
        f"{statistics.median(worked):19.1f} {percentile(worked, 0.95):8.1f}",
        flush=True,
    )


def prepared(data: Path) -> "Settings":
    """Settings on a data folder that has the embedder's model, which is made once for an installation."""
    from api.compose.knowledge import open_embedder
    from api.settings import Settings

    settings = Settings().model_copy(update={"data_dir": data, "database_url": "", "chroma_url": ""})
    open_embedder(settings).embed(["warm up"])
    return settings


def measure(chunks: int, most: int, data: Path) -> None:
    """Everything for one size, in a process that does nothing else."""
    from api.compose.database import open_migrated_database
    from api.compose.knowledge import open_embedder, open_library

    settings = prepared(data)
    corpus = parts(chunks, questions=min(chunks, 2000))
    print(f"\n{chunks} parts")
    sparing = Sparing(open_embedder(settings), most)
    database = open_migrated_database(settings)
    try:
        with (
            tempfile.TemporaryDirectory() as folder,
            open_library(settings, database, embedder=sparing) as library,
        ):
            write_files(corpus, Path(folder))
            ingest(library, sparing, Path(folder))
            print(f"on disk: {', '.join(sizes(data))}", flush=True)
            search(library, questions(corpus, Random(3)))
    finally:
        database.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory: {memory_mb(os.getpid()):.0f} MB at the end, {peak:.0f} MB at its peak", flush=True)


def sizes(data: Path) -> Iterator[str]:
    """What the parts of a data folder take, in MB."""
    for place in sorted(data.iterdir()):
        if place.is_symlink() or place.suffix in {".db-shm", ".db-wal"}:
            continue
        files = place.rglob("*") if place.is_dir() else data.glob(f"{place.name}*")
        if megabytes := sum(file.stat().st_size for file in files if file.is_file()) / 1e6:
            yield f"{place.name} {megabytes:.1f} MB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--embed", type=int, default=10_000, help="Texts of each list that are embedded, at most.")
    parser.add_argument("--folder", type=Path, help="Make the data folders below this one; they need the space.")
    options = parser.parse_args()
    apart = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="pitcrew-search-", dir=options.folder) as folder:
        first = Path(folder, "first")
        with ProcessPoolExecutor(1, mp_context=apart, max_tasks_per_child=1) as processes:
            processes.submit(prepared, first).result()
            for chunks in options.chunks:
                data = Path(folder, str(chunks))
                data.mkdir()
                data.joinpath("models").symlink_to(first / "models")
                processes.submit(measure, chunks, options.embed, data).result()


if __name__ == "__main__":
    main()
