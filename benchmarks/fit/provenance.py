"""The data files that the weights lie in: what they were fitted on, and whether that is still so."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents import research
from agents.extractive import decision as answers
from agents.extractive import scoring
from api.compose.knowledge import open_embedder
from api.settings import Settings
from benchmarks.conversations import ROOT
from benchmarks.corpora import KINDS
from benchmarks.corpora import Corpus as MadeUp
from benchmarks.fit.corpus import APART
from rag import answerability as searches
from rag import customer_questions, retrieve
from rag.ingestion.scan import scan
from rag.logistic import Logistic, path_beside
from rag.words import ranking

VERSION = 2
"""Of the fitter: rises when the same data would give other weights."""
KNOWLEDGE = ROOT / "knowledge_base"
QUESTIONS = KNOWLEDGE / "questions.jsonl"
"""The questions of the fit. Those of `questions-second.jsonl` are left for measuring."""
EVERYDAY = Path(__file__).with_name("everyday.jsonl")
"""Questions in customers' everyday words, each with the place that answers it."""
ASKED = KNOWLEDGE / customer_questions.FILE
"""Customers' questions that the search knows, with the places that answer them."""
MADE_UP_ROWS = 3000
FILES = {
    "search": path_beside(searches.__file__),
    "scoring": path_beside(scoring.__file__),
    "answers": path_beside(answers.__file__),
}


@dataclass(frozen=True, slots=True)
class Fitted:
    """A regression with the figures of its fit."""

    model: Logistic
    figures: Mapping[str, float]


def made_up() -> dict[str, MadeUp]:
    """The made-up corpora of the fit by their names."""
    return {name: make(MADE_UP_ROWS) for name, make in KINDS.items()}


def provenance(corpora: Mapping[str, MadeUp]) -> dict[str, Any]:
    """What weights are fitted on: SHA-256 digests of the data, and the settings that features depend on."""
    documents = {file.id: file.content_hash for file in scan(KNOWLEDGE, ignore=APART).files if file.subject}
    data = {
        QUESTIONS.relative_to(ROOT).as_posix(): hashlib.sha256(QUESTIONS.read_bytes()).hexdigest(),
        f"{len(documents)} documents in {KNOWLEDGE.name}": _digest(documents),
        EVERYDAY.relative_to(ROOT).as_posix(): hashlib.sha256(EVERYDAY.read_bytes()).hexdigest(),
        f"{KNOWLEDGE.name}/{ASKED.name}": hashlib.sha256(ASKED.read_bytes()).hexdigest(),
        f"{KNOWLEDGE.name}/vehicles.csv": hashlib.sha256((KNOWLEDGE / "vehicles.csv").read_bytes()).hexdigest(),
    } | {f"benchmarks/corpora.py, {name}": _digest([made.documents, made.questions]) for name, made in corpora.items()}
    settings = {
        "embedder": open_embedder(Settings().model_copy(update={"embedding_model": ""})).name,
        "words_weight": retrieve.WORDS_WEIGHT,
        "words_power": retrieve.WORDS_POWER,
        "words_told": retrieve.WORDS_TOLD,
        "words_least": retrieve.WORDS_LEAST,
        "identifier_weight": retrieve.IDENTIFIER_WEIGHT,
        "fields": list(ranking.FIELDS),
        "pair": ranking.PAIR,
        "saturation": ranking.SATURATION,
        "asked_weight": retrieve.ASKED_WEIGHT,
        "asked_alike": retrieve.ASKED_ALIKE,
        "threshold": retrieve.THRESHOLD,
        "passages": research.PASSAGES,
        "passages_per_model": research.PER_MODEL,
        "most_passages": research.MOST,
        "compared": scoring.SCORING.compared,
    }
    return {"fitter": VERSION, "data": data, "settings": settings}


def write(path: Path, models: Mapping[str, Fitted], origin: Mapping[str, Any]) -> None:
    """Write the file of a module."""
    made = {
        name: {"bias": fitted.model.bias, "weights": fitted.model.weights, "fit": fitted.figures}
        for name, fitted in models.items()
    }
    path.write_text(json.dumps({"made_by": "make fit", "models": made, **origin}, indent=2) + "\n", encoding="utf-8")


def outdated(origin: Mapping[str, Any]) -> list[str]:
    """What has changed since the weights were fitted, in words; empty where nothing has."""
    reasons = []
    for path in FILES.values():
        kept, name = json.loads(path.read_text(encoding="utf-8")), path.relative_to(ROOT).as_posix()
        for part in ("data", "settings"):
            before, now = kept.get(part, {}), origin[part]
            reasons += [f"{name}: {key}" for key in {**before, **now} if before.get(key) != now.get(key)]
        if kept.get("fitter") != origin["fitter"]:
            reasons.append(f"{name}: the fitter's version")
    return reasons


def _digest(content: Mapping[str, str] | Sequence[Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
