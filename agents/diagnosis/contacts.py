"""Telephone numbers for people in need, as the knowledge base states them, each with the sentence that does."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.language.numbers import before
from agents.language.phrases import Phrases
from agents.language.tokens import tokens
from agents.language.words import vocabulary
from agents.passages.spans import Span, spans
from agents.types import Evidence
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

_SHORT = Phrases(
    (
        "(call|dial|ring|ambulance)", "emergency (service|services|number|call)", "fire (service|brigade)",
    )
)  # fmt: skip
"""Before a number of three digits that is for emergencies."""
_MEASURES = vocabulary("km euro euros metre metres litre litres")
_NEAR = 20
"""Characters between what is called and its number."""
_INNER = frozenset("()/-")
_LEAST, _LONGEST = 7, 18
"""Digits and characters of a telephone number."""
_WHO = {
    "line": Phrases(("emergency (|service) (line|hotline|number|telephone|phone)",)),
    "poison": Phrases(("(poison|poisons|poisoning)",)),
    "roadside": Phrases(("(roadside|breakdown|breakdowns|recovery|patrol|assistance)",)),
    "care": Phrases(("customer (care|service|services|relation|relations)", "hotline", "help line", "helpline")),
}


@dataclass(frozen=True, slots=True)
class Contact:
    """A number as it is dialled, and where it is stated."""

    number: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Contacts:
    """The places that state a number for each kind of help, the best first: the number stated most often, and of its
    places the document about it. `line` is the maker's own for emergencies, `emergency` everybody's."""

    roadside: tuple[Contact, ...] = ()
    care: tuple[Contact, ...] = ()
    poison: tuple[Contact, ...] = ()
    emergency: tuple[Contact, ...] = ()
    line: tuple[Contact, ...] = ()


def first(contacts: Sequence[Contact], subjects: Sequence[str]) -> Contact | None:
    """The best of them that stands in a document of one of these subjects."""
    return next((contact for contact in contacts if contact.evidence.passage.chunk.subject in subjects), None)


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> Contacts:
    """The numbers of roadside assistance, customer care, the poison centre, the maker's own emergency line and the
    emergency services, where stated."""
    stated: dict[str, list[tuple[float, Contact]]] = {kind: [] for kind in (*_WHO, "emergency")}
    for chunk in chunks:
        passage = Passage(chunk, 1.0)
        for span in spans(chunk, 0):
            for kind, number, share in _numbers(span, chunk):
                stated[kind].append((share, Contact(number, Evidence(passage, span.start, span.end))))
    return Contacts(**{kind: _ordered(found) for kind, found in stated.items()})


def _numbers(span: Span, chunk: Chunk) -> Iterator[tuple[str, str, float]]:
    """The numbers of a sentence: whose each is, and how much of the document's title is about them."""
    text, about = span.text, f"{chunk.title} {' '.join(chunk.section)}"
    for start, end in _telephones(text):
        if text[start:end] not in chunk.text:  # made up of two cells of a table
            continue
        near = {kind: max((word.end for word in who.spans(text[:start])), default=-1) for kind, who in _WHO.items()}
        kind = max(near, key=lambda candidate: near[candidate])
        if near[kind] < 0:
            kind = next((item for item, who in _WHO.items() if about in who), "")
        if kind:
            named = len(list(_WHO[kind].spans(chunk.title)))
            yield kind, text[start:end], named / max(len(chunk.title.split()), 1)
    for found in _SHORT.spans(text):
        if short := _short(text, found.last):
            yield "emergency", short, 0.0


def _telephones(text: str) -> Iterator[tuple[int, int]]:
    """Where the telephone numbers of a text stand, from and to."""
    read = tokens(text)
    at = 0
    while at < len(read):
        first, last = read[at], at
        if first.kind == "number" and (before(text, first.start) or " ") not in ".,/-":
            for place in range(at + 1, len(read)):
                if (
                    read[place].kind == "number"
                    and read[place].word.isdecimal()
                    and read[place].end - first.start <= _LONGEST
                ):
                    last = place
                elif read[place].word not in _INNER:
                    break
        if first.word.isdecimal() and sum(map(str.isdecimal, text[first.start : read[last].end])) >= _LEAST:
            yield first.start - (before(text, first.start) == "+"), read[last].end
        at = last + 1


def _short(text: str, place: int) -> str:
    """The number of three digits that follows soon in the same sentence, "" where there is none."""
    read = tokens(text)
    begin = read[place - 1].end
    for at in range(place, len(read)):
        token = read[at]
        if token.start - begin > _NEAR or token.word in {".", ";"}:
            break
        if token.kind == "number":
            behind = read[at + 1] if at + 1 < len(read) else None
            measured = behind is not None and (behind.kind == "number" or behind.word in _MEASURES)
            return token.word if len(token.word) == 3 and token.word.isdecimal() and not measured else ""
    return ""


def _ordered(found: Sequence[tuple[float, Contact]]) -> tuple[Contact, ...]:
    counts = Counter(contact.number for _, contact in found)
    ranked = sorted(
        found, key=lambda match: (-counts[match[1].number], -match[0], match[1].evidence.end - match[1].evidence.start)
    )
    return tuple(contact for _, contact in ranked)
