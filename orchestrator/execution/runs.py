"""The runs of this process: taken up, answered, parked, ended; lost ones found, the rest handed on when it stops.

Every run ends in exactly one terminal event, committed before it is published. A conversation has one run at a time,
and this process as many at once as its budget allows; the others wait in their rows.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog

from orchestrator.bus import Bus
from orchestrator.dispatcher import Dispatcher
from orchestrator.dispatchers.local import LocalDispatcher
from orchestrator.errors import ProcessingError, RunNotActive, StorageUnavailable
from orchestrator.event.tenure import Tenures
from orchestrator.events import (
    AnyEvent,
    Cancelled,
    Completed,
    Durable,
    Envelope,
    InputRequired,
    RunRestarted,
    Terminal,
)
from orchestrator.execution.active_run import ActiveRun, failed, first_place, input_of, may_begin_again
from orchestrator.execution.expiries import Expiries
from orchestrator.execution.forgetting import NothingKept, Saver, erase, forget
from orchestrator.execution.observed import committing, ending, observed
from orchestrator.execution.recovery import Recovery
from orchestrator.execution.takeover import ChangeOwner, TakeOver
from orchestrator.run import Desk, Effect, RunInput, side_effects
from orchestrator.store import NO_LEASE, Handed, Lease, RunStart, Store
from rag.tracing.spans import NOTHING, Span

log = structlog.get_logger()
T = TypeVar("T")

Run = Callable[[RunInput, Desk], AsyncGenerator[AnyEvent]]
"""Answers one run: yields its events, the last one Completed, or InputRequired with `desk.parked` set."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """Seconds for a whole run, and for running runs to finish when the server stops; runs answered at a time."""

    run_s: float = 120.0
    drain_s: float = 30.0
    runs: int = 256


class Runs:
    """Used from one event loop. `saver` forgets what it holds of a run at the run's end. With a `lease` other processes
    answer runs of this store as well; without one this is the only process that does. A `dispatcher` lets them, and
    this one as far as it calls `answer_waiting`; by default all is answered here. `tenures` are the process's."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        run: Run,
        budgets: Budgets,
        saver: Saver | None = None,
        lease: Lease | None = None,
        tenures: Tenures | None = None,
        dispatcher: Dispatcher | None = None,
        outside: Span = NOTHING,
    ) -> None:
        self._store = store
        self._bus = bus
        self._run_graph = run
        self._budgets = budgets
        self._outside = outside
        self._saver = saver or NothingKept()
        self._active: dict[str, ActiveRun] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tenures = tenures or Tenures()
        self._dispatcher = dispatcher or LocalDispatcher(self.answer_waiting, budgets.runs)
        self._expiries = Expiries(lambda *request: self._spawn(self._expire(*request)))
        self._lease = lease
        self._recovery = Recovery(store, self, self._active, self._lost, lease)
        self._tasks: set[asyncio.Task[Any]] = set()
        self.closing = asyncio.Event()
        self.closed = asyncio.Event()

    def __len__(self) -> int:
        return len(self._active)

    def answering(self) -> list[RunStart]:
        return [active.start for active in self._active.values()]

    @property
    def waiting(self) -> int:
        """How many conversations wait for somebody who has room."""
        return self._dispatcher.depth

    @property
    def full(self) -> bool:
        """Whether another run would have to wait for one of another conversation."""
        return max(len(self), self.waiting) >= self._budgets.runs

    def take_up(self, conversation_id: str) -> None:
        """Let the conversation's next run begin where one waits, none has the conversation and there is room."""
        self._dispatcher.dispatch(conversation_id)

    async def see_through(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work that is done to its end even if the caller goes away: what is committed is also published."""
        return await asyncio.shield(self._spawn(work))

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def turn(self, conversation_id: str) -> asyncio.Lock:
        """Held while a run is taken up or called off, so that a run is never both, and while messages are taken back,
        so that none is taken up."""
        return self._turns.setdefault(conversation_id, asyncio.Lock())

    async def answer_waiting(self, conversation_id: str) -> None:
        """Answer what waits in the conversation, one run after the other; see `orchestrator.dispatcher.Answer`."""
        try:
            while not self.closing.is_set():
                active = await asyncio.shield(self._spawn(self._begin(conversation_id)))
                if active is None:
                    return
                await active.ended.wait()
            self.take_up(conversation_id)
        except StorageUnavailable as error:
            log.warning("left_to_the_next_process", error=str(error))

    async def _begin(self, conversation_id: str) -> ActiveRun | None:
        """Start the conversation's next run, where one waits and none has the conversation."""
        async with self.turn(conversation_id):
            asked_at = time.monotonic()
            start = await self._persist(lambda: self._store.begin(conversation_id, self._lease or NO_LEASE))
            if start is None:
                return None
            tenure = self._tenures.of(conversation_id, start.owner_epoch)
            active = ActiveRun(start, Desk(record=partial(self._record, start)), tenure, said=first_place(start))
            self._active[conversation_id] = active
            if self._lease is not None:
                active.leased_until = asked_at + self._lease.seconds
                heard = partial(self._overhear, active)
                active.unfollow = await self._bus.subscribe(conversation_id, heard, self._recovery.check)
            task = self._spawn(observed(active.start, self._outside, self._run(active)))
            # A task that is cancelled before its first step never gets to its own handling of that.
            await asyncio.sleep(0)
            active.task = task
            if active.taken:
                task.cancel()
            return active

    def _overhear(self, active: ActiveRun, envelope: Envelope) -> None:
        """Stop a run that another process has ended, or put back."""
        event = envelope.event
        if active.leaving or active.taken or not isinstance(event, Terminal | RunRestarted):
            return
        later = not isinstance(event, RunRestarted) or event.attempt > active.start.attempt
        if event.run_id == active.start.run_id and later:
            active.taken = True
            if active.task is not None:
                active.task.cancel()

    async def _record(self, start: RunStart, effects: Sequence[Effect]) -> None:
        """Keep what the run does. Raises ProcessingError where another process has the run."""
        if not await self._persist(lambda: self._store.record(start.run_id, effects, start.attempt)):
            raise ProcessingError("INTERRUPTED")

    async def _run(self, active: ActiveRun) -> None:
        start = active.start
        seconds = min(self._budgets.run_s, start.wishes.seconds or self._budgets.run_s)
        run = input_of(start)
        last: Terminal | InputRequired | None = None
        try:
            if start.attempt > 1 and start.reply is None:
                await forget(self._saver, start.run_id)
            async with asyncio.timeout(seconds):
                async with contextlib.aclosing(self._run_graph(run, active.desk)) as events:
                    async for event in events:
                        if isinstance(event, Terminal | InputRequired):
                            last = event
                        else:
                            await self._publish(active, event)
                if isinstance(last, InputRequired):
                    await self._saver.settle()
        except asyncio.CancelledError:
            await self.see_through(self._stop(active))
            return
        except Exception as error:
            last = failed(start.run_id, error)
        await self.see_through(self._end(active, last or failed(start.run_id, ProcessingError())))

    async def _publish(self, active: ActiveRun, event: AnyEvent) -> None:
        if active.halted is not None:
            await active.halted.wait()
        if not active.leased:
            self._lost(active)
            await asyncio.sleep(0)  # where it is stopped
        if isinstance(event, Durable):
            active.committing = self._spawn(self._commit(active, event))
            await asyncio.shield(active.committing)
        else:
            active.said += 1
            about = active.start.conversation_id
            await self._bus.publish(Envelope(about, event, tenure=active.tenure, place=active.said))

    async def _commit(self, active: ActiveRun, event: Durable) -> None:
        start = active.start
        commit = partial(self._store.append, start.conversation_id, start.run_id, event, start.attempt)
        with committing(event):
            envelope = await self._persist(commit)
        if envelope is None:
            raise ProcessingError("INTERRUPTED")
        await self._bus.publish(envelope)

    # --- ending ----------------------------------------------------------------------------------------------------

    async def _stop(self, active: ActiveRun) -> None:
        """The run's task was cancelled: by the customer, or because the server stops and the next one goes on."""
        start, effects = active.start, active.desk.effects
        if active.taken:
            self._let_go(active)
        elif active.cancelled:
            live = await self._bus.live(start.conversation_id)
            text = live.text if live and live.run_id == start.run_id else start.reply.said if start.reply else ""
            await self._end(active, Cancelled(start.run_id, text, side_effects(effects)))
        elif may_begin_again(effects):
            await self._leave(active, lambda: self._store.requeue(start.run_id, crashed=False, attempt=start.attempt))
        else:
            await self._end(active, failed(start.run_id, ProcessingError("INTERRUPTED")))

    async def _end(self, active: ActiveRun, last: Terminal | InputRequired) -> None:
        """Commit how the run ends, or that it waits for the customer, and then publish it."""
        conversation_id, desk, attempt = active.start.conversation_id, active.desk, active.start.attempt
        ending(last)
        if active.halted is not None:
            await active.halted.wait()
        if active.taken:
            self._let_go(active)
        elif isinstance(last, InputRequired):
            parked, active.parked = desk.parked or "", last.request_id
            await self._leave(active, lambda: self._store.park(conversation_id, last, parked, desk.memory, attempt))
            self.expect(conversation_id, last.request_id, last.expires_at)
        else:
            handing = desk.handing if isinstance(last, Completed) else None
            await self._leave(active, lambda: self._store.finish(conversation_id, last, desk.memory, handing, attempt))
            await forget(self._saver, last.run_id)

    async def _leave(
        self, active: ActiveRun, commit: Callable[[], Coroutine[Any, Any, Envelope | Sequence[Envelope] | None]]
    ) -> None:
        """Let go of the conversation with a commit, and go on with what waits."""
        active.leaving = True
        try:
            if active.committing is not None:
                await asyncio.wait([active.committing])
            with committing():
                committed = await self._persist(commit)
            for envelope in (committed,) if isinstance(committed, Envelope) else committed or ():
                await self._bus.publish(envelope)
        finally:
            self._let_go(active)

    def _let_go(self, active: ActiveRun) -> None:
        active.unfollow()
        self._active.pop(active.start.conversation_id, None)
        active.ended.set()

    async def change_owner(self, conversation_id: str, commit: ChangeOwner, patience_s: float) -> Handed:
        """Commit a change of owner that ends all runs of the conversation, and publish it; see `TakeOver`. Raises what
        the commit raises; StorageUnavailable where what the run is committing takes longer than `patience_s`."""
        async with self.turn(conversation_id):
            tenure, active = self._tenures.find(conversation_id), self._active.get(conversation_id)
            async with TakeOver(self._bus, conversation_id, tenure, active, patience_s) as taking:
                handed = await commit(taking.said)
                taking.done = bool(handed.envelopes)
                for envelope in handed.envelopes:
                    await self.ended(envelope)
            return handed

    async def cancel(self, conversation_id: str, run_id: str) -> None:
        """Stop a run; returns when its terminal event is committed. Raises RunNotActive when it has ended."""
        again: list[type[Exception]] = []
        while True:
            async with self.turn(conversation_id):
                active = self._active.get(conversation_id)
                if active is None or active.start.run_id != run_id or active.task is None:
                    with contextlib.suppress(*again):
                        await self.see_through(self._call_off(conversation_id, run_id))
                    return
                active.cancelled = True
                active.task.cancel()
            await active.ended.wait()
            if active.parked is None:
                return
            again = [RunNotActive]  # it was parked before it could be stopped, and may have been answered since

    async def stop(self, conversation_id: str, ended: Collection[str], again: Collection[str] = ()) -> None:
        """Stop what is being answered, with the conversation's turn held: one of the runs `ended` for good, one of
        `again` to begin anew afterwards. One that has been given an answer cannot, and ends."""
        active = self._active.get(conversation_id)
        if active is None or active.task is None or active.start.run_id not in {*ended, *again}:
            await self._stop_elsewhere(conversation_id, ended)
            return
        active.cancelled = active.start.run_id in ended or active.start.reply is not None
        active.task.cancel()
        await active.ended.wait()

    async def _stop_elsewhere(self, conversation_id: str, ended: Collection[str]) -> None:
        """End the run that another process is answering, if it is among these."""
        live = await self._bus.live(conversation_id)
        if live is not None and live.run_id in ended:
            with contextlib.suppress(RunNotActive):
                await self._call_off(conversation_id, live.run_id)

    async def erase(self, run_ids: Collection[str]) -> None:
        """Forget the state of these runs, down to the files."""
        await erase(self._saver, run_ids)

    async def _call_off(self, conversation_id: str, run_id: str) -> None:
        """End a run that is not being answered here: one that waits for its turn or for the customer, or that another
        process answers, which hears of it and stops."""
        live = await self._bus.live(conversation_id)
        said = live.text if live is not None and live.run_id == run_id else ""
        envelope = await self._store.call_off(conversation_id, run_id, said)
        if envelope is None:
            raise RunNotActive
        await self.ended(envelope)
        self.take_up(conversation_id)

    async def ended(self, envelope: Envelope) -> None:
        """Publish the committed end of a run that nobody was answering, and forget its state."""
        await self._bus.publish(envelope)
        if isinstance(envelope.event, Terminal):
            self._spawn(forget(self._saver, envelope.event.run_id))

    def expect(self, conversation_id: str, request_id: str, expires_at: str) -> None:
        """End the parked run when its request expires."""
        self._expiries.expect(conversation_id, request_id, expires_at)

    async def _expire(self, conversation_id: str, request_id: str) -> None:
        envelope = await self._persist(lambda: self._store.drop(conversation_id, request_id))
        if envelope is not None:
            await self.ended(envelope)

    async def _persist(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Commit something that must not be lost: while the store is away, try again, ever slower, up to 5 s apart.
        Raises StorageUnavailable only when the server is stopping: then the next process takes the run up."""
        delay = 0.1
        while True:
            try:
                return await work()
            except StorageUnavailable:
                if self.closing.is_set():
                    raise
                log.warning("store_unavailable", retry_in_s=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    # --- starting and stopping -------------------------------------------------------------------------------------

    async def recover(self) -> None:
        """Take up what the last process left, and with a lease from then on what any other leaves."""
        await self._saver.keep_only(await self._recovery.recover())

    def _lost(self, active: ActiveRun) -> None:
        """Stop answering a run that another process may have by now, without another word."""
        log.warning("run_lost", run_id=active.start.run_id, attempt=active.start.attempt)
        active.taken = True
        if active.task is not None:
            active.task.cancel()

    async def close(self, drain_s: float | None = None) -> None:
        """Start nothing more, let running runs finish for `drain_s` seconds (the budget's where None), hand the rest
        to the next process. May be called again."""
        self.closing.set()
        self._dispatcher.leave()
        self._expiries.clear()
        patience = self._budgets.drain_s if drain_s is None else drain_s
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(active.ended.wait() for active in self._active.values())), patience)
        while self._tasks:
            for active in self._active.values():
                if active.task is not None:
                    active.task.cancel()
            done, _ = await asyncio.wait(self._tasks, timeout=0.05)
            for task in done:
                if not task.cancelled() and isinstance(error := task.exception(), StorageUnavailable):
                    log.warning("left_to_the_next_process", error=str(error))
        self.closed.set()
        self._recovery.stop()
