"""Markdown on a terminal while it is written: a paragraph, list or table is drawn when it is whole, and what is being
written stands below it as it comes."""

import re
import sys
from typing import TextIO

_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)


class MarkdownStream:
    """Shows a text that grows. `end` draws the rest."""

    def __init__(self, out: TextIO | None = None) -> None:
        from rich.console import Console

        self._console = Console(file=out or sys.stdout, highlight=False)
        self._drawn = 0
        self._below = ""
        self._text = ""

    def skip(self, text: str) -> None:
        """This much stands on the screen already."""
        self._text, self._drawn = text, len(text)

    def show(self, text: str) -> None:
        """The whole text so far. One that does not go on from what was shown begins anew below it."""
        if not text.startswith(self._text):
            self.end()
        self._text = text
        while (end := _end_of_block(text, self._drawn)) is not None:
            self._draw(text[self._drawn : end])
            self._drawn = end
        self._write_below(text[self._drawn :])

    def end(self) -> None:
        """Nothing more is added to this text."""
        rest = self._text[self._drawn :]
        if rest.strip():
            self._draw(rest)
        self._drawn, self._below, self._text = 0, "", ""

    def _draw(self, markdown: str) -> None:
        from rich.markdown import Markdown

        self._clear_below()
        with self._console.capture() as drawn:
            self._console.print(Markdown(markdown))
        lines = [line.rstrip() for line in drawn.get().split("\n")]
        self._console.file.write("\n".join(lines).strip("\n") + "\n\n")

    def _write_below(self, text: str) -> None:
        """Show what is no whole block yet, as it is: only what is new of it, if it goes on."""
        file = self._console.file
        if text.startswith(self._below) and self._below:
            file.write(text[len(self._below) :])
        else:
            self._clear_below()
            file.write(text.lstrip("\n"))
        self._below = text
        file.flush()

    def _clear_below(self) -> None:
        lines = self._lines(self._below)
        if lines >= self._console.height:  # what has left the screen stays as it was written
            self._console.file.write("\n\n")
        elif lines:
            up = f"\x1b[{lines - 1}A" if lines > 1 else ""
            self._console.file.write(f"{up}\r\x1b[J")
        self._below = ""

    def _lines(self, text: str) -> int:
        """How many lines of the screen the text takes."""
        from rich.cells import cell_len

        shown, width = text.lstrip("\n"), self._console.width
        return sum(max(1, -(-cell_len(line) // width)) for line in shown.split("\n")) if shown else 0


def _end_of_block(text: str, start: int) -> int | None:
    """Where the block that begins there is over: behind an empty line that is in no fenced code."""
    end = text.find("\n\n", start)
    while end >= 0 and (not text[start:end].strip() or len(_FENCE.findall(text, start, end + 1)) % 2):
        end = text.find("\n\n", end + 1)
    return end + 2 if end >= 0 else None
