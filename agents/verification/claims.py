"""What a finished answer claims: its sentences, list items and table rows, with the markers that belong to each."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.passages.citations import MARKER, numbers
from agents.passages.spans import cuts, plain, spans
from rag.types import Chunk

_LINE = re.compile(r"[^\s][^\n]*(?<!\s)")
_SYMBOL = re.compile("[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff]")
"""Pictures, which say nothing and would hide where a sentence begins."""
_LABEL = re.compile(r"\W*\*\*[^*]+\*\*[:\s]*")
_SELF = re.compile(r"\b(?:I|I'm|I’m|I'd|I’d|I'll|I’ll|me)\b")
_OF_SOURCES = re.compile(
    r"\b(?:documents?|documentation|passages?|sources?|excerpts?|information|text|manuals?)\b.{0,300}"
    r"\b(?:not|no|nothing|don't|doesn't|neither|only)\b"
    r"|\b(?:not|no|nothing|don't|doesn't|neither|only)\b.{0,300}"
    r"\b(?:documents?|documentation|passages?|sources?|excerpts?|information)\b"
    r"|\b(?:is|are|was|were) not (?:given|stated|specified|mentioned|listed|provided|covered here)\b",
    re.IGNORECASE,
)
_COURTESY = re.compile(
    r"(?:hi|hello|hey|thanks?|thank you|sorry|you are welcome|you're welcome|good (?:question|news|morning|day)|"
    r"(?:have|enjoy) (?:a|your)|drive safely|(?:please )?(?:let (?:me|us) know|tell (?:me|us)|feel free|contact|ask|"
    r"consult|get in touch|reach out|see (?:your|a) (?:dealer|workshop)|check with)|here (?:is|are)|hope|happy|glad|"
    r"that depends|it depends)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Marker:
    """`[number]` at `start` to `end` of the answer; `after` is what its claim says before it, back to the marker
    before that."""

    number: int
    start: int
    end: int
    after: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement at `start` to `end` of the answer, markers included. `text` is what it says without markup and
    markers; `context` the heading or line that introduces it, and a row's column names. `idle` where it says nothing
    of the matter: a greeting, a question, a heading, an offer, a word on what was not found."""

    start: int
    end: int
    text: str
    context: str
    markers: tuple[Marker, ...]
    idle: bool


def claims(answer: str) -> tuple[Claim, ...]:
    """The claims of an answer in order. Every marker belongs to the claim that it stands in or behind."""
    unmarked = _SYMBOL.sub(" ", MARKER.sub(lambda marker: " " * len(marker.group()), answer))
    pieces = list(_pieces(unmarked))
    starts = [start for start, _, _ in pieces]
    markers: list[list[re.Match[str]]] = [[] for _ in pieces]
    for match in MARKER.finditer(answer):
        if place := bisect_right(starts, match.start()):
            markers[place - 1].append(match)
    return tuple(_claim(unmarked, *piece, own) for piece, own in zip(pieces, markers, strict=True))


def _pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Start, end and context of the sentences and rows."""
    whole = Chunk("", "", "", "", (), None, 0, len(text), text)
    for span in spans(whole, 0):
        columns = " ".join(cell.column for cell in span.cells)
        context = f"{span.lead} {columns}".strip()
        if span.kind == "row":
            yield span.start, span.end, context
            continue
        for line in _LINE.finditer(text, span.start, span.end):
            yield from ((start, end, context) for start, end in cuts(text, line.start(), line.end()))


def _claim(unmarked: str, start: int, end: int, context: str, matches: Sequence[re.Match[str]]) -> Claim:
    markers: list[Marker] = []
    at = before = start
    for match in matches:
        at = at if match.start() == before else before
        after = _plain_text(unmarked[at : match.start()])
        first = match.start() + match.group().index("[")
        markers += [Marker(number, first, match.end(), after) for number in numbers(match)]
        before = match.end()
    raw = unmarked[start:end]
    return Claim(start, max(end, before), _plain_text(raw), context, tuple(markers), _is_idle(raw, _plain_text(raw)))


def _plain_text(text: str) -> str:
    return re.sub(r"(?<!\s)\s++(?=[.,;:!?])", "", plain(text.replace("|", " ")))


def _is_idle(raw: str, text: str) -> bool:
    if not text or text.endswith(("?", ":")) or _LABEL.fullmatch(raw):
        return True
    if any(character.isdigit() for character in text):
        return False
    return bool(_COURTESY.match(text) or _SELF.search(text) or _OF_SOURCES.search(text))
