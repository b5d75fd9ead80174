"""What is kept of runs outside the store, the graph's state of parked ones, and that it goes with them."""

from collections.abc import Collection
from typing import Protocol

import structlog

log = structlog.get_logger()


class Saver(Protocol):
    """Where the graph's state of parked runs is kept outside the store."""

    async def settle(self) -> None: ...

    async def forget(self, run_id: str) -> None: ...

    async def keep_only(self, run_ids: Collection[str]) -> None: ...

    async def wipe(self) -> None: ...


class NothingKept:
    """The saver of a process that parks no run."""

    async def settle(self) -> None:
        pass

    async def forget(self, run_id: str) -> None:
        pass

    async def keep_only(self, run_ids: Collection[str]) -> None:
        pass

    async def wipe(self) -> None:
        pass


async def forget(saver: Saver, run_id: str) -> None:
    """Forget the state of a run that has ended; what stays there is found at the next start."""
    try:
        await saver.forget(run_id)
    except Exception:
        log.exception("parked_state_not_removed", run_id=run_id)


async def erase(saver: Saver, run_ids: Collection[str]) -> None:
    """Forget the state of these runs, down to the files."""
    for run_id in run_ids:
        await forget(saver, run_id)
    try:
        await saver.wipe()
    except Exception:
        log.exception("parked_state_not_wiped")
