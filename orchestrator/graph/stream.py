"""From the compiled graph to events: runs it, reads its own event stream, and says what that means to a customer.

The only module that knows how typed outputs leave the graph.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol, assert_never
from warnings import catch_warnings, filterwarnings

from langgraph.stream.transformers import CustomTransformer
from langgraph.types import Command, Interrupt

from agents.types import Asks, Found, Learned, Noted, Output, Question, Remembered, Summarised, VisibleOutput
from orchestrator.errors import ProcessingError
from orchestrator.events import AnyEvent
from orchestrator.graph.parking import Parked, decode_parked, encode_parked
from orchestrator.graph.projection import Projection
from orchestrator.run import Desk, Memory, RunInput

STEP_LIMIT = 25
"""Graph steps a run may take; a run that needs more is going round in circles."""


class CompiledGraph(Protocol):
    """The part of LangGraph's compiled graph that is used here."""

    @property
    def checkpointer(self) -> Any: ...

    @property
    def astream(self) -> Callable[..., AsyncIterator[Any]]: ...

    @property
    def astream_events(self) -> Callable[..., Any]: ...

    @property
    def aget_state_history(self) -> Callable[..., AsyncIterator[Any]]: ...


async def _start(graph: CompiledGraph, run: RunInput, steps: int) -> tuple[Any, dict[str, Any]]:
    """What the graph is started with, and how: from the question, or from where it waits for a reply."""
    config: dict[str, Any] = {"recursion_limit": steps, "configurable": {"thread_id": run.run_id}}
    if run.reply is not None:
        parked = decode_parked(run.reply.parked).interrupt_id
        configurable = await _where_it_waits(graph, config, parked)
        return Command(resume={parked: run.reply.value}), config | {"configurable": configurable}
    # A saver knows plain data only.
    question = replace(
        run.question,
        facts=dict(run.question.facts),
        notes={name: dict(note) for name, note in run.question.notes.items()},
    )
    state = {
        "question": question,
        "role": run.role,
        "user_id": run.user_id,
        "email": run.email,
        "conversation_id": run.conversation_id,
        "run_id": run.run_id,
    }
    return state, config


async def _where_it_waits(graph: CompiledGraph, config: Any, parked: str) -> Any:
    """The saved state in which the run waits for this answer: the last one, or an earlier one where the process died
    after the graph had gone on from it and before the run's end was committed. Raises ProcessingError where there is
    none, or where an older version of the product wrote it: a saver gives types that it does not know as plain data."""
    async for state in graph.aget_state_history(config):
        for interrupt in state.interrupts:
            if interrupt.id == parked:
                if isinstance(interrupt.value, Asks) and isinstance(state.values.get("question"), Question):
                    return state.config["configurable"]
                raise ProcessingError("INTERRUPTED")
    raise ProcessingError("INTERRUPTED")


class GraphReader(Protocol):
    """Runs the graph from `state` and gives what its nodes write, as it is written; where it waits for the customer,
    the interrupts as well. `options` are those of LangGraph's `astream`."""

    def __call__(
        self, graph: CompiledGraph, state: Any, config: dict[str, Any], **options: Any
    ) -> AsyncGenerator[Output | Interrupt]: ...


async def by_updates(
    graph: CompiledGraph, state: Any, config: dict[str, Any], **options: Any
) -> AsyncGenerator[Output | Interrupt]:
    """Read LangGraph's stream of written values and of updates."""
    modes = ["custom", "updates"]
    async for namespace, mode, chunk in graph.astream(state, config, stream_mode=modes, subgraphs=True, **options):
        if mode == "custom":
            yield chunk
        elif not namespace:
            for waits in chunk.get("__interrupt__", ()):
                yield waits


async def by_events(
    graph: CompiledGraph, state: Any, config: dict[str, Any], **options: Any
) -> AsyncGenerator[Output | Interrupt]:
    """Read LangGraph's `stream_events` in its third version, which LangGraph itself calls experimental."""
    with catch_warnings():
        filterwarnings("ignore", message="The v3 streaming protocol")
        opening = graph.astream_events(state, config, version="v3", transformers=[CustomTransformer], **options)
        stream = await opening
    async with stream:
        async for event in stream:
            if event["method"] == "custom":
                yield event["params"]["data"]
        for waits in await stream.interrupts():
            yield waits


async def stream_events(
    graph: CompiledGraph, run: RunInput, desk: Desk, steps: int = STEP_LIMIT, reader: GraphReader = by_updates
) -> AsyncGenerator[AnyEvent]:
    """Run the graph and yield its events; the last one is Completed, or InputRequired where the run is to be parked:
    then `desk.parked` holds what it needs to go on. `desk.memory` is what it leaves in its conversation.

    A run that goes on says its text so far again, as one token at offset 0: followers may be others than before.
    The saver, without which no graph can wait, writes once: when the graph ends or waits. Of several nodes that wait,
    one is asked for and the others when it has gone on. Raises what the graph's nodes raise, and ProcessingError when
    the parked run cannot be found or read.
    """
    projection = Projection(run)
    seen: list[VisibleOutput] = []
    if run.reply is None:
        yield projection.step("starting")
    else:
        parked = decode_parked(run.reply.parked)
        seen += parked.outputs
        _lay_out(desk, parked)
        for event in projection.again(parked):
            yield event
    state, config = await _start(graph, run, steps)
    saves = graph.checkpointer is not None
    options = {"context": desk} | ({"durability": "exit"} if saves else {})
    waits: Interrupt | None = None
    async with aclosing(reader(graph, state, config, **options)) as said:
        async for output in said:
            if isinstance(output, Interrupt):
                waits = waits or output
                continue
            if isinstance(output, Learned | Noted | Summarised):
                desk.memory = remembering(desk.memory, output)
                continue
            if saves:
                seen.append(output)
            for event in projection.see(output):
                yield event
    if waits is None:
        yield projection.completed()
    else:
        desk.parked = encode_parked(Parked(waits.id, projection.elapsed(), tuple(seen)))
        yield projection.asks(waits.value)


def _lay_out(desk: Desk, parked: Parked) -> None:
    """Put on the desk what was there when the run was parked; what it remembers was committed then."""
    for output in parked.outputs:
        if isinstance(output, Found):
            desk.cited = list(output.passages)


def remembering(memory: Memory, output: Remembered) -> Memory:
    """The memory with what an output adds to it."""
    match output:
        case Learned(facts):
            return replace(memory, facts=facts)
        case Noted(skill, note):
            return replace(memory, notes={**memory.notes, skill: note})
        case Summarised():
            return replace(memory, summary=output)
        case _:
            assert_never(output)
