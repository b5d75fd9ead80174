"""Customers who book appointments over the wire, and what the server's appointment_store then says."""

import asyncio
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from agents.appointments.dealers.opening import free
from agents.appointments.dealers.workshops import Workshop, parse
from agents.vehicles.range import Vehicles
from rag.catalogue import Catalogue
from rag.database import open_database
from tests.conversing import Frame, Talk, talking
from tests.serving import Served, copied_documents, environment, pitcrew, prepared

DOCUMENTS = (
    "records/workshops.csv",
    "company/dealers.html",
    "maintenance/appointments.md",
    "maintenance/schedule-wren.md",
    "troubleshooting/wont-charge.md",
    "specs/towing-and-loads.md",
)
"""A knowledge base with dealers that is read in a moment."""
GONE = (OSError, ConnectionClosed, InvalidHandshake, EOFError)
SESSION = "booking"
ENDS = {"complete", "error", "cancelled"}


def with_dealers(ingested: Path, folder: Path) -> Path:
    """A data directory with those documents. What is embedded of them, and of customers' questions, was embedded
    before."""
    data, documents = prepared(ingested, folder / "data"), copied_documents(DOCUMENTS, folder / "documents")
    shutil.copy(ingested / "vectors.db", data)
    done = pitcrew("ingest", str(documents), env=environment(data))
    assert done.returncode == 0, done.stderr
    return data


def workshop(data: Path, key: str) -> Workshop:
    """A dealer as the server knows it."""
    database = open_database(f"sqlite:///{data / 'pitcrew.db'}")
    catalogue = Catalogue(database)
    chunks = list(catalogue.chunks(sorted(catalogue.chunk_ids())).values())
    database.dispose()
    found = parse(chunks, Vehicles()).get(key)
    assert found is not None
    return found


def open_times(dealer: Workshop) -> list[datetime]:
    """The times that nobody has yet, far enough ahead for any work."""
    now = datetime.now(UTC)
    return free(dealer, (), now, now + timedelta(days=300), now, timedelta(days=30))


def appointment_store(data: Path) -> list[tuple[str, str, str, int]]:
    """User, status, start and place of everything in the server's appointment_store."""
    with closing(sqlite3.connect(f"file:{data / 'pitcrew.db'}?mode=ro", uri=True, timeout=10)) as connection:
        return connection.execute("SELECT user_id, status, starts_at, place FROM appointments").fetchall()


def stored(moment: datetime) -> str:
    """As the appointment store's table has it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M}:00.000Z"


def wish(dealer: Workshop, at: datetime) -> str:
    return f"Please book an annual service for my Wren 58 at {dealer.name} on {at.day} {at:%B %Y} at {at:%H:%M}."


@dataclass
class Booker:
    """A customer with one wish, for the time `wanted` as the appointment store stores it, who says `yes` or no when
    asked. `stage` is how far they have come; `frames` are what they were sent."""

    user: str
    text: str
    wanted: str
    yes: bool = True
    stage: str = "nothing sent"
    frames: list[Frame] = field(default_factory=list)

    @property
    def request(self) -> Frame | None:
        """The question that waits for an answer, as far as the customer knows."""
        asked = [frame for frame in self.frames if frame["type"] in ENDS | {"input_required"}]
        return asked[-1] if asked and asked[-1]["type"] == "input_required" else None

    @property
    def end(self) -> Frame | None:
        """How the run ended."""
        return next((frame for frame in self.frames if frame["type"] in ENDS and "run_id" in frame), None)

    async def book(self, server: Served, after_s: float = 0.0, thinks_s: float = 0.0) -> None:
        """The whole way, as far as the server lives."""
        await asyncio.sleep(after_s)
        try:
            async with talking(server.chat, server.token(self.user)) as talk:
                await self.ask(talk)
                if self.request is not None:
                    await asyncio.sleep(thinks_s)
                    await self.answer(talk)
        except GONE:
            pass

    async def ask(self, talk: Talk, **fields: str) -> None:
        """Say what is wished, until it is asked about or ended."""
        self.stage = "sent"
        message = {"type": "message", "message": self.text, "session_id": SESSION}
        await talk.send(message | {"client_message_id": f"m-{self.user}"} | fields)
        await self.listen(talk)
        self.stage = "asked" if self.request else "told"

    async def answer(self, talk: Talk) -> None:
        """Answer the open question, until the end."""
        assert self.request is not None
        self.stage = "answered"
        await talk.send({"type": "answer", "request_id": self.request["request_id"], "value": self.yes})
        await self.listen(talk)
        self.stage = "told"

    async def listen(self, talk: Talk) -> None:
        while True:
            frame = await talk.receive()
            self.frames.append(frame)
            if frame["type"] == "ack" and self.stage == "answered":
                self.stage = "answer acknowledged"
            elif frame["type"] == "ack":
                self.stage = "acknowledged"
            if frame["type"] in ENDS | {"input_required"}:
                return

    async def go_on(self, server: Served) -> None:
        """After a restart: take the conversation up where it is, and bring it to its end."""
        self.frames = []
        async with talking(server.chat, server.token(self.user)) as talk:
            if not await self._resume(talk):
                await self.ask(talk)
            while self.end is None:
                if self.request is not None and not self._answered():
                    await self.answer(talk)
                else:
                    await self.listen(talk)

    async def _resume(self, talk: Talk) -> bool:
        """Take what the conversation holds; False where the server never heard of it."""
        await talk.send({"type": "resume", "session_id": SESSION, "after": 0})
        head, seq = None, 0
        while head is None or seq < head:
            frame = await talk.receive()
            if frame["type"] == "error" and frame["code"] == "NOT_FOUND":
                return False
            head = frame["head_seq"] if frame["type"] == "resumed" else head
            seq = max(seq, frame.get("seq", 0))
            self.frames.append(frame)
        return True

    def _answered(self) -> bool:
        """Whether the last question has an answer already: its run goes on."""
        last = max(n for n, frame in enumerate(self.frames) if frame["type"] == "input_required")
        return any(frame["type"] == "ack" for frame in self.frames[last:])
