"""What must hold after every fault, read from the wire's clients, the database and the process."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.faults.customer import Customer

WIRE_NAMES = {"complete": "completed", "error": "failed", "cancelled": "cancelled"}
"""Terminal frames by the events that they show."""
_TERMINAL = "('completed', 'failed', 'cancelled')"

BREACHES = {
    "an ended run without exactly one terminal event": f"""
        SELECT r.id, r.status, count(e.seq) FROM runs r
        LEFT JOIN events e ON e.run_id = r.id AND e.kind IN {_TERMINAL}
        GROUP BY r.id HAVING count(e.seq) != (r.finished_at IS NOT NULL)""",
    "a conversation with a gap in seq": """
        SELECT c.id, c.head_seq, count(e.seq), max(e.seq) FROM conversations c
        LEFT JOIN events e ON e.conversation_id = c.id
        GROUP BY c.id HAVING count(e.seq) != c.head_seq OR coalesce(max(e.seq), 0) != c.head_seq""",
    "a customer's message to the bot without exactly one run": """
        SELECT m.id, count(r.id) FROM messages m LEFT JOIN runs r ON r.id = m.run_id
        WHERE m.role = 'customer' AND m.run_id != m.id GROUP BY m.id HAVING count(r.id) != 1""",
    "a completed run without exactly one answer": """
        SELECT r.id, count(m.id) FROM runs r
        LEFT JOIN events e ON e.run_id = r.id AND e.kind = 'completed'
        LEFT JOIN messages m ON m.run_id = r.id AND m.role = 'assistant' AND m.seq = e.seq
        WHERE r.status = 'completed' GROUP BY r.id HAVING count(m.id) != 1""",
    "an answer that is not its event's": """
        SELECT m.id FROM messages m JOIN events e ON e.run_id = m.run_id AND e.kind = 'completed' AND e.seq = m.seq
        WHERE m.role = 'assistant' AND m.text != json_extract(e.body, '$.response')""",
}
"""Queries that find nothing in a sound database, by what they find otherwise."""


class Storage:
    """The server's database, read from outside. `within` runs a function where `path` can be opened."""

    def __init__(self, path: Path, within: Callable[[Callable[[], Any]], Any] = lambda work: work()) -> None:
        self.path = path
        self.within = within

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        def read() -> list[tuple[Any, ...]]:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)) as connection:
                return connection.execute(query, values).fetchall()

        return list(self.within(read))

    def number(self, query: str, *values: Any) -> int:
        return int(self.rows(query, *values)[0][0])

    def breaches(self) -> list[str]:
        """Everything that is wrong in it; unfinished runs are not."""
        found = [f"integrity_check: {row}" for row in self.rows("PRAGMA integrity_check") if row != ("ok",)]
        return found + [f"{what}: {row}" for what, query in BREACHES.items() for row in self.rows(query)]

    def unfinished(self) -> list[tuple[str, str]]:
        """Id and status of every run without an end."""
        return [
            (str(run), str(status))
            for run, status in self.rows("SELECT id, status FROM runs WHERE finished_at IS NULL")
        ]

    async def settled(self, seconds: float = 30) -> None:
        """Wait until every run has its end. Raises AssertionError with those that have none."""
        left: list[tuple[str, str]] = []
        for _ in range(int(seconds / 0.1)):
            if not (left := self.unfinished()):
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"{len(left)} runs without an end after {seconds:g} s: {left[:10]}")

    def disagreements(self, customers: Iterable[Customer]) -> list[str]:
        """Where the wire promised what the database does not hold: a lost message, another end, another order."""
        stored: dict[tuple[str, str], dict[int, str]] = {}
        for owner, session, seq, kind in self.rows(
            "SELECT c.owner, c.session_id, e.seq, e.kind FROM events e JOIN conversations c ON c.id = e.conversation_id"
        ):
            stored.setdefault((owner, session), {})[seq] = kind
        found: list[str] = []
        for customer in customers:
            kinds = stored.get((customer.user, customer.session), {})
            for frame in customer.acks.values():
                if kinds.get(frame["seq"]) != "accepted":
                    found.append(f"lost: acknowledged {frame['client_message_id']} at seq {frame['seq']}")
            for frame in customer.ends.values():
                if kinds.get(frame["seq"]) != WIRE_NAMES[frame["type"]]:
                    found.append(f"{frame['run_id']} ended {frame['type']}, stored {kinds.get(frame['seq'])}")
        return found


class SharedStorage(Storage):
    """That of a cluster, at this URL of a PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        if query.startswith("PRAGMA"):
            return []
        theirs = query.replace("json_extract(e.body, '$.response')", "e.body::json->>'response'")
        theirs = theirs.replace("(r.finished_at IS NOT NULL)", "(r.finished_at IS NOT NULL)::int").replace("?", "%s")
        with psycopg.connect(self._url) as connection:
            return connection.execute(theirs, values or None).fetchall()  # type: ignore[arg-type]


def check(storage: Storage, customers: Iterable[Customer]) -> None:
    """Every invariant of wire and database. Raises AssertionError with the first breaches."""
    customers = tuple(customers)
    wrong = [breach for customer in customers for breach in customer.wrong]
    wrong += [f"{one.session}: no end of {message}" for one in customers for message in one.open_messages]
    wrong += storage.breaches() + storage.disagreements(customers)
    assert not wrong, f"{len(wrong)} breaches:\n" + "\n".join(wrong[:12])


POOLS, POOLED_BYTES = 40, 32 << 20
"""Threads, and descriptors of connections with their logs, that pools of a fixed size may still have been without when
the machine was busy; and the memory of these."""


@dataclass(frozen=True)
class Footprint:
    """What a process holds: resident bytes, open descriptors, threads."""

    rss: int
    descriptors: int
    threads: int

    @classmethod
    def of(cls, pid: int) -> "Footprint":
        fields = dict(
            line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
        )
        descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        return cls(int(fields["VmRSS"].split()[0]) * 1024, descriptors, int(fields["Threads"]))

    def beyond(self, baseline: "Footprint", share: float = 0.10) -> list[str]:
        """Where it is more than `share` above the baseline, and POOLS more than that for what is pooled."""
        allowed = {"rss": POOLED_BYTES, "descriptors": POOLS, "threads": POOLS}
        figures = [(name, getattr(baseline, name), getattr(self, name), more) for name, more in allowed.items()]
        return [f"{name} {was} -> {now}" for name, was, now, more in figures if now > was * (1 + share) + more]


def sockets_on(port: int) -> int:
    """The accepted sockets that a process holds on this port, whatever state TCP is in (proc(5), /proc/net/tcp)."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    listening, gone = "0A", "0"
    return sum(1 for row in rows if int(row[1][-4:], 16) == port and row[3] != listening and row[9] != gone)


async def back_to(baseline: Footprint, pid: int, seconds: float = 15) -> Footprint:
    """Wait until a process holds no more than 10 % above its baseline. Raises AssertionError."""
    for _ in range(int(seconds / 0.2)):
        if not Footprint.of(pid).beyond(baseline):
            break
        await asyncio.sleep(0.2)
    now = Footprint.of(pid)
    assert not now.beyond(baseline), now.beyond(baseline)
    return now
