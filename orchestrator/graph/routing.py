"""Who answers a message: a danger first, then the skill that had asked something, then the assistant itself, then
whoever the classifier or a skill's own reading names."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import structlog

from agents.acts.act import APPOINTMENTS, ASIDE, FOR_SPECIALISTS, REPLIES_TO_US, SPOKEN_BACK, ActReading
from agents.conversation.followup import subject
from agents.dataset import Reader
from agents.language.words import vocabulary, words
from agents.routing.clauses import split
from agents.specialist import CUSTOMER, Asker, Catalogue, Job, Specialist, open_to, reader_of
from agents.types import Part, Question, Route, StandaloneQuestion
from orchestrator.graph.addressee import find_asker
from orchestrator.graph.parting import parted
from orchestrator.graph.state import Dependencies, State
from orchestrator.run import Claim, Desk

log = structlog.get_logger()

_SURELY_OUT = 0.98
"""The classifier's confidence from which nobody else is asked whether a message is for us."""
_HARDLY_OUT = 0.75
"""Below which a message behind an answer goes on with that rather than being for nobody."""
_NOT_FOR_US = 0.9
"""From which a message that sounds like a booking books nothing of ours."""
_SURELY_ELSE = 0.95
"""From this confidence on a reply to a question is taken for something new."""
_SURELY_ASIDE = 0.8
"""The probability of an act from which it interrupts what a skill had asked."""
_PLAIN_TOPIC = 0.4
"""The probability of a specialist's topics from which no question back is needed."""
_ASKED_BEFORE, _GOES_ON = 0.63, 0.5
"""The likeness to a question of another customer from which a message is for whoever can answer that: of one that
stands alone, of which nine in ten of those for nobody are less like any; and of one that goes on with the question
before it."""
_RATHER_THAN_ASK = 0.5
"""The same where it is sure to be for somebody here, and not for whom."""
_ASKS_FOR_A_THING = vocabulary("what whats what's which how how's why where where's who who's")
_OPENING = 3
"""Words of a clause among which the one stands that tells what it asks for."""
_CLAIMED = 0.9
"""The confidence of a route that a skill's own reading has decided."""


def reachable(dependencies: Dependencies, state: State) -> Catalogue:
    """The specialists that the caller may be routed to."""
    return open_to(dependencies.catalogue, state["role"], state["question"].wishes.channel)


def job_of(dependencies: Dependencies, state: State, facts: Mapping[str, str], number: int, part: Part) -> Job:
    labels = {specialist.name: specialist.label for specialist in dependencies.catalogue}
    return Job(
        part=number,
        specialist=part.specialist,
        standalone=part.question,
        question=state["question"],
        facts=facts,
        asker=Asker(
            user_id=state["user_id"],
            role=state["role"],
            email=state.get("email", ""),
            conversation_id=state["conversation_id"],
            run_id=state["run_id"],
        ),
        label=part.label or labels[part.specialist],
        act="request",
        danger="",
        path=[],
        findings={},
    )


