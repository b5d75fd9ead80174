"""A newcomer's folder, in which the commands of the pages are typed as they stand there.

It looks like the checkout, with fewer documents and questions, so that what takes minutes there takes seconds here.
Only places are replaced: ports, the server's address, a site and a database on the internet. `pitcrew` is the real
command line in a process of its own, which begins with its modules loaded.
"""

import csv
import json
import os
import pty
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
from tests.serving import (
    KNOWLEDGE,
    ROOT,
    duplicate,
    environment,
    free_port,
    pitcrew,
    prepared,
    shared_fork_server,
)

DOCUMENTS = (
    "maintenance/twelve-volt-battery.md", "records/workshops.csv", "specs/accessories.md", "specs/plover.md",
    "specs/towing-and-loads.md",
)  # fmt: skip
PATIENCE_S = 150.0
GOES_ON = {
    r"pitcrew(?: \S+)* serve\b|\bmake run\b|&& pitcrew serve": "Stop with Ctrl-C",
    r"--watch\b": "Watching",
    r"tests\.model_server": "Scripted model at",
}
"""Commands that end by Ctrl-C alone, and what they say when they are ready."""
LINKED = ("benchmarks", "deploy", "tests", "web", "Makefile", "pyproject.toml", "constraints.txt")


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
    descriptor: int
    port: int = field(default_factory=free_port)
    model_port: int = field(default_factory=free_port)
    running: "list[subprocess.Popen[str]]" = field(default_factory=list)

    def type(self, command: Command, said: str = "y\n") -> Typed:
        """Type it, with `said` on standard input, and wait for its end, or until it is ready and then stop it. Where
        the page shows that it asks, it is typed on a terminal."""
        program = self._placed(command.program)
        for pattern, ready in GOES_ON.items():
            if re.search(pattern, program):
                return self._until(program, ready, stays="model_server" in program)
        if "[y/N]" in command.said:
            return self._on_a_terminal(program, said)
        done = subprocess.run(
            ["bash", "-c", self._script(program)], cwd=self.folder, env=dict(self.env), input=said, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S, pass_fds=[self.descriptor],
        )  # fmt: skip
        return Typed(done.returncode, done.stdout)

    def close(self) -> None:
        for process in self.running:
            _interrupt(process)

    def _placed(self, program: str) -> str:
        for place, real in self.places.items():
            program = program.replace(place, real)
        program = re.sub(r"\bpitcrew serve\b", f"pitcrew serve --port {self.port}", program)
        program = re.sub(r"\bmake run\b", f"make run PORT={self.port}", program)
        program = program.replace("tests.model_server", f"tests.model_server --port {self.model_port}")
        return program.replace("localhost:9100", f"localhost:{self.model_port}")

    def _script(self, program: str) -> str:
        """What one command exports, the next one has."""
        return f"[ -f .state ] && . ./.state; set -a\n{program}\ncode=$?; export -p > .state; exit $code"

    def _on_a_terminal(self, program: str, said: str) -> Typed:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            ["bash", "-c", self._script(program)], cwd=self.folder, env=dict(self.env),
            stdin=theirs, stdout=theirs, stderr=theirs, pass_fds=[self.descriptor], start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        os.write(ours, said.encode())
        written = b""
        try:
            while read := os.read(ours, 1 << 16):
                written += read
        except OSError:  # nobody has the terminal open any more
            pass
        finally:
            os.close(ours)
        return Typed(process.wait(PATIENCE_S), written.decode())

    def _until(self, program: str, ready: str, *, stays: bool) -> Typed:
        """Start it, wait for the words, and end it as a person would, unless it stays in a terminal of its own."""
        output = self.folder / f".output-{len(self.running)}-{time.monotonic_ns()}"
        with output.open("w") as file:
            process = subprocess.Popen(
                ["bash", "-c", self._script(program)], cwd=self.folder, env=dict(self.env), text=True,
                stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
                pass_fds=[self.descriptor],
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


def sandbox(folder: Path, room: Path, places: Mapping[str, str], *, filled: bool) -> Sandbox:
    """A folder like a checkout that `make run` has been used in, made of the `room`; `filled`: its documents are
    ingested."""
    shutil.copytree(room / "knowledge_base", folder / "knowledge_base")
    duplicate(room / "data", folder / "demo-data")
    if filled:
        duplicate(room / "data", folder / "data")
    else:
        prepared(room / "data", folder / "data")
    (folder / "home").mkdir()
    prepared(room / "data", folder / "home" / "support-data")
    for name in LINKED:
        (folder / name).symlink_to(ROOT / name)
    (folder / "docs").mkdir()
    shutil.copytree(ROOT / "migrations", folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", folder)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    descriptor = shared_fork_server().executable(programs / "pitcrew", "api")
    for name in ("python", "alembic"):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.prefix}/bin/{name} "$@"\n')
        (programs / name).chmod(0o755)
    (folder / ".venv" / "runnable").touch()
    env = environment(folder / "data", HOME=str(folder / "home"), COLUMNS="120")
    del env["PITCREW_KNOWLEDGE_DIR"]
    env["PATH"] = f"{programs}:{env['PATH']}"
    return Sandbox(folder, places, env, descriptor)


def furnished(room: Path, ingested: Path) -> Path:
    """A folder with some of the bundled documents in `knowledge_base`, which are ingested in `data`."""
    _knowledge(room / "knowledge_base")
    data = prepared(ingested, room / "data")
    done = pitcrew("ingest", str(room / "knowledge_base"), env=environment(data))
    assert done.returncode == 0, done.stderr
    return room


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
    lines = (KNOWLEDGE / "questions.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    told = [line for line in lines if {*json.loads(line)["documents"]} & {*DOCUMENTS}]
    kinds = [next(line for line in lines if json.loads(line)["kind"] == kind) for kind in ("absent", "out_of_scope")]
    (folder / "questions.jsonl").write_text("".join((*told[:2], *kinds)))
