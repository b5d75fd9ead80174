"""Gateways and workers as processes of their own, over PostgreSQL, Redis and a Chroma server, and what befalls them."""

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy import make_url
from websockets.asyncio.client import connect

from tests.cluster import Cluster, Member, balanced, clustered, smoke
from tests.faults.counts import FULL
from tests.faults.customer import GONE, Customer
from tests.faults.invariants import Storage, check
from tests.faults.process import DOCUMENTS
from tests.faults.provider import KEY, Providing, question
from tests.serving import KNOWLEDGE, ROOT, environment, prepared

TAKEN_OVER_S = 45.0
HEAVY = ("torch", "onnxruntime", "chromadb", "langgraph", "langchain_core", "sentence_transformers", "tokenizers")


class SharedStorage(Storage):
    """The cluster's database, read from outside."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        if query.startswith("PRAGMA"):
            return []
        theirs = query.replace("json_extract(e.body, '$.response')", "e.body::json->>'response'")
        theirs = theirs.replace("(r.finished_at IS NOT NULL)", "(r.finished_at IS NOT NULL)::int").replace("?", "%s")
        with psycopg.connect(self._url) as connection:
            return connection.execute(theirs, values or None).fetchall()  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cluster(provider: Providing, ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    root = tmp_path_factory.mktemp("cluster")
    documents = root / "documents"
    for name in DOCUMENTS:
        (documents / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(KNOWLEDGE / name, documents / name)
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
    members.redis.stop()  # type: ignore[attr-defined]
    try:
        await asyncio.sleep(20 if FULL else 6)
    finally:
        members.redis.start()  # type: ignore[attr-defined]
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


CHAOS_S = float(os.environ.get("PITCREW_CHAOS_S", 600 if FULL else 0))
CUSTOMERS = 50


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
    ends = [frame["type"] for one in crowd for frame in one.ends.values()]
    report(
        seconds=round(CHAOS_S),
        gateways_killed=kills["serve"],
        workers_killed=kills["worker"],
        acknowledged=sum(len(one.acks) for one in crowd),
        completed=ends.count("complete"),
        otherwise=len(ends) - ends.count("complete"),
        reconnects=sum(one.reconnects for one in crowd),
        run_again=sum(frame["type"] == "run_restarted" for one in crowd for frame in one.log.values()),
    )
