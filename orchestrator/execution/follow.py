"""Following conversations: what one reader has seen, so that nothing falls between history and live, or comes twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from orchestrator.bus import PLACES, Live
from orchestrator.commands import Answer, Caller, HandOver, Resume, Send
from orchestrator.errors import StorageUnavailable
from orchestrator.events import (
    Accepted,
    AnyEvent,
    Code,
    Envelope,
    InputRequired,
    Progress,
    Reasoning,
    Resumed,
    RunRestarted,
    Terminal,
    Token,
)
from orchestrator.execution.engine import Engine
from orchestrator.store import Marks, Receipt

Deliver = Callable[[Envelope], None]

PAGE = 100
"""Events of history that are read at once."""
PAUSE_S = 1.0
"""Until the store is asked again that was away."""


RECENT = 20
"""Events before its place that a reader's runs are known from."""


class Follower:
    """One reader (a socket, a stream) of any number of conversations. `deliver` gets each event once, in order.

    To catch up it subscribes first and reads second: live events wait in a buffer while history is read, and those
    that history already held are dropped by their `seq`, or by `offset` for text. History is read in pages, and an
    event of it is delivered when the reader has `room`.
    """

    def __init__(self, engine: Engine, deliver: Deliver, room: Callable[[], Awaitable[None]] | None = None) -> None:
        self._engine = engine
        self._deliver = deliver
        self._room = room
        self._subscriptions: dict[str, Callable[[], None]] = {}
        self._subscribing = asyncio.Lock()
        self._catching_up: set[asyncio.Task[None]] = set()
        self._buffers: dict[str, list[Envelope]] = {}
        self._cursors: dict[str, _Cursor] = {}
        self._missed: set[str] = set()
        self._closed = False

    async def send(self, caller: Caller, command: Send) -> None:
        """Accept a message and follow its conversation. A message sent before is answered with its acknowledgement,
        its run's events so far, and the rest live. Raises what `Engine.send` raises."""
        await self._again(await self._engine.send(caller, command, self.follow))

    async def answer(self, caller: Caller, command: Answer) -> None:
        """Answer a parked run and follow its conversation, as `send` does. Raises what `Engine.answer` raises."""
        await self._again(await self._engine.answer(caller, command, self.follow))

    async def _again(self, receipt: Receipt) -> None:
        if not receipt.duplicate:
            return
        conversation_id, accepted = receipt.envelope.conversation_id, receipt.accepted
        again = msgspec.structs.replace(accepted, duplicate=True)
        self._deliver(Envelope(conversation_id, again, receipt.envelope.seq))
        self._buffers.setdefault(conversation_id, [])
        self._missed.discard(conversation_id)
        stored = await self._engine.store.run_events(conversation_id, accepted.turn_id)
        cursor = self._cursors.setdefault(conversation_id, _Cursor())
        cursor.heed(accepted)
        cursor.also |= {receipt.envelope.seq}
        # What came before an answer, its question among it, is no answer to it.
        behind = [envelope for envelope in stored if (envelope.seq or 0) > (receipt.envelope.seq or 0)]
        await self._tell(cursor, behind)
        cursor.also |= {envelope.seq for envelope in stored}
        await self._go_live(conversation_id, cursor)

    async def hand_over(self, caller: Caller, command: HandOver) -> None:
        """Ask for a person and follow the conversation. Raises what `Engine.hand_over` raises."""
        await self._engine.hand_over(caller, command, self.follow)

    async def resume(self, caller: Caller, command: Resume) -> None:
        """Deliver Resumed, which says from where it goes on, then what came after that, the active run's text so far,
        and everything live. Raises NotFound, BadRequest."""
        command.check()
        conversation_id = await self._engine.store.conversation(caller, command.session_id)
        await self._join(conversation_id, command.session_id, lambda marks: _place(command, conversation_id, marks))

    async def join(self, conversation_id: str, session_id: str, after: int) -> None:
        """The same from a place in a conversation that is the caller's. Raises NotFound when it is gone, whatever else
        has its name by now."""
        await self._join(conversation_id, session_id, lambda marks: after)

    async def _join(self, conversation_id: str, session_id: str, place: Callable[[Marks], int]) -> None:
        store = self._engine.store
        self._buffers.setdefault(conversation_id, [])
        await self.follow(conversation_id)
        marks = await store.marks(conversation_id)
        after = place(marks)
        active = await store.current_run(conversation_id)
        self._deliver(Envelope(conversation_id, Resumed(session_id, after, marks.head, active)))
        cursor = self._cursors[conversation_id] = _Cursor(after, joined=True)
        cursor.begun.add(active)
        # Of runs that the reader knows to have ended, another process may still say a word.
        for envelope in await store.events(conversation_id, max(0, after - RECENT), RECENT) if after else ():
            if (envelope.seq or 0) <= after:
                cursor.heed(envelope.event)
        await self._read_up(conversation_id, cursor)

    async def _read_up(self, conversation_id: str, cursor: "_Cursor") -> None:
        """Deliver what the store has after the cursor, and then what is live."""
        store = self._engine.store
        self._missed.discard(conversation_id)
        while (page := await store.events(conversation_id, cursor.upto, PAGE)) and not self._closed:
            await self._tell(cursor, page)
            cursor.upto = page[-1].seq or cursor.upto
            if len(page) < PAGE:
                break
        await self._go_live(conversation_id, cursor)

    async def follow(self, conversation_id: str) -> None:
        """Deliver the conversation's events from now on; nothing after `close`."""
        async with self._subscribing:
            if conversation_id in self._subscriptions or self._closed:
                return
            lapsed = partial(self._lapsed, conversation_id)
            self._keep(conversation_id, await self._engine.bus.subscribe(conversation_id, self._receive, lapsed))

    def _keep(self, conversation_id: str, stop: Callable[[], None]) -> None:
        if self._closed:  # meanwhile
            stop()
        else:
            self._subscriptions[conversation_id] = stop

    def _lapsed(self, conversation_id: str) -> None:
        """Events may be missing: look in the store, once at a time, and once more if that is so meanwhile."""
        if conversation_id in self._buffers:
            self._missed.add(conversation_id)
        elif not self._closed:
            self._buffers[conversation_id] = []
            task = asyncio.ensure_future(self._catch_up(conversation_id))
            self._catching_up.add(task)
            task.add_done_callback(self._catching_up.discard)

    async def _catch_up(self, conversation_id: str) -> None:
        cursor = self._cursors.setdefault(conversation_id, _Cursor())
        cursor.upto = max(cursor.upto, cursor.told)
        while not self._closed:
            try:
                await self._read_up(conversation_id, cursor)
                break
            except StorageUnavailable:
                await asyncio.sleep(PAUSE_S)

    def close(self) -> None:
        """Follow nothing any more."""
        self._closed = True
        for task in self._catching_up:
            task.cancel()
        for unsubscribe in self._subscriptions.values():
            unsubscribe()
        self._subscriptions.clear()
        self._buffers.clear()
        self._cursors.clear()
        self._missed.clear()

    def _receive(self, envelope: Envelope) -> None:
        buffer = self._buffers.get(envelope.conversation_id)
        if buffer is not None:
            buffer.append(envelope)
            return
        cursor = self._cursors.get(envelope.conversation_id)
        if cursor is None:
            cursor = self._cursors[envelope.conversation_id] = _Cursor()
        if cursor.knows(envelope):
            return
        if cursor.misses(envelope):
            # What is durable is in the store, this one as well, and what is said comes again with what was said before.
            cursor.begun.add(_run_of(envelope))  # what is not there now is not looked for with each word
            self._lapsed(envelope.conversation_id)
            return
        cursor.note(envelope)
        self._deliver(envelope)

    async def _tell(self, cursor: "_Cursor", stored: Sequence[Envelope]) -> None:
        for envelope in stored:
            if self._room is not None:
                await self._room()
            cursor.heed(envelope.event)
            self._deliver(envelope)

    async def _go_live(self, conversation_id: str, cursor: "_Cursor") -> None:
        live = await self._engine.bus.live(conversation_id)
        # No await from here: what is published next goes straight to the reader.
        buffered = self._buffers.pop(conversation_id, [])
        if live is not None and live.run_id in cursor.ended:
            live = None
        earlier = _count_earlier(buffered, live)
        for envelope in buffered[:earlier]:
            if envelope.seq is not None:
                self._receive(envelope)
        if live is not None:
            for event in cursor.news(live):
                self._deliver(Envelope(conversation_id, event, tenure=live.tenure))
        for envelope in buffered[earlier:]:
            self._receive(envelope)
        if conversation_id in self._missed:
            self._missed.discard(conversation_id)
            self._lapsed(conversation_id)


