"""Gateways and workers as processes of their own, over PostgreSQL, Redis and a Chroma server, and what befalls them."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.asyncio.client import connect

from api.migrations import head_revision
from orchestrator.errors import REASON_TEXTS
from orchestrator.execution.recovery import MAX_CRASHES
from tests.cluster import Cluster, Member, balanced, clustered, smoke
from tests.conversing import Frame, talking
from tests.faults.counts import FULL
from tests.faults.customer import GONE, Customer
from tests.faults.invariants import SharedStorage, check
from tests.faults.process import DOCUMENTS
from tests.faults.provider import KEY, Providing, question
from tests.faults.proxy import Link, Proxy
from tests.postgres import PostgresServer
from tests.serving import ROOT, copied_documents, environment, free_port, pitcrew, prepared

TAKEN_OVER_S = 45.0
LOST_S = 20.0 if FULL else 7.0
DELAY_S = 0.15
HASTY, ROUNDS = (50, 20) if FULL else (8, 3)
HEAVY = ("torch", "onnxruntime", "chromadb", "langgraph", "langchain_core", "sentence_transformers", "tokenizers")


@pytest.fixture(scope="module")
def cluster(provider: Providing, ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    root = tmp_path_factory.mktemp("cluster")
    documents = copied_documents(DOCUMENTS, root / "documents")
    settings = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_FIRST_TOKEN_S": "20",
        "HF_HUB_OFFLINE": "1",
    }
    with clustered(root / "members", documents, prepared(ingested, root / "computed"), **settings) as running:
        yield running


@pytest.fixture
async def members(cluster: Cluster) -> Cluster:
    """All of them running and ready."""
    for member in cluster.members:
        if not member.running:
            member.start()
    await cluster.ready()
    return cluster


@pytest.fixture
def storage(cluster: Cluster) -> SharedStorage:
    return SharedStorage(cluster.settings["PITCREW_DATABASE_URL"])


class Crowd(list[Customer]):
    def __init__(self, cluster: Cluster) -> None:
        super().__init__()
        self._cluster = cluster

    def new(self, port: int | None, user: str | None = None, session: str | None = None) -> Customer:
        name = user or f"user-{uuid.uuid4().hex}"
        assert port is not None
        self.append(Customer(port, self._cluster.token(name), name, session))
        return self[-1]


@pytest.fixture
async def crowd(members: Cluster, storage: SharedStorage) -> AsyncIterator[Crowd]:
    """Makes customers; at the end everything that any of them saw must agree with the invariants."""
    everyone = Crowd(members)
    yield everyone
    await asyncio.gather(*(one.leave() for one in everyone))
    await storage.settled(TAKEN_OVER_S)
    check(storage, everyone)


def working(cluster: Cluster, storage: SharedStorage, run_id: str) -> Member:
    """The worker that is answering the run."""
    holder = str(storage.rows("SELECT holder FROM runs WHERE id = ?", run_id)[0][0])
    return next(worker for worker in cluster.workers if f"-{worker.pid}-" in holder)


async def test_both_gateways_answer(members: Cluster) -> None:
    assert await smoke(members)


async def test_a_ticket_of_one_gateway_opens_a_socket_at_the_other(members: Cluster) -> None:
    first, second = (gateway.port for gateway in members.gateways)
    token = {"Authorization": f"Bearer {members.token('ticketed')}"}
    async with httpx.AsyncClient() as client:
        ticket = (await client.post(f"http://127.0.0.1:{first}/api/v1/ticket", headers=token)).json()["ticket"]
    url = f"ws://127.0.0.1:{second}/ws/chat?ticket={ticket}"
    async with connect(url) as socket:
        assert json.loads(await socket.recv())["type"] == "auth_success"
    async with connect(url) as socket:
        assert json.loads(await socket.recv())["type"] == "auth_error"


def test_a_gateway_loads_neither_model_nor_index(members: Cluster) -> None:
    """A gateway opened in a process of its own that then tells what it has loaded, and each that runs: what it maps."""
    program = """