async def decide(
    dependencies: Dependencies,
    state: State,
    reading: ActReading,
    standalone: StandaloneQuestion,
    facts: Mapping[str, str],
    desk: Desk,
) -> Route:
    """Who answers. A danger comes before all; then a skill that had asked something back gets its answer, unless the
    message is something else aside; then what needs no specialist; the classifier decides about the rest."""
    question, catalogue = state["question"], reachable(dependencies, state)
    wished = question.wishes.agent
    if wished is not None:
        catalogue = tuple(specialist for specialist in catalogue if specialist.name == wished)
    theirs = next((specialist for specialist in catalogue if reading.act in specialist.acts), None)
    if theirs is not None and reading.danger and reading.sure:
        return await _rescued(dependencies, question, theirs, catalogue, standalone, facts)
    aside = reading.act in ASIDE and reading.probability >= _SURELY_ASIDE
    heeding = tuple(item for item in catalogue if not aside or reading.act in item.heeds)
    if waiting := await _taken_up(dependencies, state, heeding, facts, reading.act if aside else "request"):
        return Route("answer", 1.0, (Part(StandaloneQuestion(question.text), waiting.name, 1.0),))
    if theirs is not None and reading.danger:
        others = tuple(specialist for specialist in catalogue if specialist is not theirs)
        claimed = await _claimed(dependencies, state, others, facts, standalone)
        return claimed or await _rescued(dependencies, question, theirs, catalogue, standalone, facts)
    if wished is not None and catalogue:
        return Route("answer", 1.0, (Part(standalone, wished, 1.0),))
    by_model = dependencies.worded_by_model(desk.meter)
    if theirs is None and _for_us(reading, question, catalogue, by_model):
        hearing = catalogue if reading.act in SPOKEN_BACK else _for_staff(catalogue)
        spoken = await _claimed(dependencies, state, hearing, facts, standalone)
        return spoken or Route("human" if reading.act == "person" else "talk", reading.probability, act=reading.act)
    route = await dependencies.classify(Question(question.text, question.history, facts), catalogue, standalone)
    if not by_model:
        route = await parted(dependencies, catalogue, question, facts, route)
    surely = _surely(route) or _wants_to_know(question.text)
    leaning = next((item for item in catalogue if not surely and reading.leaning in item.acts), None)
    if (likely := theirs or leaning) is not None and len(route.parts) < 2:
        part = Part(standalone, likely.name, reading.probability)
        job = job_of(dependencies, state, facts, 0, part) | {"act": reading.act}
        if await claim(dependencies, likely, job) is not None:
            return Route("answer", reading.probability, (part,), act=reading.act)
    if asker := _asker(question, route, catalogue, by_model):
        return Route("answer", _CLAIMED, (Part(standalone, asker, _CLAIMED),))
    certain = await _certain(dependencies, state, catalogue, facts, route, standalone)
    if claimed := certain or await _claimed(dependencies, state, _unheard(route, catalogue), facts, standalone):
        return claimed
    return await _settled(dependencies, catalogue, reading, route, standalone, question)


async def _settled(
    dependencies: Dependencies,
    catalogue: Catalogue,
    reading: ActReading,
    route: Route,
    standalone: StandaloneQuestion,
    question: Question,
) -> Route:
    """The classifier's route, where nobody claims the message; by other signs where it is not sure."""
    match route.kind:
        case "clarify":
            return (
                await _by_precedent(dependencies, catalogue, standalone, _RATHER_THAN_ASK)
                or await _by_topic(dependencies, catalogue, standalone)
                or route
            )
        case "out_of_scope" if precedent := await _by_precedent(
            dependencies, catalogue, standalone, _GOES_ON if standalone.subject else _ASKED_BEFORE
        ):
            return precedent
        case "out_of_scope" if _wants_to_know(question.text) and route.confidence >= _SURELY_OUT:
            return route
        case "out_of_scope" if reading.leaning is not None and reading.leaning not in APPOINTMENTS:
            return Route("talk", reading.probability, act=reading.leaning)
        case "out_of_scope" if route.confidence < _HARDLY_OUT:
            return _gone_on(question, catalogue, standalone) or route
    return route


