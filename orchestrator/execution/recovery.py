"""What other processes have left, and the leases that tell whether they have.

Where one process answers all runs of a store, a running one that it does not know has lost its process. Where several
do, each run belongs to its process for a lease, which that renews while it answers; a process that stood still for
longer has lost the run, notices it before its next word, and could commit nothing more.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import structlog

from orchestrator.errors import ProcessingError, StorageUnavailable
from orchestrator.events import Envelope
from orchestrator.execution.active_run import ActiveRun, failed, may_begin_again
from orchestrator.store import Lease, Store, Unfinished

log = structlog.get_logger()

MAX_CRASHES = 1
"""How often a run may lose its process and begin again; after that it ends INTERRUPTED."""
RENEWALS = 3
"""So many times a lease is renewed in its length, and lost runs are looked for."""


class Host(Protocol):
    """Who answers runs here."""

    def take_up(self, conversation_id: str) -> None: ...

    async def ended(self, envelope: Envelope) -> None: ...

    def expect(self, conversation_id: str, request_id: str, expires_at: str) -> None: ...


class Recovery:
    """`active` are the runs that are answered here, by conversation; without a `lease` they are all that are
    answered anywhere. `lost` is told of one that another process has."""

    def __init__(
        self,
        store: Store,
        host: Host,
        active: Mapping[str, ActiveRun],
        lost: Callable[[ActiveRun], None],
        lease: Lease | None,
    ) -> None:
        self._store = store
        self._host = host
        self._active = active
        self._lost = lost
        self._lease = lease
        self._watch: asyncio.Task[None] | None = None
        self._checking: asyncio.Task[None] | None = None

    async def recover(self) -> Sequence[str]:
        """Take up what was left, and with a lease go on to look for more; the runs that have not ended."""
        unfinished = await self._store.unfinished()
        await self._take_over(unfinished)
        if self._lease is not None and self._watch is None:
            self._watch = asyncio.ensure_future(self._keep_watch(self._lease))
        return [run.run_id for run in unfinished]

    async def _take_over(self, unfinished: Collection[Unfinished]) -> None:
        """Waiting runs go on, those that lost their process begin again if they may, parked ones stay parked until
        they expire."""
        for run in unfinished:
            if run.status == "parked" and run.request_id and run.expires_at:
                self._host.expect(run.conversation_id, run.request_id, run.expires_at)
            elif run.status == "running" and not self._kept(run):
                await self._put_back(run)
        answered = {run.conversation_id for run in unfinished if run.status == "running" and self._kept(run)}
        for conversation_id in dict.fromkeys(run.conversation_id for run in unfinished if run.status != "parked"):
            if conversation_id not in answered and conversation_id not in self._active:
                self._host.take_up(conversation_id)

    def _kept(self, run: Unfinished) -> bool:
        return self._lease is not None and run.leased

    async def _put_back(self, run: Unfinished) -> None:
        committed: Sequence[Envelope | None]
        if run.crashes < MAX_CRASHES and may_begin_again(run.effects):
            committed = [await self._store.requeue(run.run_id, crashed=True, attempt=run.attempt)]
        else:
            lost = failed(run.run_id, ProcessingError("INTERRUPTED"))
            committed = await self._store.finish(run.conversation_id, lost, attempt=run.attempt)
        for envelope in committed:
            if envelope is not None:
                await self._host.ended(envelope)

    async def _keep_watch(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(lease.seconds / RENEWALS)
            with contextlib.suppress(StorageUnavailable):
                await self.renew(lease)
                await self._take_over(await self._store.unfinished())

    async def renew(self, lease: Lease) -> None:
        """Begin the leases of what is answered here anew. Raises StorageUnavailable."""
        now, answered = time.monotonic(), list(self._active.values())
        if not answered:
            return
        kept = await self._store.renew(lease)
        for active in answered:
            if active.start.run_id in kept:
                active.leased_until = now + lease.seconds
            elif not active.leaving:
                self._lost(active)

    def check(self) -> None:
        """Look at once whether this process still has what it answers: it may not have heard otherwise."""
        if self._lease is not None and self._checking is None:
            self._checking = asyncio.ensure_future(self._check(self._lease))

    async def _check(self, lease: Lease) -> None:
        try:
            await self.renew(lease)
        except StorageUnavailable:
            log.warning("leases_not_renewed")
        finally:
            self._checking = None

    def stop(self) -> None:
        """Renew nothing any more."""
        for task in (self._watch, self._checking):
            if task is not None:
                task.cancel()
