"""A whole cluster on this machine: PostgreSQL, Redis, a Chroma server, gateways, workers, and a balancer before them.

    python -m tests.cluster

starts one with the documents of the knowledge base, asks it something, and keeps it until Ctrl-C; with --smoke it only
asks. Nothing but loopback.
"""

import argparse
import asyncio
import contextlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, make_url, text

from api.access.auth import TokenRules
from tests.conversing import talking, text_of
from tests.postgres import PostgresServer
from tests.redis_server import RedisServer
from tests.serving import KNOWLEDGE, ROOT, SECRET, environment, free_port, pitcrew

START_S = 180.0
TOKEN_TTL_S = 24 * 3600
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Member:
    """One process of the cluster: a gateway, which has a port, or a worker. `command` may have options."""

    def __init__(self, command: str, data: Path, settings: Mapping[str, str], port: int | None = None) -> None:
        self.command, self.data, self.settings, self.port = command, data, settings, port
        self.log = data / f"{command.split()[0]}-{port or uuid.uuid4().hex[:6]}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._begins = 0

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        arguments = [*self.command.split(), *(["--port", str(self.port)] if self.port else [])]
        with self.log.open("ab") as log:
            self._begins = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api", *arguments],
                cwd=ROOT, env=environment(self.data, **self.settings), stdout=log, stderr=log,
            )  # fmt: skip

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def stop(self, seconds: float = 60) -> int:
        """End it in good order; its exit code."""
        assert self.process is not None
        if self.running:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def ended(self, seconds: float) -> int:
        """Its exit code. Raises subprocess.TimeoutExpired."""
        assert self.process is not None
        return self.process.wait(seconds)

    def words(self) -> str:
        """All that it has said since it was started."""
        return self.log.read_bytes()[self._begins :].decode(errors="replace")

    @property
    def ready(self) -> bool:
        assert self.running, self.words()[-4000:]
        if self.port is None:
            return " ready " in self.words() or '"ready"' in self.words()
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


@dataclass(frozen=True)
class Parts:
    """What the members of a cluster share. PostgreSQL and Redis may be stopped and started again."""

    postgres: PostgresServer
    redis: RedisServer
    chroma: "Chroma"

    @property
    def processes(self) -> dict[str, int]:
        """Their ids, by name."""
        return {"postgres": self.postgres.pid, "redis": self.redis.pid, "chroma": self.chroma.pid}

    @property
    def urls(self) -> dict[str, str]:
        return {
            "PITCREW_DATABASE_URL": self.postgres.url,
            "PITCREW_REDIS_URL": self.redis.url,
            "PITCREW_CHROMA_URL": self.chroma.url,
        }


class Cluster:
    """`gateways` and `workers` are started, and may be killed, stopped and started again."""

    def __init__(self, root: Path, parts: Parts, settings: Mapping[str, str]) -> None:
        self.root, self.parts, self.settings = root, parts, {**parts.urls, **settings}
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

    def add_gateway(self, **settings: str) -> Member:
        """One more, not started yet; `settings` are its own."""
        own = {**self.settings, **settings}
        member = Member("serve", self.data(f"gateway{len(self.gateways)}"), own, free_port())
        self.gateways.append(member)
        return member

    def add_worker(self, **settings: str) -> Member:
        """The same."""
        member = Member("worker", self.data(f"worker{len(self.workers)}"), {**self.settings, **settings})
        self.workers.append(member)
        return member

    def run(self, *command: str, timeout: float = 1_800) -> str:
        """Run a command of `pitcrew` with the cluster's settings; what it printed. Raises AssertionError."""
        done = pitcrew(*command, env=environment(self.data("commands"), **self.settings), timeout=timeout)
        assert done.returncode == 0, done.stderr
        return done.stdout

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
                assert time.monotonic() < ends, f"{member.command} is not ready:\n{member.words()[-4000:]}"
                await asyncio.sleep(0.2)

    def close(self) -> None:
        for member in self.members:
            if member.running:
                member.signal(signal.SIGCONT)
                member.signal(signal.SIGTERM)
        for member in self.members:
            with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
                member.stop(15)


