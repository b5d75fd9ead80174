"""How many messages a second does the server bear? Opens many sockets and asks ever faster, whatever becomes of it.

    python -m benchmarks.crowd [--data DIR] [--sockets 1000] [--rates 2 4 6 8 10 12] [--seconds 30] [--workers 0]

The scripted model streams 50 tokens, one each 20 ms, and waits for nothing before the first; every message begins a
conversation of its own, with the questions of `knowledge_base/questions.jsonl` in turn. Printed for each rate are the
first token (its median and p95, all of which is the server's own time), the gap between two frames of text (p99),
the share of one processor that the server used, and what failed. The knee is the last rate at which the first token of
19 in 20 came within 300 ms. With `--workers` a gateway and so many workers answer in the place of one process, with
PostgreSQL, Redis and a Chroma server. Needs `pitcrew ingest knowledge_base` to have run on DIR.
"""

import argparse
import asyncio
import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import uvloop

from benchmarks.comparison import MODEL_PORT, processor_s, running, serving, token_of
from benchmarks.conversations import ROOT, percentile
from benchmarks.load import Figures, closed_loop, open_loop, opened
from benchmarks.scale import moved, processes

MODEL = "script-50tok-20ms"
PATIENCE_MS = 300
PORT = 9182
SPARE = 500


def questions() -> list[str]:
    """What customers ask, from the bundled questions."""
    lines = (ROOT / "knowledge_base" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


@contextmanager
def answering(data: Path, workers: int) -> Iterator[tuple[list[psutil.Process], int, str]]:
    """What answers: its processes, the port, and a customer's token."""
    if not workers:
        with serving("product", data, PORT, MODEL) as process:
            yield [process], PORT, token_of(data)
        return
    with tempfile.TemporaryDirectory(prefix="pitcrew-crowd-") as folder:
        copy = Path(shutil.copytree(data, Path(folder, "data"), symlinks=True))
        with moved(copy, Path(folder), MODEL) as cluster:
            cluster.add_gateway().start()
            for _ in range(workers):
                cluster.add_worker().start()
            uvloop.run(cluster.ready())
            yield [*processes(cluster).values()], cluster.gateways[0].port or 0, cluster.token("bench")


async def borne(
    servers: list[psutil.Process], port: int, token: str, sockets: int, rates: list[float], seconds: float
) -> float:
    """Ask at each rate until one is too much; the last that was borne, 0 where none was."""
    figures, asked = Figures(), questions()
    connections = await opened(port, token, sockets, figures)
    await closed_loop(connections[:1], len(asked) // 4, lambda number: asked[number % len(asked)])
    knee = 0.0
    print("| a second | first token, ms: median, p95 | gap p99, ms | processor | answers | errors | found no socket |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for rate in rates:
        figures.clear()
        before = sum(map(processor_s, servers))
        missed = await open_loop(connections, rate, seconds, lambda number: asked[number % len(asked)])
        share = (sum(map(processor_s, servers)) - before) / seconds
        median, late = (1000 * percentile(figures.firsts, part) for part in (0.5, 0.95))
        gap = 1000 * percentile(figures.gaps, 0.99)
        print(
            f"| {rate:g} | {median:.0f}, {late:.0f} | {gap:.0f} | {share:.2f} | {len(figures.wholes)} "
            f"| {len(figures.errors)} | {missed} |",
            flush=True,
        )
        if figures.errors or missed or late > PATIENCE_MS:
            break
        knee = rate
        await asyncio.sleep(1)
    return knee


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PITCREW_DATA_DIR", ROOT / "data")))
    parser.add_argument("--sockets", type=int, default=1000)
    parser.add_argument("--rates", type=float, nargs="+", default=[2, 4, 6, 8, 10, 12, 16, 20, 30, 50, 75, 100])
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--workers", type=int, default=0)
    options = parser.parse_args()
    if not (options.data / "pitcrew.db").exists():
        sys.exit(
            f"{options.data} holds no knowledge. First: PITCREW_DATA_DIR={options.data} pitcrew ingest knowledge_base"
        )
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, options.sockets + SPARE), most))
    with (
        running("benchmarks.scripted_model", port=MODEL_PORT, path="/v1/models"),
        answering(options.data, options.workers) as (servers, port, token),
    ):
        print(f"{options.sockets} open sockets, {options.seconds:g} s at each rate")
        knee = uvloop.run(borne(servers, port, token, options.sockets, options.rates, options.seconds))
    print(f"knee: {knee:g} messages a second")


if __name__ == "__main__":
    main()
