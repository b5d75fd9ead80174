"""`langgraph.json`: the graph that it names is loaded as LangGraph's command line loads it, and answers."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.pregel import Pregel
from langgraph.types import Command

from tests.serving import ROOT, environment


def load(spec: str) -> tuple[ModuleType, Any]:
    """`path:variable`, imported from the file."""
    path, variable = spec.split(":")
    name = path.replace("/", "__").replace(".py", "").lstrip(".")
    found = importlib.util.spec_from_file_location(name, ROOT / path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return module, vars(module)[variable]


async def test_the_graph_is_loaded_and_answers(ingested: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(ingested).items():
        if name.startswith("PITCREW_"):
            monkeypatch.setenv(name, value)
    config = json.loads((ROOT / "langgraph.json").read_text())
    assert config["dependencies"] == ["."]
    module, graph = load(config["graphs"]["pitcrew"])
    assert isinstance(graph, Pregel)
    assert graph.checkpointer is None  # the tools bring their own
    assert {"answer", "confirm"} <= set(graph.get_graph().nodes)
    kept = graph.copy({"checkpointer": InMemorySaver()})
    try:
        await _answers(kept)
        await _asks_before_it_books(kept)
    finally:
        await module.close()


async def _answers(graph: Any) -> None:
    thread = {"configurable": {"thread_id": "questions"}}
    told = []
    async for mode, chunk in graph.astream(
        _says("What is the roof load of the Plover?"), thread, stream_mode=["custom", "values"]
    ):
        told.append(chunk["event"] if mode == "custom" else chunk["messages"][-1])
    assert "100 kg" in told[-1].text
    assert {"routed", "sources", "token", "completed"} <= set(told[1:-1])
    pieces = [
        chunk
        async for chunk, about in graph.astream(
            _says("How big is its boot?"), {"configurable": {"thread_id": "pieces"}}, stream_mode="messages"
        )
        if about["langgraph_node"] == "answer"
    ]
    whole = (await graph.aget_state({"configurable": {"thread_id": "pieces"}})).values["messages"][-1]
    assert len(pieces) > 3
    assert {piece.id for piece in pieces} == {whole.id}
    assert "".join(piece.text for piece in pieces) == whole.text
    values = await graph.ainvoke(_says("And what does it weigh?"), thread)
    assert "Plover" in values["messages"][-1].text
    assert len(values["messages"]) == 4
    with pytest.raises(ValueError, match="Send a human message"):
        await graph.ainvoke({"messages": []}, {"configurable": {"thread_id": "empty"}})


async def _asks_before_it_books(graph: Any) -> None:
    thread = {"configurable": {"thread_id": "booking"}}
    values = await graph.ainvoke(_says("Please book a brake inspection for my Heron Hybrid 2025 in Skelby"), thread)
    for _ in range(5):
        if "__interrupt__" in values:
            break
        values = await graph.ainvoke(_says("1"), thread)
    [asked] = values["__interrupt__"]
    assert asked.value["kind"] == "confirm"
    assert asked.value["proposal"]
    values = await graph.ainvoke(Command(resume="no thanks"), thread)
    assert "__interrupt__" not in values
    assert values["messages"][-1].type == "ai"


def _says(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}
