"""The graph that answers one message: classify → retrieve → specialist(s) → merge, and round again for what they pass
on to each other.

Each specialist of the catalogue is a node of its own; several work in parallel. Nodes say what happens by writing typed
outputs (`agents.types.Output`) to the graph's stream. Passages stay out of the graph's state, which a saver would store
whole: they live in the run's `Desk`, its LangGraph context.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import structlog
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from agents.acts import replies
from agents.acts.act import ASIDE, FOR_SPECIALISTS, REPLIES_TO_US, SPOKEN_BACK, Act, Reading
from agents.answerer import Answerer
from agents.extractive.pieces import pieces
from agents.skill import Handled
from agents.specialist import CUSTOMER, Asker, Catalogue, Job, Specialist, open_to
from agents.types import (
    Answered,
    Answering,
    Decided,
    Delta,
    Learned,
    Part,
    PartDone,
    Question,
    Route,
    Routing,
    Searching,
    StandaloneQuestion,
)
from orchestrator.graph.addressee import find_asker
from orchestrator.graph.part import build_specialist
from orchestrator.graph.state import Dependencies, Gathered, Node, State
from orchestrator.run import Claim, Desk

log = structlog.get_logger()

Graph = CompiledStateGraph[State, Desk, State, State]

_SURELY_OUT = 0.98
"""The classifier's confidence from which nobody else is asked whether a message is for us."""
_SURELY_ELSE = 0.95
"""From this confidence on a reply to a question is taken for something new."""
_SURELY_ASIDE = 0.8
"""The probability of an act from which it interrupts what a skill had asked."""
_CLAIMED = 0.9
"""The confidence of a route that a skill's own reading has decided."""


