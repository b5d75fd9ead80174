"""The real server in a subprocess, for black-box tests: started, asked over its sockets, stopped."""

import atexit
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from api.access.auth import TokenRules
from api.compose.remembered import EXAMPLES_FILE
from tests.fork_server import ForkServer, Process
from tests.reference import reference

ROOT = Path(__file__).parent.parent
KNOWLEDGE = ROOT / "knowledge_base"
SECRET = "a-secret-for-tests-that-is-long-enough-for-hs256"
START_S = 120.0


@dataclass
class Served:
    """A running server. `log` is the file with everything that it printed."""

    port: int
    process: "Process | subprocess.Popen[Any]"
    log: Path
    data: Path

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def chat(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat"

    def token(self, user: str = "anna", **claims: str) -> str:
        return TokenRules(SECRET, "HS256").issue(user, **claims)  # type: ignore[arg-type]

    def printed(self) -> str:
        return self.log.read_text(errors="replace")

    def prints(self, text: str, within_s: float = 10) -> bool:
        """Whether the text is in the log, or will be soon: a thread writes it."""
        ends = time.monotonic() + within_s
        while text not in self.printed():
            if time.monotonic() > ends:
                return False
            time.sleep(0.05)
        return True

    def get(self, path: str, token: str | None = None) -> tuple[int, bytes, Mapping[str, str]]:
        """Status, body and headers of a GET."""
        return self.request("GET", path, token)

    def request(
        self, method: str, path: str, token: str | None = None, body: bytes | None = None, **headers: str
    ) -> tuple[int, bytes, Mapping[str, str]]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            named["Authorization"] = f"Bearer {token}"
        if body is not None:
            named.setdefault("Content-Type", "application/json")
        asked = urllib.request.Request(self.http + path, body, named, method=method)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                status, told, answered = answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            status, told, answered = error.code, error.read(), error.headers
        assert reference().fault(method, path, status, answered["content-type"] or "", told) is None
        return status, told, answered


def environment(data: Path, **settings: str) -> dict[str, str]:
    """A clean environment for the product: no key, no setting of the machine, only `settings`."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("PITCREW_") and "_API_KEY" not in name
    }
    for name in ("OPENAI_BASE_URL", "PYTHONDONTWRITEBYTECODE"):  # without bytecode each process compiles everything
        kept.pop(name, None)
    chosen = {
        "PITCREW_DATA_DIR": str(data),
        "PITCREW_KNOWLEDGE_DIR": str(KNOWLEDGE),
        "PITCREW_JWT_SECRET": SECRET,
        "PITCREW_JWT_ISSUER": "off",
        "PITCREW_JWT_AUDIENCE": "off",
        "PITCREW_RATE_LIMITS": "off",
        "PITCREW_MODEL_SERVERS": "",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    return kept | chosen | settings


@cache
def shared_fork_server() -> ForkServer:
    """The one of this process of tests: it has loaded the product once for all of them."""
    server = ForkServer(environment(Path(os.devnull)))
    atexit.register(server.close)
    return server


def start(
    *arguments: str,
    env: Mapping[str, str],
    stdout: IO[Any],
    stderr: IO[Any],
    stdin: IO[Any] | None = None,
    program: str = "api",
    fork_server: ForkServer | None = None,
) -> "Process | subprocess.Popen[Any]":
    """Start the command line of the module `program` in a process of its own: one that begins with the product's
    modules loaded, where the environment lets that be."""
    forks = fork_server or shared_fork_server()
    with open(os.devnull, "rb") as nothing:
        if forks.serves(env):
            return forks.start(program, arguments, env=env, cwd=ROOT, streams=(stdin or nothing, stdout, stderr))
        command = [sys.executable, "-m", program, *arguments]
        return subprocess.Popen(command, cwd=ROOT, env=dict(env), stdin=stdin or nothing, stdout=stdout, stderr=stderr)


def pitcrew(
    *arguments: str,
    env: Mapping[str, str],
    timeout: float = 300,
    input: str = "",
    program: str = "api",
    fork_server: ForkServer | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run the command line of the module `program` to its end, with `input` on its standard input. Raises
    subprocess.TimeoutExpired."""
    with TemporaryFile("w+") as stdin, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        stdin.write(input)
        stdin.seek(0)
        streams = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
        process = start(*arguments, env=env, **streams, program=program, fork_server=fork_server)
        try:
            code = process.wait(timeout)
        finally:
            process.kill()
        for stream in (stdout, stderr):
            stream.seek(0)
        return subprocess.CompletedProcess(arguments, code, stdout.read(), stderr.read())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def duplicate(ingested: Path, to: Path) -> Path:
    """A data directory of one's own with everything that is in `ingested`. The models stay where they are: only a
    product that finds none writes any; and arrays are the same files, which are replaced and never changed. What SQLite
    keeps beside a database that another test has open is left: it holds nothing that was ingested."""
    beside = shutil.ignore_patterns("*-wal", "*-shm")
    return Path(shutil.copytree(ingested, to, symlinks=True, copy_function=_copied, ignore=beside))


def _copied(file: str, to: str) -> None:
    if file.endswith(".npz"):
        _shared(file, to)
    else:
        shutil.copy2(file, to)


def _shared(file: str | Path, to: str | Path) -> None:
    """The same file in another place, or a copy on another disk."""
    try:
        os.link(file, to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        shutil.copy2(file, to)


def prepared(ingested: Path, to: Path, taught: Path | None = None) -> Path:
    """A data directory without documents, with what a first start makes of the product alone: the exported model, and
    what is learnt of examples: as in `ingested`, or in the directory `taught`."""
    to.mkdir()
    _shared((taught or ingested) / EXAMPLES_FILE, to / EXAMPLES_FILE)
    (to / "models").symlink_to(ingested / "models")
    return to


def embedded(ingested: Path, data: Path) -> Path:
    """Give a data directory the vectors of all that is in `ingested`: to ingest it again embeds nothing anew."""
    for vectors in ("vectors.db", "questions.npz", "statements.npz"):
        shutil.copy(ingested / vectors, data)
    return data


def copied_documents(names: Iterable[str], to: Path) -> Path:
    """A folder with these documents of the knowledge base, and the maker's vehicles (`knows_vehicles`)."""
    for name in names:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(KNOWLEDGE / name, to / name)
    knows_vehicles(to)
    return to


def knows_vehicles(knowledge: Path) -> None:
    """Give a folder of documents the maker's vehicles: where the examples name others than there are, a first start
    learns all of them anew, which takes a minute."""
    knowledge.mkdir(exist_ok=True)
    shutil.copy(KNOWLEDGE / "vehicles.csv", knowledge)


@contextmanager
def serving(data: Path, program: str = "api", **settings: str) -> Iterator[Served]:
    """Serve the data directory until the block ends; fails with the server's own words when it does not start.
    `program` is the module whose command line is used."""
    port = free_port()
    log = data / f"server-{port}.log"
    with log.open("wb") as output:
        process = start(
            *("serve", "--port", str(port)),
            program=program,
            env=environment(data, **settings),
            stdout=output,
            stderr=output,
        )
    served = Served(port, process, log, data)
    try:
        _await_health(served)
        yield served
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
        if process.poll() is None:
            process.kill()
            process.wait()


def _await_health(served: Served) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        if served.process.poll() is not None:
            raise AssertionError(f"the server ended with {served.process.returncode}:\n{served.printed()}")
        with suppress(OSError):
            status, body, _ = served.get("/health")
            if status == 200 and json.loads(body) == {"status": "ok"}:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not start in {START_S} s:\n{served.printed()}")
