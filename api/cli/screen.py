"""What the terminal client shows: the answer on stdout, everything else on stderr."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

_ERASE = "\r\x1b[2K"
_DIM, _BOLD, _PLAIN = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Screen:
    """One answer at a time: a changing line says what happens until its text appears."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._shown = ""

    def prompt(self) -> None:
        if self._terminal and sys.stdin.isatty():
            sys.stderr.write(f"{_BOLD}you>{_PLAIN} ")
            sys.stderr.flush()

    def note(self, text: str) -> None:
        self._clear()
        print(f"{_DIM}{text}{_PLAIN}" if self._terminal else text, file=sys.stderr, flush=True)

    def step(self, text: str) -> None:
        """What the assistant is doing now; replaces what it did before."""
        if text == self._step or self._shown:
            return
        if self._terminal:
            self._clear()
            sys.stderr.write(f"{_DIM}{text}{_PLAIN}")
            sys.stderr.flush()
        else:
            self.note(text)
        self._step = text

    def answer(self, text: str) -> None:
        """The whole text so far. What stands there already is not written again, unless it has changed."""
        self._clear()
        if not text.startswith(self._shown):
            sys.stdout.write("\n\n")
            self._shown = ""
        sys.stdout.write(text[len(self._shown) :])
        sys.stdout.flush()
        self._shown = text

    def end(self) -> None:
        """The answer is over, or broken off."""
        self._clear()
        if self._shown:
            print(flush=True)
        self._shown = ""

    def sources(self, citations: Sequence[Mapping[str, Any]]) -> None:
        """What the answer cites, one per line."""
        for cited in citations:
            page = f", page {cited['page']}" if cited.get("page") else ""
            self.note(f"[{cited['number']}] {cited['title']} ({cited['source']}{page})")

    def _clear(self) -> None:
        if self._step and self._terminal:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
        self._step = ""