def _place(command: Resume, epoch: str, marks: Marks) -> int:
    """From where a reader goes on who asks to: behind `command.after` where that is certainly a place in this
    conversation, else from its beginning. A client can forget what it has twice, but cannot know what it never got.

    With an epoch it is certain. Without one it is where no earlier conversation of that name had an event in which the
    client may have been, which is so for every session that was never deleted. A place past the head is in none.
    """
    if command.after is None:
        return marks.read
    certain = not marks.earlier if command.epoch is None else command.epoch == epoch
    return command.after if certain and command.after <= marks.head else 0


@dataclass
class _Cursor:
    """What history has told. An event is committed before it is published, so history may be ahead of the bus: events
    up to the seq `upto`, and those with a seq of `also`, come again, and what `ended` runs have said comes late. Of
    `begun` runs the reader knows that they were accepted; one that has not `joined` is told nothing of others before
    its own message is acknowledged. `told` is the latest seq that was told live, `place` that of the latest thing that
    the run `run_id` was heard to say."""

    upto: int = 0
    joined: bool = False
    also: set[int | None] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    begun: set[str | None] = field(default_factory=lambda: {None})
    told: int = 0
    run_id: str | None = None
    place: int = 0

    def heed(self, event: AnyEvent) -> None:
        """Note how a run goes: a parked one has ended its turn, and goes on with its answer."""
        if isinstance(event, Terminal | InputRequired):
            self.ended.add(event.run_id)
            self.begun.discard(event.run_id)
        elif isinstance(event, Accepted):
            self.ended.discard(event.turn_id)
            self.begun.add(event.turn_id)

    def knows(self, envelope: Envelope) -> bool:
        """Whether a live event is no news any more."""
        event = envelope.event
        if envelope.seq is None:
            run_id = _run_of(envelope)
            early = not (self.joined or self._last) and run_id not in self.begun
            return early or (run_id is not None and (run_id in self.ended or self._heard(run_id, envelope.place)))
        if envelope.seq <= self.upto or envelope.seq in self.also:
            return True
        if isinstance(event, Accepted):
            self.ended.discard(event.turn_id)
        return False

    def misses(self, envelope: Envelope) -> bool:
        """Whether something before this live event was not told: whoever committed it died before it was published, it
        was lost between processes, or it comes later from another. Who neither joined nor was told anything misses
        nothing."""
        if not (self.joined or self._last):
            return False
        if envelope.seq is not None:
            return self._last < envelope.seq - 1
        if _run_of(envelope) not in self.begun:
            return True
        expected = self.place + 1 if _run_of(envelope) == self.run_id else 1
        return envelope.place > expected and envelope.place % PLACES != 1

    @property
    def _last(self) -> int:
        return max(self.upto, self.told)

    def _heard(self, run_id: str, place: int) -> bool:
        return run_id == self.run_id and 0 < place <= self.place

    def note(self, envelope: Envelope) -> None:
        """Note what is told live: a run that ends, waits or begins anew starts to count anew."""
        if envelope.seq is not None:
            self.told = max(self.told, envelope.seq)
            if isinstance(envelope.event, Terminal | InputRequired | RunRestarted):
                self.run_id = None
            self.heed(envelope.event)
        elif envelope.place:
            self.run_id, self.place = _run_of(envelope), envelope.place

    def news(self, live: Live) -> list[AnyEvent]:
        """What is news of a run that is being answered: its text at once, and its steps where none was told."""
        if self._heard(live.run_id, live.place):
            return []
        events: list[AnyEvent] = list(live.steps) if self.run_id != live.run_id else []
        events += [live.progress] if live.progress is not None else []
        events += [Token(live.run_id, live.text, 0)] if live.text else []
        self.run_id, self.place = live.run_id, live.place
        return events


def _count_earlier(buffered: Sequence[Envelope], live: Live | None) -> int:
    """How many of the buffered events came before `live` was read: up to the last thing that it holds."""
    if live is None:
        return 0
    for count in range(len(buffered), 0, -1):
        envelope = buffered[count - 1]
        if envelope.place and envelope.place <= live.place and _run_of(envelope) == live.run_id:
            return count
    return 0


def _run_of(envelope: Envelope) -> str | None:
    event = envelope.event
    return event.run_id if isinstance(event, Token | Progress | Reasoning | Code) else None
