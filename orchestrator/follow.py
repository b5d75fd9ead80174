"""Following conversations: what one reader has seen, so that nothing falls between history and live, or comes twice."""

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from orchestrator.bus import Live
from orchestrator.commands import Answer, Caller, Resume, Send
from orchestrator.engine import Engine
from orchestrator.events import Envelope, Resumed, Token
from orchestrator.store import Receipt

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
        stored = await self._engine.store.run_events(conversation_id, accepted.run_id)
        await self._tell([envelope for envelope in stored if envelope.seq != receipt.envelope.seq])
        await self._go_live(conversation_id, {envelope.seq for envelope in stored})

    async def resume(self, caller: Caller, command: Resume) -> None:
        """Deliver what came after `command.after`, then the active run's text so far, then live. A cursor past the end
        is a foreign one: everything is sent. Raises NotFound, BadRequest."""
        command.check()
        store = self._engine.store
        conversation_id = await store.conversation(caller, command.session_id)
        self._buffers.setdefault(conversation_id, [])
        self.follow(conversation_id)
        head = await store.head(conversation_id)
        active = await store.current_run(conversation_id)
        self._deliver(Envelope(conversation_id, Resumed(command.session_id, command.after, head, active)))
        told: set[int | None] = set()
        after = command.after if command.after <= head else 0
        while (page := await store.events(conversation_id, after, PAGE)) and not self._closed:
            await self._tell(page)
            told |= {envelope.seq for envelope in page}
            after = page[-1].seq or after
            if len(page) < PAGE:
                break
        await self._go_live(conversation_id, told)

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

    def _receive(self, envelope: Envelope) -> None:
        buffer = self._buffers.get(envelope.conversation_id)
        if buffer is None:
            self._deliver(envelope)
        else:
            buffer.append(envelope)

    async def _tell(self, stored: Sequence[Envelope]) -> None:
        for envelope in stored:
            if self._room is not None:
                await self._room()
            self._deliver(envelope)

    async def _go_live(self, conversation_id: str, told: set[int | None]) -> None:
        live = await self._engine.bus.live(conversation_id)
        # No await from here: what is published next goes straight to the reader.
        buffered = self._buffers.pop(conversation_id, [])
        known = _known(buffered, live)
        for envelope in buffered[:known]:
            if envelope.seq is not None and envelope.seq not in told:
                self._deliver(envelope)
        if live is not None:
            if live.progress is not None:
                self._deliver(Envelope(conversation_id, live.progress))
            if live.text:
                self._deliver(Envelope(conversation_id, Token(live.run_id, live.text, 0)))
        for envelope in buffered[known:]:
            if envelope.seq is None or envelope.seq not in told:
                self._deliver(envelope)


def _known(buffered: Sequence[Envelope], live: Live | None) -> int:
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
