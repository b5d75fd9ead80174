"""The life of a run: accept, run, cancel, time out, commit, publish.

What is promised: a message is committed before anyone hears of it; a conversation has one run at a time; every run ends
in exactly one terminal event, committed before it is sent; a run belongs to its conversation, not to a socket.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog

from agents.answerer import AnswerFailed
from agents.types import Question
from orchestrator.bus import Bus
from orchestrator.commands import Caller, Cancel, Feedback, Send
from orchestrator.errors import (
    REASON_TEXTS,
    NotFound,
    Overloaded,
    ProcessingError,
    Reason,
    RunNotActive,
    ShuttingDown,
    StorageUnavailable,
)
from orchestrator.events import (
    AnyEvent,
    Cancelled,
    Durable,
    Envelope,
    Failed,
    Progress,
    RunRestarted,
    Terminal,
    Token,
)
from orchestrator.run import RunInput
from orchestrator.store import Receipt, RunStart, Store

log = structlog.get_logger()
T = TypeVar("T")

Run = Callable[[RunInput, Callable[[Mapping[str, str]], None]], AsyncGenerator[AnyEvent]]
"""Answers one run: yields its events, the last one Completed; tells the callback the facts it learned."""

OVERLOAD_WAIT_MS = 2_000
MAX_ATTEMPTS = 2
"""A run whose process died is run once more; then it ends INTERRUPTED."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """Seconds for a whole run, and for running runs to finish when the server stops; runs answered at a time."""

    run_s: float = 120.0
    drain_s: float = 30.0
    runs: int = 256


@dataclass
class ActiveRun:
    """What this process knows of a run it is answering."""

    start: RunStart
    task: asyncio.Task[None] | None = None
    pieces: list[str] = field(default_factory=list)
    progress: Progress | None = None
    facts: Mapping[str, str] | None = None
    cancelled: bool = False
    handed_back: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class Engine:
    """Runs conversations of this process. Used from one event loop."""

    def __init__(self, store: Store, bus: Bus, run: Run, budgets: Budgets = Budgets()) -> None:
        self.store = store
        self.bus = bus
        self._run_graph = run
        self._budgets = budgets
        self._active: dict[str, ActiveRun] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    # --- what clients ask ------------------------------------------------------------------------------------------

    async def send(self, caller: Caller, command: Send, follow: Callable[[str], None] | None = None) -> Receipt:
        """Accept a message; its answer comes over the bus. `follow` is called with the conversation's id after the
        commit and before anything is published, so that the caller can subscribe and miss nothing.

        Raises BadRequest, EmptyMessage, MessageTooLong, IdempotencyConflict, RunBusy, Overloaded, ShuttingDown,
        StorageUnavailable.
        """
        command.check()
        if self._closing.is_set():
            raise ShuttingDown
        if len(self._active) >= self._budgets.runs:
            raise Overloaded(retry_after_ms=OVERLOAD_WAIT_MS)
        receipt = await self.store.accept(caller, command)
        if follow is not None:
            follow(receipt.envelope.conversation_id)
        if not receipt.duplicate:
            self.bus.publish(receipt.envelope)
            self._spawn(self._advance(receipt.envelope.conversation_id))
        return receipt

    async def cancel(self, caller: Caller, command: Cancel) -> None:
        """Stop a run; returns when its terminal event is committed. Raises NotFound, RunNotActive."""
        command.check()
        conversation_id, run_id = await self._target(caller, command)
        async with self._turn(conversation_id):
            active = self._active.get(conversation_id)
            if active is None or active.start.run_id != run_id or active.task is None:
                envelope = await self.store.finish(conversation_id, Cancelled(run_id, partial_response=""))
                if envelope is None:
                    raise RunNotActive
                self.bus.publish(envelope)
                self._spawn(self._advance(conversation_id))
                return
            active.cancelled = True
            active.task.cancel()
        await active.ended.wait()

    def _turn(self, conversation_id: str) -> asyncio.Lock:
        """Held while a run is taken up or called off, so that a run is never both."""
        return self._turns.setdefault(conversation_id, asyncio.Lock())

    async def _target(self, caller: Caller, command: Cancel) -> tuple[str, str]:
        if command.run_id is not None:
            return await self.store.run_owner(caller, command.run_id), command.run_id
        conversation_id = await self.store.conversation(caller, command.session_id or "")
        run_id = await self.store.current_run(conversation_id)
        if run_id is None:
            raise RunNotActive
        return conversation_id, run_id

    async def feedback(self, caller: Caller, command: Feedback) -> None:
        """Keep a rating. Raises BadRequest, NotFound."""
        command.check()
        await self.store.feedback(caller, command)

    async def delete(self, caller: Caller, session_id: str) -> None:
        """Remove a conversation; a run in it is stopped. Raises NotFound."""
        conversation_id = await self.store.conversation(caller, session_id)
        with contextlib.suppress(RunNotActive, NotFound):
            await self.cancel(caller, Cancel(session_id=session_id))
        await self.store.delete(caller, session_id)
        log.info("conversation_deleted", conversation_id=conversation_id)

    async def answer(self, caller: Caller, command: Send) -> Envelope:
        """Accept a message and wait for its run's terminal event. Raises what `send` raises."""
        arrived: asyncio.Queue[Envelope] = asyncio.Queue()
        unsubscribe: list[Callable[[], None]] = []
        try:
            receipt = await self.send(
                caller, command, lambda id_: unsubscribe.append(self.bus.subscribe(id_, arrived.put_nowait))
            )
            run_id, conversation_id = receipt.accepted.run_id, receipt.envelope.conversation_id
            for envelope in await self.store.run_events(conversation_id, run_id):
                if isinstance(envelope.event, Terminal):
                    return envelope
            while True:
                envelope = await arrived.get()
                if isinstance(envelope.event, Terminal) and envelope.event.run_id == run_id:
                    return envelope
        finally:
            for stop in unsubscribe:
                stop()

    def active_run(self, conversation_id: str) -> ActiveRun | None:
        """The run that is answering in a conversation now."""
        return self._active.get(conversation_id)

    @property
    def running(self) -> int:
        return len(self._active)

    # --- running ---------------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _advance(self, conversation_id: str) -> None:
        """Start the conversation's next run, if it waits and none has the conversation."""
        if self._closing.is_set():
            return
        async with self._turn(conversation_id):
            start = await self._persist(lambda: self.store.begin(conversation_id))
            if start is not None and self._closing.is_set():
                await self.store.requeue(start.run_id)
            elif start is not None:
                active = self._active[conversation_id] = ActiveRun(start)
                active.task = self._spawn(self._run(active))

    async def _run(self, active: ActiveRun) -> None:
        start = active.start
        question = Question(start.message, start.history, start.facts)
        run = RunInput(start.run_id, start.session_id, question, start.role)
        terminal: Terminal | None = None
        try:
            if start.attempt > 1:
                await self._publish(active, RunRestarted(start.run_id, start.attempt))
            async with asyncio.timeout(self._budgets.run_s):
                async with contextlib.aclosing(
                    self._run_graph(run, lambda facts: setattr(active, "facts", facts))
                ) as events:
                    async for event in events:
                        if isinstance(event, Terminal):
                            terminal = event
                        else:
                            await self._publish(active, event)
        except asyncio.CancelledError:
            if not active.cancelled:
                active.handed_back = True
            terminal = Cancelled(start.run_id, active.text)
        except Exception as error:
            terminal = self._failed(active, error)
        await asyncio.shield(self._spawn(self._end(active, terminal or self._failed(active, ProcessingError()))))

    async def _publish(self, active: ActiveRun, event: AnyEvent) -> None:
        start = active.start
        if isinstance(event, Durable):
            envelope = await self.store.append(start.conversation_id, start.run_id, event)
            if envelope is None:
                raise ProcessingError("INTERRUPTED")
            self.bus.publish(envelope)
            return
        if isinstance(event, Token):
            active.pieces.append(event.text)
        elif isinstance(event, Progress):
            active.progress = event
        self.bus.publish(Envelope(start.conversation_id, event))

    def _failed(self, active: ActiveRun, error: Exception) -> Failed:
        reason, retry_after_ms = _reason(error)
        ref = uuid.uuid4().hex[:12]
        unforeseen = reason == "INTERNAL"
        log.error(
            "run_failed", run_id=active.start.run_id, ref=ref, reason=reason, error=str(error), exc_info=unforeseen
        )
        return Failed(active.start.run_id, reason, REASON_TEXTS[reason], ref, True, retry_after_ms)

    async def _end(self, active: ActiveRun, terminal: Terminal) -> None:
        """Commit the terminal event, then publish it; a handed-back run waits for the next process instead."""
        start = active.start
        try:
            if active.handed_back:
                await self._persist(lambda: self.store.requeue(start.run_id))
                return
            facts = active.facts
            envelope = await self._persist(lambda: self.store.finish(start.conversation_id, terminal, facts))
            if envelope is not None:
                self.bus.publish(envelope)
        finally:
            self._active.pop(start.conversation_id, None)
            active.ended.set()
        self._spawn(self._advance(start.conversation_id))

    async def _persist(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Commit something that must not be lost: while the store is away, try again, ever slower, up to 5 s apart.
        Raises StorageUnavailable only when the server is stopping: then the next process takes the run up."""
        delay = 0.1
        while True:
            try:
                return await work()
            except StorageUnavailable:
                if self._closing.is_set():
                    raise
                log.warning("store_unavailable", retry_in_s=delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 5.0)

    # --- starting and stopping -------------------------------------------------------------------------------------

    async def recover(self) -> None:
        """Take up what the last process left: waiting runs go on, a run it was answering starts again once."""
        conversations: dict[str, None] = {}
        for conversation_id, run_id, status, attempt in await self.store.unfinished():
            conversations[conversation_id] = None
            if status != "running":
                continue
            if attempt < MAX_ATTEMPTS:
                await self.store.requeue(run_id)
            else:
                failed = Failed(run_id, "INTERRUPTED", REASON_TEXTS["INTERRUPTED"], uuid.uuid4().hex[:12])
                await self.store.finish(conversation_id, failed)
        for conversation_id in conversations:
            await self._advance(conversation_id)

    async def close(self, drain_s: float | None = None) -> None:
        """Accept nothing more, let running runs finish for `drain_s` seconds (the budget's where None), hand the rest
        back to the next process. May be called again."""
        self._closing.set()
        patience = self._budgets.drain_s if drain_s is None else drain_s
        ended = [active.ended.wait() for active in self._active.values()]
        if ended:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.gather(*ended), patience)
        for active in tuple(self._active.values()):
            if active.task is not None:
                active.task.cancel()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)


def _reason(error: Exception) -> tuple[Reason, int | None]:
    match error:
        case AnswerFailed():
            return error.reason, error.retry_after_ms
        case ProcessingError():
            return error.reason, error.retry_after_ms
        case TimeoutError():
            return "RUN_TIMEOUT", None
        case RecursionError():
            return "STEP_LIMIT", None
        case _:
            return "INTERNAL", None
