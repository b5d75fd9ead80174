"""No answer is much larger than its question: lists come in pages, which a client can go through to their end."""

import asyncio
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import insert, select, update

from api.compose.database import open_migrated_database
from api.protocol.page_bytes import PAGE_BYTES
from api.settings import Settings
from orchestrator.commands import Caller
from orchestrator.stores import rows
from orchestrator.stores.sql import SqlStore
from orchestrator.tables import conversations, messages
from tests.serving import Served, duplicate, serving

MESSAGES, LETTERS = 300, 8_000
MEMORY = 100 << 20
SLACK = 1 << 20


@pytest.fixture(scope="module")
def thread_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def crowded(ingested: Path, tmp_path_factory: pytest.TempPathFactory, thread_id: str) -> Iterator[Served]:
    """A server with one long conversation of `wordy`, and many of `busy`."""
    own = duplicate(ingested, tmp_path_factory.mktemp("crowded") / "data")
    asyncio.run(_filled(own, thread_id))
    with serving(own) as running:
        yield running


async def _filled(data: Path, thread_id: str) -> None:
    database = open_migrated_database(Settings(data_dir=data, _env_file=None))  # type: ignore[call-arg]
    store = SqlStore(database)
    for n in range(250):
        await store.open(Caller("busy"), str(uuid.UUID(int=n)), None)
    await store.open(Caller("wordy"), thread_id, None)
    conversation = await store.conversation(Caller("wordy"), thread_id)
    with database.begin() as connection:
        for n in range(MESSAGES):
            connection.execute(
                insert(messages).values(
                    id=str(uuid.uuid4()),
                    conversation_id=conversation,
                    run_id=str(uuid.uuid4()),
                    seq=n + 1,
                    role="customer",
                    text="w" * LETTERS,
                    created_at=rows.now(),
                )
            )
        connection.execute(update(conversations).where(conversations.c.id == conversation).values(head_seq=MESSAGES))
        assert connection.scalar(select(conversations.c.head_seq).where(conversations.c.id == conversation)) == MESSAGES
    await store.close()
    database.dispose()


def memory(served: Served) -> int:
    return int(psutil.Process(served.process.pid).memory_info().rss)


def test_a_conversation_is_read_page_by_page(crowded: Served, thread_id: str) -> None:
    token, seen, after, more = crowded.token("wordy"), [], 0, True
    while more:
        status, body, _ = crowded.get(f"/api/v1/sessions/{thread_id}/messages?after={after}&limit=1000", token)
        assert (status, len(body) < PAGE_BYTES + SLACK) == (200, True)
        page = json.loads(body)
        seen += [message["seq"] for message in page["messages"]]
        after, more = seen[-1], page["more"]
    assert seen == list(range(1, MESSAGES + 1))
    first = json.loads(crowded.get(f"/api/v1/sessions/{thread_id}/messages", token)[1])
    assert (len(first["messages"]), first["more"]) == (200, True)
    for limit in (0, 1001, 2**63, "x"):
        assert crowded.get(f"/api/v1/sessions/{thread_id}/messages?limit={limit}", token)[0] == 400


def test_conversations_are_listed_page_by_page(crowded: Served) -> None:
    token, seen, more = crowded.token("busy"), set[str](), True
    while more:
        page = json.loads(crowded.get(f"/api/v1/sessions?limit=100&offset={len(seen)}", token)[1])
        assert len(page["sessions"]) <= 100
        seen |= {session["session_id"] for session in page["sessions"]}
        more = page["more"]
    assert len(seen) == 250


def test_the_history_of_a_thread_is_bounded(crowded: Served, thread_id: str) -> None:
    token, before = crowded.token("wordy"), memory(crowded)
    seen, asked = [], {"limit": 1000}
    for _ in range(3):
        status, body, _ = crowded.request(
            "POST", f"/langgraph/threads/{thread_id}/history", token, json.dumps(asked).encode()
        )
        assert (status, len(body) < PAGE_BYTES + SLACK) == (200, True)
        states = json.loads(body)
        seen += [state["checkpoint"]["checkpoint_id"] for state in states]
        asked = {"limit": 1000, "before": states[-1]["checkpoint"]["checkpoint_id"]}
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) >= 3
    status, body, _ = crowded.get(f"/langgraph/threads/{thread_id}/state", token)
    assert (status, len(body) < PAGE_BYTES) == (200, True)
    search = json.dumps({"limit": 1000}).encode()
    assert len(crowded.request("POST", "/langgraph/threads/search", token, search)[1]) < PAGE_BYTES + SLACK
    assert memory(crowded) < before + MEMORY
