"""Questions about figures: read or written as a query over the registered datasets, checked, and told in words."""

from typing import Any

from agents.analyst.claim import claims
from agents.context import Resources
from agents.specialist import STAFF, Specialist, channel


def _graph(resources: Resources) -> Any:
    # Whoever only lists the specialists needs no LangGraph.
    from agents.analyst.subgraph import build  # noqa: PLC0415

    return build(resources)


SPECIALIST = Specialist(
    name="analyst",
    label="Data analyst",
    description="Figures from the datasets: counts, sums, averages, rankings, shares, trends, and how sure they are.",
    audience=frozenset({STAFF, channel("analysis")}),
    utterances=(),
    knowledge=(),
    instructions="",
    claims=claims,
    graph=_graph,
)