class Chroma:
    """A Chroma server, the one that comes with chromadb."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        program = Path(sys.executable).parent / "chroma"
        with (self._folder / "chroma.log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, "run", "--path", self._folder / "chroma", "--host", "127.0.0.1", "--port", str(self._port)],
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        ends = time.monotonic() + START_S
        while status(f"{self.url}/api/v2/heartbeat") != 200:
            assert self._process.poll() is None, "the Chroma server ended"
            assert time.monotonic() < ends, "the Chroma server did not start"
            time.sleep(0.1)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def own_database(server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database there that is dropped at the end."""
    name = f"own_{uuid.uuid4().hex[:8]}"
    admin = create_engine(server.url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(server.url).set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        admin.dispose()


@contextmanager
def shared_parts(root: Path) -> Iterator[Parts]:
    """A PostgreSQL, a Redis and a Chroma server, empty."""
    with ExitStack() as stack:
        postgres, redis, chroma = PostgresServer(), RedisServer(), Chroma(root)
        stack.callback(postgres.close)
        postgres.start()
        stack.callback(redis.stop)
        redis.start()
        stack.callback(chroma.stop)
        chroma.start()
        yield Parts(postgres, redis, chroma)


@contextmanager
def clustered(
    root: Path, knowledge: Path, prepared: Path | None = None, gateways: int = 2, workers: int = 2, **settings: str
) -> Iterator[Cluster]:
    """A cluster with these documents ingested, its members started and not waited for. What a first start computes is
    taken from the data folder `prepared` where there is one."""
    root.mkdir(parents=True, exist_ok=True)
    if prepared is not None:
        (root / "prepared").symlink_to(prepared)
    with shared_parts(root) as parts:
        cluster = Cluster(root, parts, {"PITCREW_KNOWLEDGE_DIR": str(knowledge), **settings})
        try:
            cluster.run("migrate")
            cluster.run("ingest", str(knowledge))
            for _ in range(workers):
                cluster.add_worker().start()
            for _ in range(gateways):
                cluster.add_gateway().start()
            yield cluster
        finally:
            cluster.close()


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


async def _keep(cluster: Cluster, smoke_only: bool) -> None:
    await cluster.ready()
    print(f"Asked over both gateways, and a worker answered: {await smoke(cluster)}", flush=True)
    if smoke_only:
        return
    async with balanced(cluster) as balancer:
        print(told(cluster, balancer.port), flush=True)
        await asyncio.Event().wait()


def told(cluster: Cluster, port: int) -> str:
    """What somebody who sees a cluster for the first time can do with it."""
    address, parts = f"127.0.0.1:{port}", cluster.parts
    lines = [
        *(f"  gateway     {member.pid:<8} http://127.0.0.1:{member.port}  {member.log}" for member in cluster.gateways),
        *(f"  worker      {member.pid:<8} {member.log}" for member in cluster.workers),
        f"  PostgreSQL  {parts.postgres.pid:<8} {make_url(parts.postgres.url).set(drivername='postgresql')}",
        f"  Redis       {parts.redis.pid:<8} {parts.redis.url}",
        f"  Chroma      {parts.chroma.pid:<8} {parts.chroma.url}",
    ]
    return "\n".join(
        [
            f"\nThe cluster serves at http://{address}: a balancer hands each connection to the next gateway.\n",
            "  part        process",
            *lines,
            f"\nAsk in a browser:   http://{address}/ws/test",
            f"Ask in a terminal:  pitcrew chat --url ws://{address} --token {cluster.token('anna')}",
            f"The staff's desk:   http://{address}/staff  token: {cluster.token('ada', name='Ada', role='staff')}",
            f"\nSee it bear a fault: kill -9 {cluster.workers[0].pid} during an answer; the other worker takes it up.",
            "Stop all of it, and remove its files, with Ctrl-C.",
        ]
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="ask over both gateways, and stop")
    parser.add_argument("--knowledge", type=Path, default=KNOWLEDGE, metavar="FOLDER", help="the documents")
    parser.add_argument("--prepared", type=Path, metavar="FOLDER", help="what an earlier first start has computed")
    return parser.parse_args()


def main() -> None:
    """Everything is in one folder, and is gone when it ends, by whichever signal that is."""
    chosen = _arguments()
    for ends in ENDS:
        signal.signal(ends, _stop)
    with tempfile.TemporaryDirectory(prefix="pitcrew-cluster-") as folder:
        root, os.environ["TMPDIR"], tempfile.tempdir = Path(folder), folder, folder
        root.chmod(0o711)  # PostgreSQL may run as another user
        print(f"Starting PostgreSQL, Redis and Chroma, and reading {chosen.knowledge}: a minute or two.", flush=True)
        with (
            contextlib.suppress(KeyboardInterrupt),
            clustered(root / "members", chosen.knowledge, chosen.prepared) as cluster,
        ):
            asyncio.run(_keep(cluster, chosen.smoke))
    print("Everything is stopped, and its files are removed.", flush=True)


def _stop(number: int, _: object) -> None:
    """Once: whoever is impatient would leave half of it behind."""
    for ends in ENDS:
        signal.signal(ends, signal.SIG_IGN)
    print("\nStopping.", flush=True)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
