"""The bus of several processes: a channel of Redis for each conversation, and a stream for what its run has said.

Inside a process events go the short way, as on the bus of a single one; Redis carries them to the others. Where Redis
is away, or a process cannot reach it, the others are told afterwards that they may have missed something, and look in
the store; what is answered and followed in one process does not notice.
"""

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from orchestrator.bus import PLACES, Deliver, Lapsed, Live
from orchestrator.buses.memory import MemoryBus
from orchestrator.buses.speech import summed
from orchestrator.cancellation import ended
from orchestrator.event.tenure import Tenures
from orchestrator.events import Envelope, InputRequired, RunRestarted, Terminal, Token, decode, encode

log = structlog.get_logger()

PATIENCE_S = 1.0
"""How long a command may take, how long Redis may be silent, and the pause before it is tried again."""
SILENT_S = 10.0
"""A run of which nothing was heard for so long may have ended: whoever answered it died before telling it."""
KEPT_S = 600
"""What a run has said is forgotten so long after its last word."""
MOST_ENTRIES = 5_000
"""Pieces of what a run says that are kept one by one; then they are put in one."""
EVERYBODY = "pitcrew:everybody"
AWAY = (RedisError, OSError, TimeoutError)
ENDS = (Terminal, InputRequired, RunRestarted)
"""After these nothing that was said before is live."""


class _Packet(msgspec.Struct, array_like=True, frozen=True):
    """An envelope on its way: which process sends it, the event as JSON, and the envelope's other fields, the tenure by
    its epoch. Without an event it says that some may be missing."""

    sender: str
    conversation_id: str
    event: str | None = None
    seq: int | None = None
    place: int = 0
    epoch: int | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Packet)


@dataclass
class _Outgoing:
    """What is handed to Redis together, and whoever waits for that."""

    envelopes: list[Envelope] = field(default_factory=list)
    sent: asyncio.Event = field(default_factory=asyncio.Event)


