"""Several questions in one message, with customers' questions that are known to be answered in certain places."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.types import Part, Question, Route, StandaloneQuestion
from agents.vehicles.range import Vehicles
from orchestrator.graph.parting import parted
from orchestrator.graph.state import Dependencies, Understood
from rag.types import Chunk, Place

CATALOGUE = (SimpleNamespace(name="specs", knowledge=("specs",)), SimpleNamespace(name="care", knowledge=("care",)))
KNOWN = {"tank": ("specs", 0.8), "polish": ("care", 0.7), "wax": ("care", 0.7), "boot": ("specs", 0.4)}
ROUTE = Route("answer", 0.9, (Part(StandaloneQuestion("x"), "specs", 0.9),))


def asked(text: str, k: int = 8) -> tuple[Place, ...]:
    for word, (subject, cosine) in KNOWN.items():
        if word in text:
            return (Place(Chunk(word, word, subject, "", (), None, 0, 9, "something"), 0, cosine, ""),)
    return ()


def asked_as(subject: str, cosine: float) -> tuple[Place, ...]:
    return (Place(Chunk(subject, subject, subject, "", (), None, 0, 9, "something"), 0, cosine, ""),)


async def understand(question: Question) -> Understood:
    return Understood(StandaloneQuestion(question.text), question.facts)


VEHICLES = Vehicles.parse("model,variant,years,powertrain,fuel,aliases\nGull,Gull,2024;2025,petrol,petrol,\n")
DEPENDENCIES = cast(
    Dependencies, SimpleNamespace(understand=understand, resources=SimpleNamespace(asked=asked, vehicles=VEHICLES))
)


async def parts(text: str, route: Route = ROUTE) -> list[tuple[str, str]]:
    found = await parted(DEPENDENCIES, cast(Any, CATALOGUE), Question(text), {}, route)
    return [(part.specialist, part.question.whole) for part in found.parts]


async def test_each_question_goes_to_whoever_knows_its_answer() -> None:
    assert await parts("Gull 2025: how big is the tank? And how do I polish the hull?") == [
        ("specs", "Gull 2025: how big is the tank?"),
        ("care", "And how do I polish the hull? (Gull; 2025)"),
    ]


async def test_what_nobody_has_asked_is_not_dropped() -> None:
    found = await parts("How big is the tank? How do I polish it? Can I change my mind about the boot?")
    assert ("specs", "Can I change my mind about the boot?") in found
    assert len(found) == 3


@pytest.mark.parametrize(
    "text",
    [
        "How big is the tank?",
        "How big is the tank? Why is the tank so small?",
        "How big is the tank? How big is the boot?",
        "",
    ],
)
async def test_one_question_stays_whole(text: str) -> None:
    assert await parts(text) == [("specs", "x")]


async def test_a_piece_that_others_ask_by_itself_is_not_completed_by_the_one_before() -> None:
    """Where completing it leads nowhere that customers have asked for."""

    async def completing(question: Question) -> Understood:
        subject = "boot" if question.history else ""
        return Understood(StandaloneQuestion(question.text, subject=subject), question.facts)

    known = {"boot)": ("specs", 0.4)} | KNOWN
    finding = SimpleNamespace(
        vehicles=VEHICLES, asked=lambda text: next((asked_as(*known[word]) for word in known if word in text), ())
    )
    dependencies = cast(Dependencies, SimpleNamespace(understand=completing, resources=finding))
    text = "How big is the tank? How do I polish it?"
    found = await parted(dependencies, cast(Any, CATALOGUE), Question(text), {}, ROUTE)
    assert [part.question.whole for part in found.parts] == ["How big is the tank?", "How do I polish it?"]


@pytest.mark.parametrize("route", [Route("clarify", 0.5), replace(ROUTE, parts=ROUTE.parts * 2)])
async def test_what_is_parted_already_or_unclear_stays(route: Route) -> None:
    found = await parts("How big is the tank? And how do I polish the hull?", route)
    assert len(found) == len(route.parts)
