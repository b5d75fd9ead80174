"""Knowledge kept beside a running server, as a person does it: `ingest`, `ingest --watch`, `docs`, `--impact`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agents.language.terms import ANALYZER
from rag.catalogue import Catalogue
from rag.database import open_database
from rag.indexes.lexical import LexicalIndex
from tests.conversing import talking
from tests.serving import KNOWLEDGE, ROOT, Served, copied_documents, environment, pitcrew, prepared, serving

TOWING = "specs/towing-and-loads.md"
OTHERS = ("specs/safety-equipment.md", "maintenance/twelve-volt-battery.md", "handbook/charging.md")
QUESTION = "How heavy may a braked trailer behind the Plover 1.2 be?"
LIMIT = "900 kg"
PATIENCE_S = 60


@dataclass
class World:
    """A folder of documents, and a server that was started on them."""

    root: Path
    served: Served
    env: dict[str, str]

    def run(self, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        done = pitcrew(*arguments, env=self.env, timeout=120)
        assert done.returncode == code, done.stderr
        return done

    def ingest(self, *options: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        return self.run("ingest", str(self.root), *options, code=code)

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.run(*arguments, "--json").stdout.splitlines()]

    def write(self, limit: str, name: str = TOWING) -> None:
        """The document with another towing limit of the Plover."""
        (self.root / name).write_text((KNOWLEDGE / TOWING).read_text().replace("| 900 kg |", f"| {limit} |"))

    def generation(self) -> int:
        _, body, _ = self.served.get("/ready")
        return int(json.loads(body)["checks"]["knowledge"]["generation"])

    def shown(self) -> str:
        """The text of the document as SQL has it; "" while it is not shown."""
        database = open_database(f"sqlite:///{self.env['PITCREW_DATA_DIR']}/pitcrew.db")
        try:
            return Catalogue(database).text(TOWING) or ""
        finally:
            database.dispose()

    async def sources(self, session: str, question: str = QUESTION) -> list[dict[str, Any]]:
        """The passages behind an answer of the running server."""
        async with talking(self.served.chat, self.served.token()) as talk:
            frames = await talk.ask(question, session_id=session)
        assert frames[-1]["type"] == "complete", frames[-1]
        return next((frame["passages"] for frame in frames if frame["type"] == "sources"), [])

    async def limit(self, session: str) -> tuple[str, int]:
        """The limit that the sources state, and the version that says so."""
        for passage in await self.sources(session):
            for line in passage["text"].splitlines():
                if line.startswith("| Plover 1.2 |"):
                    return line.split("|")[3].strip(), passage["version"]
        raise AssertionError("no source states the limit")


@pytest.fixture(scope="module")
def world(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    base = tmp_path_factory.mktemp("keeping")
    root, data = copied_documents((TOWING, *OTHERS), base / "documents"), prepared(ingested, base / "data")
    settings = {"PITCREW_KNOWLEDGE_DIR": str(root)}
    done = pitcrew("ingest", str(root), env=environment(data, **settings))
    assert done.returncode == 0, done.stderr
    with serving(data, **settings) as served:
        yield World(root, served, environment(data, **settings))


@pytest.fixture
def fresh(world: World) -> World:
    """The world with the documents as they were at first."""
    (world.root / TOWING).write_bytes((KNOWLEDGE / TOWING).read_bytes())
    if f"| {LIMIT} |" not in world.shown():
        world.ingest("--force", "--quiet")
    return world


async def test_a_changed_file_is_answered_from_without_a_restart(fresh: World) -> None:
    before = fresh.generation()
    limit, version = await fresh.limit("changed-1")
    assert limit == LIMIT
    fresh.write("955 kg")
    done = fresh.ingest()
    assert "running server" in done.stderr
    assert fresh.generation() == before + 1
    assert await fresh.limit("changed-1") == ("955 kg", version + 1)
    assert fresh.served.prints("published")
    again = fresh.ingest("--json")
    assert {json.loads(line)["action"] for line in again.stdout.splitlines()} <= {"skip", "ignore"}
    assert fresh.generation() == before + 1


@pytest.mark.timeout(400)
async def test_a_rollback_holds_until_the_file_changes(fresh: World) -> None:
    fresh.write("966 kg")
    fresh.ingest()
    assert (await fresh.limit("rollback"))[0] == "966 kg"
    refused = fresh.run("docs", "rollback", TOWING, code=2)
    assert "--yes" in refused.stderr
    fresh.run("docs", "rollback", TOWING, "--yes")
    assert (await fresh.limit("rollback"))[0] == LIMIT
    kept = fresh.ingest()
    assert f"kept: {TOWING}" in kept.stderr
    assert "--force" in kept.stderr
    assert (await fresh.limit("rollback"))[0] == LIMIT
    fresh.ingest("--force")
    assert (await fresh.limit("rollback"))[0] == "966 kg"
    history = fresh.objects("docs", "history", TOWING)
    assert [change["action"] for change in history][-3:] == ["update", "rollback", "update"]


async def test_a_removed_document_is_gone_and_can_be_brought_back(fresh: World) -> None:
    fresh.run("docs", "remove", TOWING, "--yes")
    assert TOWING not in {one["id"] for one in fresh.objects("docs", "list")}
    assert TOWING not in {passage["source"] for passage in await fresh.sources("removed")}
    assert "taken away" in fresh.ingest().stderr
    assert TOWING not in {passage["source"] for passage in await fresh.sources("removed")}
    gone = fresh.run("docs", "show", TOWING, code=1)
    assert "docs history" in gone.stderr
    fresh.run("docs", "rollback", TOWING, "--yes")
    assert (await fresh.limit("removed"))[0] == LIMIT


def test_a_purged_document_keeps_its_history_only(fresh: World) -> None:
    name, data = "specs/secret.md", Path(fresh.env["PITCREW_DATA_DIR"])
    (fresh.root / name).write_text("# The Gull\n\nThe Gull has a secret drawer behind the ashtray for your letters.\n")
    fresh.ingest()
    words = LexicalIndex(data / "lexical.db", ANALYZER)
    database = open_database(f"sqlite:///{data}/pitcrew.db")
    try:
        held = Catalogue(database).chunk_ids(name)
        assert held
        assert held <= words.ids()
        fresh.run("docs", "remove", name, "--purge", "--yes")
        (fresh.root / name).unlink()
        assert Catalogue(database).text(name, 1) == ""
        assert Catalogue(database).stored_chunks(held) == {}
        assert "erased" in fresh.run("docs", "show", name, "--version", "1", code=1).stderr
        assert [change["action"] for change in fresh.objects("docs", "history", name)] == ["add", "remove"]
        until(lambda: not held & words.ids(), fresh.served.log)
    finally:
        words.close()
        database.dispose()


async def test_a_moved_file_is_the_same_knowledge_elsewhere(fresh: World) -> None:
    moved = "specs/trailers.md"
    (fresh.root / TOWING).rename(fresh.root / moved)
    try:
        (line,) = [json.loads(line) for line in fresh.ingest("--json").stdout.splitlines() if "move" in line]
        assert line == {"document": moved, "action": "move", "moved_from": TOWING}
        sources = {passage["source"] for passage in await fresh.sources("moved")}
        assert moved in sources
        assert TOWING not in sources
        assert fresh.objects("docs", "history", moved)[-1]["moved_from"] == TOWING
    finally:
        (fresh.root / moved).rename(fresh.root / TOWING)


async def test_the_impact_of_a_change_is_told_before_it_is_made(fresh: World) -> None:
    session = f"impact-{time.time()}"
    question = f"{QUESTION} I ask for {session}."
    await fresh.sources(session, question)
    generation = fresh.generation()
    fresh.write("977 kg")
    plan = fresh.ingest("--dry-run", "--impact", "--json")
    found = [one for one in map(json.loads, plan.stdout.splitlines()) if one.get("question") == question]
    states = {citation["state"]: citation for one in found for citation in one["citations"]}
    assert "changed" in states, plan.stdout
    assert LIMIT in states["changed"]["text"]
    assert "977 kg" in states["changed"]["becomes"]
    assert fresh.generation() == generation
    (fresh.root / TOWING).write_text("\n\nA line before.\n\n" + (KNOWLEDGE / TOWING).read_text())
    moved = fresh.ingest("--dry-run", "--impact")
    assert question not in moved.stdout
    assert "0 of " in moved.stderr


async def test_an_unknown_document_is_answered_with_the_nearest_names(fresh: World) -> None:
    for command in ("show", "history", "rollback", "remove"):
        done = fresh.run("docs", command, "specs/towing-and-load.md", code=2)
        assert TOWING in done.stderr
        assert done.stdout == ""


async def test_the_text_of_a_version_is_what_citations_count_in(fresh: World) -> None:
    passages = {passage["source"]: passage for passage in await fresh.sources("offsets")}
    for passage in list(passages.values())[:2]:
        shown = fresh.run("docs", "show", passage["source"], "--version", str(passage["version"]))
        assert shown.stdout[passage["start"] : passage["end"]] == passage["text"]


@contextmanager
def watching(world: World, *options: str) -> Iterator["subprocess.Popen[str]"]:
    log = world.root.parent / "watch.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "ingest", str(world.root), "--watch", *options],
            cwd=ROOT,
            env=world.env,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=output,
        )
    try:
        until(lambda: "Watching" in log.read_text(), log)
        yield process
    finally:
        process.kill()
        process.wait()


def until(met: Any, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not met():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


async def test_watching_takes_changes_in_as_they_are_made(fresh: World) -> None:
    log = fresh.root.parent / "watch.log"
    with watching(fresh) as process:
        before = fresh.generation()
        fresh.write("988 kg")
        (fresh.root / "specs" / "odd.pdf").write_bytes(b"%PDF-1.7 and nothing more")
        until(lambda: fresh.generation() == before + 1, log)
        assert (await fresh.limit("watched"))[0] == "988 kg"
        until(lambda: "failed: specs/odd.pdf" in log.read_text(), log)
        fresh.write("989 kg")
        until(lambda: fresh.generation() == before + 2, log)
        assert log.read_text().count("specs/odd.pdf") == 1
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert "Stopped watching" in log.read_text()
    (fresh.root / "specs" / "odd.pdf").unlink()


@pytest.mark.timeout(400)
def test_watching_goes_on_without_the_server(tmp_path: Path, ingested: Path, fresh: World) -> None:
    """What changes before the server starts, or after it was killed, is published by the watcher itself."""
    data = prepared(ingested, tmp_path / "data", taught=fresh.served.data)
    env = environment(data, PITCREW_KNOWLEDGE_DIR=str(fresh.root))
    alone = World(fresh.root, fresh.served, env)
    alone.ingest()
    with watching(alone):
        fresh.write("999 kg")
        until(lambda: "999 kg" in alone.shown(), fresh.root.parent / "watch.log")
        with serving(data, PITCREW_KNOWLEDGE_DIR=str(fresh.root)) as served:
            again = World(fresh.root, served, env)
            generation = again.generation()
            fresh.write("998 kg")
            until(lambda: again.generation() == generation + 1, fresh.root.parent / "watch.log")
            os.kill(served.process.pid, signal.SIGKILL)
            served.process.wait()
        fresh.write("997 kg")
        until(lambda: "997 kg" in alone.shown(), fresh.root.parent / "watch.log")
    assert "997 kg" in alone.run("search", QUESTION, "-k", "1").stdout
