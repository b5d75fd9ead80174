"""A Python process at the other end of two pipes, and the frames that cross them: a length of 8 bytes, then as many."""

import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

_LENGTH = 8
_PIECE = 1 << 20
_ROOT = Path(__file__).parents[2]
_STOPS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
"""With these a person or a process manager ends a program, often together with all of its processes."""


class Ended(Exception):
    """The process is gone. `late`: it was ended because it took too long; `signal`: the one that ended it, or 0;
    `done`: it had come to its own end."""

    def __init__(self, *, late: bool = False, signal: int = 0, done: bool = False) -> None:
        super().__init__(late, signal, done)
        self.late = late
        self.signal = signal
        self.done = done

    @property
    def stopped(self) -> bool:
        """Whether somebody ended it who wanted it to stop: it neither failed nor reached a limit."""
        return not self.late and self.signal in _STOPS


class Process:
    """A process that runs `module`, a module of this program, with `arguments`. A frame longer than `most` bytes ends
    it. It sees nothing of this process's environment but the paths it needs, and nothing of its standard error."""

    def __init__(self, module: str, *arguments: str, most: int) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        self._most = most
        self._process = subprocess.Popen(  # noqa: S603 (this program's own modules, no shell)
            # -P: the working folder may be the one that is ingested, and must not be a source of modules
            [sys.executable, "-P", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=kept | {"PYTHONPATH": str(_ROOT)},
        )

    @property
    def id(self) -> int:
        """By which the operating system knows it."""
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End it and wait until it is gone. May be called by any thread, and again."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """End it and give its pipes back; no other thread may use it any more."""
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def send(self, frame: bytes) -> None:
        """Raises Ended."""
        assert self._process.stdin is not None
        try:
            write_frame(self._process.stdin.fileno(), frame)
        except OSError as error:
            raise self._ended() from error

    def receive(self, seconds: float) -> bytes:
        """The next frame. Raises Ended, also when none comes within `seconds`: the process is then ended."""
        deadline = time.monotonic() + seconds
        size = int.from_bytes(self._bytes(_LENGTH, deadline), "big")
        if size > self._most:
            raise self._ended()
        return self._bytes(size, deadline)

    def _bytes(self, size: int, deadline: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        read = bytearray()
        while len(read) < size:
            if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
                raise self._ended(late=True)
            piece = os.read(descriptor, min(size - len(read), _PIECE))
            if not piece:
                raise self._ended()
            read += piece
        return bytes(read)

    def _ended(self, *, late: bool = False) -> Ended:
        if late:
            self._process.kill()
        try:
            code = self._process.wait(1.0)
        except subprocess.TimeoutExpired:
            self.kill()
            return Ended(late=late)
        return Ended(late=late, signal=max(0, -code), done=code == 0)


def write_frame(descriptor: int, frame: bytes) -> None:
    """Write one frame whole. Raises OSError."""
    rest = memoryview(len(frame).to_bytes(_LENGTH, "big") + frame)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def read_frame(descriptor: int) -> bytes | None:
    """Read one frame; None at the end of the pipe."""
    head = _exactly(descriptor, _LENGTH)
    return None if head is None else _exactly(descriptor, int.from_bytes(head, "big"))


def _exactly(descriptor: int, size: int) -> bytes | None:
    read = bytearray()
    while len(read) < size:
        piece = os.read(descriptor, min(size - len(read), _PIECE))
        if not piece:
            return None
        read += piece
    return bytes(read)