def build_graph(dependencies: Dependencies, saver: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The compiled graph over the specialists' catalogue; run it with `context=Desk()`. With a `saver` its runs can
    wait for the customer."""
    builder = StateGraph(State, context_schema=Desk)
    builder.add_node("classify", _classify(dependencies))
    builder.add_node("retrieve", _retrieve(dependencies))
    builder.add_node("reply", _reply(dependencies))
    builder.add_node("remember", _remember(dependencies))
    builder.add_node("merge", _merge)
    for specialist in dependencies.catalogue:
        builder.add_node(specialist.name, build_specialist(dependencies, specialist))
        builder.add_edge(specialist.name, "merge")
    builder.add_edge(START, "classify")
    builder.add_conditional_edges("classify", _after_classify, ["retrieve", "reply"])
    builder.add_conditional_edges(
        "retrieve", _assign, [*(specialist.name for specialist in dependencies.catalogue), "remember"]
    )
    builder.add_edge("reply", "merge")
    builder.add_conditional_edges("merge", _after_merge, ["retrieve", END])
    return builder.compile(checkpointer=saver)


def _classify(dependencies: Dependencies) -> Node:
    async def classify(state: State, runtime: Runtime[Desk]) -> State:
        runtime.stream_writer(Routing())
        question = state["question"]
        reading, understood = await asyncio.gather(dependencies.read(question), dependencies.understand(question))
        facts = dict(understood.facts)
        if facts != question.facts:
            runtime.stream_writer(Learned(facts))
        route = await _routed(dependencies, state, reading, understood.question, facts, runtime.context)
        runtime.stream_writer(Decided(route))
        jobs = [_job(dependencies, state, facts, number, part) for number, part in enumerate(route.parts)]
        if route.act != "request" and jobs:
            jobs[0] |= {"act": route.act, "danger": reading.danger or ""}
        own = route.kind != "answer"
        return {"facts": facts, "route": route, "reading": reading, "jobs": [] if own else jobs}

    return classify


def _open(dependencies: Dependencies, state: State) -> Catalogue:
    """The specialists that the caller may be routed to."""
    return open_to(dependencies.catalogue, state["role"], state["question"].wishes.channel)


def _job(dependencies: Dependencies, state: State, facts: Mapping[str, str], number: int, part: Part) -> Job:
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
            conversation_id=state["conversation_id"],
            run_id=state["run_id"],
        ),
        label=part.label or labels[part.specialist],
        act="request",
        danger="",
        path=[],
        findings={},
    )


async def _routed(
    dependencies: Dependencies,
    state: State,
    reading: Reading,
    standalone: StandaloneQuestion,
    facts: Mapping[str, str],
    desk: Desk,
) -> Route:
    """Who answers. A danger comes before all; then a skill that had asked something back gets its answer, unless the
    message is something else aside; then what needs no specialist; the classifier decides about the rest."""
    question, catalogue = state["question"], _open(dependencies, state)
    wished = question.wishes.agent
    if wished is not None:
        catalogue = tuple(specialist for specialist in catalogue if specialist.name == wished)
    theirs = next((specialist for specialist in catalogue if reading.act in specialist.acts), None)
    if theirs is not None and reading.danger and reading.sure:
        return await _rescued(dependencies, question, theirs, catalogue, standalone, facts)
    aside = reading.act in ASIDE and reading.probability >= _SURELY_ASIDE
    if not aside and (waiting := await _taken_up(dependencies, state, catalogue, facts)):
        return Route("answer", 1.0, (Part(StandaloneQuestion(question.text), waiting.name, 1.0),))
    if theirs is not None and reading.danger:
        others = tuple(specialist for specialist in catalogue if specialist is not theirs)
        claimed = await _claimed(dependencies, state, others, facts, standalone)
        return claimed or await _rescued(dependencies, question, theirs, catalogue, standalone, facts)
    if wished is not None and catalogue:
        return Route("answer", 1.0, (Part(standalone, wished, 1.0),))
    answerer = dependencies.answerer_for(desk.meter)
    if theirs is None and _for_us(reading, question, catalogue, answerer):
        spoken = reading.act in SPOKEN_BACK and await _claimed(dependencies, state, catalogue, facts, standalone)
        return spoken or Route("human" if reading.act == "person" else "talk", reading.probability, act=reading.act)
    route = await dependencies.classify(Question(question.text, question.history, facts), catalogue, standalone)
    if theirs is not None and len(route.parts) < 2:
        part = Part(standalone, theirs.name, reading.probability)
        job = _job(dependencies, state, facts, 0, part) | {"act": reading.act}
        if await _claim(dependencies, theirs, job) is not None:
            return Route("answer", reading.probability, (part,), act=reading.act)
    if asker := _asker(question, route, catalogue, answerer):
        return Route("answer", _CLAIMED, (Part(standalone, asker, _CLAIMED),))
    if claimed := await _claimed(dependencies, state, _unheard(route, catalogue), facts, standalone):
        return claimed
    if route.kind == "out_of_scope" and reading.leaning is not None:
        return Route("talk", reading.probability, act=reading.leaning)
    return route


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


def _for_us(reading: Reading, question: Question, catalogue: Catalogue, answerer: Answerer) -> bool:
    """Whether the assistant itself replies. What only means something beside a question of ours is a specialist's where
    a model has asked; and a statement behind an answer completes what was asked before."""
    if reading.act in FOR_SPECIALISTS:
        return False
    if reading.act in REPLIES_TO_US or reading.act == "statement":
        if answerer.calls_tools and find_asker(question):
            return False
        answered = any(turn.agent in {specialist.name for specialist in catalogue} for turn in question.history[-1:])
        return reading.act != "statement" or not answered
    return True


def _unheard(route: Route, catalogue: Catalogue) -> Catalogue:
    """The specialists that may yet claim a message: all where the classifier is not sure. Where it is sure that it is
    for nobody, those that it does not know: it knows the specialists for customers."""
    match route.kind:
        case "clarify":
            return catalogue
        case "out_of_scope":
            sure = route.confidence >= _SURELY_OUT
            return tuple(specialist for specialist in catalogue if not sure or CUSTOMER not in specialist.audience)
    return ()


def _asker(question: Question, route: Route, catalogue: Catalogue, answerer: Answerer) -> str | None:
    """The specialist whose model asked what the message replies to, unless it is surely for somebody else. What a skill
    has asked is in its note, so this is for models alone."""
    asker = find_asker(question) if answerer.calls_tools else None
    if route.kind == "human" or (route.kind == "answer" and route.confidence >= _SURELY_ELSE):
        return None
    return asker if any(specialist.name == asker for specialist in catalogue) else None


async def _taken_up(
    dependencies: Dependencies, state: State, catalogue: Catalogue, facts: Mapping[str, str]
) -> Specialist | None:
    """The specialist that has a skill which asked something back, if the message answers that; the latest first."""
    question = state["question"]
    if dependencies.resources is None:
        return None
    for name in reversed(list(question.notes)):
        for specialist in catalogue:
            for skill in specialist.skills:
                job = _job(dependencies, state, facts, 0, Part(StandaloneQuestion(question.text), specialist.name, 1.0))
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
        claimed = await _claim(dependencies, specialist, _job(dependencies, state, facts, 0, part))
        if claimed is not None or await _claims(dependencies, specialist, standalone.whole):
            return Route("answer", _CLAIMED, (part,))
    return None


async def _claims(dependencies: Dependencies, specialist: Specialist, text: str) -> bool:
    """Whether a specialist without skills says that the message is for it."""
    if specialist.claims is None or dependencies.resources is None:
        return False
    try:
        return await specialist.claims(text, dependencies.resources)
    except Exception:
        log.exception("specialist_did_not_read", specialist=specialist.name)
        return False


def _after_classify(state: State) -> str:
    return "retrieve" if state["route"].kind == "answer" else "reply"


def _retrieve(dependencies: Dependencies) -> Node:
    specialists = {specialist.name: specialist for specialist in dependencies.catalogue}

    async def retrieve(state: State, runtime: Runtime[Desk]) -> State:
        jobs, desk = state["jobs"], runtime.context
        runtime.stream_writer(Searching(tuple(job["specialist"] for job in jobs)))
        evidence = await asyncio.gather(
            *(_evidence(dependencies, specialists[job["specialist"]], job, desk) for job in jobs)
        )
        for job, gathered in zip(jobs, evidence, strict=True):
            part = job["part"]
            desk.passages[part], desk.unknown[part] = gathered.passages, gathered.unknown
            desk.first_numbers[part] = len(desk.cited) + 1
            desk.cited += gathered.passages
        # Skills say themselves what they find.
        if len(desk.claims) < len(jobs) or state["question"].wishes.passages:
            desk.report_passages(runtime.stream_writer, degraded=any(gathered.degraded for gathered in evidence))
        return {}

    return retrieve


async def _evidence(dependencies: Dependencies, specialist: Specialist, job: Job, desk: Desk) -> Gathered:
    """What a part is to be answered from. A part that a skill claims needs no passages, and neither does a specialist
    with a graph of its own. With a model, which calls the tools itself, only a danger is left to skills; and so
    it is where no prose is wanted."""
    wishes = job["question"].wishes
    code_first = bool(job["danger"]) or (wishes.prose and not dependencies.answerer_for(desk.meter).calls_tools)
    claim = await _claim(dependencies, specialist, job) if code_first else None
    if claim is not None:
        desk.claims[job["part"]] = claim
    if (claim is not None and not wishes.passages) or specialist.graph:
        return Gathered(())
    return await dependencies.research(Part(job["standalone"], specialist.name, 1.0), specialist, job["facts"])


async def _claim(dependencies: Dependencies, specialist: Specialist, job: Job) -> Claim | None:
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


def _assign(state: State) -> list[Send]:
    """Every job to its specialist; in the first round a long conversation is summed up beside them."""
    long = state["question"].older and not state.get("rounds")
    return [*(Send(job["specialist"], job) for job in state["jobs"]), *([Send("remember", state)] if long else [])]


def _reply(dependencies: Dependencies) -> Node:
    async def reply(state: State, runtime: Runtime[Desk]) -> State:
        catalogue, route, desk, write = (
            _open(dependencies, state),
            state["route"],
            runtime.context,
            runtime.stream_writer,
        )
        match route.kind:
            case "clarify":
                handled = Handled(replies.clarify(catalogue, route), "asked_back")
            case "talk" | "human":
                act = cast(Act, route.act) if route.kind == "talk" else "person"
                reading = replace(state["reading"], act=act)
                handled = await replies.respond(
                    reading, state["question"], state["facts"], catalogue, dependencies.resources
                )
            case _:
                handled = Handled(replies.out_of_scope(catalogue), "declined")
        if handled.citations:
            desk.cite([citation.passage for citation in handled.citations], write)
        write(Answering(0))
        async for piece in pieces(handled.text):
            write(Delta(0, piece))
        write(PartDone(0, Answered(handled.citations, status=handled.status), "router"))
        return {"done": [0]}

    return reply


def _remember(dependencies: Dependencies) -> Node:
    async def remember(state: State, runtime: Runtime[Desk]) -> State:
        summarised = await dependencies.summarise(state["question"])
        if summarised is not None:
            runtime.stream_writer(summarised)
        return {}

    return remember


async def _merge(state: State, runtime: Runtime[Desk]) -> State:
    """The parts meet here; their texts were ordered as they were streamed. What was passed on in this round is next."""
    rounds, route, write = state.get("rounds", 0) + 1, state["route"], runtime.stream_writer
    jobs = [job for job in state.get("passed", []) if len(job["path"]) == rounds]
    if route.left_out and not jobs:
        last = len(route.parts)
        write(Answering(last))
        write(Delta(last, replies.left_out(route.left_out)))
        write(PartDone(last, Answered(), "router"))
    return {"rounds": rounds, "jobs": jobs}


def _after_merge(state: State) -> str:
    return "retrieve" if state["jobs"] else END
