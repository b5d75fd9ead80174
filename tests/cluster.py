"""A whole cluster on this machine: PostgreSQL, Redis, a Chroma server, gateways, workers, and a balancer before them.

    python -m tests.cluster

starts one with the documents of the knowledge base, asks it something, and keeps it until Ctrl-C. Nothing but loopback.
"""

import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from api.access.auth import TokenRules
from tests.conversing import talking, text_of
from tests.postgres import postgres_url
from tests.redis_server import RedisServer
from tests.serving import KNOWLEDGE, ROOT, SECRET, environment, free_port, pitcrew

START_S = 180.0
TOKEN_TTL_S = 24 * 3600


class Member:
    """One process of the cluster: a gateway, which has a port, or a worker."""

    def __init__(self, command: str, data: Path, settings: Mapping[str, str], port: int | None = None) -> None:
        self.command, self.data, self.settings, self.port = command, data, settings, port
        self.log = data / f"{command}-{port or uuid.uuid4().hex[:6]}.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        arguments = [self.command] + (["--port", str(self.port)] if self.port else [])
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "api", *arguments],
                cwd=ROOT, env=environment(self.data, **self.settings), stdout=log, stderr=log,
            )  # fmt: skip

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(30)

    def stop(self, seconds: float = 60) -> int:
        """End it in good order; its exit code."""
        assert self._process is not None
        if self.running:
            self._process.terminate()
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def words(self) -> str:
        return self.log.read_text(errors="replace")[-4000:]

    @property
    def ready(self) -> bool:
        assert self.running, self.words()
        if self.port is None:
            return " ready " in self.log.read_text(errors="replace") or '"ready"' in self.words()
        return status(f"http://127.0.0.1:{self.port}/ready") == 200


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


