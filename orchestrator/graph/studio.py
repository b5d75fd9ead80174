"""The specialists as a graph over chat messages, as LangGraph's own tools (Studio, `langgraph dev`) load one.

    answer ──► END
      │  ▲
      ▼  │     a run that asks before an effect waits in `confirm`
    confirm

The messages and what the conversation knows are the state, which the tools keep; each answer is one run of the
specialists' graph inside `answer`, which writes the run's typed events to the custom stream and its words to that of
messages.
"""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt

from agents.language.consent import read_reply
from agents.specialist import CUSTOMER
from agents.types import Question, Turn
from orchestrator.errors import ProcessingError
from orchestrator.events import AnyEvent, Completed, InputRequired, to_plain
from orchestrator.graph.speech import Speech
from orchestrator.graph.stream import CompiledGraph, stream_events
from orchestrator.run import Desk, Reply, RunInput


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


def build_chat_graph(specialist_graph: Callable[[], Awaitable[CompiledGraph]], name: str = "pitcrew") -> ChatGraph:
    """The graph; `specialist_graph` gives that of the specialists, whose saver keeps waiting runs."""

    async def answer(state: ChatState, runtime: Runtime[None]) -> ChatState:
        desk, run = Desk(), _run(state)
        last: list[AnyEvent] = []

        def heed(event: AnyEvent) -> None:
            runtime.stream_writer(to_plain(event))
            last[:] = [event]

        events, message_id = stream_events(await specialist_graph(), run, desk), f"run--{run.run_id}"
        async for _ in Speech(events=events, heed=heed, message_id=message_id).astream([]):
            continue
        match last:
            case [Completed() as end]:
                message = AIMessage(end.response, id=message_id, name=end.agent)
                return _remembered(state, desk) | ChatState(messages=[message], parked=None, asks=None, reply=None)
            case [InputRequired() as asks]:
                waits = ChatState(messages=[], run_id=run.run_id, parked=desk.parked, asks=to_plain(asks), reply=None)
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
    request = state["asks"] or {}
    reply = interrupt({name: request[name] for name in ("kind", "prompt", "options", "proposal", "expires_at")})
    value = _read(reply, request) if isinstance(reply, str) else reply
    return ChatState(messages=[], reply=False if value is None else value)


def _read(text: str, request: dict[str, Any]) -> Any:
    """The value that answers what was asked, read as a customer's words are; None where they do not answer it."""
    options = [(option["value"], option["label"]) for option in request["options"]]
    if any(text == value for value, _ in options):
        return text
    return read_reply(text, request["kind"], options, request["prompt"])


def _run(state: ChatState) -> RunInput:
    """The run that answers the last human message, or the one that waits, with the reply to what it asks. A message
    that comes instead of the reply is one, or is answered itself, and then nothing waits any more."""
    messages = state["messages"]
    places = [place for place, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if not places:
        raise ValueError("Send a human message: there is nothing to answer yet.")
    earlier = tuple(turn for turn in map(_turn, messages[: places[-1]]) if turn is not None)
    text = str(messages[places[-1]].text)
    question = Question(text, earlier, state.get("facts") or {}, state.get("notes") or {})
    parked, value = state.get("parked"), state.get("reply")
    if parked and value is None:
        value = _read(text, state["asks"] or {})
    reply = Reply(value, parked) if parked and value is not None else None
    run_id = (state.get("run_id") if reply else None) or str(uuid.uuid4())
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
