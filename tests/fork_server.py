"""Processes of the product that begin with its modules loaded.

Most of a start is import: some seconds of work that is the same each time. One process does it once and then forks a
process for each command; that one has its own arguments, environment, folder and streams, runs the program as
`python -m` does, and is killed, waited for and measured like any other.

`ForkServer` is the tests' side. The other side is this module as a program.
"""

import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent
PACKAGES = ("rag", "agents", "orchestrator", "api")
LEFT_OUT = ("torch", "scipy", "sklearn", "duckdb", "onnxruntime")
"""Large and seldom used, or not fit to be forked: onnxruntime starts a thread when it is imported. Modules of the
product that begin with one of these are imported where they are needed."""
REQUEST_BYTES = 1 << 17
INTERPRETER = ("PYTHON", "LC_", "LANG", "LD_", "OMP_")
"""What begins so is read by the interpreter, or by a library while it is loaded: too late for a forked process."""


EXECUTABLE = """#!{python} -IS
import json, os, signal, socket, sys
report, theirs = os.pipe()
request = dict(program="{program}", arguments=sys.argv[1:], env=dict(os.environ), cwd=os.getcwd())
socket.send_fds(socket.socket(fileno={channel}), [json.dumps(request).encode()], [theirs, 0, 1, 2])
os.close(theirs)
with open(report, "rb", buffering=0) as told:
    pid = int(told.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: os.kill(pid, number))
    code = os.waitstatus_to_exitcode(int(told.readline()))
sys.exit(code if code >= 0 else 128 - code)
"""
"""A program that lets a forked process do its work, and passes signals on to it."""


class Process:
    """What a test may do with a forked process; the names are those of `subprocess.Popen`."""

    def __init__(self, pid: int, report: IO[bytes]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._report = report

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, minus the signal's number where one ended it. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if timeout is not None and not select.select([self._report], [], [], max(timeout, 0))[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            self.returncode = os.waitstatus_to_exitcode(int(self._report.readline()))
            self._report.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkServer:
    """Forks processes of the product until it is closed, and runs in this environment itself. `before` are the words
    before its command: it and all that it forks live where they lead."""

    def __init__(self, env: Mapping[str, str], before: Sequence[str] = ()) -> None:
        self._interpreter = _interpreter(env)
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._server = subprocess.Popen(
                [*before, sys.executable, "-m", "tests.fork_server", str(theirs.fileno())],
                cwd=ROOT,
                env=dict(env),
                pass_fds=[theirs.fileno()],
            )

    def serves(self, env: Mapping[str, str]) -> bool:
        """Whether a forked process can have this environment."""
        return _interpreter(env) == self._interpreter

    def start(
        self, program: str, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, streams: Sequence[IO[Any]]
    ) -> Process:
        """Run `python -m program` with these arguments; `streams` are its standard input, output and error."""
        report, theirs = os.pipe()
        request = {"program": program, "arguments": arguments, "env": dict(env), "cwd": str(cwd)}
        try:
            socket.send_fds(
                self._channel, [json.dumps(request).encode()], [theirs, *(stream.fileno() for stream in streams)]
            )
        finally:
            os.close(theirs)
        answer = open(report, "rb", buffering=0)  # noqa: SIM115 - the process closes it when it has ended
        return Process(int(answer.readline()), answer)

    def executable(self, path: Path, program: str) -> int:
        """Write a file that is run as `python -m program`, and starts a forked process each time. It is for whoever
        inherits the descriptor that is returned."""
        os.set_inheritable(self._channel.fileno(), True)
        text = EXECUTABLE.format(python=sys.executable, channel=self._channel.fileno(), program=program)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return self._channel.fileno()

    def close(self) -> None:
        """End it. What it has forked runs on."""
        self._channel.close()
        self._server.wait()


class Absent(MetaPathFinder):
    """Makes the imports of what is left out fail."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname.partition(".")[0] in LEFT_OUT:
            raise ImportError(fullname)


def _interpreter(env: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in env.items() if name.startswith(INTERPRETER)}


def _load() -> dict[str, str]:
    """Import every module of the product; what that has put into the environment."""
    found = dict(os.environ)
    sys.meta_path.insert(0, Absent())
    for package in PACKAGES:
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if not module.name.endswith("__main__"):
                with suppress(ImportError):
                    importlib.import_module(module.name)
    del sys.meta_path[0]
    gc.collect()
    gc.freeze()  # what is loaded stays until the end: without this, taking it apart is most of a short process
    return {name: text for name, text in os.environ.items() if found.get(name) != text}


def _serve(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Fork a process for each request, and report its id and, later, how it ended. Returns in each forked process,
    with its request and its streams; and without them at the end, when nobody is left who could ask."""
    wakes, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake)
    reports: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([wakes, channel], [], [])
        if wakes in ready:
            os.read(wakes, 4096)
            _report_ends(reports)
        if channel not in ready:
            continue
        request, descriptors, _, _ = socket.recv_fds(channel, REQUEST_BYTES, 4)
        if not request:
            return None
        report, *streams = descriptors
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            for descriptor in (wakes, wake, report, *reports.values()):
                os.close(descriptor)
            channel.close()
            return json.loads(request), streams
        os.write(report, b"%d\n" % pid)
        reports[pid] = report
        for stream in streams:
            os.close(stream)


def _report_ends(reports: dict[int, int]) -> None:
    """Say of each process that has ended how; whoever started it may have gone."""
    with suppress(ChildProcessError):
        while pid := (end := os.waitpid(-1, os.WNOHANG))[0]:
            report = reports.pop(pid)
            with suppress(BrokenPipeError):
                os.write(report, b"%d\n" % end[1])
            os.close(report)


def _become(request: dict[str, Any], streams: list[int], imported: dict[str, str]) -> None:
    """Be the process that was wanted, up to where its program begins."""
    for descriptor, stream in enumerate(streams):
        os.dup2(stream, descriptor)
        os.close(stream)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"] | imported)
    time.tzset()
    sys.argv = [request["program"], *request["arguments"]]


def main(descriptor: int) -> None:
    imported = _load()
    if wanted := _serve(socket.socket(fileno=descriptor)):
        _become(*wanted, imported)
        runpy.run_module(wanted[0]["program"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