class RedisBus:
    """See `orchestrator.bus.Bus`. Made by `open_redis_bus`, used from one event loop. `tried`: Redis has been reached,
    or not."""

    def __init__(self, redis: "Redis", tenures: Tenures) -> None:
        self._redis = redis
        self._tenures = tenures
        self._here = MemoryBus()
        self._name = uuid.uuid4().hex
        self._lapsed: dict[str, dict[object, Lapsed]] = {}
        self._heard: dict[str, float] = {}
        self._pubsub: PubSub | None = None
        self._confirmed: dict[str, asyncio.Future[None]] = {}
        self._asked: Counter[str] = Counter()
        self._late: set[str] = set()
        self._outgoing = _Outgoing()
        self._to_send = asyncio.Event()
        self._unsent: dict[str, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self.tried = asyncio.Event()

    # --- publishing ------------------------------------------------------------------------------------------------

    async def publish(self, envelope: Envelope) -> None:
        self._note(envelope)
        await self._here.publish(envelope)
        if self._closed:
            return
        outgoing = self._outgoing
        outgoing.envelopes.append(envelope)
        self._to_send.set()
        await outgoing.sent.wait()

    async def send(self) -> None:
        """Hand what is published to Redis, in its order, until `close`."""
        while not self._closed or self._outgoing.envelopes:
            await self._to_send.wait()
            self._to_send.clear()
            outgoing, self._outgoing = self._outgoing, _Outgoing()
            try:
                await self._hand_over(outgoing.envelopes)
            except AWAY:
                self._unsent |= dict.fromkeys(envelope.conversation_id for envelope in outgoing.envelopes)
                # Perhaps nobody says anything more that this could go along with.
                asyncio.get_running_loop().call_later(PATIENCE_S, self._to_send.set)
            finally:
                outgoing.sent.set()

    async def _hand_over(self, envelopes: Sequence[Envelope]) -> None:
        if self._pubsub is None:  # it is away: nobody waits for that again and again
            raise ConnectionError
        pipeline = self._redis.pipeline(transaction=False)
        again, self._unsent = self._unsent, {}
        summed = dict.fromkeys(e.conversation_id for e in envelopes if e.place and e.place % MOST_ENTRIES == 0)
        for conversation_id in again | summed:
            await self._sum_up(pipeline, conversation_id)
        for conversation_id in again:  # others could not hear all of it: they are told to look
            pipeline.publish(_channel(conversation_id), _encoder.encode(_Packet(self._name, conversation_id)))
        for envelope in envelopes:
            packet = _encoder.encode(self._packet(envelope))
            if envelope.conversation_id in again | summed:
                kept = isinstance(envelope.event, ENDS)  # its words are in the sum
            else:
                if envelope.place % PLACES == 1:
                    pipeline.delete(_said(envelope.conversation_id))
                kept = bool(envelope.place) or isinstance(envelope.event, ENDS)
            if kept:
                self._keep(pipeline, envelope.conversation_id, packet)
            pipeline.publish(_channel(envelope.conversation_id), packet)
        try:
            await pipeline.execute()
        except AWAY:
            self._unsent |= again
            raise

    async def _sum_up(self, pipeline: "Redis", conversation_id: str) -> None:
        """Put what a run has said here in one."""
        pipeline.delete(_said(conversation_id))
        live = await self._here.live(conversation_id)
        if live is not None:
            events = [*live.steps, *([live.progress] if live.progress else []), Token(live.run_id, live.text, 0)]
            for event in events:
                whole = Envelope(conversation_id, event, tenure=live.tenure, place=live.place)
                self._keep(pipeline, conversation_id, _encoder.encode(self._packet(whole)))

    @staticmethod
    def _keep(pipeline: "Redis", conversation_id: str, packet: bytes) -> None:
        pipeline.xadd(_said(conversation_id), {"": packet})
        pipeline.expire(_said(conversation_id), KEPT_S)

    def _packet(self, envelope: Envelope) -> _Packet:
        epoch = envelope.tenure.epoch if envelope.tenure is not None else None
        event = encode(envelope.event).decode()
        return _Packet(self._name, envelope.conversation_id, event, envelope.seq, envelope.place, epoch)

    def _envelope(self, packet: _Packet) -> Envelope:
        about = packet.conversation_id
        tenure = self._tenures.of(about, packet.epoch) if packet.epoch is not None else None
        return Envelope(about, decode(packet.event or ""), packet.seq, tenure, packet.place)

    # --- following -------------------------------------------------------------------------------------------------

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        stop = await self._here.subscribe(conversation_id, deliver)
        key = object()
        first = conversation_id not in self._lapsed
        self._lapsed.setdefault(conversation_id, {})[key] = lapsed or (lambda: None)

        def unsubscribe() -> None:
            stop()
            others = self._lapsed.get(conversation_id, {})
            others.pop(key, None)
            if not others and self._lapsed.pop(conversation_id, None) is not None:
                self._confirmed.pop(conversation_id, None)
                self._heard.pop(conversation_id, None)
                self._late.discard(conversation_id)
                self._spawn(self._leave(conversation_id))

        if first:
            self._confirmed[conversation_id] = asyncio.get_running_loop().create_future()
            await self._join(conversation_id)
        if (confirmed := self._confirmed.get(conversation_id)) is not None:
            # Where Redis is away the reader is told so; what is said in this process comes all the same.
            await asyncio.wait({confirmed}, timeout=PATIENCE_S)
            if not confirmed.done():
                self._late.add(conversation_id)
        return unsubscribe

    async def _join(self, conversation_id: str) -> None:
        if self._pubsub is not None:
            self._asked[_channel(conversation_id)] += 1
            with suppress(*AWAY):
                await self._pubsub.subscribe(_channel(conversation_id))

    async def _leave(self, conversation_id: str) -> None:
        if self._pubsub is not None and conversation_id not in self._lapsed:
            with suppress(*AWAY):
                await self._pubsub.unsubscribe(_channel(conversation_id))

    async def live(self, conversation_id: str) -> Live | None:
        here = await self._here.live(conversation_id)
        if here is not None:
            return here
        # Shielded: a caller that goes away must not leave the answer to its command in a shared connection.
        return await asyncio.shield(asyncio.ensure_future(self._live(conversation_id)))

    async def _live(self, conversation_id: str) -> Live | None:
        try:
            entries: Any = await self._redis.xrange(_said(conversation_id))
        except AWAY:
            return None
        return summed(self._envelope(_decoder.decode(fields[b""])) for _, fields in entries)

    async def forget(self, conversation_id: str) -> None:
        await self._here.forget(conversation_id)
        with suppress(*AWAY):  # it goes by itself after KEPT_S
            await asyncio.shield(asyncio.ensure_future(self._delete(_said(conversation_id))))

    async def _delete(self, name: str) -> None:
        await self._redis.delete(name)

    async def look(self) -> None:
        """Have readers look where a run has fallen silent, for ever."""
        while True:
            await asyncio.sleep(PATIENCE_S)
            now = time.monotonic()
            silent = [about for about, heard_at in self._heard.items() if now - heard_at > SILENT_S]
            self._heard |= dict.fromkeys(silent, now)
            self._tell_lapsed(silent)

    def _note(self, envelope: Envelope) -> None:
        """When something was last heard of a run that is followed here and has not ended."""
        about = envelope.conversation_id
        if isinstance(envelope.event, Terminal | InputRequired):
            self._heard.pop(about, None)
        elif about in self._lapsed and (envelope.place or about in self._heard):
            self._heard[about] = time.monotonic()

    async def listen(self) -> None:
        """Take what other processes publish, for ever."""
        while True:
            pubsub = self._redis.pubsub()
            channels = [EVERYBODY, *map(_channel, self._lapsed)]
            self._asked = Counter(channels)
            try:
                await pubsub.subscribe(*channels)
                await self._hear(pubsub)
            except AWAY as error:
                if self._pubsub is not None or not self.tried.is_set():
                    log.warning("redis_lost", error=type(error).__name__)
            finally:
                self._pubsub = None
                self.tried.set()
                with suppress(*AWAY):
                    await pubsub.aclose()  # type: ignore[no-untyped-call]
            self._tell_lapsed(self._lapsed)
            await asyncio.sleep(PATIENCE_S)

    async def _hear(self, pubsub: PubSub) -> None:
        """Take messages until Redis is gone: with an error, or without a word though it is asked for one."""
        silent = False
        while True:
            message = await pubsub.get_message(timeout=PATIENCE_S)
            if message is None:
                if silent:
                    raise ConnectionError
                silent = True
                await pubsub.ping()
                continue
            silent = False
            if message["type"] == "subscribe":
                self._joined(pubsub, message["channel"].decode())
            elif message["type"] == "message":
                self._receive(_decoder.decode(message["data"]))

    def _joined(self, pubsub: PubSub, channel: str) -> None:
        self._asked[channel] -= 1
        if self._asked[channel] > 0:  # Redis left the channel after this, and will join it again
            return
        del self._asked[channel]
        if channel == EVERYBODY:
            self._pubsub = pubsub
            log.info("redis_reached")
            self.tried.set()
            for conversation_id in self._lapsed:
                self._spawn(self._join(conversation_id))  # those that came meanwhile
            self._tell_lapsed(self._lapsed)
            if self._unsent:
                self._to_send.set()
            return
        confirmed = self._confirmed.get(_conversation(channel))
        if confirmed is not None and not confirmed.done():
            confirmed.set_result(None)
        if _conversation(channel) in self._late:  # a reader has gone on without it
            self._late.discard(_conversation(channel))
            self._tell_lapsed([_conversation(channel)])

    def _receive(self, packet: _Packet) -> None:
        if packet.sender == self._name:
            return
        if packet.event is None:
            self._tell_lapsed([packet.conversation_id])
        else:
            envelope = self._envelope(packet)
            self._note(envelope)
            self._here.deliver(envelope)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Send what is on its way, and then nothing more."""
        self._closed = True
        self._to_send.set()

    def _tell_lapsed(self, conversation_ids: Iterable[str]) -> None:
        for conversation_id in list(conversation_ids):
            for lapsed in tuple(self._lapsed.get(conversation_id, {}).values()):
                lapsed()


def _channel(conversation_id: str) -> str:
    return f"pitcrew:conversation:{conversation_id}"


def _conversation(channel: str) -> str:
    return channel.rpartition(":")[2]


def _said(conversation_id: str) -> str:
    return f"pitcrew:said:{conversation_id}"


@asynccontextmanager
async def open_redis_bus(url: str, tenures: Tenures) -> AsyncIterator[RedisBus]:
    """The bus at this URL, which need not be reachable yet."""
    redis: Redis = Redis.from_url(
        url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=Retry(NoBackoff(), 0)
    )
    bus = RedisBus(redis, tenures)
    listening, sending = asyncio.ensure_future(bus.listen()), asyncio.ensure_future(bus.send())
    looking = asyncio.ensure_future(bus.look())
    try:
        await bus.tried.wait()
        yield bus
    finally:
        bus.close()
        await asyncio.wait({sending}, timeout=2 * PATIENCE_S)
        await ended(listening, sending, looking)
        await redis.aclose()
