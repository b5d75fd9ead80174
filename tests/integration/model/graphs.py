"""Graphs within graphs, the innermost of which has a model speak."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Any, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.chat.answerer import ChatModelAnswerer
from tests.integration.model.asking import OIL

Compiled = CompiledStateGraph[Any, Any, Any, Any]


class Nothing(TypedDict, total=False):
    nothing: None


class Speaker:
    """A graph's node that streams an answer; `begun` is set by the first text of any."""

    def __init__(self, answerer: ChatModelAnswerer) -> None:
        self._answerer = answerer
        self.begun = asyncio.Event()

    async def __call__(self, state: Nothing) -> Nothing:
        write = get_stream_writer()
        async for output in self._answerer.answer(OIL):
            write(output)
            self.begun.set()
        return {}


def chain(*nodes: Any, parallel: bool = False) -> Compiled:
    """A compiled graph of nodes in a row, or side by side."""
    graph = StateGraph(Nothing)
    for number, node in enumerate(nodes):
        graph.add_node(f"node{number}", node)
        first, last = parallel or number == 0, parallel or number == len(nodes) - 1
        graph.add_edge(START if first else f"node{number - 1}", f"node{number}")
        if last:
            graph.add_edge(f"node{number}", END)
    return graph.compile()


def invoking(graph: Compiled) -> Any:
    """A node that invokes another graph and waits for it."""

    async def invoke(state: Nothing) -> Nothing:
        await graph.ainvoke({})
        return {}

    return invoke


def streaming(graph: Compiled) -> Any:
    """A node that reads another graph's stream and passes it on."""

    async def stream(state: Nothing) -> Nothing:
        write = get_stream_writer()
        async for output in graph.astream({}, stream_mode="custom"):
            write(output)
        return {}

    return stream


async def _pass(state: Nothing) -> Nothing:
    return {}


NESTINGS: Mapping[str, Callable[[Speaker], Compiled]] = {
    "node": lambda speak: chain(speak),
    "subgraph": lambda speak: chain(_pass, chain(speak)),
    "subgraph in subgraph": lambda speak: chain(chain(_pass, chain(speak)), _pass),
    "graph invoked in a node": lambda speak: chain(invoking(chain(speak))),
    "graph streamed in a node": lambda speak: chain(streaming(chain(speak))),
    "subgraph whose node invokes a graph": lambda speak: chain(chain(invoking(chain(speak)))),
    "node that invokes a graph with a subgraph": lambda speak: chain(invoking(chain(_pass, chain(speak)))),
    "invoked within streamed within a subgraph": lambda speak: chain(chain(streaming(chain(invoking(chain(speak)))))),
}
"""Every way to have a graph within a graph that the product or a specialist of its own graph may use."""


async def outputs(graph: Compiled) -> AsyncGenerator[Any]:
    """The graph's typed outputs, read as the product reads them."""
    async for output in graph.astream({}, {"recursion_limit": 25}, stream_mode="custom"):
        yield output


async def run(graph: Compiled, seconds: float) -> None:
    """A whole run, limited as the engine limits it."""
    async with asyncio.timeout(seconds), aclosing(outputs(graph)) as stream:
        async for _ in stream:
            pass
