"""The graph that answers one message: classify → retrieve → specialist(s) → merge.

Each specialist of the catalogue is a node of its own; several work in parallel. Nodes say what happens by writing typed
outputs (`agents.types.Output`) to the graph's stream. Passages stay out of the graph's state, which a saver would store
whole: they live in the run's `Desk`, its LangGraph context.
"""

import operator
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypedDict

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

from agents import replies
from agents.answerer import Answerer
from agents.specialist import Catalogue, Job, Specialist, open_to
from agents.types import (
    Answered,
    Answering,
    Decided,
    Delta,
    Found,
    Learned,
    Part,
    PartDone,
    Question,
    Route,
    Routing,
    Said,
    Searching,
    Task,
)
from orchestrator.run import Desk
from rag.types import Passage


@dataclass(frozen=True, slots=True)
class Understood:
    """The question as it stands alone, and all facts known now."""

    text: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for one part. `degraded`: a part of the search did not work. `unknown`: codes and numbers that the
    part names and no document has."""

    passages: tuple[Passage, ...]
    degraded: bool = False
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crew:
    """Everything the graph works with.

    `understand` makes a follow-up stand alone and learns facts; `classify` routes among the specialists it is given;
    `research` finds the passages for one part, by its specialist and the facts; `answerer` words the answer.
    """

    catalogue: Catalogue
    understand: Callable[[Question], Awaitable[Understood]]
    classify: Callable[[Question, Catalogue], Awaitable[Route]]
    research: Callable[[Part, Specialist, Mapping[str, str]], Awaitable[Evidence]]
    answerer: Answerer


class State(TypedDict, total=False):
    question: Question
    role: str
    standalone: str
    facts: Mapping[str, str]
    route: Route
    done: Annotated[list[int], operator.add]


Graph = CompiledStateGraph[State, Desk, State, State]


def build_graph(crew: Crew, saver: BaseCheckpointSaver[Any] | None = None) -> Graph:
    """The compiled graph over the crew's catalogue; run it with `context=Desk()`. With a `saver` its runs can wait for
    the customer; only specialists with a graph of their own do."""
    builder = StateGraph(State, context_schema=Desk)
    builder.add_node("classify", _classify(crew))
    builder.add_node("retrieve", _retrieve(crew))
    builder.add_node("reply", _reply(crew))
    builder.add_node("merge", _merge)
    for specialist in crew.catalogue:
        own = specialist.graph and specialist.graph().compile()
        builder.add_node(specialist.name, own or _answer(crew, specialist))
        builder.add_edge(specialist.name, "merge")
    builder.add_edge(START, "classify")
    builder.add_conditional_edges("classify", _after_classify, ["retrieve", "reply"])
    builder.add_conditional_edges("retrieve", _assign, [specialist.name for specialist in crew.catalogue])
    builder.add_edge("reply", "merge")
    builder.add_edge("merge", END)
    return builder.compile(checkpointer=saver)


class Node(Protocol):
    """A node of the graph, as LangGraph calls it."""

    def __call__(self, state: Any, *, runtime: Runtime[Desk]) -> Awaitable[State]: ...


def _classify(crew: Crew) -> Node:
    async def classify(state: State, runtime: Runtime[Desk]) -> State:
        runtime.stream_writer(Routing())
        question = state["question"]
        understood = await crew.understand(question)
        if understood.facts != question.facts:
            runtime.stream_writer(Learned(understood.facts))
        asked = Question(understood.text, question.history, understood.facts)
        route = await crew.classify(asked, open_to(crew.catalogue, state["role"]))
        runtime.stream_writer(Decided(route))
        return {"standalone": understood.text, "facts": dict(understood.facts), "route": route}

    return classify


def _after_classify(state: State) -> str:
    return "retrieve" if state["route"].kind == "answer" else "reply"


def _retrieve(crew: Crew) -> Node:
    specialists = {specialist.name: specialist for specialist in crew.catalogue}

    async def retrieve(state: State, runtime: Runtime[Desk]) -> State:
        parts = state["route"].parts
        runtime.stream_writer(Searching(tuple(part.specialist for part in parts)))
        assigned = [(part, specialists[part.specialist]) for part in parts]
        found = [
            Evidence(()) if specialist.graph else await crew.research(part, specialist, state["facts"])
            for part, specialist in assigned
        ]
        for number, evidence in enumerate(found):
            runtime.context.passages[number] = evidence.passages
            runtime.context.unknown[number] = evidence.unknown
        passages = tuple(passage for evidence in found for passage in evidence.passages)
        runtime.stream_writer(Found(passages, any(evidence.degraded for evidence in found)))
        return {}

    return retrieve


def _assign(state: State) -> list[Send]:
    return [
        Send(
            part.specialist,
            Job(part=number, text=part.text, question=state["question"], facts=state["facts"]),
        )
        for number, part in enumerate(state["route"].parts)
    ]


def _answer(crew: Crew, specialist: Specialist) -> Node:
    async def answer(state: Job, runtime: Runtime[Desk]) -> State:
        part, passages = state["part"], runtime.context.passages
        task = Task(
            question=state["text"],
            instructions=specialist.instructions,
            passages=passages[part],
            history=state["question"].history,
            facts=state["facts"],
            first_number=1 + sum(len(passages[earlier]) for earlier in range(part)),
            unknown=runtime.context.unknown.get(part, ()),
        )
        write = runtime.stream_writer
        write(Answering(part, specialist.name, specialist.label))
        async for output in crew.answerer.answer(task):
            if isinstance(output, Delta):
                write(Said(part, output.text))
            else:
                write(PartDone(part, output, crew.answerer.name))
        return {"done": [part]}

    return answer


def _reply(crew: Crew) -> Node:
    async def reply(state: State, runtime: Runtime[Desk]) -> State:
        catalogue, route = open_to(crew.catalogue, state["role"]), state["route"]
        match route.kind:
            case "clarify":
                text = replies.clarify(catalogue, route)
            case "human":
                text = replies.human(catalogue)
            case _:
                text = replies.out_of_scope(catalogue)
        runtime.stream_writer(Answering(0))
        runtime.stream_writer(Said(0, text))
        runtime.stream_writer(PartDone(0, Answered(), "router"))
        return {"done": [0]}

    return reply


async def _merge(state: State, runtime: Runtime[Desk]) -> State:
    """The parts meet here, so that the graph ends once; their texts were ordered as they were streamed."""
    return {}
