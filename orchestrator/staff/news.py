"""What the staff is told, between processes: each says what has changed and who sits there, and its readers are told
what the others say.

What nobody hears is lost: whoever could not be heard for a while looks at what has changed last.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import msgspec

from orchestrator.cancellation import ended
from orchestrator.errors import StorageUnavailable
from orchestrator.staff.feed import CannedChanged, Change, Feed, NoteAdded
from orchestrator.staff.presence import Colleague, Presence

TOGETHER_S = 0.1
"""Changes that follow each other faster are told together."""
BEAT_S, GOOD_S = 5.0, 15.0
"""How often a process says who sits there, and for how long that is believed."""


class Relay(Protocol):
    """Carries words between processes. Used from one event loop."""

    def say(self, word: bytes) -> None:
        """To all others that can be reached now; never waits."""

    async def listen(self, hear: Callable[[bytes], None], lapsed: Callable[[], None]) -> None:
        """Hear what others say, for ever. `lapsed` is called whenever words may have been missed."""


class _Word(msgspec.Struct, frozen=True):
    """`sender` is a process; `changed` are conversations; `note` or `canned` was told there; `seated` has a socket
    there, None where nothing is said of that."""

    sender: str
    changed: tuple[str, ...] = ()
    note: NoteAdded | None = None
    canned: bool = False
    seated: tuple[Colleague, ...] | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Word).decode


class News:
    """Between the feed and the presence of this process and the others. `latest` gives the conversations that have
    changed last."""

    def __init__(
        self, feed: Feed, presence: Presence, relay: Relay, latest: Callable[[], Awaitable[Sequence[str]]]
    ) -> None:
        self._feed = feed
        self._presence = presence
        self._relay = relay
        self._latest = latest
        self._name = uuid.uuid4().hex
        self._changed: dict[str, None] = {}
        self._there = asyncio.Event()
        self._seated: tuple[Colleague, ...] = ()
        self._looking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def going(self) -> AsyncIterator[None]:
        """Tell and hear while the block runs."""
        self._feed.beyond = self._told
        works = (self._tell_changed(), self._beat(), self._relay.listen(self._hear, self._lapsed))
        tasks = [asyncio.ensure_future(work) for work in works]
        try:
            yield
        finally:
            self._feed.beyond = lambda told: None
            await ended(*tasks, *([self._looking] if self._looking else []))
            if self._seated:
                self._say(seated=())

    def _told(self, told: Change | str) -> None:
        if isinstance(told, str):
            self._changed[told] = None
            self._there.set()
        elif isinstance(told, NoteAdded):
            self._say(note=told)
        elif isinstance(told, CannedChanged):
            self._say(canned=True)
        elif self._presence.seated != self._seated:
            self._say_seated()

    async def _tell_changed(self) -> None:
        while True:
            await self._there.wait()
            await asyncio.sleep(TOGETHER_S)
            self._there.clear()
            changed, self._changed = tuple(self._changed), {}
            self._say(changed=changed)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._presence.forget(time.monotonic())
            if self._seated:
                self._say_seated()

    def _say_seated(self) -> None:
        self._seated = self._presence.seated
        self._say(seated=self._seated)

    def _say(
        self,
        changed: tuple[str, ...] = (),
        note: NoteAdded | None = None,
        *,
        canned: bool = False,
        seated: tuple[Colleague, ...] | None = None,
    ) -> None:
        self._relay.say(_encode(_Word(self._name, changed, note, canned, seated)))

    def _hear(self, word: bytes) -> None:
        try:
            said = _decode(word)
        except msgspec.MsgspecError:  # a word of another version of the product
            return
        if said.sender == self._name:
            return
        for conversation_id in said.changed:
            self._feed.hear_changed(conversation_id)
        if said.note is not None:
            self._feed.hear(said.note)
        if said.canned:
            self._feed.hear(CannedChanged())
        if said.seated is not None:
            self._presence.hear(said.sender, said.seated, time.monotonic() + GOOD_S)

    def _lapsed(self) -> None:
        if self._seated:
            self._say_seated()
        if self._feed.read and (self._looking is None or self._looking.done()):
            self._looking = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        with suppress(StorageUnavailable):
            for conversation_id in await self._latest():
                self._feed.hear_changed(conversation_id)
