"""What does a turn with a model cost? Measures the product beside three smaller servers (`benchmarks/peers.py`).

    python -m benchmarks.comparison [--data DIR] [--repeats 3] [--json FILE] [--plot FILE]

All answer from one scripted model, which streams 200 tokens without a pause; each question is asked in a conversation
of its own, once alone and with 50 at once. Printed are medians over the repeats, which take the servers in turn:
milliseconds of the processor a run (of the server and its children), runs a second, milliseconds to the first token.
Compare figures of one sitting only, and the processor's before the clock's, because client, model and server share the
cores. Needs `pitcrew ingest knowledge_base` to have run on DIR.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import uvloop

from benchmarks.conversations import ROOT, percentile
from benchmarks.load import Figures, closed_loop, opened

TOKENS = 200
MODEL = f"script-{TOKENS}tok"
QUESTION = "What is the engine power?"
SERVERS = ("product", "relay", "ceiling", "events")
LOADS = ((1, 20), (50, 150))
"""Sockets that ask at once, and questions of all."""
WARM = 3
MODEL_PORT = 9181
COLOURS = {"product": "#2563eb", "relay": "#94a3b8", "ceiling": "#64748b", "events": "#d97706"}


def processor_s(process: psutil.Process) -> float:
    """Seconds of the processor that a process and its children have used."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        times = one.cpu_times()
        total += times.user + times.system
    return total


@contextmanager
def running(module: str, *arguments: str, port: int, path: str = "/ready", **settings: str) -> Iterator[psutil.Process]:
    """A server, from when it answers until the block's end. Exits where it does not start."""
    command = [sys.executable, "-m", module, *arguments, "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port, path):
            if process.poll() is not None:
                sys.exit(f"{' '.join(command)} did not start. Try it by hand.")
            time.sleep(0.05)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int, path: str) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def serving(name: str, data: Path, port: int, model: str = MODEL) -> Iterator[psutil.Process]:
    """The product or one of its peers, answering from the scripted model."""
    settings = {"OPENAI_BASE_URL": f"http://127.0.0.1:{MODEL_PORT}/v1", "OPENAI_API_KEY": "none"}
    if name == "product":
        own = {"PITCREW_DATA_DIR": str(data), "PITCREW_MODELS": f"openai:{model}"}
        own |= {"PITCREW_RATE_LIMITS": "off", "PITCREW_USER_DAY_TOKENS": "0"}
        with running("api", "serve", port=port, **settings, **own) as process:
            yield process
    else:
        with running("benchmarks.peers", name, port=port, **settings, BENCH_MODEL=model) as process:
            yield process


async def measured(process: psutil.Process, port: int, token: str, sockets: int, questions: int) -> dict[str, float]:
    figures = Figures()
    connections = await opened(port, token, sockets, figures)
    await closed_loop(connections[:1], WARM, lambda number: QUESTION)
    figures.clear()
    before = processor_s(process)
    took = await closed_loop(connections, questions, lambda number: QUESTION)
    spent = processor_s(process) - before
    if figures.errors or figures.tokens < TOKENS * questions:
        sys.exit(f"The server failed: {figures.tokens} tokens of {questions} answers. {' '.join(figures.errors[:1])}")
    return {
        "cpu_ms": 1000 * spent / questions,
        "runs_s": questions / took,
        "first_ms": 1000 * percentile(figures.firsts, 0.5),
        "first_p95_ms": 1000 * percentile(figures.firsts, 0.95),
        "tokens": figures.tokens / questions,
    }


def token_of(data: Path) -> str:
    """A token of a customer of the server on this data."""
    command = [sys.executable, "-m", "api", "token", "--user", "bench"]
    environment = os.environ | {"PITCREW_DATA_DIR": str(data)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def table(rows: list[dict[str, object]]) -> str:
    """The medians as a Markdown table."""
    lines = [
        "| server | at once | processor, ms a run | runs a second | first token, ms: median, p95 |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in medians(rows):
        first = f"{row['first_ms']:.0f}, {row['first_p95_ms']:.0f}"
        figures = f"{row['cpu_ms']:.1f} | {row['runs_s']:.1f} | {first}"
        lines.append(f"| {row['server']} | {row['sockets']} | {figures} |")
    return "\n".join(lines)


def medians(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """One row for each server and load."""
    found = []
    for sockets, _ in LOADS:
        for name in SERVERS:
            own = [row for row in rows if (row["server"], row["sockets"]) == (name, sockets)]
            if own:
                figures = [key for key in own[0] if key.endswith(("_ms", "_s"))]
                middle = {key: statistics.median(float(str(row[key])) for row in own) for key in figures}
                found.append({"server": name, "sockets": sockets, **middle})
    return found


def plot(rows: list[dict[str, object]], path: Path) -> None:
    """Bars of the processor's milliseconds a run, light and dark: the second beside the first with `-dark`."""
    from matplotlib import pyplot

    for dark in (False, True):
        ink = "#e2e8f0" if dark else "#0f172a"
        with pyplot.rc_context({"svg.hashsalt": "pitcrew", "text.color": ink, "axes.labelcolor": ink}):
            figure, axes = pyplot.subplots(1, 2, figsize=(8, 2.6), layout="constrained")
            for axis, (sockets, _) in zip(axes, LOADS, strict=True):
                own = [row for row in medians(rows) if row["sockets"] == sockets][::-1]
                names, costs = [str(row["server"]) for row in own], [float(str(row["cpu_ms"])) for row in own]
                bars = axis.barh(names, costs, color=[COLOURS[name] for name in names])
                axis.bar_label(bars, fmt="%.1f", padding=3, color=ink)
                axis.set_title("alone" if sockets == 1 else f"{sockets} at once", color=ink)
                axis.set_xlabel("ms of the processor a run")
                axis.margins(x=0.15)
                axis.spines[["top", "right"]].set_visible(False)
                axis.spines[["left", "bottom"]].set_color(ink)
                axis.tick_params(colors=ink)
            to = path.with_stem(f"{path.stem}-dark") if dark else path
            figure.savefig(to, transparent=True, metadata={"Date": None})
            pyplot.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT / "data")
    parser.add_argument("--port", type=int, default=9182)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--servers", nargs="+", choices=SERVERS, default=list(SERVERS))
    parser.add_argument("--json", type=Path, help="Write each measurement to this file.")
    parser.add_argument("--plot", type=Path, help="Draw the medians into this SVG, and a dark one beside it.")
    options = parser.parse_args()
    token, rows = token_of(options.data), list[dict[str, object]]()
    with ExitStack() as stack:
        stack.enter_context(running("benchmarks.scripted_model", port=MODEL_PORT, path="/v1/models"))
        servers = {}
        for number, name in enumerate(options.servers):
            port = options.port + number
            servers[name] = stack.enter_context(serving(name, options.data, port)), port
        time.sleep(3)  # what a server prepares behind its start
        for repeat in range(options.repeats):
            for sockets, questions in LOADS:
                for name, (process, port) in servers.items():
                    figures = uvloop.run(measured(process, port, token, sockets, questions))
                    rows.append({"server": name, "sockets": sockets, "repeat": repeat, **figures})
                    print(json.dumps(rows[-1]), file=sys.stderr)
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")
    if options.plot:
        plot(rows, options.plot)


if __name__ == "__main__":
    main()
