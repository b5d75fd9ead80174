"""A customer who talks with the skill for appointments: workshops of a maker's table, the real appointment_store on
SQLite, a note kept over turns, and proposals answered as the server answers them."""

import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from agents.appointment_store import Appointment, Owner
from agents.appointments.purposes import examples
from agents.appointments.skill import SKILL
from agents.appointments.sql_store import SqlAppointmentStore
from agents.context import Resources
from agents.language.consent import read_reply
from agents.language.words import words
from agents.learning.choice import Choices
from agents.learning.teacher import Teacher
from agents.skill import Handled
from agents.tables import metadata
from agents.toolbox.calls import Toolbox
from agents.types import Proposal, Turn
from agents.vehicles.range import Vehicles
from rag.database import open_database
from rag.embedder import Vectors
from rag.ingestion.split import split
from rag.loaders import loader_for
from rag.types import Chunk, Document
from tests.tool_contexts import Told, case, context

T = TypeVar("T")


class WordEmbedder:
    """Texts that share words and pairs of words are near each other."""

    name = "words@1"
    dimensions = 1024

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = np.full((len(texts), self.dimensions), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            said = words(text)
            for term in [*said, *map(" ".join, pairwise(said))]:
                code = zlib.crc32(term.encode())
                row[code % self.dimensions] += 1 if code & (1 << 20) else -1
            row /= np.linalg.norm(row)
        return rows


@cache
def choices() -> Choices:
    """What is learnt from the examples, by their words."""
    teacher = Teacher(WordEmbedder())
    return {name: teacher.choice(lists) for name, lists in examples().items()}


DUBLIN = ZoneInfo("Europe/Dublin")
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=DUBLIN)
"""A Wednesday."""

VEHICLES = Vehicles.parse(
    """model,variant,years,powertrain,fuel,aliases
Teal,Teal 40,2025;2026,electric,electricity,
Teal,Teal 60,2025;2026,electric,electricity,
Rook,Rook Diesel,2025;2026,diesel,diesel,
Finch,Finch Petrol,2025;2026,petrol,petrol,
Finch,Finch Hybrid,2025;2026,hybrid,petrol,
"""
)

WORKSHOPS = """town,dealer,street,telephone,nearby_places,monday_to_friday,saturday,closed_on,time_zone,country,\
services,slot_minutes,places_per_slot,lead_days,tyre_change_lead_days,tyre_change_season,change_until_hours,moves
Ashby,Ashby Motors,1 High Street,0700 100 001,Milltown; Overhill,08:00-17:00,closed,24 December,Europe/Dublin,IE,\
Teal; Rook; Finch,30,1,2,21,October; April,24,2
Larkhill,Larkhill Garage,2 Low Road,0700 100 002,Milltown,09:00-17:00,09:00-12:00,,Europe/Dublin,IE,\
Teal; Rook; Finch,60,2,0,21,October; April,24,
Westport,Westport Electric,3 Quay,0700 100 003,,09:00-17:00,closed,,Europe/Lisbon,PT,Teal; Finch Hybrid,30,1,1,,,24,
Farlow,Farlow Cars,4 Hill,0700 100 004,,09:00-17:00,closed,,America/New_York,US,Teal; Rook; Finch,60,1,1,,,24,
Moorend,Moor Works,5 Heath Lane,0700 100 005,,by arrangement,closed,,Europe/Dublin,IE,Teal; Rook; Finch,60,1,1,,,24,
"""

RULES = """# Appointments

## Cancelling

If you cancel later than a day before or do not come, the dealer may charge a fee of **30 euros**. Nothing else is due.

## Urgent faults

For safety-related faults every dealer keeps one slot per day free; telephone the dealer to get it.
"""


def chunks(name: str, data: str) -> tuple[Chunk, ...]:
    loader = loader_for(Path(name))
    assert loader is not None
    content = loader.read(data.encode(), name).content
    return split(Document(name, name.partition("/")[0], "hash", content))


@dataclass
class Documents:
    """What the documents say, parsed when it is asked for."""

    chunks: Sequence[Chunk]
    vehicles: Vehicles = VEHICLES
    known: dict[Any, Any] = field(default_factory=dict)

    async def derived(self, parse: Callable[[Sequence[Chunk], Vehicles], T]) -> T:
        if parse not in self.known:
            self.known[parse] = parse(self.chunks, self.vehicles)
        parsed: T = self.known[parse]
        return parsed


