"""Telephone numbers for people in need, as the knowledge base states them, each with the sentence that does."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.passages.spans import Span, spans
from agents.types import Evidence
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

_NUMBER = re.compile(r"(?<![\d.,/-])\+?\d(?:[\d ()/-]{5,16})\d(?![\d.,]\d)")
_SHORT = re.compile(
    r"\b(?:call|dial|ring|emergency (?:services?|number|call)|fire (?:service|brigade)|ambulance)\b[^.;]{0,20}?"
    r"(?<![\d.,])(?<!\d )(\d{3})(?![\d.,]?\d| (?:km|euros?|metres?|litres?|\d))",
    re.IGNORECASE,
)
_WHO = {
    "roadside": re.compile(r"\b(?:roadside|breakdowns?|recovery|patrol|assistance)\b", re.IGNORECASE),
    "care": re.compile(r"\b(?:customer (?:care|services?|relations)|hotline|help ?line)\b", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class Contact:
    """A number as it is dialled, and where it is stated."""

    number: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Contacts:
    """The places that state a number for each kind of help, the best first: the number stated most often, and of its
    places the document about it."""

    roadside: tuple[Contact, ...] = ()
    care: tuple[Contact, ...] = ()
    emergency: tuple[Contact, ...] = ()


def first(contacts: Sequence[Contact], subjects: Sequence[str]) -> Contact | None:
    """The best of them that stands in a document of one of these subjects."""
    return next((contact for contact in contacts if contact.evidence.passage.chunk.subject in subjects), None)


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> Contacts:
    """The numbers of roadside assistance, of customer care and of the emergency services, as far as they are stated."""
    stated: dict[str, list[tuple[float, Contact]]] = {"roadside": [], "care": [], "emergency": []}
    for chunk in chunks:
        passage = Passage(chunk, 1.0)
        for span in spans(chunk, 0):
            for kind, number, share in _numbers(span, chunk):
                stated[kind].append((share, Contact(number, Evidence(passage, span.start, span.end))))
    return Contacts(**{kind: _ordered(found) for kind, found in stated.items()})


def _numbers(span: Span, chunk: Chunk) -> Iterator[tuple[str, str, float]]:
    """The numbers of a sentence: whose each is, and how much of the document's title is about them."""
    text, about = span.text, f"{chunk.title} {' '.join(chunk.section)}"
    for match in _NUMBER.finditer(text):
        number = match.group().strip()
        if sum(character.isdigit() for character in number) < 7:
            continue
        near = {
            kind: max((word.end() for word in who.finditer(text[: match.start()])), default=-1)
            for kind, who in _WHO.items()
        }
        kind = max(near, key=lambda candidate: near[candidate])
        if near[kind] < 0:
            kind = next((item for item, who in _WHO.items() if who.search(about)), "")
        if kind:
            yield kind, number, len(_WHO[kind].findall(chunk.title)) / max(len(chunk.title.split()), 1)
    for match in _SHORT.finditer(text):
        yield "emergency", match[1], 0.0


def _ordered(found: Sequence[tuple[float, Contact]]) -> tuple[Contact, ...]:
    counts = Counter(contact.number for _, contact in found)
    ranked = sorted(
        found, key=lambda match: (-counts[match[1].number], -match[0], match[1].evidence.end - match[1].evidence.start)
    )
    return tuple(contact for _, contact in ranked)
