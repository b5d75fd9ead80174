"""Facts of the documents' prose: the sentence that states a figure for what is looked up, where no table has it.

Which sentence that is, the scoring of answers decides by its meaning: one that only comes close is not taken.
"""

import asyncio
from dataclasses import dataclass

from agents.context import Resources
from agents.extractive.answerer import ExtractiveAnswerer
from agents.extractive.scoring import ANSWERS, Scored
from agents.language.units import Amount, amounts
from agents.types import Evidence, Task
from agents.vehicle_data.attributes import Attribute
from agents.vehicles.applicability import Cars, Fitment
from rag.types import Passage

_SEARCHED = 8
_LONGEST = 300
"""Characters of a sentence that is told as a fact."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What a sentence says of some cars: all of its `text`, with the conditions that it names, its first figure, and
    where it stands."""

    attribute: Attribute
    cars: Cars
    text: str
    amount: Amount
    evidence: Evidence


async def stated(name: str, cars: Cars, fitment: Fitment, resources: Resources) -> Stated | None:
    """The sentence with a figure that most likely answers what an attribute of these cars is, None where none is
    likelier to than not. Raises what the search raises."""
    of = "" if cars == fitment.everything else f" of the {fitment.name(cars)}"
    question = f"What is the {name}{of}?"
    passages = await resources.search(question, subjects=None, k=_SEARCHED)
    answerer = ExtractiveAnswerer(resources.embedder, resources.vehicles)
    read = await asyncio.to_thread(answerer.read, Task(question, "", tuple(passages)))
    return next((found for scored in read.ranked[:1] if (found := _stated(name, cars, scored, passages))), None)


def _stated(name: str, cars: Cars, scored: Scored, passages: tuple[Passage, ...]) -> Stated | None:
    statement = scored.statement
    figures = [amount for amount in amounts(statement.text) if amount.unit]
    if scored.probability < ANSWERS or not figures or statement.items or len(statement.whole) > _LONGEST:
        return None
    spans = statement.evidence
    evidence = Evidence(passages[statement.span.passage], spans[0].start, spans[-1].end)
    return Stated(Attribute(0, name, frozenset()), statement.cars & cars, statement.whole, figures[0], evidence)
