"""Following conversations: what one reader has seen, so that nothing falls between history and live, or comes twice."""

from collections.abc import Callable, Sequence

from orchestrator.commands import Caller, Resume, Send
from orchestrator.engine import Engine
from orchestrator.events import Accepted, Envelope, Resumed, Token

Deliver = Callable[[Envelope], None]


class Follower:
    """One reader (a socket, a stream) of any number of conversations. `deliver` gets each event once, in order.

    To catch up it subscribes first and reads second: live events wait in a buffer while history is read, and those
    that history already held are dropped by their `seq`, or by `offset` for text.
    """

    def __init__(self, engine: Engine, deliver: Deliver) -> None:
        self._engine = engine
        self._deliver = deliver
        self._subscriptions: dict[str, Callable[[], None]] = {}
        self._buffers: dict[str, list[Envelope]] = {}

    async def send(self, caller: Caller, command: Send) -> None:
        """Accept a message and follow its conversation. A message sent before is answered with its acknowledgement,
        its run's events so far, and the rest live. Raises what `Engine.send` raises."""
        receipt = await self._engine.send(caller, command, self.follow)
        if receipt.duplicate:
            conversation_id, accepted = receipt.envelope.conversation_id, receipt.accepted
            again = Accepted(
                accepted.message_id,
                accepted.run_id,
                accepted.session_id,
                accepted.message,
                accepted.sent_at,
                accepted.client_message_id,
                duplicate=True,
            )
            self._deliver(Envelope(conversation_id, again, receipt.envelope.seq))
            self._buffers.setdefault(conversation_id, [])
            stored = await self._engine.store.run_events(conversation_id, accepted.run_id)
            self._catch_up(conversation_id, [e for e in stored if not isinstance(e.event, Accepted)])

    async def resume(self, caller: Caller, command: Resume) -> None:
        """Deliver what came after `command.after`, then the active run's text so far, then live. A cursor past the end
        is a foreign one: everything is sent. Raises NotFound, BadRequest."""
        command.check()
        conversation_id = await self._engine.store.conversation(caller, command.session_id)
        self._buffers.setdefault(conversation_id, [])
        self.follow(conversation_id)
        head = await self._engine.store.head(conversation_id)
        after = command.after if command.after <= head else 0
        stored = await self._engine.store.events(conversation_id, after)
        active = self._engine.active_run(conversation_id)
        run_id = active.start.run_id if active else None
        self._deliver(Envelope(conversation_id, Resumed(command.session_id, command.after, head, run_id)))
        self._catch_up(conversation_id, stored)

    def follow(self, conversation_id: str) -> None:
        """Deliver the conversation's events from now on."""
        if conversation_id not in self._subscriptions:
            self._subscriptions[conversation_id] = self._engine.bus.subscribe(conversation_id, self._receive)

    def close(self) -> None:
        """Follow nothing any more."""
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

    def _catch_up(self, conversation_id: str, stored: Sequence[Envelope]) -> None:
        """No await in here: between the snapshot of the active run and the last buffered event nothing can happen."""
        seen = 0
        for envelope in stored:
            seen = envelope.seq or seen
            self._deliver(envelope)
        active = self._engine.active_run(conversation_id)
        buffered = self._buffers.pop(conversation_id, [])
        for envelope in buffered:
            if envelope.seq is not None and envelope.seq > seen:
                self._deliver(envelope)
        if active is not None:
            if active.progress is not None:
                self._deliver(Envelope(conversation_id, active.progress))
            if active.pieces:
                self._deliver(Envelope(conversation_id, Token(active.start.run_id, active.text, 0)))
