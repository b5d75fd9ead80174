"""Questions about figures: read or written as a query over the registered datasets, checked, and told in words."""

from agents.analyst.claim import claims
from agents.analyst.subgraph import build
from agents.specialist import STAFF, Specialist, channel

SPECIALIST = Specialist(
    name="analyst",
    label="Data analyst",
    description="Figures from the datasets: counts, sums, averages, rankings, shares, trends, and how sure they are.",
    audience=frozenset({STAFF, channel("analysis")}),
    utterances=(),
    knowledge=(),
    instructions="",
    claims=claims,
    graph=build,
)
