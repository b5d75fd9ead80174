"""A real PostgreSQL for tests: the machine's own where its programs are found, else those that `pgserver` carries.

It listens on loopback and ends with the process; its files with it.
"""

import atexit
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from tests.serving import free_port

START_S = 60
UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""


def _programs(folder: Path) -> Path:
    """Where `initdb` and `postgres` are. What a package carries is copied, because whoever runs it may not come to
    where packages are."""
    found = shutil.which("initdb")
    if found is not None and shutil.which("postgres"):
        return Path(found).parent
    import pgserver

    carried = Path(pgserver.__file__).parent / "pginstall"
    return Path(shutil.copytree(carried, folder / "programs", symlinks=True)) / "bin"


class PostgresServer:
    """One that can be stopped, and started again at the same address with what it had."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="pitcrew-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._programs = _programs(self._folder)
        self._as_user: dict[str, Any] = {"user": UNPRIVILEGED} if os.geteuid() == 0 else {}
        if self._as_user:
            shutil.chown(self._folder, UNPRIVILEGED)
        subprocess.run(
            [self._programs / "initdb", "-D", "data", "-U", "pitcrew", "--auth=trust", "-E", "UTF8", "--no-sync"],
            check=True, capture_output=True, cwd=self._folder, timeout=START_S, **self._as_user,
        )  # fmt: skip

    @property
    def url(self) -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://pitcrew@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Raises RuntimeError when it does not start."""
        options = ["-D", "data", "-k", str(self._folder), "-p", str(self.port), "-h", "127.0.0.1", "-F"]
        log = self._folder / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [self._programs / "postgres", *options],
                stdout=output, stderr=output, cwd=self._folder, **self._as_user,
            )  # fmt: skip
        ends = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with closing(psycopg.connect(host="127.0.0.1", port=self.port, user="pitcrew", dbname="postgres")):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        """At once: whoever is connected is cut off, and what was committed is there at the next start."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(START_S)
            self._process = None

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


@cache
def postgres_url() -> str:
    """The URL of one for all tests of the process that do not stop it. Raises RuntimeError when it does not start."""
    server = PostgresServer()
    atexit.register(server.close)
    server.start()
    return server.url
