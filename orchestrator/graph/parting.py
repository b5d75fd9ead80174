"""Several questions in one message: told apart by what answers the questions of other customers that are like each."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from agents.language.words import content
from agents.routing.clauses import split
from agents.routing.parts import MOST, label
from agents.specialist import Catalogue
from agents.types import Part, Question, Route, StandaloneQuestion, Turn
from agents.vehicles.range import years
from orchestrator.graph.state import Dependencies
from rag.types import Place

_ALIKE = 0.6
"""The likeness from which on a piece of a message is taken to ask what another customer has asked."""
_SEVERAL = 2


async def parted(
    dependencies: Dependencies, catalogue: Catalogue, question: Question, facts: Mapping[str, str], route: Route
) -> Route:
    """The route with a part for each piece of the message that something else answers, where that is known of two at
    least. The vehicle that the message names is that of all."""
    pieces = [clause.text for clause in split(question.text) if clause.asks]
    if dependencies.resources is None or route.kind != "answer" or len(pieces) < max(_SEVERAL, len(route.parts) + 1):
        return route
    vehicles = dependencies.resources.vehicles
    spoken = " ".join(question.text[mention.start : mention.end] for mention in vehicles.mentions(question.text)[:1])
    built = " ".join(years(question.text)[:1])
    parts: dict[tuple[str, int | None] | str, Part] = {}
    before = ""
    for piece in pieces[:MOST]:
        history = (*question.history, Turn("customer", before)) if before else question.history
        understood = (await dependencies.understand(Question(piece, history, facts))).question
        readings = [understood, *([StandaloneQuestion(piece)] if understood.subject else [])]
        if spoken and not vehicles.mentions(piece):
            readings = [replace(reading, vehicle=spoken, year=built) for reading in readings]
        asked = [await asyncio.to_thread(dependencies.resources.asked, reading.whole) for reading in readings]
        alone, places = max(zip(readings, asked, strict=True), key=lambda told: told[1][0].cosine if told[1] else 0.0)
        before = f"{before} {piece}".strip()
        if places and places[0].cosine >= _ALIKE and (specialist := _knowing(places[0], catalogue)):
            place = (places[0].chunk.id, places[0].start)
            parts.setdefault(place, Part(alone, specialist, places[0].cosine, label(piece)))
        elif len(content(piece)) > 1:
            whose = next((part for part in route.parts if piece in part.question.text), route.parts[0])
            parts[piece] = Part(alone, whose.specialist, route.confidence, label(piece))
    if sum(not isinstance(place, str) for place in parts) < _SEVERAL:
        return route
    return replace(route, parts=tuple(parts.values()))


def _knowing(place: Place, catalogue: Catalogue) -> str | None:
    """The specialist to whose knowledge the place belongs, above all."""
    subject = place.chunk.subject
    knowing = [(item.knowledge.index(subject), item.name) for item in catalogue if subject in item.knowledge]
    return min(knowing)[1] if knowing else None
