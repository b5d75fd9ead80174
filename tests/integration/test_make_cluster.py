"""`make cluster`, typed in a terminal: it starts, tells its use, and leaves nothing behind however it ends."""

import os
import pty
import re
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.faults.process import DOCUMENTS
from tests.serving import ROOT, copied_documents, pitcrew, prepared

COMES_S, GOES_S = 240, 40
CTRL_C = b"\x03"


class Terminal:
    """A program that was started in a terminal of its own, and all that it has printed. `folder` is where it may put
    temporary files."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.said, self._status = "", None
        self.pid, self._screen = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ["TMPDIR"] = str(folder)
            os.execvp(command[0], command)
        self.everyone: dict[int, psutil.Process] = {}

    def read_until(self, text: str, seconds: float) -> None:
        """Read until that was printed, and note who runs meanwhile."""
        ends = time.monotonic() + seconds
        while text not in self.said:
            assert time.monotonic() < ends, self.said
            assert self._read(0.5), f"it has ended:\n{self.said}"
            with suppress(psutil.NoSuchProcess):
                for one in psutil.Process(self.pid).children(recursive=True):
                    self.everyone[one.pid] = one

    def _read(self, seconds: float) -> bool:
        if not select.select([self._screen], [], [], seconds)[0]:
            return True
        try:
            block = os.read(self._screen, 1 << 16)
        except OSError:  # nobody has the terminal open any more
            return False
        self.said += block.decode(errors="replace").replace("\r\n", "\n")
        return bool(block)

    def press(self, keys: bytes) -> None:
        os.write(self._screen, keys)

    def ended(self, seconds: float) -> None:
        """Wait until everybody who ran in it has."""
        ends = time.monotonic() + seconds
        while self._read(0.2):
            assert time.monotonic() < ends, self.said
        os.waitpid(self.pid, 0)
        while left := [one for one in self.everyone.values() if one.is_running() and one.status() != "zombie"]:
            assert time.monotonic() < ends, left
            time.sleep(0.1)

    def close(self) -> None:
        for one in self.everyone.values():
            with suppress(psutil.NoSuchProcess):
                one.kill()
        os.close(self._screen)


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    return copied_documents(DOCUMENTS, tmp_path / "documents")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """For temporary files: whatever user PostgreSQL runs as may come to it."""
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="pitcrew-terminal-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def terminal(documents: Path, ingested: Path, folder: Path, tmp_path: Path) -> Iterator[Terminal]:
    options = f"--knowledge {documents} --prepared {prepared(ingested, tmp_path / 'computed')}"
    # `-o`: whatever the times of files say, nothing is installed here.
    made = ["make", "-o", ".venv/installed", f"BIN={Path(sys.executable).parent}", "cluster", f"CLUSTER={options}"]
    terminal = Terminal(made, folder)
    yield terminal
    terminal.close()


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*")]


@pytest.mark.timeout(600)
def test_it_is_used_and_ends_with_ctrl_c(terminal: Terminal, folder: Path) -> None:
    terminal.read_until("with Ctrl-C.", COMES_S)
    assert "Asked over both gateways" in terminal.said
    assert re.search(r"roof load", terminal.said, re.IGNORECASE)
    [address] = re.findall(r"serves at (http://\S+?):? ", terminal.said)
    assert httpx.get(f"{address}/ws/test").is_success
    assert httpx.get(f"{address}/staff").is_success
    [(url, token)] = re.findall(r"pitcrew chat --url (\S+) --token (\S+)", terminal.said)
    talked = pitcrew(
        "chat", "--url", url, "--token", token, env=dict(os.environ), input="How heavy may a trailer be?\n"
    )
    assert talked.returncode == 0, talked.stderr
    assert "kg" in talked.stdout
    named = {
        int(number)
        for number in re.findall(r"^  (?:gateway|worker|PostgreSQL|Redis|Chroma) +(\d+)", terminal.said, re.M)
    }
    assert len(named) == 7
    assert named <= terminal.everyone.keys()
    terminal.press(CTRL_C)
    terminal.press(CTRL_C)
    terminal.ended(GOES_S)
    assert "Everything is stopped" in terminal.said
    assert "Traceback" not in terminal.said
    assert left_in(folder) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_while_it_starts(terminal: Terminal, folder: Path, number: signal.Signals) -> None:
    terminal.read_until("Starting", 60)
    ends = time.monotonic() + 60
    while not any("redis-server" in " ".join(one.cmdline()) for one in terminal.everyone.values() if one.is_running()):
        assert time.monotonic() < ends
        for one in psutil.Process(terminal.pid).children(recursive=True):
            terminal.everyone[one.pid] = one
        time.sleep(0.05)
    [python] = psutil.Process(terminal.pid).children()
    python.send_signal(number)
    terminal.ended(GOES_S)
    assert "Everything is stopped" in terminal.said
    assert "Traceback" not in terminal.said
    assert left_in(folder) == []
