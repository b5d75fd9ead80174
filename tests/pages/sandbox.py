"""A newcomer's folder, in which the commands of the pages are typed as they stand there.

It looks like the checkout, with fewer documents and questions, so that what takes minutes there takes seconds here.
Only places are replaced: ports, the server's address, a site and a database on the internet.
"""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.pages.blocks import Command
from tests.serving import KNOWLEDGE, ROOT, environment, free_port, prepared

DOCUMENTS = (
    "company/dealers.html", "handbook/charging.md", "maintenance/twelve-volt-battery.md",
    "records/guided-checks.csv", "records/workshops.csv", "specs/accessories.md", "specs/batteries-and-charging.md",
    "specs/colours-and-trims.md", "specs/engines-and-motors.md", "specs/plover.md", "specs/towing-and-loads.md",
    "specs/wren.md", "troubleshooting/brakes.md",
)  # fmt: skip
QUESTIONS = 4
PATIENCE_S = 150.0
GOES_ON = {
    r"pitcrew(?: \S+)* serve\b|\bmake run\b|&& pitcrew serve": "Stop with Ctrl-C",
    r"--watch\b": "Watching",
    r"tests\.model_server": "Scripted model at",
}
"""Commands that end by Ctrl-C alone, and what they say when they are ready."""


@dataclass
class Typed:
    """How a command ended, and everything that it wrote."""

    code: int
    written: str


@dataclass
class Sandbox:
    """`folder` is the working directory; `places` is what is written instead of what the pages say."""

    folder: Path
    places: Mapping[str, str]
    env: Mapping[str, str]
    port: int = field(default_factory=free_port)
    model_port: int = field(default_factory=free_port)
    running: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def type(self, command: Command, said: str = "y\n") -> Typed:
        """Type it, with `said` on standard input, and wait for its end, or until it is ready and then stop it."""
        program = self._placed(command.program)
        for pattern, ready in GOES_ON.items():
            if re.search(pattern, program):
                return self._until(program, ready, stays="model_server" in program)
        done = subprocess.run(
            ["bash", "-c", self._script(program)], cwd=self.folder, env=dict(self.env), input=said,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S,
        )  # fmt: skip
        return Typed(done.returncode, done.stdout)

    def close(self) -> None:
        for process in self.running:
            _interrupt(process)

    def _placed(self, program: str) -> str:
        for place, real in self.places.items():
            program = program.replace(place, real)
        program = re.sub(r"\bpitcrew serve\b", f"pitcrew serve --port {self.port}", program)
        program = re.sub(r"\bmake run\b", f"make -C {ROOT} run PORT={self.port}", program)
        program = program.replace("tests.model_server", f"tests.model_server --port {self.model_port}")
        return program.replace("localhost:9100", f"localhost:{self.model_port}")

    def _script(self, program: str) -> str:
        """What one command exports, the next one has."""
        return f"[ -f .state ] && . ./.state; set -a\n{program}\ncode=$?; export -p > .state; exit $code"

    def _until(self, program: str, ready: str, *, stays: bool) -> Typed:
        """Start it, wait for the words, and end it as a person would, unless it stays in a terminal of its own."""
        output = self.folder / f".output-{len(self.running)}-{time.monotonic_ns()}"
        with output.open("w") as file:
            process = subprocess.Popen(
                ["bash", "-c", self._script(program)], cwd=self.folder, env=dict(self.env), text=True,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        ends = time.monotonic() + PATIENCE_S
        while ready not in output.read_text() and process.poll() is None and time.monotonic() < ends:
            time.sleep(0.1)
        written = output.read_text()
        code = 0 if ready in written else process.poll() or 124
        if stays:
            self.running.append(process)
        else:
            _interrupt(process)
        return Typed(code, written)


def _interrupt(process: "subprocess.Popen[str]") -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def sandbox(folder: Path, ingested: Path, places: Mapping[str, str]) -> Sandbox:
    """A folder like a checkout that `make run` has been used in, but for the documents: they are not ingested."""
    _knowledge(folder / "knowledge_base")
    for name in ("data", "demo-data", "home/support-data"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        prepared(ingested, folder / name)
    for name in ("benchmarks", "tests", "web", "docs"):
        (folder / name).symlink_to(ROOT / name) if name != "docs" else (folder / name).mkdir()
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", folder)
    (folder / ".venv").symlink_to(sys.prefix)
    env = environment(folder / "data", HOME=str(folder / "home"), COLUMNS="120", LC_ALL="C.UTF-8")
    del env["PITCREW_KNOWLEDGE_DIR"]
    env["PATH"] = f"{sys.prefix}/bin:{env['PATH']}"
    return Sandbox(folder, places, env)


def _knowledge(folder: Path) -> None:
    for name in DOCUMENTS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(KNOWLEDGE / name, folder / name)
    shutil.copytree(KNOWLEDGE / "datasets", folder / "datasets", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(KNOWLEDGE / "vehicles.csv", folder)
    with (KNOWLEDGE / "customer-questions.csv").open(newline="") as source:
        header, *rows = csv.reader(source)
    with (folder / "customer-questions.csv").open("w", newline="") as target:
        csv.writer(target).writerows([header, *[row for row in rows if row[0] in DOCUMENTS][:40]])
    for name in ("questions.jsonl", "questions-second.jsonl"):
        lines = (KNOWLEDGE / name).read_text(encoding="utf-8").splitlines(keepends=True)
        (folder / name).write_text("".join(lines[:QUESTIONS]))
