"""Labelled questions, with the features of what is found for them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.extractive.answerer import ExtractiveAnswerer, Reading
from agents.extractive.scoring import Scored, Scoring
from agents.research import gather
from agents.specialists import catalogue
from agents.types import Task
from agents.vehicles.range import Vehicles
from api.cli.evaluation.questions import question
from benchmarks.corpora import Corpus as MadeUp
from benchmarks.fit.corpus import Corpus, of_lines
from benchmarks.ranking import asked
from orchestrator.evaluation.answers import plain
from orchestrator.evaluation.cases import Case
from rag.answerability import features
from rag.embedder import Embedder
from rag.types import Passage

_EVERY_CANDIDATE = 100
_ANY = "troubleshooting"
"""Who is asked where a question does not say it: its knowledge is widest."""
Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """The features of one example, whether it answers, the question that it belongs to, and how much it counts."""

    features: Features
    answers: bool
    group: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Posed:
    """A question with the passages that its specialist finds for it. `answers`: texts of which a right answer has at
    least one, empty where nothing answers; `documents`: those that state it; `bundled`: it is one of the knowledge
    base's, in the documents' words."""

    group: str
    task: Task
    answers: tuple[str, ...]
    documents: frozenset[str]
    bundled: bool = False

    def right(self, scored: Scored) -> bool | None:
        """Whether a statement answers; None where that is not known: a document that is not labelled holds the text."""
        said = plain(scored.statement.text)
        if not any(_holds(said, plain(text)) for text in self.answers):
            return False
        document = self.task.passages[scored.statement.span.passage].chunk.document_id
        return True if document in self.documents else None


def searches(corpus: Corpus, cases: Sequence[Case], vehicles: Vehicles) -> Iterator[Row]:
    """The scores of searches for all questions of which it is known what answers them: over the whole corpus, and over
    what is left without the documents that answer."""
    for case, text in zip(cases, asked(cases, vehicles), strict=True):
        if case.relevant is None:
            continue
        relevant = frozenset(document for document, gain in case.relevant.items() if gain > 0)
        yield from _searched(corpus, text, bool(relevant), str(case.id))
        if relevant:
            with corpus.without(relevant):
                yield from _searched(corpus, text, False, str(case.id))


def made_up(source: MadeUp, embedder: Embedder) -> Iterator[Row]:
    """The same of a made-up corpus. Only every other document is there, which leaves half of the questions without an
    answer."""
    shown = source.documents[::2]
    names = {line["id"] for line in shown}
    corpus = Corpus(of_lines(shown), embedder)
    for line in source.questions:
        yield from _searched(corpus, line["question"], not names.isdisjoint(line["relevant"]), line["id"])


def _searched(corpus: Corpus, text: str, answers: bool, group: str) -> Iterator[Row]:
    found = corpus.find(text, k=_EVERY_CANDIDATE, whole=True)
    scores = sorted((passage.score for passage in found.passages), reverse=True)
    if scores:
        yield Row(features(scores, unknown=bool(found.unknown)), answers, group)


async def posed(corpus: Corpus, cases: Sequence[Case], vehicles: Vehicles, *, bundled: bool = False) -> list[Posed]:
    """Every question for one specialist, or for none in particular, with the passages that are found for it."""
    specialists = {specialist.name: specialist for specialist in catalogue()}

    async def search(texts: Sequence[str], *, subjects: Sequence[str] | None, k: int) -> Sequence[tuple[Passage, ...]]:
        return [corpus.find(text, subjects=subjects, k=k).passages for text in texts]

    made = []
    for case, text in zip(cases, asked(cases, vehicles), strict=True):
        route = next(iter(case.routes), _ANY)
        if len(case.routes) > 1 or route not in specialists or not (case.contains or case.kind == "absent"):
            continue
        facts = question(case, vehicles).facts
        found = await gather(search, text, specialists[route], vehicles, facts)
        task = Task(text, "", found.passages, facts=facts)
        made.append(Posed(str(case.id), task, case.contains, frozenset(case.documents), bundled))
    return made


def read(posed: Sequence[Posed], answerer: ExtractiveAnswerer, scoring: Scoring) -> Iterator[tuple[Posed, Reading]]:
    """The statements of what was found for each question, scored; without those for which nothing was found."""
    for example in posed:
        reading = answerer.read(example.task, scoring)
        if reading.ranked:
            yield example, reading


def _holds(text: str, part: str) -> bool:
    """Whether a text has a part that does not go on in a word or number: `12 m` has no `2 m`."""
    return re.search(rf"(?<![\w.,]){re.escape(part)}(?!\w|[.,]\d)", text) is not None