class Balancer:
    """Hands each connection to the next gateway that takes it."""

    def __init__(self, ports: list[int]) -> None:
        self._ports = itertools.cycle(ports)
        self._count = len(ports)
        self.port = free_port()

    async def __aenter__(self) -> "Balancer":
        self._server = await asyncio.start_server(self._join, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(self._count):
            with contextlib.suppress(OSError):
                there = await asyncio.open_connection("127.0.0.1", next(self._ports))
                ways = ((reader, there[1]), (there[0], writer))
                await asyncio.gather(*(self._pump(*way) for way in ways), return_exceptions=True)
                break
        writer.close()

    @staticmethod
    async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while block := await reader.read(1 << 16):
                writer.write(block)
                await writer.drain()
        finally:
            writer.close()


class Cluster:
    """`gateways` and `workers` are started, and may be killed, stopped and started again."""

    def __init__(self, root: Path, urls: Mapping[str, str], settings: Mapping[str, str]) -> None:
        self.root, self.settings = root, {**urls, **settings}
        self.gateways: list[Member] = []
        self.workers: list[Member] = []

    def data(self, name: str) -> Path:
        """A data folder of a member's own, with what a first start computes where `prepared` has it."""
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        for made in (self.root / "prepared").glob("*"):
            if not (folder / made.name).exists():
                (folder / made.name).symlink_to(made)
        return folder

    def add_gateway(self) -> Member:
        member = Member("serve", self.data(f"gateway{len(self.gateways)}"), self.settings, free_port())
        self.gateways.append(member)
        return member

    def add_worker(self) -> Member:
        member = Member("worker", self.data(f"worker{len(self.workers)}"), self.settings)
        self.workers.append(member)
        return member

    @property
    def members(self) -> list[Member]:
        return [*self.gateways, *self.workers]

    def token(self, user: str, **claims: Any) -> str:
        return TokenRules(SECRET, "HS256").issue(user, ttl_s=TOKEN_TTL_S, **claims)

    async def ready(self) -> None:
        """Wait until every running member is. Raises AssertionError with the words of one that is not."""
        ends = time.monotonic() + START_S
        for member in self.members:
            while not await asyncio.to_thread(lambda member=member: member.ready):  # type: ignore[misc]
                assert time.monotonic() < ends, f"{member.command} is not ready:\n{member.words()}"
                await asyncio.sleep(0.2)

    def close(self) -> None:
        for member in self.members:
            if member.running:
                member.signal(signal.SIGCONT)
                member.signal(signal.SIGTERM)
        for member in self.members:
            with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
                member.stop(15)


@contextmanager
def chroma(folder: Path) -> Iterator[str]:
    """The URL of a Chroma server, the one that comes with chromadb."""
    port = free_port()
    program = Path(sys.executable).parent / "chroma"
    with (folder / "chroma.log").open("wb") as log:
        server = subprocess.Popen(
            [program, "run", "--path", folder / "chroma", "--host", "127.0.0.1", "--port", str(port)],
            stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    try:
        ends = time.monotonic() + START_S
        while status(f"http://127.0.0.1:{port}/api/v2/heartbeat") != 200:
            assert server.poll() is None, "the Chroma server ended"
            assert time.monotonic() < ends, "the Chroma server did not start"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@contextmanager
def own_database() -> Iterator[str]:
    """The URL of an empty database that is dropped at the end."""
    name = f"cluster_{uuid.uuid4().hex[:8]}"
    admin = create_engine(postgres_url(), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(postgres_url()).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def clustered(
    root: Path, knowledge: Path, prepared: Path | None = None, gateways: int = 2, workers: int = 2, **settings: str
) -> Iterator[Cluster]:
    """A cluster with these documents ingested, its members started and not waited for. What a first start computes is
    taken from the data folder `prepared` where there is one."""
    root.mkdir(parents=True, exist_ok=True)
    if prepared is not None:
        (root / "prepared").symlink_to(prepared)
    redis = RedisServer()
    redis.start()
    with own_database() as database, chroma(root) as chroma_url:
        urls = {
            "PITCREW_DATABASE_URL": database,
            "PITCREW_REDIS_URL": redis.url,
            "PITCREW_CHROMA_URL": chroma_url,
            "PITCREW_KNOWLEDGE_DIR": str(knowledge),
        }
        cluster = Cluster(root, urls, settings)
        cluster.redis = redis  # type: ignore[attr-defined]
        try:
            own = environment(cluster.data("ingestion"), **cluster.settings)
            for command in (["migrate"], ["ingest", str(knowledge)]):
                done = pitcrew(*command, env=own, timeout=1_800)
                assert done.returncode == 0, done.stderr
            for _ in range(workers):
                cluster.add_worker().start()
            for _ in range(gateways):
                cluster.add_gateway().start()
            yield cluster
        finally:
            cluster.close()
            redis.stop()


async def smoke(cluster: Cluster) -> str:
    """Ask over the balancer, twice in one conversation, so that it comes to both gateways; the last answer."""
    async with balanced(cluster) as balancer:
        url, session, said = f"ws://127.0.0.1:{balancer.port}/ws/chat", uuid.uuid4().hex, ""
        for question in ("What is the roof load of the Wren?", "And of the Heron?"):
            async with talking(url, cluster.token("smoke")) as talk:
                frames = await talk.ask(question, session_id=session)
                assert frames[-1]["type"] == "complete", frames[-1]
                assert text_of(frames) == frames[-1]["response"]
                said = frames[-1]["response"]
        return said


@asynccontextmanager
async def balanced(cluster: Cluster) -> AsyncIterator[Balancer]:
    async with Balancer([member.port for member in cluster.gateways if member.port]) as balancer:
        yield balancer


async def _keep(cluster: Cluster) -> None:
    await cluster.ready()
    print(f"Asked: {await smoke(cluster)}", flush=True)
    async with balanced(cluster) as balancer:
        print(f"\nThe cluster serves at http://127.0.0.1:{balancer.port} ({len(cluster.gateways)} gateways,")
        print(f"{len(cluster.workers)} workers). A token: {cluster.token('anna')}\nStop with Ctrl-C.", flush=True)
        if "--smoke" not in sys.argv:
            await asyncio.Event().wait()


def main() -> None:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="pitcrew-cluster-") as folder:
        print("Starting PostgreSQL, Redis, Chroma; then the documents are ingested: a minute or two.", flush=True)
        with contextlib.suppress(KeyboardInterrupt), clustered(Path(folder), KNOWLEDGE) as cluster:
            asyncio.run(_keep(cluster))


if __name__ == "__main__":
    main()
