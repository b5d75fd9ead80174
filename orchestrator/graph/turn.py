"""The graph that answers one message: classify → retrieve → specialist(s) → merge, and round again for what they pass
on to each other.

Each specialist of the catalogue is a node of its own; several work in parallel. Nodes say what happens by writing typed
outputs (`agents.types.Output`) to the graph's stream. Passages stay out of the graph's state, which a saver would store
whole: they live in the run's `Desk`, its LangGraph context.
"""

import asyncio
from dataclasses import replace
from typing import Any, cast

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Send

from agents.acts import replies
from agents.acts.act import FOR_SPECIALISTS, SPOKEN_BACK, Act
from agents.conversation.model_years import dated
from agents.skill import Handled
from agents.specialist import Job, Specialist
from agents.types import (
    Answered,
    Answering,
    Decided,
    Delta,
    Learned,
    Part,
    PartDone,
    Routing,
    Searching,
)
from orchestrator.graph.language import heard, spoken
from orchestrator.graph.part import Onward, build_specialist
from orchestrator.graph.routing import claim, decide, job_of, reachable
from orchestrator.graph.state import Dependencies, Gathered, Node, State
from orchestrator.run import Desk
from rag.tracing.spans import current, span, spanned

Graph = CompiledStateGraph[State, Desk, State, State]


def build_graph(dependencies: Dependencies, saver: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The compiled graph over the specialists' catalogue; run it with `context=Desk()`. With a `saver` its runs can
    wait for the customer."""
    builder = StateGraph(State, context_schema=Desk)
    specialists = [specialist.name for specialist in dependencies.catalogue]
    # Nodes say where to go on: for an edge with a condition LangGraph would read the whole state once more.
    nodes: dict[str, tuple[Node, tuple[str, ...]]] = {
        "classify": (_classify(dependencies), ("retrieve", "reply")),
        "retrieve": (_retrieve(dependencies), (*specialists, "remember")),
        "reply": (_reply(dependencies), ()),
        "remember": (_remember(dependencies), ()),
        "merge": (_merge, ("retrieve", END)),
    }
    for name, (node, onward) in nodes.items():
        builder.add_node(name, spanned(name, node), destinations=onward or None)
    for specialist in dependencies.catalogue:
        builder.add_node(specialist.name, build_specialist(dependencies, specialist))
        builder.add_edge(specialist.name, "merge")
    builder.add_edge(START, "classify")
    builder.add_edge("reply", "merge")
    return builder.compile(checkpointer=saver)


def _classify(dependencies: Dependencies) -> Node:
    async def classify(state: State, runtime: Runtime[Desk]) -> Onward:
        runtime.stream_writer(Routing())
        resources, question = dependencies.resources, state["question"]
        question = dated(question, resources.vehicles) if resources else question
        question, reading = await heard(dependencies, question)
        state = state | {"question": question}
        understood = await dependencies.understand(question)
        facts = dict(understood.facts)
        if facts != question.facts:
            runtime.stream_writer(Learned(facts))
        route = await decide(dependencies, state, reading, understood.question, facts, runtime.context)
        runtime.stream_writer(Decided(route))
        current().note({"pitcrew.route": route.kind, "pitcrew.act": route.act, "pitcrew.confidence": route.confidence})
        jobs = [job_of(dependencies, state, facts, number, part) for number, part in enumerate(route.parts)]
        if route.act != "request" and jobs:
            jobs[0] |= {"act": route.act, "danger": reading.danger or ""}
        elif reading.act in SPOKEN_BACK | FOR_SPECIALISTS and jobs:
            jobs[0] |= {"act": reading.act}
        ours = route.kind == "answer"
        return Command(
            update=State(question=question, facts=facts, route=route, reading=reading, jobs=jobs if ours else []),
            goto="retrieve" if ours else "reply",
        )

    return classify


def _retrieve(dependencies: Dependencies) -> Node:
    specialists = {specialist.name: specialist for specialist in dependencies.catalogue}

    async def retrieve(state: State, runtime: Runtime[Desk]) -> Onward:
        jobs, desk = state["jobs"], runtime.context
        runtime.stream_writer(Searching(tuple(job["specialist"] for job in jobs)))
        evidence = await asyncio.gather(
            *(_evidence(dependencies, specialists[job["specialist"]], job, desk) for job in jobs)
        )
        for job, gathered in zip(jobs, evidence, strict=True):
            part = job["part"]
            desk.passages[part], desk.unknown[part] = gathered.passages, gathered.unknown
            desk.unanswered[part] = gathered.unanswered
            desk.first_numbers[part] = len(desk.cited) + 1
            desk.cited += gathered.passages
        # Skills say themselves what they find.
        if len(desk.claims) < len(jobs) or state["question"].wishes.passages:
            desk.report_passages(runtime.stream_writer, degraded=any(gathered.degraded for gathered in evidence))
        return Command(goto=_assign(state))

    return retrieve


async def _evidence(dependencies: Dependencies, specialist: Specialist, job: Job, desk: Desk) -> Gathered:
    """What a part is to be answered from. A part that a skill claims needs no passages, and neither does a specialist
    with a graph of its own. With a model, which calls the tools itself, only a danger is left to skills; and so
    it is where no prose is wanted."""
    wishes = job["question"].wishes
    code_first = bool(job["danger"]) or (wishes.prose and not dependencies.answerer_for(desk.meter).calls_tools)
    claimed = await claim(dependencies, specialist, job) if code_first else None
    if claimed is not None:
        desk.claims[job["part"]] = claimed
    if (claimed is not None and not wishes.passages) or specialist.graph:
        return Gathered(())
    with span("retrieval", {"gen_ai.operation.name": "retrieval", "pitcrew.agent": specialist.name}) as searching:
        searching.content("gen_ai.retrieval.query.text", lambda: job["standalone"].whole)
        found = await dependencies.research(Part(job["standalone"], specialist.name, 1.0), specialist, job["facts"])
        searching.note({"pitcrew.passages": len(found.passages), "pitcrew.degraded": found.degraded})
        return found


def _assign(state: State) -> list[Send]:
    """Every job to its specialist; in the first round a long conversation is summed up beside them."""
    long = state["question"].older and not state.get("rounds")
    return [*(Send(job["specialist"], job) for job in state["jobs"]), *([Send("remember", state)] if long else [])]


def _reply(dependencies: Dependencies) -> Node:
    async def reply(state: State, runtime: Runtime[Desk]) -> State:
        catalogue, route, desk, write = (
            reachable(dependencies, state),
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
        async for piece in spoken(dependencies, handled.text, state["question"]):
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


async def _merge(state: State, runtime: Runtime[Desk]) -> Onward:
    """The parts meet here; their texts were ordered as they were streamed. What was passed on in this round is next."""
    rounds, route, write = state.get("rounds", 0) + 1, state["route"], runtime.stream_writer
    jobs = [job for job in state.get("passed", []) if len(job["path"]) == rounds]
    if route.left_out and not jobs:
        last = len(route.parts)
        write(Answering(last))
        write(Delta(last, replies.left_out(route.left_out)))
        write(PartDone(last, Answered(), "router"))
    return Command(update=State(rounds=rounds, jobs=jobs), goto="retrieve" if jobs else END)
