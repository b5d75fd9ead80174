"""Following conversations: what one reader has seen, so that nothing falls between history and live, or comes twice."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from orchestrator.bus import Live
from orchestrator.commands import Answer, Caller, HandOver, Resume, Send
from orchestrator.engine import Engine
from orchestrator.events import (
    Accepted,
    AnyEvent,
    Code,
    Envelope,
    InputRequired,
    Progress,
    Reasoning,
    Resumed,
    Terminal,
    Token,
)
from orchestrator.store import Marks, Receipt

Deliver = Callable[[Envelope], None]

PAGE = 100
"""Events of history that are read at once."""


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
        self._buffers: dict[str, list[Envelope]] = {}
        self._cursors: dict[str, _Cursor] = {}
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
        stored = await self._engine.store.run_events(conversation_id, accepted.turn_id)
        cursor = self._cursors.setdefault(conversation_id, _Cursor())
        cursor.also |= {receipt.envelope.seq}
        await self._tell(cursor, [envelope for envelope in stored if envelope.seq != receipt.envelope.seq])
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
        self.follow(conversation_id)
        marks = await store.marks(conversation_id)
        after = place(marks)
        active = await store.current_run(conversation_id)
        self._deliver(Envelope(conversation_id, Resumed(session_id, after, marks.head, active)))
        cursor = self._cursors[conversation_id] = _Cursor(after)
        while (page := await store.events(conversation_id, cursor.upto, PAGE)) and not self._closed:
            await self._tell(cursor, page)
            cursor.upto = page[-1].seq or cursor.upto
            if len(page) < PAGE:
                break
        await self._go_live(conversation_id, cursor)

    def follow(self, conversation_id: str) -> None:
        """Deliver the conversation's events from now on; nothing after `close`."""
        if conversation_id not in self._subscriptions and not self._closed:
            self._subscriptions[conversation_id] = self._engine.bus.subscribe(conversation_id, self._receive)

    def close(self) -> None:
        """Follow nothing any more."""
        self._closed = True
        for unsubscribe in self._subscriptions.values():
            unsubscribe()
        self._subscriptions.clear()
        self._buffers.clear()
        self._cursors.clear()

    def _receive(self, envelope: Envelope) -> None:
        buffer = self._buffers.get(envelope.conversation_id)
        if buffer is not None:
            buffer.append(envelope)
            return
        cursor = self._cursors.get(envelope.conversation_id)
        if cursor is None or not cursor.knows(envelope):
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
            if envelope.seq is not None and not cursor.knows(envelope):
                self._deliver(envelope)
        if live is not None:
            said: list[AnyEvent] = [*live.steps, *([live.progress] if live.progress is not None else [])]
            said += [Token(live.run_id, live.text, 0)] if live.text else []
            for event in said:
                self._deliver(Envelope(conversation_id, event, tenure=live.tenure))
        steps = live.steps if live is not None else ()
        for envelope in buffered[earlier:]:
            if not cursor.knows(envelope) and not any(envelope.event is step for step in steps):
                self._deliver(envelope)


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
    up to the seq `upto`, and those with a seq of `also`, come again, and what `ended` runs have said comes late."""

    upto: int = 0
    also: set[int | None] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)

    def heed(self, event: AnyEvent) -> None:
        """Note how a run goes: a parked one has ended its turn, and goes on with its answer."""
        if isinstance(event, Terminal | InputRequired):
            self.ended.add(event.run_id)
        elif isinstance(event, Accepted):
            self.ended.discard(event.turn_id)

    def knows(self, envelope: Envelope) -> bool:
        """Whether a live event is no news any more."""
        event = envelope.event
        if envelope.seq is None:
            return isinstance(event, Token | Progress | Reasoning | Code) and event.run_id in self.ended
        if envelope.seq <= self.upto or envelope.seq in self.also:
            return True
        if isinstance(event, Accepted):
            self.ended.discard(event.turn_id)
        return False


def _count_earlier(buffered: Sequence[Envelope], live: Live | None) -> int:
    """How many of the buffered events came before `live` was read: up to the last piece that its text holds."""
    if live is None:
        return len(buffered)
    for place in range(len(buffered), 0, -1):
        event = buffered[place - 1].event
        if not isinstance(event, Token) or event.run_id != live.run_id:
            continue
        if event.offset + len(event.text) <= len(live.text):
            return place
    return 0
