"""The specialists as a graph over chat messages: what waits for an answer gets it, however it comes."""

from typing import Any, TypedDict

import pytest
from langchain_core.messages import HumanMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from agents.types import Answered, Answering, Asks, Decided, Delta, Part, PartDone, Question, Route, StandaloneQuestion
from orchestrator.graph.saver import STORED
from orchestrator.graph.studio import ChatGraph, build_chat_graph

THREAD: Any = {"configurable": {"thread_id": "one"}}


class State(TypedDict, total=False):
    question: Question


async def books(state: State, runtime: Runtime[Any]) -> State:
    """Asks before it books; other messages are repeated."""
    text = state["question"].text
    runtime.stream_writer(Decided(Route("answer", 1.0, (Part(StandaloneQuestion(text), "maintenance", 1.0),))))
    runtime.stream_writer(Answering(0, "maintenance", "Maintenance"))
    said = f"{interrupt(Asks('confirm', 'Shall I book it?'))}" if text.startswith("Book") else f"You said {text}"
    runtime.stream_writer(Delta(0, said))
    runtime.stream_writer(PartDone(0, Answered(), "test"))
    return {}


@pytest.fixture
def graph() -> ChatGraph:
    builder = StateGraph(State)
    builder.add_node("books", books)
    builder.add_edge(START, "books")
    builder.add_edge("books", END)
    known = JsonPlusSerializer(allowed_msgpack_modules=[(one.__module__, one.__name__) for one in STORED])
    dependencies = builder.compile(checkpointer=InMemorySaver(serde=known))

    async def specialist_graph() -> Any:
        return dependencies

    built = build_chat_graph(specialist_graph)
    built.checkpointer = InMemorySaver()
    return built


async def tell(graph: ChatGraph, text: str) -> list[str]:
    values = await graph.ainvoke({"messages": [HumanMessage(text)]}, THREAD)
    return [message.text for message in values["messages"]]


@pytest.mark.parametrize(("resume", "told"), [(True, "True"), ("yes please", "True"), ("no", "False"), ("hm", "False")])
async def test_an_answer_goes_to_what_waits(graph: ChatGraph, resume: Any, told: str) -> None:
    assert await tell(graph, "Book a service") == ["Book a service"]
    values = await graph.ainvoke(Command(resume=resume), THREAD)
    assert [message.text for message in values["messages"]] == ["Book a service", told]


async def test_a_message_that_answers_is_an_answer(graph: ChatGraph) -> None:
    await tell(graph, "Book a service")
    assert await tell(graph, "yes please") == ["Book a service", "yes please", "True"]
    assert (await tell(graph, "hello"))[-1] == "You said hello"


async def test_another_message_is_answered_and_nothing_waits_any_more(graph: ChatGraph) -> None:
    await tell(graph, "Book a service")
    assert (await tell(graph, "What is the tyre pressure?"))[-1] == "You said What is the tyre pressure?"
    assert (await tell(graph, "yes please"))[-1] == "You said yes please"


async def test_words_are_streamed_as_a_chat_models_are(graph: ChatGraph) -> None:
    """Under the id of the message that they make; a run that says nothing before it asks is no error."""
    said: dict[str, str] = {}
    for message in (HumanMessage("hello"), HumanMessage("Book a service")):
        async for chunk, _ in graph.astream({"messages": [message]}, THREAD, stream_mode="messages"):
            said[chunk.id] = said.get(chunk.id, "") + chunk.text
    state = await graph.aget_state(THREAD)
    [told] = [one for one in state.values["messages"] if one.type == "ai"]
    assert said[told.id] == told.text == "You said hello"
    assert [text for name, text in said.items() if name != told.id] == [""]
