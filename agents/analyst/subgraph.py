"""The analyst's own graph: data_loader → code_generator → executor → verifier → analyst, with reflection where a query
fails or its result is rejected.

With a model it writes the query, and the question is read without one as well, to check the result against that
reading; without a model, or where it fails, the reading makes the query.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from langgraph.channels import UntrackedValue
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agents.analyst.progress import Work
from agents.analyst.stages import NAME, Stages
from agents.context import Resources
from agents.specialist import Done, Job, LocalToolContext
from agents.types import Answering, Staged
from rag.tracing.spans import spanned


class Analysis(Job, total=False):
    """`work` is never written to disk: it holds the data."""

    work: Annotated[Work, UntrackedValue]
    done: list[int]


def utc_now() -> datetime:
    return datetime.now(UTC)


def build(resources: Resources, now: Callable[[], datetime] = utc_now) -> StateGraph[Analysis, Any, Job, Done]:
    """The graph, not compiled. `now` is the clock."""
    stages = Stages(resources)

    async def data_loader(state: Analysis, runtime: Runtime[Any]) -> dict[str, Any]:
        write = runtime.stream_writer
        write(Answering(state["part"], NAME, state["label"], skilled=True))
        write(Staged(state["part"], "data_loader"))
        return {"work": await stages.load(state, local(now(), state["question"].zone), write)}

    async def code_generator(state: Analysis, runtime: Runtime[Any]) -> dict[str, Any]:
        runtime.stream_writer(Staged(state["part"], "code_generator"))
        return {"work": await stages.generate(state, state["work"], runtime.stream_writer)}

    async def executor(state: Analysis, runtime: Runtime[Any]) -> dict[str, Any]:
        runtime.stream_writer(Staged(state["part"], "executor"))
        return {"work": await stages.execute(state["work"])}

    async def reflection(state: Analysis, runtime: Runtime[Any]) -> dict[str, Any]:
        return {"work": await stages.reflect(state, state["work"], runtime.stream_writer)}

    async def verifier(state: Analysis, runtime: Runtime[Any]) -> dict[str, Any]:
        runtime.stream_writer(Staged(state["part"], "verifier"))
        return {"work": await stages.verify(state, state["work"], runtime.stream_writer)}

    async def analyst(state: Analysis, runtime: Runtime[Any]) -> dict[str, Any]:
        if not state["work"].over:
            runtime.stream_writer(Staged(state["part"], "analyst"))
        await stages.tell(state, state["work"], runtime.stream_writer)
        return {"done": [state["part"]]}

    graph = StateGraph(Analysis, context_schema=cast(Any, LocalToolContext), input_schema=Job, output_schema=Done)
    for node in (data_loader, code_generator, executor, reflection, verifier, analyst):
        graph.add_node(node.__name__, spanned(node.__name__, node))
    graph.add_edge(START, "data_loader")
    graph.add_conditional_edges("data_loader", _or_over("code_generator"), ["code_generator", "analyst"])
    graph.add_conditional_edges("code_generator", _or_over("executor"), ["executor", "analyst"])
    graph.add_conditional_edges("executor", _after("verifier"), ["verifier", "reflection"])
    graph.add_conditional_edges("verifier", _after("analyst"), ["analyst", "reflection"])
    graph.add_conditional_edges("reflection", _or_over("code_generator"), ["code_generator", "analyst"])
    graph.add_edge("analyst", END)
    return graph


def _or_over(further: str) -> Callable[[Analysis], str]:
    return lambda state: "analyst" if state["work"].over else further


def _after(further: str) -> Callable[[Analysis], str]:
    return lambda state: "reflection" if state["work"].cause else further


def local(moment: datetime, zone: str) -> datetime:
    """The moment in the asker's time zone; as it is where the zone is not known."""
    try:
        return moment.astimezone(ZoneInfo(zone)) if zone else moment
    except (ZoneInfoNotFoundError, ValueError):
        return moment
