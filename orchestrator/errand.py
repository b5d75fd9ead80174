"""The contract of errands: a small piece of work that one process asks of another and waits for.

A gateway has no model. What it needs of one besides answers, which are runs, it asks of a worker.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

Do = Callable[[bytes], Awaitable[bytes]]
"""Does an errand of one kind: takes what is asked, gives the result. Where it raises, nobody has done it."""


class ErrandFailed(Exception):
    """Nobody has done it in time, or whoever tried could not."""


class Errands(Protocol):
    """Used from one event loop."""

    async def ask(self, kind: str, body: bytes, patience_s: float) -> bytes:
        """Have an errand done by one process. It may have been done, or be done later, where this raises ErrandFailed:
        errands change nothing."""

    async def do(self, kinds: Mapping[str, Do]) -> None:
        """Do what others ask, several errands at a time, until cancelled."""
