"""What does it cost to be many processes, and what do more of them bring? One server that does it all, and a cluster of
a gateway and workers, PostgreSQL, Redis and a Chroma server, on this machine in one sitting.

    python -m benchmarks.scale [--data DIR] [--repeats 3] [--workers 1 2 4] [--questions 200] [--sockets 2000]
                               [--json FILE]

All answer from one scripted model, which streams 200 tokens without a pause; each question is asked in a conversation
of its own. First both take turns, alone and with 20 at once: the first token, tokens a second, and the processor that
each part takes of a run. Then many ask at once, with more and more workers, and what bounds them is told. Then sockets
that stay idle are opened at the gateway. Client and model share the cores with all of it. Needs `pitcrew ingest
knowledge_base` to have run on DIR, which is copied.
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import uvloop

from benchmarks.comparison import MODEL, MODEL_PORT, QUESTION, TOKENS, WARM, processor_s, running, serving, token_of
from benchmarks.conversations import ROOT, memory_mb, percentile
from benchmarks.load import Figures, Socket, closed_loop, opened
from benchmarks.sockets import allow
from tests.cluster import Cluster, shared_parts

LOADS = ((1, 20), (20, 150))
"""Sockets that ask at once, and questions of all."""
FULL = 64
BUSY = 0.9
"""The share of a core, or of all of them, from which on it is what more of anything else does not help."""
EMBEDDED_PORT = 9183
COMPUTED = ("models", "examples.npz", "learnt.npz", "documents.npz", "questions.npz", "statements.npz", "supplements")
"""What of a data folder is no database and no index: a member of the cluster begins with it."""

WORDS = ("server", "bound_by")
"""What of a row is no figure."""

Processes = Mapping[str, psutil.Process]
Row = dict[str, float | str]


async def measured(parts: Processes, port: int, token: str, sockets: int, questions: int) -> Row:
    """What so many sockets get, and what each part used of the processor, in milliseconds a run."""
    figures = Figures()
    connections = await opened(port, token, sockets, figures)
    await closed_loop(connections[:1], WARM, lambda number: QUESTION)
    figures.clear()
    before, busy = {name: processor_s(process) for name, process in parts.items()}, busy_s()
    took = await closed_loop(connections, questions, lambda number: QUESTION)
    spent = {name: processor_s(process) - before[name] for name, process in parts.items()}
    busy = busy_s() - busy
    for connection in connections:
        connection.transport.abort()
    if figures.errors or figures.tokens < TOKENS * questions:
        sys.exit(f"The server failed: {figures.tokens} tokens of {questions} answers. {' '.join(figures.errors[:1])}")
    return {
        "sockets": sockets,
        "runs_s": questions / took,
        "tokens_s": figures.tokens / took,
        "first_ms": 1000 * percentile(figures.firsts, 0.5),
        "first_p95_ms": 1000 * percentile(figures.firsts, 0.95),
        "cores": sum(spent.values()) / took,
        "machine_cores": busy / took,
        "bound_by": bound(busy / took, {name: used / took for name, used in spent.items()}),
        **{f"{name}_ms": 1000 * used / questions for name, used in spent.items()},
    }


def busy_s() -> float:
    """What all cores of the machine together have worked, since it was started."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def bound(busy: float, parts: Mapping[str, float]) -> str:
    """What keeps it from being more, by the cores that were busy, of the machine and of each part."""
    cores = psutil.cpu_count() or 1
    if busy >= BUSY * cores:
        others = max(0.0, busy - sum(parts.values()))
        return f"the machine's {cores} cores, {others:.2f} of which client, model and others took"
    name, most = max(parts.items(), key=lambda part: part[1])
    if most >= BUSY:
        return f"{name}'s core"
    return f"waiting: {busy:.2f} of {cores} cores were busy, of {name}'s {most:.2f}"


@contextmanager
def moved(data: Path, root: Path, model: str = MODEL) -> Iterator[Cluster]:
    """A cluster, without members yet, with the documents of this data folder; it answers from the scripted `model`."""
    (root / "prepared").mkdir()
    for name in COMPUTED:
        if (data / name).exists():
            (root / "prepared" / name).symlink_to((data / name).resolve())
    provider = {"OPENAI_BASE_URL": f"http://127.0.0.1:{MODEL_PORT}/v1", "OPENAI_API_KEY": "none"}
    settings = {**provider, "PITCREW_MODELS": f"openai:{model}", "PITCREW_USER_DAY_TOKENS": "0"}
    with shared_parts(root) as parts:
        cluster = Cluster(root, parts, settings)
        try:
            cluster.run("migrate", "--from", f"sqlite:{data}", "--to", parts.postgres.url)
            yield cluster
        finally:
            cluster.close()


def processes(cluster: Cluster) -> Processes:
    workers = {f"worker{number}": psutil.Process(one.pid) for number, one in enumerate(cluster.workers)}
    others = {name: psutil.Process(pid) for name, pid in cluster.parts.processes.items()}
    return {"gateway": psutil.Process(cluster.gateways[0].pid), **workers, **others}


