"""What the terminal client shows: the answer on stdout, everything else on stderr."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from api.cli.terminal.markdown import MarkdownStream

if TYPE_CHECKING:
    from api.client import Waiting

_ERASE = "\r\x1b[2K"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class Screen:
    """One answer at a time: a changing line says what happens until its text appears."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._answer_text = ""
        self._drawn = MarkdownStream() if sys.stdout.isatty() else None

    def note(self, text: str) -> None:
        self._clear()
        print(f"{_DIM}{text}{_PLAIN}" if self._terminal else text, file=sys.stderr, flush=True)

    def step(self, text: str) -> None:
        """What the assistant is doing now; replaces what it did before."""
        if text == self._step or self._answer_text:
            return
        if self._terminal:
            self._clear()
            sys.stderr.write(f"{_DIM}{text}{_PLAIN}")
            sys.stderr.flush()
        else:
            self.note(text)
        self._step = text

    def wait(self, waiting: "Waiting") -> None:
        """The client waits before it tries again."""
        self.step(f"{waiting.reason} ({waiting.seconds:.0f} s)" if waiting.seconds >= 1 else waiting.reason)

    def goes_on_from(self, text: str) -> None:
        """What the answer begins with was written before the person was asked something."""
        self._answer_text = text
        if self._drawn is not None:
            self._drawn.skip(text)

    def answer(self, text: str) -> None:
        """The whole text so far. What stands there already is not written again, unless it has changed."""
        self._clear()
        if self._drawn is not None:
            self._drawn.show(text)
            self._answer_text = text
            return
        if not text.startswith(self._answer_text):
            sys.stdout.write("\n\n")
            self._answer_text = ""
        sys.stdout.write(text[len(self._answer_text) :])
        sys.stdout.flush()
        self._answer_text = text

    def end(self) -> None:
        """The answer is over, or broken off."""
        self._clear()
        if self._drawn is not None:
            self._drawn.end()
        elif self._answer_text:
            print(flush=True)
        self._answer_text = ""

    def sources(self, citations: Sequence[Mapping[str, Any]]) -> None:
        """What the answer cites, one per line."""
        for cited in citations:
            page = f", page {cited['page']}" if cited.get("page") else ""
            self.note(f"[{cited['number']}] {cited['title']} ({cited['source']}{page})")

    def question(self, request: Mapping[str, Any]) -> None:
        """What the assistant needs to know before it goes on: the options, numbered, and how long they stand."""
        options = [f"  {number}  {option['label']}" for number, option in enumerate(request.get("options", ()), 1)]
        how = "Answer with a number, or in your own words." if options else "Answer in your own words."
        self.note(
            "\n".join([request["prompt"], *options, f"{how}{expiry(request.get('expires_at'), datetime.now(UTC))}"])
        )

    def _clear(self) -> None:
        if self._step and self._terminal:
            sys.stderr.write(_ERASE)
            sys.stderr.flush()
        self._step = ""


def expiry(at: str | None, now: datetime) -> str:
    """How long a question stands, for people; `at` is ISO 8601. Nothing where that is not known."""
    try:
        minutes = (datetime.fromisoformat(at or "") - now).total_seconds() / 60
    except (ValueError, TypeError):
        return ""
    if minutes <= 0:
        return " The offer has run out."
    for size, unit in ((24 * 60, "days"), (60, "hours"), (1, "minutes")):
        if minutes >= 2 * size:
            return f" The offer stands for {minutes // size:.0f} {unit}."
    return " The offer stands for a minute."
