"""The end of tasks that go on for ever."""

import asyncio
from typing import Any

PAUSE_S = 1.0
"""For which a cancelled task may tidy up before it is cancelled again."""


async def ended(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel tasks until they are done, whatever comes of them. One cancellation may be lost: drivers take it for a
    failure of the server that they wait for, and `asyncio.wait_for` of Python 3.11, which the Redis client uses, drops
    the one that comes just when the wait is over."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=PAUSE_S)
