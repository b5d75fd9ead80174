"""The server for tests: in a thread with a loop of its own, and a client for its control doors."""

import asyncio
import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.model_server.server import ModelServer


class Control:
    """What a test asks of a running server. `base_url` is what a provider's base URL would be."""

    def __init__(self, root: str) -> None:
        self._root = root
        self.base_url = f"{root}/v1"

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body, default=str).encode()
        with urllib.request.urlopen(urllib.request.Request(self._root + path, data=data), timeout=10) as answer:
            return json.load(answer)

    def script(self, *faults: dict[str, Any] | None, always: dict[str, Any] | None = None) -> None:
        """The faults of the next chat requests in order (None: none), and of all after them."""
        self._call("/script", {"faults": list(faults), "always": always})

    def obey(self, *rules: dict[str, Any]) -> None:
        """What in its messages makes the model do what; see `rules.py`."""
        self._call("/rules", {"rules": rules})

    def play(self, dialogues: list[dict[str, Any]]) -> None:
        """The dialogues that the model plays; see `screenplay.py`."""
        self._call("/screenplay", {"dialogues": dialogues})

    def unexpected(self) -> list[str]:
        """What was asked that the dialogues have nothing for, in words."""
        return list(self._call("/unexpected"))

    def stats(self) -> dict[str, int]:
        """`requests`, `open`, `aborted`, `embeddings`."""
        return dict(self._call("/stats"))

    def requests(self) -> list[dict[str, Any]]:
        """The bodies of the last chat requests, oldest first."""
        return list(self._call("/requests"))

    def reset(self) -> None:
        """Forget counts, requests, faults and rules."""
        self._call("/reset", {})

    def wait_until(self, seconds: float = 20.0, **wanted: int) -> dict[str, int]:
        """The stats, once they hold the wanted counts. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not wanted.items() <= (stats := self.stats()).items():
            if time.monotonic() > end:
                raise TimeoutError(f"wanted {wanted}, have {stats}")
            time.sleep(0.01)
        return stats


@contextmanager
def running_model_server(port: int = 0) -> Iterator[Control]:
    """A server on a free port of this machine for the time of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="model-server", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(ModelServer().start(port=port), loop).result(10)
    try:
        yield Control(f"http://127.0.0.1:{server.port}")
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
