"""How fast is it? Starts the real server on the ingested knowledge base and asks it over its socket.

    python -m benchmarks.conversations [--data DIR] [--concurrency 1 20] [--questions 60]

Prints start time, memory, milliseconds to the first token and to the whole answer, and what routing and retrieval
take of it. Questions are those of `knowledge_base/questions.jsonl`, each asked once per round, so that nothing is
answered from a cache of the same question. Needs `pitcrew ingest knowledge_base` to have run on DIR.
"""

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from itertools import cycle, islice
from pathlib import Path

import websockets

ROOT = Path(__file__).parent.parent


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row(name: str, values: Iterable[float]) -> str:
    found = list(values)
    return f"{name:34} median {statistics.median(found):8.1f}   p95 {percentile(found, 0.95):8.1f}   n {len(found)}"


def memory_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024  # type: ignore[index]


def start(port: int, data: Path) -> tuple["subprocess.Popen[bytes]", float]:
    """The server and the seconds until it is ready."""
    environment = os.environ | {"PITCREW_DATA_DIR": str(data), "PITCREW_RATE_LIMITS": "off"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5)
            return process, time.perf_counter() - started
        except OSError:
            if process.poll() is not None:
                sys.exit("The server did not start. Try `pitcrew serve` by hand.")
            time.sleep(0.05)


async def ask(url: str, token: str, questions: list[str], session: str) -> list[tuple[dict[str, float], float, float]]:
    """For each question: milliseconds to each progress step, to the first token and to the end."""
    results = []
    async with websockets.connect(url, max_size=None) as socket:
        await socket.send(json.dumps({"type": "auth", "token": token, "partial": False}))
        await socket.recv()
        for number, question in enumerate(questions):
            began, steps, first = time.perf_counter(), {}, 0.0
            await socket.send(json.dumps({"type": "message", "message": question, "session_id": f"{session}-{number}"}))
            async for raw in socket:
                frame = json.loads(raw)
                at = (time.perf_counter() - began) * 1000
                if frame["type"] == "progress":
                    steps[frame["step"]] = at
                elif frame["type"] == "token" and not first:
                    first = at
                elif frame["type"] in {"complete", "error"}:
                    results.append((steps, first or at, at))
                    break
    return results


async def measure(url: str, token: str, concurrency: int, questions: list[str]) -> None:
    shares = [questions[n::concurrency] for n in range(concurrency)]
    began = time.perf_counter()
    runs = [
        result
        for results in await asyncio.gather(
            *(
                ask(url, token, share, f"context-{os.getpid()}-{concurrency}-{n}")
                for n, share in enumerate(shares)
                if share
            )
        )
        for result in results
    ]
    took = time.perf_counter() - began
    print(f"\n{concurrency} at a time: {len(runs) / took:.1f} answers a second")
    print(row("first token, ms", (first for _, first, _ in runs)))
    print(row("whole answer, ms", (total for _, _, total in runs)))
    retrieved = [steps for steps, _, _ in runs if "generating" in steps and "rag_retrieval" in steps]
    print(row("  routing, ms", (steps["rag_retrieval"] - steps["agent_routing"] for steps in retrieved)))
    print(row("  retrieval, ms", (steps["generating"] - steps["rag_retrieval"] for steps in retrieved)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--port", type=int, default=8399)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--questions", type=int, default=60)
    options = parser.parse_args()
    cases = [json.loads(line) for line in (ROOT / "knowledge_base" / "questions.jsonl").read_text().splitlines()]
    texts = [case["text"] for case in cases if case["kind"] in {"plain", "paraphrase", "misspelt"}]
    token = subprocess.run(
        [sys.executable, "-m", "api", "token", "--user", "context"],
        cwd=ROOT,
        env=os.environ | {"PITCREW_DATA_DIR": str(options.data)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    process, seconds = start(options.port, options.data)
    try:
        print(f"ready after {seconds:.1f} s, {memory_mb(process.pid):.0f} MB")
        asked = cycle(texts)
        for concurrency in options.concurrency:
            batch = list(islice(asked, options.questions))
            asyncio.run(measure(f"ws://127.0.0.1:{options.port}/ws/chat", token, concurrency, batch))
        print(f"\nmemory at the end {memory_mb(process.pid):.0f} MB")
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
