"""Gathering the passages for a question: one search, and one more per model where the answer depends on the model."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.specialist import Specialist
from agents.vehicles.applicability import Fitment, fitment_of
from agents.vehicles.range import Vehicles, note
from rag.spread import spread
from rag.types import Passage

PASSAGES = 8
PER_MODEL = 3
MOST = 10


class Search(Protocol):
    """Finds passages for each of some texts, best first, in the documents of some subjects."""

    def __call__(
        self, texts: Sequence[str], *, subjects: Sequence[str] | None, k: int
    ) -> Awaitable[Sequence[tuple[Passage, ...]]]: ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found, in the order of its markers. `dependent`: the answer depends on a vehicle that is not known."""

    passages: tuple[Passage, ...]
    dependent: bool = False


async def gather(
    search: Search, question: str, specialist: Specialist, vehicles: Vehicles, facts: Mapping[str, str]
) -> Evidence:
    """Passages for a question that stands on its own. When neither question nor facts name the vehicle and the best
    passages are each about some model, every model is searched for as well. Raises what `search` raises."""
    fitment = fitment_of(vehicles)
    cars = fitment.candidates(question, facts)
    vehicle = _named(question, vehicles) if vehicles.mentioned(question) else note(facts, vehicles)
    text = f"{question} ({vehicle})" if vehicle else question
    (first,) = await search([text], subjects=specialist.knowledge, k=PASSAGES)
    models = fitment.models(cars)
    if len(models) < 2 or not _depends(first[:3], fitment):
        return Evidence(first[:MOST])
    texts = [f"{model}: {question}" for model in models]
    return Evidence(_merged(first, await search(texts, subjects=specialist.knowledge, k=PER_MODEL)), dependent=True)


def _named(question: str, vehicles: Vehicles) -> str:
    """The models that a question means without their names: "the pick-up" and "my Ospry" are the Osprey."""
    spoken = question.casefold()
    models = dict.fromkeys(vehicle.model for vehicle in vehicles.mentioned(question))
    return ", ".join(model for model in models if model.casefold() not in spoken)


def _depends(best: Sequence[Passage], fitment: Fitment) -> bool:
    """Whether one of the best passages speaks of some cars only."""
    return any(_about(passage, fitment) for passage in best)


def _about(passage: Passage, fitment: Fitment) -> bool:
    cars = fitment.everything
    for text in (passage.chunk.title, *passage.chunk.section, passage.chunk.text):
        cars = fitment.narrowed(text, cars)
    return cars != fitment.everything or len(fitment.mentioned(passage.chunk.text)) > 1


def _merged(first: Sequence[Passage], others: Sequence[Sequence[Passage]]) -> tuple[Passage, ...]:
    """The best of each model's search, then the general search's, each passage once, best first among MOST."""
    picked: dict[str, Passage] = {passage.chunk.id: passage for passage in first[:3]}
    for depth in range(PER_MODEL):
        for passages in others:
            if depth < len(passages) and len(picked) < MOST:
                picked.setdefault(passages[depth].chunk.id, passages[depth])
    for passage in first:
        if len(picked) < MOST:
            picked.setdefault(passage.chunk.id, passage)
    return spread(sorted(picked.values(), key=lambda passage: -passage.score))
