"""What `make bench` measures with: whole answers of the scripted model come through a peer, and are counted."""

from pathlib import Path

import psutil

from benchmarks.comparison import MODEL_PORT, TOKENS, measured, running, serving, table, token_of
from benchmarks.load import Figures, closed_loop, open_loop, opened
from benchmarks.scale import bound, bounds
from benchmarks.scale import table as parts_table
from tests.bundled import ROOT
from tests.serving import free_port

MOST_OF_THE_CEILING = 30
"""How many times the ceiling's processor time a turn may take: it takes about 15 times as much, and twice that is no
accident of a machine that others use too."""


async def test_a_turn_costs_no_more_than_so_many_times_the_ceiling(data: Path) -> None:
    costs = {}
    with running("benchmarks.scripted_model", port=MODEL_PORT, path="/v1/models"):
        for name in ("ceiling", "product"):
            port = free_port()
            with serving(name, data, port) as process:
                costs[name] = (await measured(process, port, token_of(data), 1, 30))["cpu_ms"]
    assert costs["product"] <= MOST_OF_THE_CEILING * costs["ceiling"], costs


async def test_whole_answers_are_counted() -> None:
    port, figures = free_port(), Figures()
    with (
        running("benchmarks.scripted_model", port=MODEL_PORT, path="/v1/models"),
        serving("ceiling", ROOT, port),
    ):
        sockets = await opened(port, "none", 3, figures)
        await closed_loop(sockets, 6, lambda number: "What is the engine power?")
        assert figures.tokens == 6 * TOKENS
        figures.clear()
        assert await open_loop(sockets, 20, 0.2, lambda number: "And the torque?") == 0
    assert figures.tokens == 4 * TOKENS
    assert len(figures.firsts) == len(figures.wholes) == 4
    assert not figures.errors
    assert all(first <= whole for first, whole in zip(figures.firsts, figures.wholes, strict=True))


def test_medians_are_those_of_the_repeats() -> None:
    figures = {"runs_s": 10.0, "first_ms": 5.0, "first_p95_ms": 6.0}
    rows = [{"server": "product", "sockets": 1, "cpu_ms": cost, **figures} for cost in (30.0, 10.0, 20.0)]
    assert "| product | 1 | 20.0 | 10.0 | 5, 6 |" in table(rows)


def test_what_all_workers_take_of_a_run_is_one_figure() -> None:
    figures = {"sockets": 64, "runs_s": 10.0, "tokens_s": 2000.0, "first_ms": 5.0, "first_p95_ms": 6.0, "cores": 1.5}
    parts = {"gateway_ms": 8.0, "worker0_ms": 30.0, "worker1_ms": 32.0, "postgres_ms": 4.0, "redis_ms": 0.01}
    rows = [{"server": "2 workers", **figures, **parts, "gateway_ms": cost} for cost in (8.0, 9.0, 40.0)]
    assert "| 2 workers | 64 | 10.0 | 2,000 | 5, 6 | 1.50 | gateway 9.0, postgres 4.0, workers 62.0 |" in parts_table(
        rows
    )


def test_what_bounds_a_cluster_is_told() -> None:
    cores = psutil.cpu_count() or 1
    assert bound(cores * 0.99, {"gateway": 0.2, "worker0": cores * 0.5}).startswith(f"the machine's {cores} cores")
    assert bound(0.95, {"gateway": 0.01, "worker0": 0.93}).startswith("worker0's core" if cores > 1 else "the machine")
    assert bound(0.1, {"gateway": 0.02, "worker0": 0.05}).startswith("waiting")
    rows = [
        {"server": f"{count} workers", "sockets": sockets, "runs_s": 5.0, "bound_by": f"{count} at {sockets}"}
        for count in (2, 4)
        for sockets in (1, 64)
    ]
    assert bounds(rows) == "2 workers: bound by 2 at 64\n4 workers: bound by 4 at 64"
