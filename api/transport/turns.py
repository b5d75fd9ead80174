"""One turn for one request: a message is sent, and whoever waits for its answer gets its run's events to the end."""

import asyncio
import math
import time
from collections.abc import AsyncIterator

import structlog

from api.transport.departures import Leaving
from api.transport.sse import BEAT_S
from orchestrator.commands import Answer, Caller, Cancel, Resume, Send
from orchestrator.errors import AuthExpired, PitcrewError, ShuttingDown
from orchestrator.events import Accepted, Envelope, InputRequired, Terminal
from orchestrator.execution.engine import Engine
from orchestrator.execution.follow import Follower
from orchestrator.store import Receipt

log = structlog.get_logger()


class Turn:
    """Send, then iterate over `events`; `close` at the end, whatever happened. `comes_back`: the client can ask for
    this answer again, so that its run goes on without it; that of any other client who leaves early is stopped.
    `until` (Unix seconds) the client may listen; then the run goes on without it. Runs are stopped by tasks that
    `leaving` keeps."""

    def __init__(
        self, engine: Engine, caller: Caller, leaving: Leaving, *, comes_back: bool = False, until: float = math.inf
    ) -> None:
        self._engine = engine
        self._leaving = leaving
        self._until = until
        self._caller = caller
        self._comes_back = comes_back
        self._arrived: asyncio.Queue[Envelope | None] = asyncio.Queue()
        self._follower = Follower(engine, self._arrived.put_nowait)
        self._stopped = asyncio.ensure_future(engine.stopped())
        self._stopped.add_done_callback(lambda _: self._arrived.put_nowait(None))
        self._receipt: Receipt | None = None
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether the event that ends the turn has been given out."""
        return self._ended

    async def send(self, command: Send) -> Accepted:
        """Ask. Raises what `Engine.send` raises."""
        return await self._begun(await self._engine.send(self._caller, command, self._follower.follow))

    async def answer(self, command: Answer) -> Accepted:
        """Answer a parked run, which goes on. Raises what `Engine.answer` raises."""
        return await self._begun(await self._engine.answer(self._caller, command, self._follower.follow))

    async def _begun(self, receipt: Receipt) -> Accepted:
        """What was asked before is told again from its acknowledgement on."""
        self._receipt = receipt
        if receipt.told is not None:
            self._arrived.put_nowait(Envelope(receipt.envelope.conversation_id, receipt.told))
        elif receipt.duplicate:
            before = (receipt.envelope.seq or 1) - 1
            await self._follower.resume(self._caller, Resume(receipt.accepted.session_id, before))
        return receipt.accepted

    async def events(self) -> AsyncIterator[Envelope | None]:
        """The run's events up to the turn's end; None after a silence of BEAT_S. Raises ShuttingDown where the server
        stops before, AuthExpired where the client's time is up."""
        assert self._receipt is not None, "nothing was sent"
        run_id = self._receipt.accepted.turn_id
        while not self._ended:
            left = self._until - time.time()
            if left <= 0:
                self._comes_back = True
                raise AuthExpired
            try:
                async with asyncio.timeout(min(BEAT_S, left)):
                    envelope = await self._arrived.get()
            except TimeoutError:
                yield None
                continue
            if envelope is None:
                raise ShuttingDown
            if getattr(envelope.event, "run_id", None) == run_id and not envelope.late:
                self._ended = isinstance(envelope.event, Terminal | InputRequired)
                yield envelope

    def close(self) -> None:
        """Follow no more, and stop a run whose answer nobody can get. What a server leaves that stops, the next one
        takes up."""
        self._follower.close()
        stopping = self._stopped.done()
        self._stopped.cancel()
        if self._receipt is not None and not (self._ended or self._comes_back or stopping):
            stopped = asyncio.ensure_future(self._stop(self._receipt.accepted.turn_id))
            self._leaving.add(self._caller.user_id, stopped)

    async def _stop(self, run_id: str) -> None:
        try:
            await self._engine.cancel(self._caller, Cancel(run_id=run_id))
        except PitcrewError as error:
            log.info("left_run_not_stopped", run_id=run_id, code=error.code)