async def _no_search(text: str, *, subjects: Sequence[str] | None, k: int) -> tuple[Any, ...]:
    raise AssertionError("nothing is searched for")


@asynccontextmanager
async def desk(folder: Path, workshops: str = WORKSHOPS, rules: str = RULES) -> AsyncIterator[Resources]:
    """What a tool context needs, on a database in `folder`."""
    engine = open_database(f"sqlite:///{folder / 'bookings.db'}")
    metadata.create_all(engine)
    appointment_store = SqlAppointmentStore(engine)
    found = chunks("records/workshops.csv", workshops) + chunks("service/appointments.md", rules)
    reference = Documents(found)
    yield Resources(VEHICLES, reference, _no_search, WordEmbedder(), appointment_store, choices=choices())
    await appointment_store.close()
    engine.dispose()


@dataclass
class Customer:
    """`say` gives what came of a message: what is said, with the question that follows; None where the skill leaves
    the message to others."""

    resources: Resources
    now: datetime = NOW
    facts: Mapping[str, str] = field(default_factory=dict)
    user: str = "ada"
    findings: Mapping[str, Any] = field(default_factory=dict)
    note: Mapping[str, Any] = field(default_factory=dict)
    history: list[Turn] = field(default_factory=list)
    proposal: Proposal | None = None
    last: Handled | None = None
    told: Told = field(default_factory=Told)
    runs: int = 0

    async def say(self, text: str) -> str | None:
        handled = await (self._answer(text) if self.proposal else self._ask(text))
        self.history.append(Turn("customer", text))
        if handled is None:
            return None
        self.last, self.proposal = handled, handled.proposal
        self.note = handled.note or {}
        said = handled.text + (handled.proposal.asks.prompt if handled.proposal else "")
        self.history.append(Turn("assistant", said))
        return said

    async def _ask(self, text: str) -> Handled | None:
        self.runs += 1
        of = case(text, self.now, history=self.history, facts=self.facts, note=self.note, findings=self.findings)
        taken_up = bool(self.note) and await SKILL.takes_up(of, self.resources)
        request = await SKILL.read(of, self.resources)
        assert request is not None or not taken_up
        return None if request is None else await SKILL.act(request, self.context(of))

    async def _answer(self, text: str) -> Handled | None:
        assert self.proposal is not None
        proposal, asks = self.proposal, self.proposal.asks
        options = [(option.value, option.label) for option in asks.options]
        answer = read_reply(text, asks.kind, options, asks.prompt)
        if answer is None:
            self.proposal = None
            return await self._ask(text)
        of = case(text, self.now, history=self.history, facts=self.facts, note=self.note)
        action = SKILL.actions[proposal.action]
        if answer is True:
            return await action.commit(proposal.arguments, answer, self.context(of))
        if answer is False:
            return await action.drop(proposal.arguments, self.context(of))
        request = await SKILL.read(of, self.resources)
        if request is None:
            return await action.drop(proposal.arguments, self.context(of))
        return await SKILL.act(request, self.context(of))

    def context(self, of: Any) -> Toolbox:
        made, told = context(self.resources, of, user_id=self.user, run_id=f"{self.user}-run-{self.runs}")
        self.told = told
        return made

    def later(self, by: timedelta) -> None:
        self.now += by

    async def booked(self) -> list[tuple[str, str, str]]:
        """Dealer, local start and work of each booking."""
        found = await self.resources.appointment_store.booked(self.user, self.now.astimezone(UTC))
        return [(one.dealer, f"{one.starts_at.astimezone(DUBLIN):%d.%m. %H:%M}", one.work) for one in found]

    async def book(self, dealer: str, start: datetime, work: str = "service", vehicle: str = "Teal 40") -> Appointment:
        """An appointment that is there already."""
        self.runs += 1
        owner = Owner(self.user, "earlier", f"{self.user}-earlier-{self.runs}")
        now = self.now.astimezone(UTC)
        held = await self.resources.appointment_store.hold(
            owner, dealer, start.astimezone(UTC), 1, work=work, vehicle=vehicle, now=now, seconds=900
        )
        return await self.resources.appointment_store.commit(owner, held.id, now)

    def other(self, user: str) -> "Customer":
        return replace(self, user=user, note={}, history=[], proposal=None, runs=0)
