"""The `[n]` markers of a written answer, kept true while it streams: each names a passage that was given."""

import re
from collections.abc import Container

MARKER = re.compile(r"\s?\[([,;\s]*+\d[\d,;\s]*+)\]")
"""One or more numbers in brackets with the blank before them, as in ` [2]` or `[1, 3]`."""

OPENING = re.compile(r"\s?(?:\[[\d,;\s]{0,20})?\Z")
"""The end of a text that may be the beginning of a marker."""

UNCLOSED = re.compile(r"\[[\d,;\s]*\Z")
"""A bracket with numbers that waits for its end."""

_CONTEXT = 64


class Markers:
    """Passes an answer on piece by piece so that every marker in it names a passage of `valid_numbers`.

    `[1, 3]` becomes `[1][3]`; numbers that name no passage are left out. What may be the beginning of a marker is held
    back until it is decided.
    """

    def __init__(self, valid_numbers: Container[int]) -> None:
        self._valid_numbers = valid_numbers
        self._pending = ""
        self._before = ""

    def feed(self, piece: str) -> str:
        """The text that is decided by now."""
        text = self._pending + piece
        opening = OPENING.search(text)
        keep = opening.start() if opening else len(text)
        self._pending = text[keep:]
        checked = MARKER.sub(self._checked, text[:keep])
        self._before = (self._before + text[:keep])[-_CONTEXT:]
        return checked

    def end(self) -> str:
        """What was still held back."""
        text, self._pending = self._pending, ""
        return text

    def _checked(self, marker: re.Match[str]) -> str:
        valid = [number for number in numbers(marker) if number in self._valid_numbers]
        if not valid and UNCLOSED.search((self._before + marker.string[: marker.start()])[-_CONTEXT:]):
            return "."  # left out altogether, what stands around it would close up into another marker
        blank = marker[0][: marker[0].index("[")]
        return blank + "".join(f"[{number}]" for number in valid) if valid else ""


def numbers(marker: re.Match[str]) -> list[int]:
    """The numbers in a match of MARKER; absurdly long ones are none."""
    said = marker[1].replace(",", " ").replace(";", " ").split()
    return [int(digits) for digits in said if len(digits) < 9]


def without_markers(text: str) -> str:
    """The text without its markers."""
    return MARKER.sub("", text)
