"""Where does the time of a turn go? Asks the real server the bundled questions and samples its threads.

    python -m benchmarks.profile [--data DIR] [--questions 353] [--concurrency 1]

Prints the processor's milliseconds a turn, and how they are shared: by the step of a turn, by the room whose code ran
(or called a library), and by function. A sample counts for the innermost function of this program on its stack. Needs
`pitcrew ingest knowledge_base` to have run on DIR, and the right to trace processes (root, or ptrace_scope 0).
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from benchmarks.conversations import ROOT, ask, percentile, start

RATE = 200
"""Samples a second."""
PACKAGES = ("rag/", "agents/", "orchestrator/", "api/")
THREADS = "rag/threads/"
"""What only carries others' work."""
STEPS = {
    "orchestrator/graph/turn.py:classify": "classify: acts, the question alone, who answers",
    "orchestrator/graph/turn.py:retrieve": "retrieve: search, skills that claim",
    "rag/retrieve.py:Retriever.find": "retrieve: search, skills that claim",
    "agents/extractive/answerer.py:ExtractiveAnswerer.checked": "answer and its check",
    "orchestrator/graph/part.py:Worker.work": "specialist's work",
    "orchestrator/stores/sql.py": "store",
    "orchestrator/graph/projection.py": "events",
    "api/transport": "socket",
    "orchestrator/execution/runs.py": "run",
}
"""The outermost of these on a stack names its step."""
FUNCTIONS = 25


def questions() -> list[str]:
    """The bundled questions of both sets, each with its own number."""
    files = ("questions.jsonl", "questions-second.jsonl")
    lines = [line for name in files for line in (ROOT / "knowledge_base" / name).read_text().splitlines()]
    return [json.loads(line)["text"] for line in lines]


def processor_s(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def samples(raw: Path) -> Iterator[tuple[list[str], int]]:
    """Stacks of functions of this program, outermost first, and how often each was seen."""
    for line in raw.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        own = []
        for frame in stack.split(";"):
            function, _, place = frame.rpartition(" (")
            file = place.rpartition(":")[0]
            if file.startswith(PACKAGES) and not file.startswith(THREADS):
                own.append(f"{file}:{function}")
        yield own, int(count)


def step_of(stack: Sequence[str]) -> str:
    for frame in stack:
        for beginning, step in STEPS.items():
            if frame.startswith(beginning):
                return step
    return "other: " + stack[0].partition(":")[0] if stack else "outside of this program"


def table(title: str, counts: Counter[str], each_ms: float, most: int) -> None:
    total = sum(counts.values()) or 1
    print(f"\n{title}")
    for name, count in counts.most_common(most):
        print(f"{each_ms * count / total:8.1f} ms  {100 * count / total:5.1f} %  {name}")


def report(raw: Path, each_ms: float) -> None:
    steps: Counter[str] = Counter()
    rooms: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for stack, count in samples(raw):
        steps[step_of(stack)] += count
        inner = stack[-1] if stack else "outside of this program"
        rooms[inner.partition(":")[0].rpartition("/")[0] or inner] += count
        functions[inner] += count
        for frame in set(stack):
            whole[frame] += count
    table("By step", steps, each_ms, FUNCTIONS)
    table("By room", rooms, each_ms, FUNCTIONS)
    table("By function, with the libraries that it calls", functions, each_ms, FUNCTIONS)
    total = sum(functions.values()) or 1
    print("\nBy function, with all that it calls")
    for name, count in whole.most_common(3 * FUNCTIONS):
        print(f"{each_ms * count / total:8.1f} ms  {100 * count / total:5.1f} %  {name}")


async def measure(url: str, token: str, concurrency: int, texts: list[str]) -> list[float]:
    """Milliseconds to the first token of each question."""
    shares = [texts[n::concurrency] for n in range(concurrency)]
    asked = (ask(url, token, share, f"profile-{time.time()}-{n}") for n, share in enumerate(shares) if share)
    return [first for results in await asyncio.gather(*asked) for _, first, _ in results]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--port", type=int, default=8397)
    parser.add_argument("--questions", type=int, default=353)
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--no-samples", action="store_true", help="Measure the processor's time only.")
    options = parser.parse_args()
    texts = list(islice(cycle(questions()), options.questions))
    environment = os.environ | {"PITCREW_DATA_DIR": str(options.data)}
    token = subprocess.run(
        [sys.executable, "-m", "api", "token", "--user", "profile"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    process, _ = start(options.port, options.data)
    url = f"ws://127.0.0.1:{options.port}/ws/chat"
    try:
        asyncio.run(measure(url, token, 1, ["How do I check the oil?", "What is the tyre pressure?"]))
        time.sleep(3)
        with tempfile.TemporaryDirectory() as folder:
            raw = Path(folder, "stacks")
            command = ["py-spy", "record", "--gil", "-r", str(RATE), "-f", "raw", "-o", str(raw), "-d", "100000", "-p"]
            if not options.no_samples:
                spy = subprocess.Popen([*command, str(process.pid)], stdout=subprocess.DEVNULL, text=True)
                time.sleep(2)
            before = processor_s(process.pid)
            firsts = asyncio.run(measure(url, token, options.concurrency, texts))
            each_ms = 1000 * (processor_s(process.pid) - before) / len(texts)
            print(f"{len(texts)} turns, {options.concurrency} at a time: {each_ms:.1f} ms of the processor each")
            print(f"first token: median {percentile(firsts, 0.5):.0f} ms, p95 {percentile(firsts, 0.95):.0f} ms")
            if not options.no_samples:
                spy.send_signal(2)
                spy.wait()
                report(raw, each_ms)
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    main()
