"""Whom to turn to, as the documents state it: the whole sentence, with its telephone number, address or hours."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.acts.act import Act
from agents.appointments.dealers import workshops
from agents.appointments.dealers.workshops import Workshop
from agents.context import Resources
from agents.diagnosis import contacts as numbers
from agents.passages.citations import MARKER
from agents.passages.spans import plain, spans
from agents.types import Citation
from rag.types import Passage

_SOUGHT: dict[Act, str] = {
    "complaint": "complaint: whom to write to or call",
    "money_back": "complaint, refund, withdrawal from the contract: whom to write to",
    "privacy": "personal data: information, correction, deletion, whom to write to",
}
"""What is searched for where another contact than customer care may be the right one."""
_PASSAGES = 4
_LONGEST = 300
_DEALERS = 2
_ALIKE = 0.6
"""The likeness to a customer's question from which on what answers that is said first."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that says how to reach somebody, and where it stands; `number` is the telephone number or address."""

    text: str
    number: str
    passage: Passage
    start: int
    end: int


async def find(act: Act, resources: Resources, said: str = "") -> tuple[Statement, ...]:
    """The sentences that fit the act: the one about it, those of the dealers of whom was `said` something, and the one
    of customer care."""
    found: list[Statement] = []
    if act in _SOUGHT:
        passages = await resources.search(_SOUGHT[act], subjects=None, k=_PASSAGES)
        found += list(_written(passages))[:1]
    dealers = await resources.reference.derived(workshops.parse)
    found += [_of_dealer(row) for row in dealers.named(said)[:_DEALERS]]
    known = await resources.reference.derived(numbers.parse)
    found += _fullest(known.care)
    if act == "person":
        found += _fullest(known.roadside)
    apart = {(statement.passage.chunk.document_id, statement.start): statement for statement in found}
    return tuple(apart.values())


async def first_of_each(resources: Resources) -> tuple[Statement | None, Statement | None, Statement | None]:
    """Where the numbers of customer care, of the emergency services and of roadside assistance stand, if anywhere."""
    known = await resources.reference.derived(numbers.parse)
    care, emergency, roadside = (
        _stated(stated[0]) if stated else None for stated in (known.care, known.emergency, known.roadside)
    )
    return care, emergency, roadside


async def told(text: str, resources: Resources) -> Statement | None:
    """What the documents say to those who have asked what this message does: its sentence or step. None where nobody
    asked in such words."""
    places = await asyncio.to_thread(resources.asked, text)
    if not places or places[0].cosine < _ALIKE or places[0].start is None:
        return None
    passage = Passage(places[0].chunk, 1.0)
    for span in spans(places[0].chunk, 0):
        if span.start <= places[0].start < span.end and span.kind != "row" and len(span.text) <= _LONGEST:
            return Statement(plain(span.text), "", passage, span.start, span.end)
    return None


def cited(statements: Sequence[Statement]) -> Iterator[Citation]:
    """A citation of each, numbered from 1."""
    for number, statement in enumerate(statements, 1):
        yield Citation(number, statement.passage, statement.start, statement.end)


def unmarked(text: str) -> str:
    """A text without its markers `[n]`."""
    return MARKER.sub("", text)


def first_sentence(text: str) -> str:
    """The first sentence, or the first line where that is none, without where it stands."""
    line = next((line.strip(" -*|") for line in text.splitlines() if line.strip() and not line.endswith(":")), "")
    line = line.partition("*: ")[2] or line
    end = line.find(". ")
    return line[: end + 1] if end > 0 else line


def _of_dealer(row: Workshop) -> Statement:
    evidence = row.evidence
    return Statement(
        f"{row.name}, {row.town}: {row.telephone}.", row.telephone, evidence.passage, evidence.start, evidence.end
    )


def _fullest(contacts: Sequence[numbers.Contact]) -> list[Statement]:
    """Of the sentences that state the best number, the one that says most of how and when somebody is reached: it has
    most figures and addresses."""
    stated = [_stated(contact) for contact in contacts if contact.number == contacts[0].number]
    full = [statement for statement in stated if statement.text and len(statement.text) <= _LONGEST]
    return [max(full, key=lambda statement: _details(statement.text))] if full else []


def _details(text: str) -> int:
    return sum(character.isdigit() for character in text) + 10 * text.count("@")


def _written(passages: Sequence[Passage]) -> Iterator[Statement]:
    """Sentences with an address to write to."""
    for number, passage in enumerate(passages):
        for span in spans(passage.chunk, number):
            address = next((word.strip(".,;:()<>") for word in span.text.split() if "@" in word[1:-1]), "")
            if address and len(span.text) <= _LONGEST:
                yield Statement(plain(span.text), address, passage, span.start, span.end)


def _stated(contact: numbers.Contact) -> Statement:
    """The sentence that states a number."""
    evidence = contact.evidence
    chunk = evidence.passage.chunk
    text = plain(chunk.text[evidence.start - chunk.start : evidence.end - chunk.start])
    return Statement(text, contact.number, evidence.passage, evidence.start, evidence.end)
