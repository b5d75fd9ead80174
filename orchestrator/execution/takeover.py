"""Taking a conversation from the bot: what it says is held back, its run stands still, and only a commit ends both.
A run that another process answers goes on until that hears of the commit; what it says after that reaches nobody.

From before the commit on nothing that the bot has said is told any more, wherever it waits. Where nothing was
committed the bot goes on as if nothing had been asked, and says again what was held back.
"""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any

from orchestrator.bus import Bus
from orchestrator.errors import StorageUnavailable
from orchestrator.event.tenure import Tenure
from orchestrator.events import Envelope, Token
from orchestrator.execution.active_run import ActiveRun
from orchestrator.store import Handed

ChangeOwner = Callable[[dict[str, str]], Coroutine[Any, Any, Handed]]
"""Commits a change of owner; takes what the active run has said, by its id."""


class TakeOver:
    """Entered with the conversation's turn held, with the tenure under which its bot speaks and the run that is being
    answered, as far as there are any. `said` is what that run has said so far; `done` whether somebody else has the
    conversation now. Entering raises StorageUnavailable where what the run is committing takes longer than
    `patience_s`."""

    def __init__(
        self, bus: Bus, conversation_id: str, tenure: Tenure | None, active: ActiveRun | None, patience_s: float
    ) -> None:
        self.said: dict[str, str] = {}
        self.done = False
        self._bus = bus
        self._conversation_id = conversation_id
        self._tenure = tenure
        self._active = active
        self._patience_s = patience_s

    async def __aenter__(self) -> "TakeOver":
        if self._tenure is not None:
            self._tenure.over = True
        try:
            async with asyncio.timeout(self._patience_s):
                await self._halt()
        except BaseException as error:
            await self._go_on()
            if isinstance(error, TimeoutError):
                raise StorageUnavailable from None
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.done:
            await self._end()
        else:
            await self._go_on()

    async def _halt(self) -> None:
        """Let the run stand still; one that is about to end has ended first."""
        active = self._active
        if active is not None and active.leaving:
            await active.ended.wait()
            self._active = active = None
        if active is not None:
            active.halted = asyncio.Event()
            if active.committing is not None:
                await asyncio.wait([active.committing])
        live = await self._bus.live(self._conversation_id)
        self.said = {live.run_id: live.text} if live is not None else {}

    async def _go_on(self) -> None:
        if self._tenure is not None:
            self._tenure.over = False
        active = self._active
        if active is None or active.halted is None:
            return
        for run_id, text in self.said.items():
            if text and run_id == active.start.run_id:
                active.said += 1
                about, again = active.start.conversation_id, Token(run_id, text, 0)
                await self._bus.publish(Envelope(about, again, tenure=active.tenure, place=active.said))
        active.halted.set()
        active.halted = None

    async def _end(self) -> None:
        """End the work of a run that has ended in the store."""
        active = self._active
        if active is None:
            return
        active.taken = True
        if active.halted is not None:
            active.halted.set()
        if active.task is not None:
            active.task.cancel()
        await active.ended.wait()
