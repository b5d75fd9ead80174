"""The analyst's own graph, run in this process over the bundled figures: what comes out."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import create_engine

from agents.analyst.subgraph import build
from agents.context import Resources
from agents.dataset import DatasetSource
from agents.datasets.collection import DatasetCatalogue
from agents.model import ChatModel
from agents.specialist import Asker, Job
from agents.types import (
    Checked,
    Coded,
    Computed,
    Delta,
    Noted,
    Output,
    PartDone,
    Question,
    StandaloneQuestion,
    Turn,
    Wishes,
)
from agents.vehicles.range import Vehicles
from tests.bundled import ROOT

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
"""The last day of the bundled figures."""
T = TypeVar("T", bound=Output)


class ToolContext:
    """A run's context; the analyst changes nothing in the world."""

    @asynccontextmanager
    async def effect(self, name: str, *, repeatable: bool = False) -> AsyncIterator[None]:
        raise AssertionError(f"the analyst wants to do {name}")
        yield


@dataclass(frozen=True, slots=True)
class Analysed:
    """What came out of one question."""

    outputs: tuple[Output, ...]

    def all(self, kind: type[T]) -> list[T]:
        return [one for one in self.outputs if isinstance(one, kind)]

    @property
    def text(self) -> str:
        return "".join(one.text for one in self.all(Delta))

    @property
    def checked(self) -> Checked | None:
        return next(iter(reversed(self.all(Checked))), None)

    @property
    def computed(self) -> Computed | None:
        return next(iter(self.all(Computed)), None)

    @property
    def done(self) -> PartDone:
        (done,) = self.all(PartDone)
        return done

    @property
    def note(self) -> Mapping[str, Any]:
        return next((one.note or {} for one in self.all(Noted)), {})

    def code(self, attempt: int = 1) -> str:
        return "".join(one.text for one in self.all(Coded) if one.attempt == attempt)


@dataclass
class Analyst:
    """Asks the graph questions, one conversation each."""

    datasets: DatasetSource | None
    model: ChatModel | None = None
    now: Callable[[], datetime] = field(default=lambda: NOW)

    def __post_init__(self) -> None:
        resources = Resources(Vehicles(), cast(Any, None), cast(Any, None), cast(Any, None), cast(Any, None))
        resources = Resources(
            resources.vehicles, resources.reference, resources.search, resources.embedder, resources.appointment_store,
            self.datasets, self.model,
        )  # fmt: skip
        self.graph = build(resources, self.now).compile()

    async def ask(
        self,
        text: str,
        *,
        note: Mapping[str, Any] | None = None,
        history: Sequence[Turn] = (),
        dataset: str | None = None,
        prose: bool = True,
    ) -> Analysed:
        notes = {"analysis": note} if note else {}
        wishes = Wishes(agent="analyst", dataset=dataset, prose=prose)
        question = Question(text, tuple(history), notes=notes, wishes=wishes)
        asker = Asker(user_id="ada", role="staff", conversation_id="one", run_id="run")
        job = Job(
            part=0, specialist="analyst", standalone=StandaloneQuestion(text), question=question, facts={}, asker=asker,
            label="Data analyst", urgent=False, path=[], findings={},
        )  # fmt: skip
        outputs = [one async for one in self.graph.astream(job, context=ToolContext(), stream_mode="custom")]
        return Analysed(tuple(outputs))

    async def converse(self, *texts: str) -> Analysed:
        """The answer to the last of several questions of a conversation."""
        note: Mapping[str, Any] = {}
        for text in texts:
            analysed = await self.ask(text, note=note)
            note = analysed.note or note
        return analysed


@asynccontextmanager
async def bundled_datasets(folder: Path) -> AsyncIterator[DatasetCatalogue]:
    """The datasets that come with the knowledge base, as the server opens them; nothing else is registered."""
    from agents.tables import metadata

    engine = create_engine(f"sqlite:///{folder / 'datasets.db'}")
    metadata.create_all(engine)
    datasets = DatasetCatalogue(engine, folder / "snapshots", ROOT / "datasets")
    try:
        yield datasets
    finally:
        await datasets.close()
        engine.dispose()