async def overhead(
    embedded: psutil.Process, cluster: Cluster, tokens: tuple[str, str], repeats: int, most: int
) -> list[Row]:
    """Both take turns under each load, of at most so many questions."""
    gateway, rows = cluster.gateways[0].port or 0, []
    servers = {
        "one process": ({"server": embedded}, EMBEDDED_PORT, tokens[0]),
        "gateway and worker": (processes(cluster), gateway, tokens[1]),
    }
    for _ in range(repeats):
        for sockets, questions in LOADS:
            for name, (parts, port, token) in servers.items():
                rows.append({"server": name, **await measured(parts, port, token, sockets, min(most, questions))})
                print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


async def throughput(cluster: Cluster, token: str, counts: list[int], repeats: int, questions: int) -> list[Row]:
    """As much as it bears, with more and more workers."""
    rows: list[Row] = []
    for count in counts:
        while len(cluster.workers) < count:
            cluster.add_worker().start()
        await cluster.ready()
        await asyncio.sleep(3)  # what a worker prepares behind its start
        for _ in range(repeats):
            figures = await measured(processes(cluster), cluster.gateways[0].port or 0, token, FULL, questions)
            rows.append({"server": f"{count} worker{'s' if count > 1 else ''}", **figures})
            print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


async def memory(cluster: Cluster, token: str, count: int) -> Row:
    """Of the members, and of idle sockets at the gateway, in MiB and KiB."""
    gateway = cluster.gateways[0]
    warm = await opened(gateway.port or 0, token, 50, Figures())
    await asyncio.sleep(1)
    before = memory_mb(gateway.pid)
    sockets: list[Socket] = await opened(gateway.port or 0, token, count, Figures())
    full = memory_mb(gateway.pid)
    for socket in (*warm, *sockets):
        socket.transport.abort()
    return {
        "gateway_mb": before,
        "worker_mb": statistics.median(memory_mb(worker.pid) for worker in cluster.workers),
        "sockets": count,
        "socket_kb": (full - before) * 1024 / count,
    }


def bounds(rows: list[Row]) -> str:
    """What each was bound by where the most asked at once, of the run in the middle."""
    most = max(float(row["sockets"]) for row in rows)
    told: dict[str, list[Row]] = {}
    for row in rows:
        if float(row["sockets"]) == most:
            told.setdefault(str(row["server"]), []).append(row)
    median = {name: sorted(same, key=lambda row: float(row["runs_s"]))[len(same) // 2] for name, same in told.items()}
    return "\n".join(f"{name}: bound by {row['bound_by']}" for name, row in median.items())


def table(rows: list[Row]) -> str:
    """The medians as a Markdown table; of each part the processor's milliseconds a run, of all workers together."""
    lines = [
        "| server | at once | runs a second | tokens a second | first token, ms: median, p95 | cores | ms a run of |",
        "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    kinds = dict.fromkeys((str(row["server"]), float(row["sockets"])) for row in rows)
    for server, sockets in kinds:
        same = [row for row in rows if (row["server"], row["sockets"]) == (server, sockets)]
        of = {name: statistics.median(float(row[name]) for row in same) for name in same[0] if name not in WORDS}
        parts = {
            name.removesuffix("_ms"): ms for name, ms in of.items() if name.endswith("_ms") and "first" not in name
        }
        workers = sum(ms for name, ms in parts.items() if name.startswith("worker"))
        told = {name: ms for name, ms in parts.items() if not name.startswith("worker")} | {"workers": workers}
        shares = ", ".join(f"{name} {ms:.1f}" for name, ms in told.items() if ms >= 0.05)
        lines.append(
            f"| {server} | {sockets:.0f} | {of['runs_s']:.1f} | {of['tokens_s']:,.0f} | "
            f"{of['first_ms']:.0f}, {of['first_p95_ms']:.0f} | {of['cores']:.2f} | {shares} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PITCREW_DATA_DIR", ROOT / "data")))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--questions", type=int, default=200, help="of each measurement, at most")
    parser.add_argument("--sockets", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not (options.data / "pitcrew.db").exists():
        sys.exit(
            f"{options.data} holds no knowledge. First: PITCREW_DATA_DIR={options.data} pitcrew ingest knowledge_base"
        )
    allow(options.sockets)
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pitcrew-scale-")))
        data = Path(shutil.copytree(options.data, root / "data", symlinks=True))
        stack.enter_context(running("benchmarks.scripted_model", port=MODEL_PORT, path="/v1/models"))
        cluster = stack.enter_context(moved(data, root))
        cluster.add_gateway().start()
        cluster.add_worker().start()
        uvloop.run(cluster.ready())
        token = cluster.token("bench")
        with serving("product", data, EMBEDDED_PORT) as embedded:
            time.sleep(3)  # what a server prepares behind its start
            rows = uvloop.run(overhead(embedded, cluster, (token_of(data), token), options.repeats, options.questions))
        rows += uvloop.run(throughput(cluster, token, options.workers, options.repeats, options.questions))
        held = uvloop.run(memory(cluster, token, options.sockets))
    print(f"{table(rows)}\n\n{bounds(rows)}")
    print(
        f"\na gateway holds {held['gateway_mb']:.0f} MiB and {held['socket_kb']:.1f} KiB for each of {options.sockets} "
        f"idle sockets; a worker {held['worker_mb']:.0f} MiB"
    )
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "memory": held}, indent=1) + "\n")


if __name__ == "__main__":
    main()
