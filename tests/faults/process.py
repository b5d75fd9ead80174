"""The server as a process that is killed, stopped and started again on the same data and the same port."""

import asyncio
import os
import resource
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from api.access.auth import TokenRules
from tests.faults.invariants import Storage
from tests.faults.provider import KEY, Providing
from tests.faults.volume import Volume
from tests.fork_server import ForkServer, Process
from tests.serving import SECRET, copied_documents, environment, free_port, prepared, start

START_S = 120.0
VOLUME_MB = 192
DOCUMENTS = (
    "specs/towing-and-loads.md",
    "maintenance/twelve-volt-battery.md",
    "handbook/charging.md",
    "troubleshooting/wont-charge.md",
)
"""A knowledge base that is read in a moment."""
TOKEN_TTL_S = 24 * 3600


class Server:
    """`settings` hold for every start. With a `volume`, `data` lies on it."""

    def __init__(self, data: Path, log: Path, settings: dict[str, str], volume: Volume | None = None) -> None:
        self.data, self.log, self.settings, self.volume = data, log, settings, volume
        self.port = free_port()
        self.starts = 0
        self._process: Process | subprocess.Popen[Any] | None = None
        self._fork_server = ForkServer(environment(data), volume.inside) if volume else None
        self._started_with: dict[str, str] = {}
        self._writers: list[subprocess.Popen[bytes]] = []

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def fork_server(self) -> ForkServer | None:
        """What forks processes that see the volume; None where there is none."""
        return self._fork_server if self.volume else None

    @property
    def outside(self) -> Path:
        """The data directory as this process sees it."""
        return self.volume.outside / self.data.relative_to(self.volume.path) if self.volume else self.data

    @property
    def storage(self) -> Storage:
        path = self.data / "pitcrew.db"
        return Storage(path, self.volume.within) if self.volume else Storage(path)

    def token(self, user: str) -> str:
        return TokenRules(SECRET, "HS256").issue(user, ttl_s=TOKEN_TTL_S)

    def leave_volume(self) -> None:
        """Go on with a copy of the data on the ordinary disk. Only while it is stopped."""
        assert not self.running
        if self.volume is not None:
            # Copied by a program: Python cannot tell apart files that come and go, such as SQLite's shared memory.
            copy = self.log.parent / "on-disk"
            subprocess.run(["cp", "-r", str(self.outside), str(copy)], check=True)
            self.data, self.volume = copy, None

    def start(self, *arguments: str, **settings: str) -> None:
        """Start it; `ready` waits until it serves."""
        assert not self.running
        # By a pipe, as containers and services do: a limit on the server's files is none on its log.
        with self.log.open("ab") as log:
            writer = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=log)
        assert writer.stdin is not None
        with writer.stdin as pipe:
            self._process = start(
                *("serve", "--port", str(self.port), *arguments),
                env=environment(self.data, **self.settings | settings),
                stdout=pipe,
                stderr=pipe,
                fork_server=self.fork_server,
            )
        self._writers.append(writer)
        self.starts += 1
        self._started_with = settings

    async def ready(self) -> float:
        """Seconds until `/ready` said yes. Raises AssertionError with the server's own words."""
        began = time.monotonic()
        while time.monotonic() - began < START_S:
            if not self.running:
                raise AssertionError(f"the server ended while it started:\n{self.words()}")
            if await asyncio.to_thread(self.get, "/ready") == 200:
                return time.monotonic() - began
            await asyncio.sleep(0.05)
        raise AssertionError(f"the server was not ready after {START_S:g} s:\n{self.words()}")

    def get(self, path: str) -> int:
        """The status of a GET; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def figure(self, name: str) -> float | None:
        """One figure of `/metrics`; None while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except OSError:
            return None
        return next(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))

    def words(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-4000:]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    async def ended(self, seconds: float) -> int:
        """Its exit code. Raises AssertionError when it runs on."""
        began = time.monotonic()
        while self.running:
            assert time.monotonic() - began < seconds, f"still running after {seconds:g} s"
            await asyncio.sleep(0.01)
        assert self._process is not None
        return int(self._process.returncode)

    async def kill(self) -> None:
        self.signal(signal.SIGKILL)
        await self.ended(10)

    async def restart(self, **settings: str) -> float:
        """Start it and wait; the seconds that took."""
        self.start(**settings)
        return await self.ready()

    async def with_settings(self, **settings: str) -> None:
        """See that it runs with these settings."""
        if self._started_with != settings:
            await self.kill()
            await self.restart(**settings)

    def limit_files(self, most: int | None) -> None:
        """Let the running process write no file beyond `most` bytes; None lifts that."""
        _, hard = resource.prlimit(self.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.pid, resource.RLIMIT_FSIZE, (hard if most is None else most, hard))

    def close(self) -> None:
        if self._process is not None and self.running:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
            self._process.kill()
            self._process.wait()
        for writer in self._writers:
            writer.wait()
        if self._fork_server is not None:
            self._fork_server.close()


@contextmanager
def small_server(root: Path, provider: Providing, ingested: Path | None = None, **settings: str) -> Iterator[Server]:
    """A server that has been started on a small knowledge base, not waited for; stopped when the block ends. Its data
    lie on a volume of their own where that is allowed. What a first start computes is taken from `ingested`."""
    documents = copied_documents(DOCUMENTS, root / "documents")
    volume = Volume(root / "volume", VOLUME_MB) if Volume.allowed() else None
    known = {
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": provider.base_url,
        "PITCREW_MODELS": "openai:scripted",
        "PITCREW_FIRST_TOKEN_S": "2",
        "PITCREW_TOKEN_GAP_S": "1",
        "HF_HUB_OFFLINE": "1",
    }
    server = Server((volume.path if volume else root) / "data", root / "server.log", known | settings, volume)
    try:
        if ingested is None:
            server.outside.mkdir()
        else:
            prepared(ingested, server.outside)
        server.start("--ingest", str(documents))
        yield server
    finally:
        server.close()
        if volume:
            volume.close()
