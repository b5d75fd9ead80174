"""The crew as a graph over chat messages, as LangGraph's own tools (Studio, `langgraph dev`) load one.

    answer ──► END
      │  ▲
      ▼  │     a run that asks before an effect waits in `confirm`
    confirm

The messages and what the conversation knows are the state, which the tools keep; each answer is one run of the crew's
graph inside `answer`, which writes the run's typed events to the custom stream.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.consent import read_reply
from agents.specialist import CUSTOMER
from agents.types import Question, Turn
from orchestrator.errors import ProcessingError
from orchestrator.events import Completed, InputRequired, to_plain
from orchestrator.run import Desk, Reply, RunInput
from orchestrator.stream import CompiledGraph, stream_events


class ChatState(MessagesState, total=False):
    """`facts` and `notes` are what the conversation knows. While a run waits: `run_id` and what it left behind as
    `parked`, what it `asks`, and then the `reply`."""

    facts: dict[str, str]
    notes: dict[str, Any]
    run_id: str | None
    parked: str | None
    asks: dict[str, Any] | None
    reply: Any


ChatGraph = CompiledStateGraph[ChatState, None, ChatState, ChatState]


def build_chat_graph(crew_graph: Callable[[], Awaitable[CompiledGraph]], name: str = "pitcrew") -> ChatGraph:
    """The graph; `crew_graph` gives that of the crew, whose saver keeps waiting runs."""

    async def answer(state: ChatState, runtime: Runtime[None]) -> ChatState:
        desk, run = Desk(), _run(state)
        async for event in stream_events(await crew_graph(), run, desk):
            runtime.stream_writer(to_plain(event))
            if isinstance(event, Completed):
                told = AIMessage(event.response, id=f"run--{run.run_id}", name=event.agent)
                return _remembered(state, desk) | ChatState(messages=[told], parked=None, asks=None, reply=None)
            if isinstance(event, InputRequired):
                waits = ChatState(messages=[], run_id=run.run_id, parked=desk.parked, asks=to_plain(event), reply=None)
                return _remembered(state, desk) | waits
        raise ProcessingError

    builder = StateGraph(ChatState)
    builder.add_node("answer", answer)
    builder.add_node("confirm", _confirm)
    builder.add_edge(START, "answer")
    builder.add_conditional_edges("answer", _after_answer, ["confirm", END])
    builder.add_edge("confirm", "answer")
    return builder.compile(name=name)


def _after_answer(state: ChatState) -> str:
    return "confirm" if state.get("parked") else END


async def _confirm(state: ChatState) -> ChatState:
    asked = state["asks"] or {}
    said = interrupt({name: asked[name] for name in ("kind", "prompt", "options", "proposal", "expires_at")})
    return ChatState(messages=[], reply=_read(said, asked))


def _read(said: Any, asked: dict[str, Any]) -> Any:
    """The value that answers what was asked; words are read as a customer's are, and refuse where they say nothing."""
    if not isinstance(said, str):
        return said
    options = [(option["value"], option["label"]) for option in asked["options"]]
    if any(said == value for value, _ in options):
        return said
    value = read_reply(said, asked["kind"], options, asked["prompt"])
    return False if value is None else value


def _run(state: ChatState) -> RunInput:
    """The run that answers the last human message, or the one that waits, with the reply to what it asks."""
    messages = state["messages"]
    places = [place for place, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if not places:
        raise ValueError("Send a human message: there is nothing to answer yet.")
    earlier = tuple(turn for turn in map(_turn, messages[: places[-1]]) if turn is not None)
    question = Question(str(messages[places[-1]].text), earlier, state.get("facts") or {}, state.get("notes") or {})
    parked = state.get("parked")
    reply = Reply(state.get("reply"), parked) if parked else None
    run_id = (state.get("run_id") if parked else None) or str(uuid.uuid4())
    return RunInput(run_id, run_id, question, CUSTOMER, "this machine", "none", reply)


def _turn(message: AnyMessage) -> Turn | None:
    if isinstance(message, HumanMessage):
        return Turn("customer", str(message.text))
    return Turn("assistant", str(message.text), message.name) if isinstance(message, AIMessage) else None


def _remembered(state: ChatState, desk: Desk) -> ChatState:
    """What the run leaves in the conversation."""
    kept = (state.get("notes") or {}) | dict(desk.memory.notes)
    facts = desk.memory.facts if desk.memory.facts is not None else state.get("facts") or {}
    notes = {name: dict(note) for name, note in kept.items() if note is not None}
    return ChatState(messages=[], facts=dict(facts), notes=notes)
