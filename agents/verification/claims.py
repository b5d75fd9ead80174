"""What a finished answer claims: its sentences, list items and table rows, with the markers that belong to each."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.language.phrases import Phrases
from agents.language.tokens import spoken, tokens
from agents.passages.citations import MARKER, numbers
from agents.passages.spans import cuts, plain, spans
from rag.types import Chunk

_SYMBOLS = str.maketrans(dict.fromkeys((*range(0x2600, 0x27C0), 0xFE0F, *range(0x1F000, 0x1FB00)), " "))
"""Pictures, which say nothing and would hide where a sentence begins."""
_SELF = frozenset({"I", "me"})
_SOURCES = "(document|documents|documentation|passage|passages|source|sources|excerpt|excerpts|information)"
_DENIALS = "(not|no|nothing|dont|doesnt|neither|only)"
_OF_SOURCES = Phrases(
    (
        f"({_SOURCES}|text|manual|manuals) ... {_DENIALS}",
        f"{_DENIALS} ... {_SOURCES}",
        "(is|are|was|were) not (given|stated|specified|mentioned|listed|provided|covered here)",
    )
)
_COURTESY = Phrases(
    (
        "^ (hi|hello|hey|thank|thanks|sorry|hope|happy|glad)", "^ (you are|youre) welcome", "^ drive safely",
        "^ good (question|news|morning|day)", "^ (have|enjoy) (a|your)", "^ here (is|are)", "^ (that|it) depends",
        "^ (please|) (let (me|us) know|tell (me|us)|feel free|contact|ask|consult|get in touch|reach out)",
        "^ (please|) (see (your|a) (dealer|workshop)|check with)",
    )
)  # fmt: skip


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
    unmarked = MARKER.sub(lambda marker: " " * len(marker.group()), answer).translate(_SYMBOLS)
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
        at = span.start
        for line in text[span.start : span.end].split("\n"):
            begin = at + len(line) - len(line.lstrip())
            if line.strip():
                yield from ((start, end, context) for start, end in cuts(text, begin, begin + len(line.strip())))
            at += len(line) + 1


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
    said = plain(text.replace("|", " "))
    for mark in ".,;:!?":
        said = said.replace(f" {mark}", mark)
    return said


def _is_idle(raw: str, text: str) -> bool:
    if not text or text.endswith(("?", ":")) or _is_label(raw):
        return True
    if any(character.isdigit() for character in text):
        return False
    own = any(text[token.start : token.start + len(token.head)] in _SELF for token in tokens(text))
    return own or _COURTESY.opening(text) is not None or text in _OF_SOURCES


def _is_label(raw: str) -> bool:
    """Whether it is nothing but words in bold letters."""
    lead, *inner = raw.rstrip(": \n\t").split("**")
    return len(inner) == 2 and not inner[1] and "*" not in inner[0] and not spoken(lead)
