"""The specialists without a server: opened in this process, beside a running server or without one. Nothing is stored.

Who sits at this machine may ask every specialist by name; the router serves a customer.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from cachetools import LRUCache

from agents.appointments.sql_store import SqlAppointmentStore
from agents.dataset import DatasetSource
from agents.specialist import CUSTOMER, STAFF, Catalogue
from agents.specialists import catalogue
from agents.types import AS_USUAL, Question, Turn, Wishes
from api.compose import supplements
from api.compose.answering import open_dependencies
from api.compose.database import open_migrated_database
from api.compose.datasets import open_datasets
from api.compose.knowledge import Library, open_library
from api.compose.models import open_models
from api.failure import FILL
from api.settings import BadSetting, Settings
from orchestrator.events import AnyEvent, Completed, InputRequired
from orchestrator.graph.saver import memory_saver
from orchestrator.graph.stream import stream_events
from orchestrator.graph.turn import build_graph
from orchestrator.run import Desk, Reply, RunInput
from rag.ingestion.shared_files import SharedFiles

EMPTY = f"The knowledge base is empty. Fill it: {FILL}"
OWNER = "this machine"
MOST_TURNS = 20
"""Turns of a conversation that are kept: the latest ones."""


@dataclass
class Talk:
    """A conversation as long as it lasts: what was said, and what is known of it."""

    turns: list[Turn] = field(default_factory=list)
    facts: Mapping[str, str] = field(default_factory=dict)
    notes: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def question(self, text: str, wishes: Wishes, zone: str = "") -> Question:
        """The next question of the conversation."""
        return Question(text, tuple(self.turns), self.facts, dict(self.notes), zone, wishes=wishes)

    def remember(self, text: str, answer: str, agent: str | None, desk: Desk) -> None:
        """Remember a question with its answer."""
        self.turns = [*self.turns, Turn("customer", text), Turn("assistant", answer, agent)][-MOST_TURNS:]
        self.facts = desk.memory.facts if desk.memory.facts is not None else self.facts
        for name, note in desk.memory.notes.items():
            if note is None:
                self.notes.pop(name, None)
            else:
                self.notes[name] = note


class Talks:
    """The latest conversations, by name."""

    def __init__(self, most: int = 200) -> None:
        self._talks: LRUCache[str, Talk] = LRUCache(most)

    def named(self, name: str) -> Talk:
        """The conversation of this name, a new one where there is none."""
        return self._talks.setdefault(name, Talk())


@dataclass(frozen=True, slots=True)
class Embedded:
    """Who answers, and what they know."""

    library: Library
    datasets: DatasetSource
    catalogue: Catalogue
    graph: Any

    async def answer(
        self, talk: Talk, text: str, wishes: Wishes = AS_USUAL, *, conversation_id: str, zone: str = ""
    ) -> AsyncIterator[AnyEvent]:
        """The events of the next answer in a conversation; what would change the world is proposed and then let go, as
        nobody here can answer for a customer. Raises AnswerFailed, ProcessingError."""
        role = STAFF if wishes.agent or wishes.dataset else CUSTOMER
        run_id = str(uuid.uuid4())
        run = RunInput(run_id, conversation_id, talk.question(text, wishes, zone), role, OWNER, conversation_id)
        desk = Desk()
        async for event in stream_events(self.graph, run, desk):
            if isinstance(event, Completed):
                talk.remember(text, event.response, event.agent, desk)
            yield event
            if isinstance(event, InputRequired):
                talk.remember(text, event.prompt, None, desk)
                refused = replace(run, reply=Reply(False, desk.parked or ""))
                async for _ in stream_events(self.graph, refused, desk):
                    pass  # what was held for the proposal is let go


@asynccontextmanager
async def open_embedded(settings: Settings) -> AsyncIterator[Embedded]:
    """Everything that answers, with indexes for reading only. Raises BadSetting, also where nothing was ingested, and
    IndexUnavailable."""
    async with AsyncExitStack() as stack:
        # Opening reads and writes files: in a thread, for the loop may be somebody else's.
        database = await asyncio.to_thread(open_migrated_database, settings)
        stack.callback(database.dispose)
        await asyncio.to_thread(supplements.fetch, settings, SharedFiles(database))
        library = await asyncio.to_thread(stack.enter_context, open_library(settings, database, reader=True))
        if not await asyncio.to_thread(library.catalogue.hashes):
            raise BadSetting(EMPTY)
        appointment_store = SqlAppointmentStore(await asyncio.to_thread(open_migrated_database, settings))
        stack.push_async_callback(appointment_store.close)
        datasets = await asyncio.to_thread(open_datasets, settings, database)
        stack.push_async_callback(datasets.close)
        await asyncio.to_thread(catalogue)  # their modules read their examples when they are imported
        models = await stack.enter_async_context(open_models(settings))
        dependencies = await open_dependencies(settings, library, appointment_store, models, datasets)
        graph = await asyncio.to_thread(build_graph, dependencies, memory_saver())
        yield Embedded(library, datasets, dependencies.catalogue, graph)
