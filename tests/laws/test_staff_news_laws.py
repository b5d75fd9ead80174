"""What the staff is told between processes, over a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from orchestrator.buses.redis_relay import open_redis_relay
from orchestrator.event.ownership import Member
from orchestrator.staff import news
from orchestrator.staff.feed import CannedChanged, Change, ConversationChanged, Feed, NoteAdded, PresenceChanged
from orchestrator.staff.news import News
from orchestrator.staff.presence import Colleague, Presence
from orchestrator.staff.values import Listed, Note
from tests.redis_server import RedisServer
from tests.serving import free_port

PATIENCE_S = 15.0
ADA, BOB = Member("ada", "Ada"), Member("bob", "Bob")


class Process:
    """One with a feed, which somebody reads, and a presence."""

    def __init__(self) -> None:
        self.looked: list[str] = []
        self.feed = Feed(self._lines)
        self.presence = Presence()
        self.presence.changed = lambda: self.feed.tell(PresenceChanged(self.presence.colleagues))
        self.told: list[Change] = []
        self.feed.subscribe(self.told.append)
        self.latest: list[str] = []

    async def _lines(self, conversation_ids: Sequence[str]) -> Sequence[Listed]:
        self.looked += conversation_ids
        return [cast(Listed, SimpleNamespace(conversation_id=name)) for name in conversation_ids]

    async def recent(self) -> Sequence[str]:
        return self.latest

    def notes(self) -> list[str]:
        return [change.note.text for change in self.told if isinstance(change, NoteAdded)]

    def changes(self) -> list[str]:
        return [change.conversation.conversation_id for change in self.told if isinstance(change, ConversationChanged)]

    def names(self) -> list[str]:
        return [colleague.name for colleague in self.presence.colleagues]


@asynccontextmanager
async def going(url: str, *processes: Process) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for one in processes:
            relay = await stack.enter_async_context(open_redis_relay(url))
            await stack.enter_async_context(News(one.feed, one.presence, relay, one.recent).going())
            stack.push_async_callback(one.feed.close)
        yield


@pytest.fixture
def redis() -> Any:
    server = RedisServer(free_port())
    server.start()
    yield server
    server.stop()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():
            await asyncio.sleep(0.02)


async def heard(first: Process, second: Process) -> None:
    """Both hear each other."""
    for sender, receiver in ((first, second), (second, first)):
        async with asyncio.timeout(PATIENCE_S):
            while "hello" not in receiver.looked:
                sender.feed.changed("hello")
                await asyncio.sleep(0.05)


def note(text: str) -> NoteAdded:
    return NoteAdded("c1", Note("n1", "c1", text, ADA, "2026-11-25T00:00:00Z"))


async def test_what_is_told_at_one_process_is_told_at_the_others_once(redis: RedisServer) -> None:
    first, second, third = Process(), Process(), Process()
    async with going(redis.url, first, second, third):
        await heard(first, second)
        await heard(first, third)
        first.feed.changed("c1")
        first.feed.changed("c1")
        first.feed.tell(note("told"))
        first.feed.tell(CannedChanged())
        for one in (first, second, third):
            await until(lambda one=one: "c1" in one.changes() and "told" in one.notes())  # type: ignore[misc]
            await until(lambda one=one: CannedChanged() in one.told)  # type: ignore[misc]
        first.feed.tell(note("last"))
        await until(lambda: "last" in second.notes() and "last" in third.notes())
        for one in (first, second, third):
            assert one.notes() == ["told", "last"]
            assert one.changes().count("c1") == 1
            assert one.told.count(CannedChanged()) == 1


async def test_who_sits_where_is_known_everywhere(redis: RedisServer) -> None:
    first, second = Process(), Process()
    async with going(redis.url, first, second):
        await heard(first, second)
        ada = first.presence.arrive(ADA)
        bob = second.presence.arrive(BOB)
        again = second.presence.arrive(ADA)
        await until(lambda: first.names() == second.names() == ["Ada", "Bob"])
        await until(lambda: first.presence.here == second.presence.here == 2)
        bob.status = "away"
        again.status = "away"
        again.viewing.append("c1")
        second.presence.changed()
        await until(lambda: first.presence.here == second.presence.here == 1)  # Ada is here at the first
        assert first.presence.colleagues[0].viewing == ("c1",)
        first.presence.leave(ada)
        await until(lambda: first.presence.here == second.presence.here == 0)
        second.presence.leave(again)
        second.presence.leave(bob)
        await until(lambda: first.names() == second.names() == [])


async def test_who_sat_at_a_process_that_ended_or_died_is_gone(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "BEAT_S", 0.1)
    monkeypatch.setattr(news, "GOOD_S", 1.0)
    first = Process()
    async with going(redis.url, first):
        leaving = Process()
        async with going(redis.url, leaving):
            await heard(first, leaving)
            leaving.presence.arrive(BOB)
            await until(lambda: first.names() == ["Bob"])
        await until(lambda: first.names() == [])
        steady = Process()
        async with going(redis.url, steady):
            await heard(first, steady)
            steady.presence.arrive(ADA)
            first.presence.hear("dead", (Colleague("bob", "Bob", "here", ()),), time.monotonic() + 1.0)
            assert first.presence.here >= 1
            await until(lambda: first.names() == ["Ada", "Bob"])
            await until(lambda: first.names() == ["Ada"])
            await asyncio.sleep(1.5)
            assert first.names() == ["Ada"]  # it says so again and again


async def test_after_redis_was_lost_what_has_changed_last_is_looked_at(redis: RedisServer) -> None:
    first, second = Process(), Process()
    async with going(redis.url, first, second):
        await heard(first, second)
        first.presence.arrive(ADA)
        await until(lambda: second.names() == ["Ada"])
        redis.stop()
        first.feed.changed("lost")
        await until(lambda: "lost" in first.changes())
        await asyncio.sleep(0.5)
        second.latest = ["lost"]
        redis.start()
        await until(lambda: "lost" in second.changes())
        await heard(first, second)


async def test_what_no_process_says_is_let_pass(redis: RedisServer) -> None:
    import redis.asyncio as client

    first, second = Process(), Process()
    async with going(redis.url, first, second), client.Redis.from_url(redis.url) as stranger:
        await heard(first, second)
        for word in (b"", b"nonsense", b"{}", b'{"sender": 7}', b"[" * 10_000):
            await stranger.publish("pitcrew:staff", word)
        first.feed.tell(note("still heard"))
        await until(lambda: second.notes() == ["still heard"])
