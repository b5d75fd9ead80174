"""Charts drawn by the server: a Vega-Lite specification that holds its own data, to a picture (SVG)."""

import asyncio
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.access.locks import Locks
from api.protocol.frames import parse_object
from orchestrator.errors import BadRequest, Overloaded, RateLimited
from rag.isolation.pipes import Ended, Process

SPEC_BYTES = 256 * 1024
SVG_BYTES = 4 * 1024 * 1024
DRAW_S = 10.0
_DRAWABLE = f"a Vega-Lite specification that is drawn within {DRAW_S:g} s"
AT_A_TIME = 2
"""Processes that draw; each uses a core for half a second and 90 MB, most of it to start."""
WAITING = 16
"""Charts that may wait for one of them."""
PER_USER = 4
"""Charts that one user may wait for; they are drawn one after the other."""
OUTSIDE = frozenset({"url", "href"})
"""Keys of a specification by which it would reach beyond itself."""


class Charts:
    """Draws charts, each in a process of its own, a few at a time. Safe for concurrent use on one event loop."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(AT_A_TIME, "chart")
        self._requests: Counter[str] = Counter()
        self._turns = Locks()

    async def draw(self, spec: str, user_id: str, *, dark: bool = False) -> str:
        """The picture of a specification in Vega-Lite (JSON), for a light page or a `dark` one. Raises BadJson,
        BadRequest for one that cannot be drawn, takes too much to draw or reaches beyond itself, RateLimited for a user
        who waits for too many, and Overloaded."""
        if self._requests[user_id] >= PER_USER:
            raise RateLimited(retry_after_ms=int(DRAW_S * 1000))
        if self._requests.total() >= AT_A_TIME + WAITING:
            raise Overloaded
        self._requests[user_id] += 1
        try:
            async with self._turns.of(user_id):
                return await asyncio.get_running_loop().run_in_executor(self._threads, _draw, spec, dark)
        finally:
            self._requests[user_id] -= 1
            if not self._requests[user_id]:
                del self._requests[user_id]


def _draw(text: str, dark: bool) -> str:
    spec = parse_object(text)
    if _reaches_out(spec):
        raise BadRequest(field="url", form="left out: a chart holds its data")
    process = Process("api.export.drawing", most=SVG_BYTES)
    try:
        process.send(json.dumps({"spec": spec, "dark": dark}).encode())
        drawn: dict[str, str] = json.loads(process.receive(DRAW_S))
    except Ended as error:
        raise BadRequest(field="spec", form=_DRAWABLE) from error
    finally:
        process.close()
    if "svg" not in drawn:
        raise BadRequest(field="spec", form=_DRAWABLE)
    return drawn["svg"]


def _reaches_out(root: Any) -> bool:
    pending = [root]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if not OUTSIDE.isdisjoint(value):
                return True
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return False
