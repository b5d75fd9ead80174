"""What the knowledge base says of late changes and of urgent faults, to be quoted with its place."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.language.phrases import Phrases
from agents.language.words import sentences
from agents.types import Evidence
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

_LATE = (
    Phrases(("fee", "(charge|charged)")),
    Phrases(("cancel* ... (later|late)", "no show", "(do|does) not (come|turn up)")),
    Phrases(("<number>",)),
)
_URGENT = (
    Phrases(("safety", "dangerous")),
    Phrases(("(slot|slots|place|places|appointment|appointments)",)),
    Phrases(("(telephone|phone|call|ring)",)),
)
"""What a sentence that states a rule whole speaks of."""


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
            if late is None and all(sentence in spoken_of for spoken_of in _LATE):
                late = _rule(chunk, start, sentence)
            if urgent is None and all(sentence in spoken_of for spoken_of in _URGENT):
                urgent = _rule(chunk, start, sentence)
    return Rules(late, urgent)


def _sentences(chunk: Chunk) -> Iterator[tuple[int, str]]:
    at = 0
    for sentence in sentences(chunk.text, ".!?"):
        at = chunk.text.index(sentence, at)
        yield chunk.start + at, sentence
        at += len(sentence)


def _rule(chunk: Chunk, start: int, sentence: str) -> Rule:
    plain = " ".join(sentence.replace("**", "").split())
    return Rule(plain, Evidence(Passage(chunk, 1.0), start, start + len(sentence)))
