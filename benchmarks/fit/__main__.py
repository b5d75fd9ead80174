"""Fits the logistic regressions of the product and writes them beside their modules: `make fit`, or

    python -m benchmarks.fit

On one machine the result is always the same; it takes a few minutes, most of them to embed texts. The settings' data
folder keeps the 8-bit model. What each regression is fitted on:

- whether a search answers (`rag/answerability.py`): the questions of the knowledge base and of two made-up corpora, a
  table of trouble codes and a parts list, each with the documents that answer it and without them;
- which statement answers best, and whether it answers (`agents/extractive/scoring.py`), and whether the passages answer
  at all (`agents/extractive/decision.py`): the questions of the knowledge base for one specialist, and a thousand in
  customers' everyday words (`everyday.jsonl`), searched once with the questions of `customer-questions.csv`, whose
  authors are others, and once without any: not every knowledge base has them. A statement is right when it stands in a
  document that is labelled and holds one of the texts that the answer must have. Each of the three is fitted on what
  the one before it makes of the same questions;
- what a question is about and what it wants to know of it (`agents/topics/reader.py`): the examples in the TOML files
  beside that module;
- which language a message is in (`agents/acts/language_scores.py`): taken out of py3langid's model;
- every other choice that is learnt from examples (`agents/learning/teacher.py`).
"""

import asyncio
import sys
from collections.abc import Sequence

from agents.extractive.answerer import ExtractiveAnswerer
from agents.extractive.decision import features
from agents.extractive.scoring import SCORING, Scoring
from agents.learning import teacher as teaching
from agents.learning.teacher import Teacher
from agents.topics import reader as topics
from agents.vehicles.range import Vehicles
from api.cli.evaluation.questions import read_questions
from api.compose.knowledge import open_embedder
from api.compose.learnt import learn, load_vehicles
from api.settings import Settings
from benchmarks.corpora import Corpus as MadeUp
from benchmarks.fit import languages, sample
from benchmarks.fit.corpus import Corpus, customer_questions, of_folder
from benchmarks.fit.provenance import EVERYDAY, FILES, KNOWLEDGE, QUESTIONS, Fitted, made_up, provenance, write
from benchmarks.fit.questions import Posed, Row, posed, read, searches
from benchmarks.fit.questions import made_up as searched
from benchmarks.fit.regression import Choice, figures, first_right, logistic, order
from orchestrator.evaluation.cases import Case
from rag import array_file
from rag.embedder import Embedder
from rag.embedders import weights

SEARCH = ("top", "ahead", "unknown")
ORDER = (
    "coverage", "likeness", "value", "no_value", "found", "focus", "missing", "row", "steps", "instead", "beside",
    "code", "list", "cover", "apart",
)  # fmt: skip
SURE = (
    "coverage", "likeness", "found", "value", "no_value", "missing", "row", "steps", "list", "focus", "code", "cover",
    "apart",
)  # fmt: skip
ASKED = ("asked_own", "asked_mean", "asked_words", "asked_near")
"""What is known of a statement besides where the search knows customers' questions."""
ANSWERS = ("sure", "length", "kind", "spoken", "named")
_BUNDLED = 4
"""How many times a question in the documents' words counts as one in everyday words, of which there are so many more.
Both kinds are asked."""
_EVERY = 1_000_000
"""Of the statements: all are compared in meaning, so that no weights decide which."""


def fit_search(
    corpus: Corpus, cases: Sequence[Case], vehicles: Vehicles, corpora: Sequence[MadeUp], embedder: Embedder
) -> Fitted:
    rows = [*searches(corpus, cases, vehicles), *(row for made in corpora for row in searched(made, embedder))]
    return Fitted(logistic(rows, SEARCH), figures(rows, SEARCH))


