"""The `[n]` markers of a written answer: kept true while it streams, and read as citations when it is done."""

import re
from collections.abc import Container, Mapping

from agents.evidence import spans
from agents.types import Citation
from rag.types import Chunk, Passage

MARKER = re.compile(r"\s?\[([\d,;\s]*\d[\d,;\s]*)\]")
"""One or more numbers in brackets with the blank before them, as in ` [2]` or `[1, 3]`."""

OPENING = re.compile(r"\s?(?:\[[\d,;\s]{0,20})?\Z")
"""The end of a text that may be the beginning of a marker."""

UNCLOSED = re.compile(r"\[[\d,;\s]*\Z")
"""A bracket with numbers that waits for its end."""

_CONTEXT = 64

WORD = re.compile(r"\w+")


class Markers:
    """Passes an answer on piece by piece so that every marker in it names a passage of `known` numbers.

    `[1, 3]` becomes `[1][3]`; numbers that name no passage are left out. What may be the beginning of a marker is held
    back until it is decided.
    """

    def __init__(self, known: Container[int]) -> None:
        self._known = known
        self._held = ""
        self._before = ""

    def feed(self, piece: str) -> str:
        """The text that is decided by now."""
        text = self._held + piece
        opening = OPENING.search(text)
        keep = opening.start() if opening else len(text)
        self._held = text[keep:]
        shown = MARKER.sub(self._checked, text[:keep])
        self._before = (self._before + text[:keep])[-_CONTEXT:]
        return shown

    def end(self) -> str:
        """What was still held back."""
        text, self._held = self._held, ""
        return text

    def _checked(self, marker: re.Match[str]) -> str:
        known = [number for number in _numbers(marker) if number in self._known]
        if not known and UNCLOSED.search(self._before + marker.string[: marker.start()]):
            return "."  # left out altogether, what stands around it would close up into another marker
        blank = marker[0][: marker[0].index("[")]
        return blank + "".join(f"[{number}]" for number in known) if known else ""


def read_citations(text: str, passages: Mapping[int, Passage]) -> tuple[Citation, ...]:
    """The citations of a finished answer to `passages` by number, one per passage in the order of their first markers.

    A citation's evidence is the sentence or table row of the passage that shares most words with the sentence that
    cites it, the whole chunk when none shares any. Numbers that name no passage are ignored.
    """
    best: dict[int, tuple[int, int, int]] = {}
    for marker in MARKER.finditer(text):
        claim = _claim(text[: marker.start()])
        for number in _numbers(marker):
            if number in passages:
                found = _evidence(claim, passages[number].chunk)
                best[number] = max(best.get(number, (-1, 0, 0)), found, key=lambda one: one[0])
    return tuple(Citation(number, passages[number], start, end) for number, (_, start, end) in best.items())


def _numbers(marker: re.Match[str]) -> list[int]:
    """The numbers in a marker; absurdly long ones are none."""
    return [int(digits) for digits in re.findall(r"\d+", marker[1]) if len(digits) < 9]


def _claim(before: str) -> str:
    """The sentence that a marker ends, without other markers."""
    plain = MARKER.sub("", before).rstrip()
    return re.split(r"(?<=[.!?])\s+|\n", plain)[-1]


def _evidence(claim: str, chunk: Chunk) -> tuple[int, int, int]:
    """How much the best sentence of the chunk shares with the claim, and its document offsets."""
    wanted = _words(claim)
    best = (0, chunk.start, chunk.end)
    for span in spans(chunk, 0):
        score = sum(2 if any(c.isdigit() for c in word) else 1 for word in wanted & _words(span.text))
        if score > best[0] and span.kind != "list":
            best = (score, span.start, span.end)
    return best


def _words(text: str) -> frozenset[str]:
    """Words that tell something: figures, and words of four letters or more."""
    found = WORD.findall(text.casefold())
    return frozenset(word for word in found if len(word) > 3 or any(c.isdigit() for c in word))
