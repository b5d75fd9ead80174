"""The answerer that needs no model and no key: it finds the sentences, rows and steps that answer, and joins them."""

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from agents.fitment import Fitment
from agents.scoring import key_parts, matching_parts, rank
from agents.selection import Selection, select
from agents.statements import Statement, statements
from agents.types import Answered, Citation, Delta, Task
from agents.vehicles import Vehicles
from agents.wording import decline, word
from rag.embedder import Embedder, Vectors

_WORDS = re.compile(r"\s*\S+\s*?(?=\s|$)|\s+$")
_YIELD_EVERY = 16
_REMEMBERED = 20_000


class ExtractiveAnswerer:
    """Answers with what the passages say, in their own words."""

    def __init__(self, embedder: Embedder, vehicles: Vehicles) -> None:
        self._fitment = Fitment(vehicles)
        self._meanings = _Meanings(embedder)

    @property
    def name(self) -> str:
        return "offline"

    async def answer(self, task: Task) -> AsyncIterator[Delta | Answered]:
        text, answered = await asyncio.to_thread(self.compose, task)
        for number, piece in enumerate(_WORDS.findall(text), start=1):
            yield Delta(piece)
            if number % _YIELD_EVERY == 0:
                await asyncio.sleep(0)
        yield answered

    def compose(self, task: Task) -> tuple[str, Answered]:
        """The whole answer at once; blocks the calling thread while it compares meanings."""
        asked = self._fitment.asked(task.question, task.facts)
        question = self._fitment.question(task.question)
        stated = [stated for stated in statements(task.passages, self._fitment) if stated.cars & asked]
        found = [passage.score for passage in task.passages]
        selection = select(rank(question, stated, found, self._meanings.similarity, self._fitment.question), asked)
        if selection is None:
            return decline(), Answered(declined=True)
        unknown = len(self._fitment.models(asked)) > 1

        def pick(statement: Statement) -> tuple[Sequence[int], frozenset[int]]:
            return matching_parts(question, statement), key_parts(question, statement)

        text = word(selection, self._fitment, pick, task.first_number, unknown)
        return text, Answered(citations=_citations(selection, task))


def _citations(selection: Selection, task: Task) -> tuple[Citation, ...]:
    """One per passage used, over the stretch that holds all the evidence taken from it."""
    used = [share.statement for share in selection.shares] + list(selection.more)
    stretches: dict[int, tuple[int, int]] = {}
    for span in (span for statement in used for span in statement.evidence):
        start, end = stretches.get(span.passage, (span.start, span.end))
        stretches[span.passage] = (min(start, span.start), max(end, span.end))
    return tuple(
        Citation(task.first_number + position, task.passages[position], start, end)
        for position, (start, end) in sorted(stretches.items())
    )


class _Meanings:
    """Vectors of the texts compared lately: the same statements come up in many answers."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = Lock()

    def similarity(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The cosine similarity of the question to each text."""
        if not texts:
            return np.empty(0, dtype=np.float32)
        wanted = list(dict.fromkeys((question, *texts)))
        with self._lock:
            known = {text: self._known[text] for text in wanted if text in self._known}
        missing = [text for text in wanted if text not in known]
        if missing:
            known |= dict(zip(missing, self._embedder.embed(missing), strict=True))
        with self._lock:
            for text in wanted:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        similar: NDArray[np.float32] = np.stack([known[text] for text in texts]) @ known[question]
        return similar