def _gone_on(question: Question, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route | None:
    """The route to the specialist who has just answered, with what that was about."""
    asked = next((turn.text for turn in reversed(question.history) if turn.role == "customer"), "")
    answered = question.history[-1].agent if question.history else None
    if all(specialist.name != answered for specialist in catalogue) or answered is None:
        return None
    whole = standalone if standalone.subject else replace(standalone, subject=subject(StandaloneQuestion(asked)))
    return Route("answer", _PLAIN_TOPIC, (Part(whole, answered, _PLAIN_TOPIC),))


async def _by_precedent(
    dependencies: Dependencies, catalogue: Catalogue, standalone: StandaloneQuestion, least: float
) -> Route | None:
    """The route to the specialist who knows the documents that answer what other customers have asked in such words, at
    least so alike."""
    if dependencies.resources is None:
        return None
    places = await asyncio.to_thread(dependencies.resources.asked, standalone.whole)
    if not places or places[0].cosine < least:
        return None
    subject = places[0].chunk.subject
    knowing = [specialist for specialist in catalogue if subject in specialist.knowledge]
    if not knowing:
        return None
    best = min(knowing, key=lambda specialist: specialist.knowledge.index(subject))
    return Route("answer", places[0].cosine, (Part(standalone, best.name, places[0].cosine),))


async def _by_topic(dependencies: Dependencies, catalogue: Catalogue, standalone: StandaloneQuestion) -> Route | None:
    """The route to the specialist in whose field the question's topics lie, if they plainly do."""
    resources = dependencies.resources
    if resources is None or resources.topics is None:
        return None
    about = await asyncio.to_thread(resources.topics.read, standalone.text, standalone.context)
    shares = {
        specialist.name: sum(share for topic, share in about.topics if topic.field in specialist.fields)
        for specialist in catalogue
    }
    best = max(shares, key=lambda name: shares[name], default="")
    if not best or shares[best] < _PLAIN_TOPIC:
        return None
    return Route("answer", shares[best], (Part(standalone, best, shares[best]),))


async def _rescued(
    dependencies: Dependencies,
    question: Question,
    rescuer: Specialist,
    catalogue: Catalogue,
    standalone: StandaloneQuestion,
    facts: Mapping[str, str],
) -> Route:
    """Whoever is in danger is answered first; other questions of the message after that."""
    route = await dependencies.classify(Question(question.text, question.history, facts), catalogue, standalone)
    others = [part for part in route.parts if part.specialist != rescuer.name] if len(route.parts) > 1 else []
    first = Part(StandaloneQuestion(question.text), rescuer.name, 1.0)
    rest = others if route.kind == "answer" else ()
    return Route("answer", 1.0, (first, *rest), route.left_out, "danger")


def _for_us(reading: ActReading, question: Question, catalogue: Catalogue, by_model: bool) -> bool:
    """Whether the assistant itself replies. What only means something beside a question of ours is a specialist's where
    a model has asked; a statement behind an answer completes what was asked before, and a "why?" asks more of it."""
    if reading.act in FOR_SPECIALISTS:
        return False
    last = next((turn.text for turn in reversed(question.history) if turn.role == "assistant"), "")
    if reading.act == "why" and last and "?" not in last:
        return False
    if reading.act in REPLIES_TO_US or reading.act == "statement":
        if by_model and find_asker(question):
            return False
        answered = any(turn.agent in {specialist.name for specialist in catalogue} for turn in question.history[-1:])
        return reading.act != "statement" or not answered
    return True


def _for_staff(catalogue: Catalogue) -> Catalogue:
    """The specialists that customers cannot reach: what they read in a message is never small talk."""
    return tuple(specialist for specialist in catalogue if CUSTOMER not in specialist.audience)


def _surely(route: Route) -> bool:
    """Whether the classifier is as good as certain, so that what a message may also do does not count."""
    least = {"answer": _SURELY_ELSE, "out_of_scope": _NOT_FOR_US}.get(route.kind)
    return least is not None and route.confidence >= least


def _wants_to_know(text: str) -> bool:
    """Whether a message asks for a thing: what perhaps wants something done does so with "can you" or "need to"."""
    return any(not _ASKS_FOR_A_THING.isdisjoint(words(clause.text)[:_OPENING]) for clause in split(text) if clause.asks)


def _unheard(route: Route, catalogue: Catalogue) -> Catalogue:
    """The specialists that may yet claim a message: all where the classifier is not sure, and always those that it does
    not know: it knows the specialists for customers."""
    if route.kind not in ("answer", "clarify", "out_of_scope"):
        return ()
    unsure = route.kind == "clarify" or (route.kind == "out_of_scope" and route.confidence < _SURELY_OUT)
    return tuple(specialist for specialist in catalogue if unsure or CUSTOMER not in specialist.audience)


def _asker(question: Question, route: Route, catalogue: Catalogue, by_model: bool) -> str | None:
    """The specialist whose model asked what the message replies to, unless it is surely for somebody else. What a skill
    has asked is in its note, so this is for models alone."""
    asker = find_asker(question) if by_model else None
    if route.kind == "human" or (route.kind == "answer" and route.confidence >= _SURELY_ELSE):
        return None
    return asker if any(specialist.name == asker for specialist in catalogue) else None


async def _taken_up(
    dependencies: Dependencies, state: State, catalogue: Catalogue, facts: Mapping[str, str], act: str
) -> Specialist | None:
    """The specialist that has a skill which asked something back, if the message answers that; the latest first.
    `act`: what the message surely does."""
    question = state["question"]
    if dependencies.resources is None:
        return None
    for name in reversed(list(question.notes)):
        for specialist in catalogue:
            for skill in specialist.skills:
                job = job_of(
                    dependencies, state, facts, 0, Part(StandaloneQuestion(question.text), specialist.name, 1.0)
                ) | {"act": act}
                if skill.name == name and await skill.takes_up(dependencies.case(job, name), dependencies.resources):
                    return specialist
    return None


async def _claimed(
    dependencies: Dependencies,
    state: State,
    catalogue: Catalogue,
    facts: Mapping[str, str],
    standalone: StandaloneQuestion,
) -> Route | None:
    """The route to the first specialist that has a skill for the message, where the classifier is not sure: skills read
    precisely what they can do."""
    for specialist in catalogue:
        part = Part(standalone, specialist.name, _CLAIMED)
        job = job_of(dependencies, state, facts, 0, part)
        claimed = await claim(dependencies, specialist, job)
        if claimed is not None or await _claims(dependencies, specialist, standalone.whole, reader_of(job["asker"])):
            return Route("answer", _CLAIMED, (part,))
    return None


async def _certain(
    dependencies: Dependencies,
    state: State,
    catalogue: Catalogue,
    facts: Mapping[str, str],
    route: Route,
    standalone: StandaloneQuestion,
) -> Route | None:
    """The route of one question to the specialist for customers that says that it is surely for it, whichever
    other the classifier thinks of, and also where it thinks of none."""
    if route.kind not in ("answer", "out_of_scope") or len(route.parts) > 1:
        return None
    for specialist in catalogue:
        part = Part(standalone, specialist.name, _CLAIMED)
        reader = reader_of(job_of(dependencies, state, facts, 0, part)["asker"])
        if CUSTOMER in specialist.audience and await _claims(dependencies, specialist, standalone.whole, reader):
            return Route("answer", _CLAIMED, (part,))
    return None


async def _claims(dependencies: Dependencies, specialist: Specialist, text: str, reader: Reader) -> bool:
    """Whether a specialist says that the message is surely for it."""
    if specialist.claims is None or dependencies.resources is None:
        return False
    try:
        return await specialist.claims(text, reader, dependencies.resources)
    except Exception:
        log.exception("specialist_did_not_read", specialist=specialist.name)
        return False


async def claim(dependencies: Dependencies, specialist: Specialist, job: Job) -> Claim | None:
    """The first skill that reads a request in the part."""
    if dependencies.resources is None:
        return None
    for skill in specialist.skills:
        try:
            request = await skill.read(dependencies.case(job, skill.name), dependencies.resources)
        except Exception:
            log.exception("skill_did_not_read", skill=skill.name, run_id=job["asker"]["run_id"])
            continue
        if request is not None:
            return Claim(skill, request)
    return None