import asyncio, json, sys
from api.compose.server import open_app
from api.serving.app import create_app
from api.settings import Settings
async def opened():
    async with open_app(Settings(_env_file=None)) as state:
        create_app(state)
        print(json.dumps(sorted(name for name in sys.modules if "." not in name)))
asyncio.run(opened())
"""
    own = environment(members.data("looked-at"), **members.settings)
    done = subprocess.run(
        [sys.executable, "-c", program], env=own, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert set(HEAVY) & set(json.loads(done.stdout.splitlines()[-1])) == set()
    for gateway in members.gateways:
        mapped = Path(f"/proc/{gateway.pid}/maps").read_text()
        assert not any(name in mapped for name in ("torch", "onnxruntime", "chromadb"))


async def test_a_run_is_seen_from_the_other_gateway(
    members: Cluster, crowd: Crowd, storage: SharedStorage, provider: Providing
) -> None:
    first, second = (gateway.port for gateway in members.gateways)
    here = crowd.new(first)
    there = crowd.new(second, here.user, here.session)
    there.share(here)
    await here.connect()
    message = await here.say(question(here.marker, 40, 50))
    await here.until(lambda frame: frame["type"] == "token")
    await there.connect()
    await asyncio.gather(here.settle(), there.until(lambda frame: frame["type"] == "complete"))
    assert there.texts[here.run(message)] == here.texts[here.run(message)] != ""


async def test_cancelled_over_the_other_gateway(members: Cluster, crowd: Crowd, provider: Providing) -> None:
    first, second = (gateway.port for gateway in members.gateways)
    here = crowd.new(first)
    there = crowd.new(second, here.user, here.session)
    there.share(here)
    here.ended_elsewhere = there.ended_elsewhere = True
    await here.connect()
    message = await here.say(question(here.marker, 400, 50))
    await here.until(lambda frame: frame["type"] == "token")
    await there.connect()
    asked_at = time.monotonic()
    await there.cancel(here.run(message))
    ended = await here.until(lambda frame: frame["type"] in {"cancelled", "complete", "error"})
    assert ended["type"] == "cancelled"
    assert time.monotonic() - asked_at < 5
    assert await provider.fallen_silent(here.marker, 5)
    following = await here.say(question(here.marker, 3, 0))
    await here.settle(30)
    assert (here.end(following) or {})["type"] == "complete"


async def test_a_killed_worker_s_run_is_answered_by_the_other(
    members: Cluster, crowd: Crowd, storage: SharedStorage
) -> None:
    customer = crowd.new(members.gateways[0].port)
    await customer.connect()
    message = await customer.say(question(customer.marker, 60, 100))
    await customer.until(lambda frame: frame["type"] == "token")
    working(members, storage, customer.run(message)).kill()
    await customer.settle(TAKEN_OVER_S)
    assert (customer.end(message) or {})["type"] == "complete"
    assert any(frame["type"] == "run_restarted" for frame in customer.log.values())


async def test_a_frozen_worker_says_nothing_more(
    members: Cluster, crowd: Crowd, storage: SharedStorage, provider: Providing
) -> None:
    """It stands still for longer than its lease; the other one answers; what it wakes up with reaches nobody."""
    customer = crowd.new(members.gateways[0].port)
    await customer.connect()
    message = await customer.say(question(customer.marker, 60, 100))
    await customer.until(lambda frame: frame["type"] == "token")
    frozen = working(members, storage, customer.run(message))
    frozen.signal(signal.SIGSTOP)
    try:
        await customer.settle(TAKEN_OVER_S + 30)
        if FULL:
            await asyncio.sleep(60)
    finally:
        frozen.signal(signal.SIGCONT)
    head = customer.seq
    assert (customer.end(message) or {})["type"] == "complete"
    with suppress(TimeoutError):
        async with asyncio.timeout(3):
            while True:
                await customer.take()
    assert customer.seq == head
    following = await customer.say(question(customer.marker, 3, 0))
    await customer.settle(30)
    assert (customer.end(following) or {})["type"] == "complete"


async def test_chats_go_on_while_redis_is_lost(members: Cluster, crowd: Crowd, storage: SharedStorage) -> None:
    """Redis is gone for a while in the middle of an answer: the customer has all of it in the end."""
    customer = crowd.new(members.gateways[0].port)
    await customer.connect()
    message = await customer.say(question(customer.marker, 40, 100))
    await customer.until(lambda frame: frame["type"] == "token")
    members.parts.redis.stop()
    try:
        await asyncio.sleep(LOST_S)
    finally:
        members.parts.redis.start()
    await customer.settle(60)
    assert (customer.end(message) or {})["type"] == "complete"
    following = await customer.say(question(customer.marker, 3, 0))
    await customer.settle(60)
    assert (customer.end(following) or {})["type"] == "complete"


async def test_a_worker_that_stops_leaves_its_runs_to_the_other(
    members: Cluster, crowd: Crowd, storage: SharedStorage
) -> None:
    customer = crowd.new(members.gateways[1].port)
    await customer.connect()
    message = await customer.say(question(customer.marker, 20, 100))
    await customer.until(lambda frame: frame["type"] == "token")
    stopping = working(members, storage, customer.run(message))
    assert await asyncio.to_thread(stopping.stop) == 0
    await customer.settle(30)
    assert (customer.end(message) or {})["type"] == "complete"
    assert not any(frame["type"] == "run_restarted" for frame in customer.log.values())


async def said_again(customer: Customer, seconds: float = 60) -> None:
    """Everything that was said is answered, and one message more."""
    await customer.settle(seconds)
    following = await customer.say(question(customer.marker, 3, 0))
    await customer.settle(seconds)
    assert (customer.end(following) or {})["type"] == "complete"


def hanging(server: PostgresServer, number: signal.Signals) -> None:
    """Let all of it stand still, or go on: it takes connections and answers none."""
    main = psutil.Process(server.pid)
    for one in (main, *main.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            one.send_signal(number)


LOST: dict[str, tuple[Callable[[PostgresServer], None], Callable[[PostgresServer], None]]] = {
    "gone": (PostgresServer.stop, PostgresServer.start),
    "hanging": (lambda server: hanging(server, signal.SIGSTOP), lambda server: hanging(server, signal.SIGCONT)),
}
"""How PostgreSQL is lost, and how it comes back."""


@pytest.mark.parametrize("how", LOST)
async def test_postgresql_is_lost_for_a_while(
    members: Cluster, crowd: Crowd, storage: SharedStorage, report: Callable[..., None], how: str
) -> None:
    """In the middle of an answer. A message is refused with words and not left waiting, sockets live and so does
    `/health`; then all goes on by itself, and what was refused is taken."""
    lose, find = LOST[how]
    answering, asking = (crowd.new(gateway.port) for gateway in members.gateways)
    await asyncio.gather(answering.connect(), asking.connect())
    message = await answering.say(question(answering.marker, 40, 100))
    await answering.until(lambda frame: frame["type"] == "token")
    lost_at = time.monotonic()
    await asyncio.to_thread(lose, members.parts.postgres)
    try:
        asked_at = time.monotonic()
        refused = await asking.say(question(asking.marker, 3, 0))
        frame = await asking.until(lambda frame: frame["type"] == "error" and "run_id" not in frame, 15)
        refused_s = time.monotonic() - asked_at
        assert (frame["code"], frame["retryable"]) == ("STORAGE_UNAVAILABLE", True), frame
        assert refused_s < 8
        await asking.tell({"type": "ping", "timestamp": 1})
        await asking.until(lambda frame: frame["type"] == "pong", 2)
        async with httpx.AsyncClient(timeout=12) as client:
            for gateway in members.gateways:
                assert (await client.get(f"http://127.0.0.1:{gateway.port}/health", timeout=2)).is_success
                assert (await client.get(f"http://127.0.0.1:{gateway.port}/ready")).status_code == 503
        await asyncio.sleep(LOST_S - (time.monotonic() - lost_at))
    finally:
        await asyncio.to_thread(find, members.parts.postgres)
    back_at = time.monotonic()
    await asyncio.gather(said_again(answering), said_again(asking))
    assert (answering.end(message) or {})["type"] == "complete"
    assert (asking.end(refused) or {})["type"] == "complete"
    healed_s = time.monotonic() - back_at
    await members.ready()
    report(how=how, lost_s=round(LOST_S), refused_after_s=f"{refused_s:.1f}", all_answered_after_s=f"{healed_s:.1f}")


async def _hasty(customer: Customer, rounds: int) -> None:
    """Asks, and each time cancels or is cut off while its commands are on their way."""
    for _ in range(rounds):
        if not customer.connected:
            await customer.settle(120)
            with suppress(*GONE):
                await customer.connect()
        message = await customer.say(question(customer.marker, random.randrange(3, 30), random.choice((0, 10, 30))))
        with suppress(TimeoutError, *GONE):
            async with asyncio.timeout(random.uniform(0, 1.0)):
                while True:
                    await customer.take()
        if message in customer.acks and random.random() < 0.6:
            with suppress(*GONE):
                await asyncio.gather(*(customer.cancel(customer.run(message)) for _ in range(random.randint(1, 3))))
        if customer.link is not None and random.random() < 0.6:
            customer.link.cut(reset=True)
        await customer.settle(120)


async def test_nothing_goes_astray_where_commands_are_cancelled_under_delay(
    members: Cluster, crowd: Crowd, report: Callable[..., None]
) -> None:
    """Redis answers late, and those who wait for it go away: nobody may be given the answer to another's command.
    Every text carries its customer's secret marker, and every customer looks for the others'."""

    def late(link: Link) -> None:
        link.delay_s = DELAY_S

    async with Proxy(members.parts.redis.port, late) as redis:
        slow = {**members.settings, "PITCREW_REDIS_URL": f"redis://127.0.0.1:{redis.port}"}
        gateway = Member("serve", members.data("slow-gateway"), slow, free_port())
        worker = Member("worker", members.data("slow-worker"), slow)
        for member in (gateway, worker):
            member.start()
        try:
            for member in (gateway, worker):
                while not await asyncio.to_thread(lambda member=member: member.ready):  # type: ignore[misc]
                    await asyncio.sleep(0.1)
            async with Proxy(gateway.port or 0) as front:
                hasty = [crowd.new(gateway.port) for _ in range(HASTY)]
                for one in hasty:
                    one.proxy, one.ended_elsewhere = front, True
                    await one.connect()
                await asyncio.gather(*(_hasty(one, ROUNDS) for one in hasty))
                await asyncio.gather(*(one.leave() for one in hasty))
        finally:
            for member in (gateway, worker):
                await asyncio.to_thread(member.stop)
    ends = [frame["type"] for one in hasty for frame in one.ends.values()]
    assert len(ends) == HASTY * ROUNDS
    assert not any(one.wrong for one in hasty), [one.wrong for one in hasty]
    report(
        customers=HASTY, messages=len(ends), cancelled=ends.count("cancelled"), completed=ends.count("complete"),
        cut_off=sum(one.reconnects for one in hasty), delay_ms=round(DELAY_S * 1000), astray=0,
    )  # fmt: skip


def children(server: Member) -> list[psutil.Process]:
    return [one for one in psutil.Process(server.pid).children() if "worker" in one.cmdline()]


async def comes_true(condition: Callable[[], bool], seconds: float = 180) -> bool:
    ends = time.monotonic() + seconds
    while not (true := await asyncio.to_thread(condition)) and time.monotonic() < ends:
        await asyncio.sleep(0.1)
    return true


async def test_a_server_keeps_workers_of_its_own(members: Cluster, crowd: Crowd, storage: SharedStorage) -> None:
    """`serve --workers`: one that is killed is replaced and its run answered; at the end answers finish, sockets stay
    open for them, and nobody is left, not even where the server itself is killed."""
    for other in members.workers:
        await asyncio.to_thread(other.stop)
    server = Member("serve --workers 2", members.data("with-workers"), members.settings, free_port())
    server.start()
    try:
        assert await comes_true(lambda: server.ready and len(children(server)) == 2), server.words()[-4000:]
        customer = crowd.new(server.port)
        await customer.connect()
        message = await customer.say(question(customer.marker, 60, 100))
        await customer.until(lambda frame: frame["type"] == "token")
        holder = str(storage.rows("SELECT holder FROM runs WHERE id = ?", customer.run(message))[0][0])
        [answering] = [one for one in children(server) if f"-{one.pid}-" in holder]
        answering.kill()
        await customer.settle(TAKEN_OVER_S)
        assert (customer.end(message) or {})["type"] == "complete"
        assert await comes_true(lambda: len(children(server)) == 2), server.words()[-4000:]
        last = await customer.say(question(customer.marker, 30, 100))
        await customer.until(lambda frame: frame["type"] == "token" and frame["run_id"] == customer.run(last))
        theirs = children(server)
        server.signal(signal.SIGTERM)
        ended = await customer.until(lambda frame: frame["type"] in {"complete", "error"})
        assert ended["type"] == "complete", "the socket is open until the answer is whole"
        assert await asyncio.to_thread(server.ended, 60) == 0
        assert not any(one.is_running() for one in theirs)
        server.start()
        assert await comes_true(lambda: server.running and len(children(server)) == 2), server.words()[-4000:]
        theirs = children(server)
        await asyncio.to_thread(server.kill)
        assert await comes_true(lambda: not any(one.is_running() for one in theirs), 20), "they end with it"
    finally:
        if server.running:
            await asyncio.to_thread(server.kill)


def test_the_doctor_and_a_gateway_tell_how_each_part_is(members: Cluster) -> None:
    done = pitcrew("doctor", "--json", env=environment(members.data("looked-at"), **members.settings), timeout=120)
    found = {line["part"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert {
        part: found[part]["state"] for part in ("database", "redis", "chroma", "jobs", "knowledge")
    } == dict.fromkeys(("database", "redis", "chroma", "jobs", "knowledge"), "ok"), done.stdout
    workers = int(found["jobs"]["message"].split()[0])  # with those that a test before this one has killed
    assert workers >= 2, found["jobs"]
    answered = httpx.get(f"http://127.0.0.1:{members.gateways[0].port}/ready", timeout=30)
    checks = answered.json()["checks"]
    assert (answered.status_code, checks["redis"]) == (200, {"ok": True})
    assert checks["workers"]["workers"] >= 2
    assert (checks["database"]["migration"], "indexing" in checks["knowledge"]) == (head_revision(), False)


def write_documents(folder: Path, count: int) -> list[str]:
    names = [f"specs/roof-box-{number}.md" for number in range(count)]
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        rows = "\n".join(
            f"The roof box {number}-{row} holds {row} litres and locks with key {row}." for row in range(40)
        )
        (folder / name).write_text(f"# Roof box {number}\n\n{rows}\n")
    return names


def test_workers_read_an_ingestion_and_one_of_them_is_killed(members: Cluster, storage: SharedStorage) -> None:
    """All documents are shown at once, as one generation; both workers have read some, and none is missing."""
    folder = members.root / "more"
    names = write_documents(folder, 40 if FULL else 12)
    before = storage.rows("SELECT coalesce(max(generation), 0) FROM releases")[0][0]
    logs = {worker.pid: worker.log.stat().st_size for worker in members.workers}
    own = environment(members.data("ingestion"), **members.settings)
    ingesting = subprocess.Popen(
        [sys.executable, "-m", "api", "ingest", str(folder), "--workers"],
        env=own, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip

    def read(worker: Member) -> list[str]:
        said = worker.log.read_text(errors="replace")[logs[worker.pid] :]
        return [name for name in names if f"document={name}" in said]

    ends = time.monotonic() + 120
    while not any(read(worker) for worker in members.workers):
        assert time.monotonic() < ends, "no worker has read anything"
        assert ingesting.poll() is None, ingesting.communicate()[0]
        time.sleep(0.05)
    victim = next(worker for worker in members.workers if read(worker))
    victim.kill()
    said, _ = ingesting.communicate(timeout=300)
    assert ingesting.returncode == 0, said
    shown = storage.rows(
        "SELECT document_id FROM publications WHERE until_generation IS NULL AND from_generation = ?", before + 1
    )
    assert {name for (name,) in shown} == set(names), said
    assert storage.rows("SELECT max(generation) FROM releases")[0][0] == before + 1
    assert storage.rows("SELECT count(*) FROM shared_files WHERE name LIKE 'ingesting/%%'")[0][0] == 0
    passages, indexed = storage.rows(
        "SELECT (SELECT count(*) FROM chunks JOIN publications USING (document_id, version) "
        "WHERE until_generation IS NULL), (SELECT chunks FROM word_spaces ORDER BY number DESC LIMIT 1)"
    )[0]
    assert indexed >= passages


class Colleague:
    """A member of staff at one gateway: a socket, and HTTP."""

    def __init__(self, cluster: Cluster, port: int | None, name: str) -> None:
        self._token = cluster.token(name.lower(), name=name, role="staff")
        self._port = port
        self.lines: dict[str, Frame] = {}
        self.present: set[str] = set()
        self.events: list[Frame] = []

    @asynccontextmanager
    async def at_the_desk(self) -> AsyncIterator["Colleague"]:
        async with talking(f"ws://127.0.0.1:{self._port}/ws/staff") as talk:
            await talk.sign_in(self._token)
            self.talk = talk
            yield self

    async def until(self, true: Callable[[], object], seconds: float = 20) -> None:
        """Read until something is so."""
        async with asyncio.timeout(seconds):
            while not true():
                frame = await self.talk.receive(seconds)
                if frame["type"] == "conversation":
                    self.lines[frame["conversation"]["session_id"]] = frame["conversation"]
                elif frame["type"] == "presence":
                    self.present = {colleague["name"] for colleague in frame["colleagues"]}
                elif frame["type"] == "event":
                    self.events.append(frame["frame"])

    async def do(self, what: str, session: str, body: Any = None) -> Frame:
        about = self.lines[session]["conversation_id"]
        url = f"http://127.0.0.1:{self._port}/api/v1/staff/conversations/{about}/{what}"
        async with httpx.AsyncClient(timeout=30) as client:
            answered = await client.post(url, json=body, headers={"Authorization": f"Bearer {self._token}"})
        assert answered.is_success, answered.text
        return dict(answered.json())


async def test_staff_at_one_gateway_see_what_a_worker_answers_at_the_other(members: Cluster, crowd: Crowd) -> None:
    first, second = (gateway.port for gateway in members.gateways)
    customer = crowd.new(first)
    async with Colleague(members, second, "Ada").at_the_desk() as ada:
        await customer.connect()
        message = await customer.say(question(customer.marker, 20, 50))
        await ada.until(lambda: customer.session in ada.lines)
        await ada.talk.send({"type": "open", "conversation_id": ada.lines[customer.session]["conversation_id"]})
        await customer.settle()
        await ada.until(lambda: any(event["type"] == "complete" for event in ada.events))
        told = next(event for event in ada.events if event["type"] == "complete")
        assert told["response"] == customer.texts[customer.run(message)]
        assert any(event["type"] == "token" for event in ada.events)
        async with Colleague(members, first, "Bob").at_the_desk() as bob:
            await ada.until(lambda: ada.present == {"Ada", "Bob"})
            await bob.until(lambda: bob.present == {"Ada", "Bob"})
        await ada.until(lambda: ada.present == {"Ada"})
        rated = {"type": "feedback", "message_id": (customer.end(message) or {})["message_id"], "rating": "down"}
        ada.lines.clear()
        await customer.tell(rated)
        await ada.until(lambda: ada.lines.get(customer.session, {}).get("thumbs", {}).get("down") == 1)


async def test_taken_over_at_the_other_gateway_the_bot_says_nothing_more(
    members: Cluster, crowd: Crowd, provider: Providing
) -> None:
    first, second = (gateway.port for gateway in members.gateways)
    for _ in range(10 if FULL else 3):
        customer = crowd.new(first)
        customer.ended_elsewhere = True
        async with Colleague(members, second, "Ada").at_the_desk() as ada:
            await customer.connect()
            await customer.say(question(customer.marker, 400, 20))
            await customer.until(lambda frame: frame["type"] == "token")
            await ada.until(lambda session=customer.session: session in ada.lines)  # type: ignore[misc]
            await ada.do("take", customer.session)
            owner = await customer.until(lambda frame: frame["type"] == "owner")
            assert owner["staff"] == {"name": "Ada"}
            after: list[Frame] = []
            with suppress(TimeoutError):
                async with asyncio.timeout(1.5):
                    while True:
                        after.append(await customer.take())
            assert [frame for frame in after if frame["type"] in {"token", "progress", "complete"}] == []
            assert await provider.fallen_silent(customer.marker, 5)
            await ada.do("reply", customer.session, {"text": "Ada here."})
            said = await customer.until(lambda frame: frame["type"] == "staff_message")
            assert said["message"] == "Ada here."
            await ada.do("return", customer.session)
            await customer.until(lambda frame: frame["type"] == "owner" and frame["owner"] == "bot")
            message = await customer.say(question(customer.marker, 3, 0))
            await customer.settle(30)
            assert (customer.end(message) or {})["type"] == "complete"


CHAOS_S = float(os.environ.get("PITCREW_CHAOS_S", 600 if FULL else 0))
CUSTOMERS = 50


def outcomes(storage: SharedStorage, everyone: Iterable[Customer]) -> Counter[str]:
    """How runs ended that nobody cancelled, by kind. Raises AssertionError for an end that the protocol does not have
    for them, and for one whose reason is not so."""
    deaths = dict(storage.rows("SELECT id, crashes FROM runs"))
    kinds: Counter[str] = Counter()
    for one in everyone:
        assert not one.open_messages, f"without an end: {one.open_messages}"
        for run_id, frame in one.ends.items():
            if frame["type"] == "complete":
                kinds["complete"] += 1
                continue
            assert frame["type"] == "error", f"nobody cancelled it: {frame}"
            assert (frame["code"], frame["retryable"]) == ("PROCESSING_ERROR", True), frame
            assert frame["error"] == REASON_TEXTS[frame["reason"]], frame
            assert frame["ref"], frame
            assert frame["reason"] != "INTERNAL", frame
            kinds[frame["reason"]] += 1
            given_up = deaths[run_id] >= MAX_CRASHES  # and its process has died once more
            assert given_up or frame["reason"] != "INTERRUPTED", f"given up too early: {frame}"
    return kinds


async def _talk(customer: Customer, until: float) -> None:
    while time.monotonic() < until:
        if customer._socket is None:
            with suppress(*GONE):
                await customer.connect()
        await customer.say(question(customer.marker, random.randrange(3, 30), random.choice((0, 20, 50))))
        await customer.settle(180)
        await asyncio.sleep(random.uniform(0.5, 3))


@pytest.mark.skipif(not CHAOS_S, reason="minutes long: make prove, or PITCREW_CHAOS_S=180")
@pytest.mark.timeout(3600)
async def test_chaos(members: Cluster, crowd: Crowd, storage: SharedStorage, report: Callable[..., None]) -> None:
    """A random process is killed every 5 to 20 s while fifty conversations go on."""
    kills = {"serve": 0, "worker": 0}
    async with balanced(members) as balancer:
        until = time.monotonic() + CHAOS_S
        talking = [asyncio.ensure_future(_talk(crowd.new(balancer.port), until)) for _ in range(CUSTOMERS)]
        while time.monotonic() < until:
            await asyncio.sleep(random.uniform(5, 20))
            victim = random.choice([member for member in members.members if member.running])
            kills[victim.command] += 1
            await asyncio.to_thread(victim.kill)
            victim.start()
        await asyncio.gather(*talking)
        await members.ready()
        await storage.settled(90)
    kinds = outcomes(storage, crowd)
    report(
        seconds=round(CHAOS_S),
        gateways_killed=kills["serve"],
        workers_killed=kills["worker"],
        acknowledged=sum(len(one.acks) for one in crowd),
        **{kind.replace(" ", "_"): count for kind, count in kinds.items()},
        reconnects=sum(one.reconnects for one in crowd),
        run_again=sum(frame["type"] == "run_restarted" for one in crowd for frame in one.log.values()),
    )
