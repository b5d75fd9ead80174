"""Which past answers would lose a source: whether the evidence that they cite still stands when documents change."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from rapidfuzz import fuzz

from orchestrator.store import PastAnswer, UsedPassage

State = Literal["unchanged", "moved", "changed", "gone"]

ALIKE = 60.0
"""rapidfuzz's partial ratio, 0..100, from which a stretch of the new text counts as what the old one became."""


@dataclass(frozen=True, slots=True)
class Place:
    """What became of a cited stretch of text: `text` is what stands there now, "" where it is gone."""

    state: State
    text: str = ""

    @property
    def stands(self) -> bool:
        return self.state in {"unchanged", "moved"}


@dataclass(frozen=True, slots=True)
class Source:
    """A citation of a past answer: `text` is the evidence as the customer saw it, `becomes` what would become of it."""

    passage: UsedPassage
    text: str
    becomes: Place


@dataclass(frozen=True, slots=True)
class Affected:
    """A past answer that cites a document which would change; `lost`: those of its sources that would not stand."""

    answer: PastAnswer
    sources: tuple[Source, ...]

    @property
    def lost(self) -> tuple[Source, ...]:
        return tuple(source for source in self.sources if not source.becomes.stands)


def impact(
    answers: Iterable[PastAnswer],
    text_of: Callable[[str, int], str | None],
    after: Mapping[str, tuple[str | None, str | None]],
) -> Iterator[Affected]:
    """Each of `answers` with what would become of its sources in the documents of `after`. `text_of` gives the text of
    a version; `after` the text of each document now and then, None where there is none. What stands no longer now, or
    was erased, is not counted: this change does not touch it."""
    text_of = cache(text_of)
    for answer in answers:
        sources = tuple(filter(None, (_source(passage, text_of, after) for passage in answer.passages)))
        if sources:
            yield Affected(answer, sources)


def _source(
    passage: UsedPassage,
    text_of: Callable[[str, int], str | None],
    after: Mapping[str, tuple[str | None, str | None]],
) -> Source | None:
    if not passage.cited or passage.document_id not in after:
        return None
    now, then = after[passage.document_id]
    cited = text_of(passage.document_id, passage.version)
    evidence = cited[passage.start : passage.end] if cited else ""
    if not evidence.strip() or not place(evidence, passage.start, now).stands:
        return None
    return Source(passage, evidence, place(evidence, passage.start, then))


def place(evidence: str, start: int, text: str | None) -> Place:
    """What became of `evidence`, which stood at `start`, in `text`; blanks and line ends may differ."""
    if text is None:
        return Place("gone")
    if text.startswith(evidence, start):
        return Place("unchanged", evidence)
    words = r"\s+".join(map(re.escape, evidence.split()))
    if match := re.search(words, text):
        return Place("moved", match.group())
    near = fuzz.partial_ratio_alignment(evidence, text, score_cutoff=ALIKE)
    if near is None or near.dest_start == near.dest_end:
        return Place("gone")
    return Place("changed", _whole_words(text, near.dest_start, near.dest_end))


def _whole_words(text: str, start: int, end: int) -> str:
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return text[start:end].strip()
