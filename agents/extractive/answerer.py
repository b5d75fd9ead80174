"""The answerer that needs no model and no key: it finds the sentences, rows and steps that answer, and joins them."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from agents.extractive import quotation
from agents.extractive.correction import corrected
from agents.extractive.decision import LEAST, LEAST_ASKED, POSSIBLE, answerable, speaks
from agents.extractive.pieces import pieces
from agents.extractive.quotation import quote
from agents.extractive.scoring import Scored, Scoring, key_parts, knows_questions, matching_parts, rank
from agents.extractive.selection import led, select
from agents.extractive.wording import decline, word
from agents.language import synonyms
from agents.language.terms import respelt
from agents.language.words import content
from agents.passages.statements import Statement, statements
from agents.types import Answered, Citation, Task
from agents.vehicles.applicability import Cars, fitment_of
from agents.vehicles.makes import other_make
from agents.vehicles.range import Vehicles
from agents.verification.check import check
from rag.embedder import Embedder, Vectors

_REMEMBERED = 20_000
_OF_OTHERS = 0.65
"""The likeness to a question of another customer from which on one that names another make can be answered: "may I jump
a BMW off mine"."""
_FEW = 3
"""Words of content of a question that wants no more than a fact."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The question without slips and the names of vehicles, the cars that it is about, and the statements that concern
    them, best answer first."""

    question: str
    cars: Cars
    ranked: Sequence[Scored]


class ExtractiveAnswerer:
    """Answers with what the passages say, in their own words."""

    def __init__(self, embedder: Embedder, vehicles: Vehicles, vocabulary: Collection[str] = ()) -> None:
        """`vocabulary`: words of the language, in lower case, that are no misspellings of others."""
        self._fitment = fitment_of(vehicles)
        self._meanings = _Meanings(embedder)
        self._vocabulary = vocabulary

    @property
    def name(self) -> str:
        return "offline"

    @property
    def calls_tools(self) -> bool:
        return False

    async def answer(self, task: Task) -> AsyncIterator[str | Answered]:
        text, answered = await asyncio.to_thread(self.checked, task)
        async for piece in pieces(text):
            yield piece
        yield answered

    def checked(self, task: Task) -> tuple[str, Answered]:
        """The answer with what the check of every answer finds in the passages that it cites; its citations are exact
        without it. Blocks."""
        text, answered = self.compose(task)
        numbered = {citation.number: citation.passage for citation in answered.citations}
        verdict = check(text, numbered, self._fitment, task, declined=answered.declined)
        return text, replace(answered, unsupported=verdict.unsupported)

    def read(self, task: Task, scoring: Scoring | None = None) -> Reading:
        """The statements of the passages, scored; blocks the calling thread while it compares meanings."""
        cars = self._fitment.candidates(task.question, task.facts)
        stated = [stated for stated in statements(task.passages, self._fitment) if stated.cars & cars]
        question = corrected(self._fitment.question(respelt(task.question)), stated, self._vocabulary)
        nameless = self._fitment.question
        ranked = rank(question, stated, task.passages, self._meanings.similarity, nameless, cars, scoring)
        return Reading(question, cars, led(ranked) if ranked else ranked)

    def compose(self, task: Task) -> tuple[str, Answered]:
        """The whole answer at once; blocks the calling thread while it compares meanings."""
        if task.unknown or task.unanswered:
            return decline(task.unknown), Answered(declined=True)
        read = self.read(task)
        question, cars, ranked = read.question, read.cars, read.ranked
        asked = knows_questions(task.passages)
        chance = answerable(question, ranked, asked=asked)
        others = other_make(task.question) and ranked and ranked[0].features["asked_own"] < _OF_OTHERS
        if chance < POSSIBLE or others or not content(question):
            return decline(), Answered(declined=True)
        selection = select(ranked, cars) if chance >= (LEAST_ASKED if asked else LEAST) else None
        if selection is None:
            plain_fact = synonyms.expected(question) is not None or len(content(question)) <= _FEW
            longest = quotation.FACT if plain_fact else quotation.EXPLANATION
            best = quote(ranked, longest, whether=not asked and synonyms.asks_whether(question))
        told = selection.statements if selection else best.statements
        if not asked and not speaks([scored for scored in ranked if scored.statement in told]):
            return decline(), Answered(declined=True)
        if selection is None:
            text = quotation.word(best, self._fitment, task, cars)
            return text, replace(_cited(best.statements, task), hedged=True)

        def pick(statement: Statement) -> tuple[Sequence[int], frozenset[int]]:
            return matching_parts(question, statement), key_parts(question, statement)

        text = word(selection, self._fitment, pick, task.first_number, cars)
        return text, _cited(selection.statements, task)


def _cited(used: Sequence[Statement], task: Task) -> Answered:
    """One citation per passage used, over the stretch that holds all the evidence taken from it."""
    stretches: dict[int, tuple[int, int]] = {}
    for span in (span for statement in used for span in statement.evidence):
        start, end = stretches.get(span.passage, (span.start, span.end))
        stretches[span.passage] = (min(start, span.start), max(end, span.end))
    return Answered(
        tuple(
            Citation(task.first_number + position, task.passages[position], start, end)
            for position, (start, end) in sorted(stretches.items())
        )
    )


class _Meanings:
    """Vectors of the texts compared lately: the same statements come up in many answers."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._vectors: LRUCache[str, Vectors] = LRUCache(_REMEMBERED)
        self._lock = Lock()

    def similarity(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The cosine similarity of the question to each text."""
        if not texts:
            return np.empty(0, dtype=np.float32)
        unique_texts = list(dict.fromkeys((question, *texts)))
        with self._lock:
            vectors = {text: self._vectors[text] for text in unique_texts if text in self._vectors}
        missing = [text for text in unique_texts if text not in vectors]
        if missing:
            vectors |= dict(zip(missing, self._embedder.embed(missing), strict=True))
        with self._lock:
            self._vectors.update({text: vectors[text] for text in missing})
        similar: NDArray[np.float32] = np.stack([vectors[text] for text in texts]) @ vectors[question]
        return similar
