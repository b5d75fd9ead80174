"""What clients may ask, and what they are promised: a message is committed before anyone hears of it, is answered once
however often it is sent, and its run belongs to its conversation, not to a socket."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import structlog

from agents.specialist import Catalogue, open_to
from orchestrator.bus import Bus
from orchestrator.commands import Answer, Caller, Cancel, Delete, Feedback, HandOver, Read, Send, Type
from orchestrator.dispatcher import Dispatcher
from orchestrator.errors import NotFound, Overloaded, RunNotActive, ShuttingDown, StorageUnavailable, UnknownAgent
from orchestrator.event.tenure import Tenures
from orchestrator.events import Envelope, HandOverReason, InputRequired, Seen, Terminal, Typing
from orchestrator.execution.forgetting import Saver
from orchestrator.execution.replies import ReadAside, reading
from orchestrator.execution.runs import Budgets, Run, Runs
from orchestrator.execution.takeover import ChangeOwner
from orchestrator.run import Handing
from orchestrator.store import Handed, Lease, Receipt, RunStart, Store, Touched
from rag.tracing.spans import NOTHING, Span

log = structlog.get_logger()
T = TypeVar("T")

Follow = Callable[[str], Awaitable[None]]
"""Called with a conversation's id after a commit and before anything of it is published, so that the caller can
subscribe and miss nothing."""

OVERLOAD_WAIT_MS = 2_000
CANCEL_PATIENCE_S = 5.0
"""How long a cancel waits for its commit: longer only when the store is away, and the run ends when it is back."""


class Engine:
    """The conversations of this process. Used from one event loop."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        run: Run,
        budgets: Budgets | None = None,
        saver: Saver | None = None,
        catalogue: Catalogue = (),
        read: ReadAside | None = None,
        handing: Callable[[HandOverReason], Handing] | None = None,
        changed: Callable[[str], None] = lambda conversation_id: None,
        lease: Lease | None = None,
        tenures: Tenures | None = None,
        dispatcher: Dispatcher | None = None,
        outside: Span = NOTHING,
    ) -> None:
        """`read` tells what a reply to a proposal says; without it only plain answers are understood. `handing` words
        what happens when a person is asked for; without it nothing is said of it. `changed` is told of
        conversations in which something changes that is no event: they are rated, or deleted. With a `lease` other
        processes answer runs of this store as well; they are told by the `dispatcher`, and speak under `tenures`.
        `outside`: in which each run is a span, the root of its trace."""
        self._changed = changed
        self._handing = handing or (lambda reason: Handing(reason, lambda place, email: ""))
        self.catalogue = catalogue
        self._read = read or reading()
        self.store = store
        self.bus = bus
        self._runs = Runs(store, bus, run, budgets or Budgets(), saver, lease, tenures, dispatcher, outside)

    @property
    def running(self) -> int:
        """How many runs are being answered."""
        return len(self._runs)

    @property
    def waiting(self) -> int:
        """How many conversations wait for somebody who has room to answer."""
        return self._runs.waiting

    async def send(self, caller: Caller, command: Send, follow: Follow | None = None) -> Receipt:
        """Accept a message; its answer comes over the bus.

        Raises BadRequest, EmptyMessage, MessageTooLong, UnknownAgent, IdempotencyConflict, RunBusy, Overloaded,
        ShuttingDown, StorageUnavailable; NotFound for a message to be replaced that is not the caller's in
        that session.
        """
        command.check()
        names = [specialist.name for specialist in open_to(self.catalogue, caller.role, command.wishes.channel)]
        if command.wishes.agent is not None and command.wishes.agent not in names:
            raise UnknownAgent(names)
        accepting = self._keep(caller, command) if command.replaces is None else self._replace(caller, command)
        return await self._take(accepting, follow)

    async def _keep(self, caller: Caller, command: Send) -> Receipt:
        """Accept a message. What it says to a waiting request is read outside of the transaction, which only looks
        whether that request is still the one."""
        answers: dict[str, Any] = {}

        def known(_: str, request: InputRequired) -> Any:
            if request.request_id not in answers:
                raise _UnreadError(request)
            return answers[request.request_id]

        while True:
            try:
                return await self.store.accept(caller, command, known)
            except _UnreadError as unread:
                asked = unread.request
                answers[asked.request_id] = await self._read(command.message, asked)

    async def _replace(self, caller: Caller, command: Send) -> Receipt:
        """Accept a message that stands for another one, whose runs are stopped first."""
        conversation_id = await self.store.conversation(caller, command.session_id or "")
        async with self._runs.turn(conversation_id):
            replaced = await self.store.replaced(caller, command)
            if replaced is not None:
                await self._stop(replaced, replaced.unfinished)
            return await self._keep(caller, command)

    async def _stop(self, touched: Touched, ended: Collection[str]) -> None:
        """Stop what is being answered where it is touched: for good if it is among `ended`, else it begins again."""
        try:
            async with asyncio.timeout(CANCEL_PATIENCE_S):
                await self._runs.stop(touched.conversation_id, ended, touched.unfinished)
        except TimeoutError:
            raise StorageUnavailable from None

    async def answer(self, caller: Caller, command: Answer, follow: Follow | None = None) -> Receipt:
        """Answer a run that asked before an effect; it goes on. The same answer again changes nothing.

        Raises BadRequest, NotFound, IdempotencyConflict (answered otherwise before), RunNotActive (nobody waits for it
        any more), Overloaded, ShuttingDown, StorageUnavailable.
        """
        command.check()
        return await self._take(self.store.answer(caller, command), follow)

    async def _take(self, accepting: Coroutine[Any, Any, Receipt], follow: Follow | None) -> Receipt:
        refusal = self._refusal()
        if refusal is not None:
            accepting.close()
            raise refusal
        return await self._runs.see_through(self._accept(accepting, follow))

    async def _accept(self, accepting: Coroutine[Any, Any, Receipt], follow: Follow | None) -> Receipt:
        receipt = await accepting
        conversation_id = receipt.envelope.conversation_id
        if follow is not None:
            await follow(conversation_id)
        if not receipt.duplicate:
            for envelope in receipt.before:
                await self._runs.ended(envelope)
            await self.bus.publish(receipt.envelope)
            self._runs.take_up(conversation_id)
        return receipt

    def _refusal(self) -> ShuttingDown | Overloaded | None:
        if self._runs.closing.is_set():
            return ShuttingDown()
        return Overloaded(retry_after_ms=OVERLOAD_WAIT_MS) if self._runs.full else None

    async def ask(self, caller: Caller, command: Send) -> Envelope:
        """Accept a message and wait for the end of its turn: its run's terminal event, or InputRequired, or where a
        person has the conversation Completed, which says so. Raises what
        `send` raises; ShuttingDown also when the server stops before the answer: ask again under the same id."""
        arrived: asyncio.Queue[Envelope] = asyncio.Queue()
        unsubscribe: list[Callable[[], None]] = []

        async def follow(conversation_id: str) -> None:
            unsubscribe.append(await self.bus.subscribe(conversation_id, arrived.put_nowait))

        closed = asyncio.ensure_future(self._runs.closed.wait())
        try:
            receipt = await self.send(caller, command, follow)
            run_id, conversation_id = receipt.accepted.run_id, receipt.envelope.conversation_id
            if run_id is None:
                assert receipt.told is not None
                return Envelope(conversation_id, receipt.told)
            for envelope in await self.store.run_events(conversation_id, run_id):
                if _ends_turn(envelope, run_id) and (envelope.seq or 0) > (receipt.envelope.seq or 0):
                    return envelope
            while True:
                next_one = asyncio.ensure_future(arrived.get())
                await asyncio.wait({next_one, closed}, return_when=asyncio.FIRST_COMPLETED)
                if not next_one.done():
                    next_one.cancel()
                    raise ShuttingDown
                if _ends_turn(next_one.result(), run_id):
                    return next_one.result()
        finally:
            closed.cancel()
            for stop in unsubscribe:
                stop()

    async def cancel(self, caller: Caller, command: Cancel) -> None:
        """Stop a run; returns when its terminal event is committed. Raises NotFound, RunNotActive, StorageUnavailable
        when it will be, but not yet."""
        command.check()
        conversation_id, run_id = await self._target(caller, command)
        try:
            async with asyncio.timeout(CANCEL_PATIENCE_S):
                await self._runs.cancel(conversation_id, run_id)
        except TimeoutError:
            raise StorageUnavailable from None

    async def _target(self, caller: Caller, command: Cancel) -> tuple[str, str]:
        if command.run_id is not None:
            return await self.store.run_owner(caller, command.run_id), command.run_id
        try:
            conversation_id = await self.store.conversation(caller, command.session_id or "")
        except NotFound:  # a session begins with its first message: until then it is one with nothing to stop
            raise RunNotActive from None
        run_id = await self.store.current_run(conversation_id)
        if run_id is None:
            raise RunNotActive
        return conversation_id, run_id

    async def feedback(self, caller: Caller, command: Feedback) -> None:
        """Keep a rating. Raises BadRequest, NotFound."""
        command.check()
        self._changed(await self.store.feedback(caller, command))

    async def typing(self, caller: Caller, command: Type) -> None:
        """Tell those who follow that the customer is writing. Raises BadRequest, NotFound."""
        command.check()
        conversation_id = await self.store.conversation(caller, command.session_id)
        await self.bus.publish(Envelope(conversation_id, Typing(command.text)))

    async def hand_over(self, caller: Caller, command: HandOver, follow: Follow | None = None) -> None:
        """Let the caller's conversation wait for a person; it need not have begun. Nothing changes where one is on the
        way or there. Raises BadRequest, StorageUnavailable."""
        command.check()
        conversation_id = await self.store.open(caller, command.session_id)
        if follow is not None:
            await follow(conversation_id)
        handing = replace(self._handing("request"), reason_text=command.reason or None)
        await self.change(conversation_id, lambda: self.store.hand_over(conversation_id, handing))

    async def change(self, conversation_id: str, commit: Callable[[], Coroutine[Any, Any, Handed]]) -> Handed:
        """Commit a change of a conversation that lets its runs go on, and publish it."""

        async def work() -> Handed:
            async with self._runs.turn(conversation_id):
                handed = await commit()
                for envelope in handed.envelopes:
                    await self.bus.publish(envelope)
                return handed

        return await self._runs.see_through(work())

    async def change_owner(self, conversation_id: str, commit: ChangeOwner) -> Handed:
        """Commit a change of owner that ends the conversation's runs; see `Runs.change_owner`."""
        return await self._runs.see_through(self._runs.change_owner(conversation_id, commit, CANCEL_PATIENCE_S))

    async def read(self, caller: Caller, command: Read) -> None:
        """Keep how far the customer has read, and tell those who follow. Raises BadRequest, NotFound."""
        command.check()
        conversation_id = await self.store.seen(caller, command)
        await self.bus.publish(Envelope(conversation_id, Seen(command.seq)))

    async def delete_message(self, caller: Caller, command: Delete) -> None:
        """Take one of the caller's own messages back, with all that repeats it. A run that is about it is stopped; one
        under way that may have read it begins again. Raises BadRequest, NotFound, StorageUnavailable."""
        command.check()
        touched = await self.store.touched(caller, command.message_id)
        await self._runs.see_through(self._blank(caller, command.message_id, touched.conversation_id))

    async def _blank(self, caller: Caller, message_id: str, conversation_id: str) -> None:
        async with self._runs.turn(conversation_id):
            touched = await self.store.touched(caller, message_id)
            await self._stop(touched, {touched.run_id})
            for envelope in await self.store.blank(caller, message_id):
                await self._runs.ended(envelope)
            await self._runs.erase({touched.run_id, *touched.unfinished})
        self._runs.take_up(conversation_id)

    async def delete(self, caller: Caller, session_id: str) -> None:
        """Remove a conversation; a run in it is stopped. Raises NotFound."""
        conversation_id = await self.store.conversation(caller, session_id)
        with contextlib.suppress(RunNotActive, NotFound):
            while True:
                await self.cancel(caller, Cancel(session_id=session_id))
        await self.store.delete(caller, session_id)
        await self.forget([conversation_id], ())
        log.info("conversation_deleted", conversation_id=conversation_id)

    async def stop(self, conversation_id: str, run_id: str) -> None:
        """Stop a run, whoever's it is; nothing where it has ended. Raises StorageUnavailable when it will, but not
        yet."""
        try:
            async with asyncio.timeout(CANCEL_PATIENCE_S):
                with contextlib.suppress(RunNotActive, NotFound):
                    await self._runs.cancel(conversation_id, run_id)
        except TimeoutError:
            raise StorageUnavailable from None

    async def forget(self, conversation_ids: Iterable[str], run_ids: Collection[str]) -> None:
        """Keep nothing of conversations that are gone, neither here nor where processes hear each other."""
        for conversation_id in conversation_ids:
            await self.bus.forget(conversation_id)
            self._changed(conversation_id)
        await self._runs.erase(run_ids)

    async def see_through(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work that is done to its end even if the caller goes away."""
        return await self._runs.see_through(work)

    def answering(self) -> Sequence[RunStart]:
        """The runs that are being answered here."""
        return self._runs.answering()

    async def answer_waiting(self, conversation_id: str) -> None:
        """Answer what waits in a conversation: what a dispatcher calls."""
        await self._runs.answer_waiting(conversation_id)

    async def recover(self) -> None:
        """Take up what the last process left. Before the first command."""
        await self._runs.recover()

    async def stopped(self) -> None:
        """Wait until nothing is answered here any more."""
        await self._runs.closed.wait()

    async def close(self, drain_s: float | None = None) -> None:
        """Accept nothing more and let runs finish; see `Runs.close`."""
        await self._runs.close(drain_s)


class _UnreadError(Exception):
    """A request waits that the message has not been read for; nothing was committed."""

    def __init__(self, request: InputRequired) -> None:
        self.request = request


def _ends_turn(envelope: Envelope, run_id: str) -> bool:
    event = envelope.event
    return isinstance(event, Terminal | InputRequired) and event.run_id == run_id