def fit_order(asked: Sequence[Posed], answerer: ExtractiveAnswerer, names: Sequence[str]) -> Fitted:
    choices = []
    for example, reading in read(asked, answerer, Scoring(SCORING.order, SCORING.sure, _EVERY)):
        verdicts = [(dict(scored.features), example.right(scored)) for scored in reading.ranked]
        right = tuple(features for features, verdict in verdicts if verdict)
        wrong = tuple(features for features, verdict in verdicts if verdict is False)
        if right and wrong:
            choices += [Choice(right, wrong, example.group)] * (_BUNDLED if example.bundled else 1)
    return Fitted(order(choices, names), first_right(choices, names))


def fit_sure(asked: Sequence[Posed], answerer: ExtractiveAnswerer, scoring: Scoring, names: Sequence[str]) -> Fitted:
    rows = [
        Row(dict(reading.ranked[0].features), right, example.group)
        for example, reading in read(asked, answerer, scoring)
        if (right := example.right(reading.ranked[0])) is not None
    ]
    return Fitted(logistic(rows, names), figures(rows, names))


def fit_answers(asked: Sequence[Posed], answerer: ExtractiveAnswerer, scoring: Scoring) -> Fitted:
    """Whether what was found holds the answer. Questions of which it does not count as much as those of which it does,
    though they are fewer: to answer one of them is worse than to decline one that could be answered."""
    seen = [
        (example, reading, any(example.right(scored) is not False for scored in reading.ranked))
        for example, reading in read(asked, answerer, scoring)
    ]
    held = sum(holds for _, _, holds in seen)
    weight = held / (len(seen) - held)
    rows = [
        Row(features(reading.question, reading.ranked), holds, example.group, 1.0 if holds else weight)
        for example, reading, holds in seen
    ]
    return Fitted(logistic(rows, ANSWERS), figures(rows, ANSWERS))


def main() -> None:
    settings = Settings().model_copy(update={"knowledge_dir": KNOWLEDGE, "embedding_model": ""})
    embedder, vehicles, cases = open_embedder(settings), load_vehicles(settings), read_questions(QUESTIONS)
    chunks, corpora = of_folder(KNOWLEDGE), made_up()
    corpus = Corpus(chunks, embedder)
    answerer = ExtractiveAnswerer(embedder, vehicles, weights.vocabulary(""))
    scoring = SCORING
    fitted: dict[str, dict[str, Fitted]] = {
        "search": {"answerable": fit_search(corpus, cases, vehicles, [*corpora.values()], embedder)},
        "scoring": {},
        "answers": {},
    }
    known = Corpus(chunks, embedder, customer_questions(KNOWLEDGE, embedder, vehicles.generic))
    for searched_in, suffix, more in ((known, "_asked", ASKED), (corpus, "", ())):
        asked = [
            *asyncio.run(posed(searched_in, cases, vehicles, bundled=True)),
            *asyncio.run(posed(searched_in, read_questions(EVERYDAY), vehicles)),
        ]
        best = fit_order(asked, answerer, (*ORDER, *more))
        sure = fit_sure(asked, answerer, Scoring(best.model, SCORING.sure), (*SURE, *more))
        scoring = Scoring(best.model, sure.model)
        fitted["scoring"] |= {f"order{suffix}": best, f"sure{suffix}": sure}
        fitted["answers"][f"answerable{suffix}"] = fit_answers(asked, answerer, scoring)
    origin = provenance(corpora)
    for name, models in fitted.items():
        write(FILES[name], models, origin)
        for model, found in models.items():
            print(f"{FILES[name]} {model}: {dict(found.figures)}", file=sys.stderr)
    array_file.write(topics.WEIGHTS, topics.stored(embedder))
    languages.write()
    teacher = Teacher(embedder, teaching.LEARNT, shipped=None, packs=True)
    learn(settings, teacher, chunks, vehicles)
    teacher.settle()
    print(topics.WEIGHTS, teaching.LEARNT, file=sys.stderr)
    sample.write(sample.take(sample.searchable(chunks), cases, vehicles, scoring))


if __name__ == "__main__":
    main()
