"""The command line on a real terminal: Markdown is drawn, what was typed is remembered, and Ctrl-C ends it."""

import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.serving import ROOT, Served, environment, pitcrew
from tests.terminal_screen import TerminalScreen

PATIENCE_S = 60
WIDTH = 100
UP, CTRL_C, CTRL_D = "\x1b[A", "\x03", "\x04"
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\r")


class Terminal:
    """A program on a pseudo-terminal, and what it has written."""

    def __init__(self, process: "subprocess.Popen[bytes]", descriptor: int) -> None:
        self.process = process
        self._descriptor = descriptor
        self.written = ""

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    @property
    def text(self) -> str:
        """Without what moves the cursor or colours."""
        return _CONTROL.sub("", self.written)

    def until(self, wanted: str, after: int = 0) -> int:
        """Read on until that stands there; where it ends."""
        ends = time.monotonic() + PATIENCE_S
        while (at := self.text.find(wanted, after)) < 0:
            assert time.monotonic() < ends, f"{wanted!r} never came: {self.text[-2000:]}"
            if not self._read():
                assert wanted in self.text, f"it ended without {wanted!r}: {self.text[-2000:]}"
        return at + len(wanted)

    def end(self) -> int:
        while self._read():
            pass
        return self.process.wait(PATIENCE_S)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._descriptor], [], [], 0.2)
        if not ready:
            return self.process.poll() is None
        try:
            data = os.read(self._descriptor, 4096)
        except OSError:  # the program has closed it
            return False
        self.written += data.decode(errors="replace")
        return bool(data)


@contextmanager
def on_a_terminal(*arguments: str, env: Mapping[str, str]) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "api", *arguments]
    env = dict(env) | {"TERM": "xterm-256color", "COLUMNS": str(WIDTH), "LINES": "40", "PROMPT_TOOLKIT_NO_CPR": "1"}
    process = subprocess.Popen(
        command, cwd=ROOT, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait(PATIENCE_S)
        os.close(ours)


def test_an_answer_is_drawn_and_a_piped_one_is_not(ingested: Path) -> None:
    env = environment(ingested)
    question = ("ask", "--dataset", "operations", "How many incidents are there by severity?")
    with on_a_terminal(*question, env=env) as terminal:
        assert terminal.end() == 0
    assert 'count(*) AS "incidents"' in terminal.text, "the query is shown"
    screen = TerminalScreen(WIDTH)
    screen.write(terminal.written)
    assert "Key findings" in screen.shown
    assert "**" not in screen.shown
    assert "## " not in screen.shown
    piped = pitcrew(*question, env=env)
    assert "## Key findings" in piped.stdout
    assert "\x1b" not in piped.stdout
    assert 'count(*) AS "incidents"' in piped.stderr


def test_a_chat_remembers_what_was_typed(server: Served, data: Path, tmp_path: Path) -> None:
    env = environment(data, XDG_STATE_HOME=str(tmp_path), HOME=str(tmp_path))
    chat = ("chat", "--url", server.chat, "--token", server.token("typist"))
    with on_a_terminal(*chat, env=env) as terminal:
        terminal.until("you>")
        terminal.type("How far does a Wren 58 go?\r")
        answered = terminal.until("km")
        terminal.until("you>", answered)
        terminal.type(CTRL_D)
        assert terminal.end() == 0
    history = tmp_path / "pitcrew" / "history"
    assert "How far does a Wren 58 go?" in history.read_text()
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    with on_a_terminal(*chat, env=env) as terminal:
        terminal.until("you>")
        terminal.type(UP)
        terminal.until("How far does a Wren 58 go?")
        terminal.type(CTRL_C)
        assert terminal.end() == 130


def test_a_home_that_cannot_be_written_only_forgets(server: Served, data: Path, tmp_path: Path) -> None:
    (tmp_path / "pitcrew").write_text("in the way")
    env = environment(data, XDG_STATE_HOME=str(tmp_path))
    with on_a_terminal("chat", "--url", server.chat, "--token", server.token("guest"), env=env) as terminal:
        terminal.until("you>")
        terminal.type(CTRL_D)
        assert terminal.end() == 0


def test_a_shell_completes_names(ingested: Path, tmp_path: Path) -> None:
    def completed(words: str) -> list[str]:
        asked = {"_PITCREW_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        env = environment(ingested) | asked
        code = "import sys; sys.argv = ['pitcrew']; from api.cli import main; main()"
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        return done.stdout.split()

    assert completed("pitcrew ask --agent ma") == ["maintenance"]
    assert completed("pitcrew ask --dataset o") == ["operations"]
    assert completed("pitcrew datasets show o") == ["operations"]
    assert "maintenance/brake-fluid-and-filters.md" in completed("pitcrew docs show maintenance/b")
    empty = environment(tmp_path / "none") | {
        "_PITCREW_COMPLETE": "complete_bash", "COMP_WORDS": "pitcrew docs show x", "COMP_CWORD": "3",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['pitcrew']; from api.cli import main; main()"],
        env=empty, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == ("", "")
    assert not (tmp_path / "none").exists()


def test_help_fits_the_terminal(ingested: Path) -> None:
    for command in (
        "",
        "serve",
        "ingest",
        "ask",
        "chat",
        "eval",
        "docs",
        "docs show",
        "datasets",
        "datasets add",
        "demo",
    ):
        env = environment(ingested, COLUMNS="80")
        shown = pitcrew(*command.split(), "--help", env=env).stdout.splitlines()
        assert max(map(len, (line.rstrip() for line in shown))) <= 80, command
