"""What the knowledge base says of late changes and of urgent faults, to be quoted with its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.types import Evidence
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

_SENTENCE = re.compile(r"[^.!?\n]+(?:\.(?=\d)[^.!?\n]*)*[.!?]?")
_FEE = re.compile(r"\bfee\b|\bcharged?\b", re.IGNORECASE)
_LATE = re.compile(
    r"\bcancel\w*+\b[^.]{0,300}\b(?:later|late)\b|\bno-?show\b|\bdo(?:es)? not (?:come|turn up)\b", re.IGNORECASE
)
_AMOUNT = re.compile(r"\d")
_SAFETY = re.compile(r"\bsafety(?:[- ]related| critical)?\b|\bdangerous\b", re.IGNORECASE)
_KEPT = re.compile(r"\b(?:slot|place|appointment)s?\b", re.IGNORECASE)
_CALL = re.compile(r"\b(?:telephone|phone|call|ring)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in the words of its document."""

    text: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Rules:
    """`late`: what a late change or a cancellation may cost; `urgent`: how a safety-related fault gets a place. None
    where no document says so."""

    late: Rule | None = None
    urgent: Rule | None = None


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> Rules:
    """The rules that the documents state; the first sentence that states one whole counts."""
    late = urgent = None
    for chunk in chunks:
        if "fee" not in chunk.text and "afety" not in chunk.text:
            continue
        for start, sentence in _sentences(chunk):
            if late is None and all(item.search(sentence) for item in (_FEE, _LATE, _AMOUNT)):
                late = _rule(chunk, start, sentence)
            if urgent is None and all(item.search(sentence) for item in (_SAFETY, _KEPT, _CALL)):
                urgent = _rule(chunk, start, sentence)
    return Rules(late, urgent)


def _sentences(chunk: Chunk) -> Iterator[tuple[int, str]]:
    for found in _SENTENCE.finditer(chunk.text):
        if sentence := found.group().strip():
            yield chunk.start + found.start() + found.group().index(sentence), sentence


def _rule(chunk: Chunk, start: int, sentence: str) -> Rule:
    plain = " ".join(sentence.replace("**", "").split())
    return Rule(plain, Evidence(Passage(chunk, 1.0), start, start + len(sentence)))
