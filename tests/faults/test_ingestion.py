"""Ingestion under misfortune: killed at any moment it converges, and chats beside it stream on."""

import asyncio
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import pytest

from agents.language.terms import ANALYZER
from api.compose.knowledge import open_embedder
from api.settings import Settings
from rag.catalogue import Catalogue
from rag.database import open_database
from rag.indexes import chroma
from rag.indexes.lexical import LexicalIndex
from tests.conversing import Talk, talking
from tests.faults.counts import COUNTS, FULL
from tests.faults.process import Server
from tests.faults.provider import new_marker, question
from tests.fork_server import ForkServer, Process
from tests.serving import duplicate, environment, pitcrew, prepared, start

PASSAGES = 10
CHATS = 20
PIECES, GAP_MS = 150, 40
QUIET_S = 20 if FULL else 6
PING_S = 0.5
ENOUGH_GAPS = 200
"""For percentiles of them to say something."""
GAP_P99_S = 1.0
"""Between two tokens that the provider sends 40 ms apart, for 99 of 100, while everything else runs too; and twice what
it is without an ingestion, for a machine that has more to do than this."""
PATIENCE_S = 600


def write(folder: Path, edition: int) -> None:
    """The documents of an edition. The second one says other things in every third, lacks every tenth, has others in
    their place and a few elsewhere."""
    for number in range(COUNTS.documents):
        changed = edition == 2 and number % 3 == 0
        path = folder / "bulk" / f"doc{number}.md"
        if edition == 2 and number % 10 == 9:
            path = path.with_name(f"new{number}.md")
        elif edition == 2 and number % 10 == 8:
            path = folder / "moved" / path.name
        parts = (
            f"## Part {part}\n\nThe Gull {number} has {100 + number * part} bolts in part {part}. "
            f"Tighten them every {number + part + (5 if changed else 1)} months with the key from drawer {part}.\n"
            for part in range(PASSAGES)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# The Gull {number}\n\n" + "\n".join(parts))


@dataclass(frozen=True)
class State:
    """What a data directory shows, and what its indexes hold."""

    documents: dict[str, str]
    shown: frozenset[str]
    words: frozenset[str]
    meaning: frozenset[str]

    @classmethod
    def of(cls, data: Path) -> "State":
        _, documents, shown = cls.shown_in(data)
        words = LexicalIndex(data / "lexical.db", ANALYZER)
        dense = chroma.embedded(data / "chroma", open_embedder(Settings()).name)
        try:
            return cls(documents, shown, frozenset(words.ids()), frozenset(dense.ids()))
        finally:
            words.close()
            dense.close()

    @staticmethod
    def shown_in(data: Path) -> tuple[int, dict[str, str], frozenset[str]]:
        """Generation, content hashes and chunks, as SQL has them."""
        database = open_database(f"sqlite:///{data / 'pitcrew.db'}")
        try:
            catalogue = Catalogue(database)
            return catalogue.generation(), catalogue.hashes(), frozenset(catalogue.chunk_ids())
        finally:
            database.dispose()


@dataclass
class Ingesting:
    """A running `pitcrew ingest`; `said` is what it has printed so far."""

    process: "Process | subprocess.Popen[Any]"
    printed: IO[str]
    began: float = field(default_factory=time.monotonic)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        def listen() -> None:
            with self.printed as lines:
                self.said.extend(iter(lines.readline, ""))

        self._listener = threading.Thread(target=listen)
        self._listener.start()

    def reach(self, words: str) -> bool:
        """Wait until it says so; False where it ends first."""
        while not any(words in line for line in self.said):
            if self.process.poll() is not None:
                self._listener.join()
                return any(words in line for line in self.said)
            time.sleep(0.01)
        return True

    def kill(self) -> bool:
        """Whether it still ran."""
        running = self.process.poll() is None
        self.process.kill()
        self.process.wait()
        self._listener.join()
        return running

    def end(self) -> float:
        """Let it come to its end; the seconds that it took."""
        assert self.process.wait(PATIENCE_S) == 0, "".join(self.said)
        self._listener.join()
        return time.monotonic() - self.began


def ingesting(
    data: Path, folder: Path, *options: str, fork_server: ForkServer | None = None, **settings: str
) -> Ingesting:
    env = environment(data, **{"HF_HUB_OFFLINE": "1"} | settings)
    output, theirs = os.pipe()
    with open(theirs, "wb") as stderr, open(os.devnull, "wb") as stdout:
        process = start(
            *("ingest", str(folder), *options), env=env, stdout=stdout, stderr=stderr, fork_server=fork_server
        )
    return Ingesting(process, open(output))


@dataclass(frozen=True)
class Editions:
    """Two editions of many documents, and data directories in which each was ingested in peace."""

    folders: tuple[Path, Path]
    data: tuple[Path, Path]
    states: tuple[State, State]
    seconds: float


@pytest.fixture(scope="module")
def editions(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Editions:
    base = tmp_path_factory.mktemp("editions")
    folders, data = (base / "one", base / "two"), (prepared(ingested, base / "data1"), base / "data2")
    for number, folder in enumerate(folders, start=1):
        write(folder, number)
    ingesting(data[0], folders[0]).end()
    duplicate(data[0], data[1])
    seconds = ingesting(data[1], folders[1], "--prune").end()
    return Editions(folders, data, (State.of(data[0]), State.of(data[1])), seconds)


MOMENTS = ("Reading", "Embedding", "Indexing", "")
"""Ingestion is killed after it has begun with one of these, or at any time."""


def test_ingestion_that_is_killed_converges(editions: Editions, tmp_path: Path, report: Callable[..., None]) -> None:
    """Killed on its way from one edition to the other, it shows wholly one of them, and the next run ends as if
    nothing had happened."""
    old, new = editions.states
    assert old.shown == old.words == old.meaning
    assert new.shown == new.words == new.meaning
    assert old.shown & new.shown not in (old.shown, new.shown)
    killed, before, seconds = 0, 0, []
    data = tmp_path / "data"
    while killed < COUNTS.ingestions:
        shutil.rmtree(data, ignore_errors=True)
        duplicate(editions.data[0], data)
        run = ingesting(data, editions.folders[1], "--prune")
        moment = MOMENTS[killed % len(MOMENTS)]
        run.reach(moment)
        time.sleep(random.uniform(0, 0.5 if moment else editions.seconds))
        if not run.kill():
            continue
        killed += 1
        _, documents, shown = State.shown_in(data)
        assert (documents, shown) in ((old.documents, old.shown), (new.documents, new.shown)), moment
        before += shown == old.shown
        seconds.append(ingesting(data, editions.folders[1], "--prune").end())
        assert State.of(data) == new, moment
    report(
        kills=killed,
        chunks=len(new.shown),
        killed_before_publication=before,
        converged=killed,
        undisturbed_s=round(editions.seconds, 1),
        slowest_completion_s=round(max(seconds), 1),
    )


@dataclass
class Pace:
    """What chats saw: seconds between tokens of one answer, seconds until pongs."""

    gaps: list[float] = field(default_factory=list)
    pongs: list[float] = field(default_factory=list)
    answers: int = 0

    def figures(self) -> dict[str, float]:
        """Milliseconds."""
        cuts = statistics.quantiles(self.gaps, n=100)
        return {
            "p50": round(cuts[49] * 1000),
            "p99": round(cuts[98] * 1000),
            "longest": round(max(self.gaps) * 1000),
            "slowest pong": round(max(self.pongs) * 1000),
        }


class Chats:
    """Customers that ask one long question after the other until `ended`, each with a ping every half second."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.pace = Pace()
        self.ended = False
        self.pings = 0

    async def chat(self, number: int) -> None:
        """One customer. Returns when every ping has its pong; raises TimeoutError where one is lost."""
        url = f"ws://127.0.0.1:{self._server.port}/ws/chat"
        async with talking(url, self._server.token(f"streaming-{number}"), ping_interval=None) as talk:
            unanswered: set[float] = set()
            pinging = asyncio.ensure_future(self._ping(talk, unanswered))
            while not self.ended:
                await self._answer(talk, number, unanswered)
            await pinging
            while unanswered:
                await self._take(talk, unanswered)

    async def _ping(self, talk: Talk, unanswered: set[float]) -> None:
        while not self.ended:
            now = time.monotonic()
            unanswered.add(now)
            self.pings += 1
            await talk.send({"type": "ping", "timestamp": now})
            await asyncio.sleep(PING_S)

    async def _answer(self, talk: Talk, number: int, unanswered: set[float]) -> None:
        asked = question(new_marker(), PIECES, GAP_MS, number)
        await talk.send({"type": "message", "message": asked, "session_id": f"s{number}"})
        last, kind = None, ""
        while kind != "complete":
            kind = await self._take(talk, unanswered)
            assert kind not in {"error", "cancelled"}
            if kind == "token":
                now = time.monotonic()
                if last is not None:
                    self.pace.gaps.append(now - last)
                last = now
        self.pace.answers += 1

    async def _take(self, talk: Talk, unanswered: set[float]) -> str:
        frame = await talk.receive(60)
        if frame["type"] == "pong":
            unanswered.remove(frame["timestamp"])
            self.pace.pongs.append(time.monotonic() - frame["timestamp"])
        return str(frame["type"])

    def swap(self) -> Pace:
        """What was seen so far; from now on it counts anew."""
        seen, self.pace = self.pace, Pace()
        return seen


@pytest.fixture
def bulk(server: Server, tmp_path: Path) -> Iterator[Path]:
    """Documents that no specialist reads; they are taken out of the server's knowledge in the end."""
    folder = tmp_path / "bulk-documents"
    write(folder, 1)
    yield folder
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    env = environment(server.data, **server.settings)
    done = pitcrew(
        *("docs", "remove", *names, "--purge", "--yes"), env=env, timeout=PATIENCE_S, fork_server=server.fork_server
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
async def unhurried(server: Server) -> AsyncIterator[None]:
    """The server is patient with its provider: that the machine is busy is no fault of a model."""
    await server.with_settings(PITCREW_FIRST_TOKEN_S="20", PITCREW_TOKEN_GAP_S="15")
    yield
    await server.with_settings()


@pytest.mark.usefixtures("unhurried")
async def test_chats_stream_on_while_documents_come_in(server: Server, bulk: Path, report: Callable[..., None]) -> None:
    chats = Chats(server)
    streams = [asyncio.ensure_future(chats.chat(number)) for number in range(CHATS)]
    await asyncio.sleep(2)
    chats.swap()
    await asyncio.sleep(QUIET_S)
    while len(chats.pace.gaps) < ENOUGH_GAPS:  # a machine that has other work to do is slow to begin
        await asyncio.sleep(0.5)
    quiet = chats.swap()
    run = ingesting(server.data, bulk, fork_server=server.fork_server, **server.settings)
    took = await asyncio.to_thread(run.end)
    await asyncio.sleep(1)
    busy = chats.swap()
    chats.ended = True
    await asyncio.gather(*streams)
    assert "Waiting for the running server" in "".join(run.said)
    passages = re.search(r"(\d+) passages came in", "".join(run.said))
    assert passages is not None
    assert busy.figures()["p99"] < GAP_P99_S * 1000 + 2 * quiet.figures()["p99"]
    report(
        chats=CHATS,
        passages=passages[1],
        ingestion_s=round(took, 1),
        answers=busy.answers,
        pings=chats.pings,
        pings_lost=0,
        gaps_ms_without=quiet.figures(),
        gaps_ms_during=busy.figures(),
    )


async def test_a_server_that_dies_while_it_publishes(server: Server, bulk: Path, report: Callable[..., None]) -> None:
    """The command takes over; the next start finds everything in its place."""
    run = ingesting(server.data, bulk, "--force", fork_server=server.fork_server, **server.settings)
    assert await asyncio.to_thread(run.reach, "Waiting for the running server")
    await asyncio.sleep(random.uniform(0, 0.3))
    await server.kill()
    await asyncio.to_thread(run.end)
    server.leave_volume()
    generation, documents, shown = State.shown_in(server.data)
    assert sum(name.startswith("bulk/") for name in documents) == COUNTS.documents
    state = State.of(server.data)
    assert shown == state.words == state.meaning
    seconds = await server.restart()
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/ready", timeout=10) as answer:
        assert json.load(answer)["checks"]["knowledge"]["generation"] == generation
    report(passages=len(shown), taken_over=1, restart_s=round(seconds, 1))
