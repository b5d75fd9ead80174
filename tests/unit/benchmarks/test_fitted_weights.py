"""The fitted weights belong to the data and to the scores that they were fitted on."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

import rag.retrieve
from agents.extractive.scoring import SCORING
from agents.learning.teacher import Teacher
from agents.topics import reader as topics
from agents.vehicles.range import Vehicles
from api.cli.evaluation.questions import read_questions
from api.compose.learnt import learn, load_vehicles
from api.settings import Settings
from benchmarks.fit import sample
from benchmarks.fit.corpus import Corpus, of_folder
from benchmarks.fit.provenance import FILES, KNOWLEDGE, QUESTIONS, made_up, outdated, provenance
from rag import array_file
from rag.embedder import Vectors

RUN = "The weights are not of today's data or scores: run `make fit`, then the evaluation."


@dataclass(frozen=True)
class Unasked:
    """The product's embedder where nothing is to be embedded."""

    name: str
    dimensions: int = 384

    def embed(self, texts: Sequence[str]) -> Vectors:
        pytest.fail(RUN)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return sample.searchable(of_folder(KNOWLEDGE))


def taken(corpus: Corpus) -> sample.Sample:
    vehicles = Vehicles.parse((KNOWLEDGE / "vehicles.csv").read_text(encoding="utf-8"))
    return sample.take(corpus, read_questions(QUESTIONS), vehicles, SCORING)


def test_weights_are_of_the_data_and_settings_of_today() -> None:
    assert outdated(provenance(made_up())) == [], RUN


def test_topics_are_of_the_examples_of_today() -> None:
    kept = array_file.read(topics.WEIGHTS)
    embedder = provenance(made_up())["settings"]["embedder"]
    assert (str(kept["examples"]), str(kept["embedder"])) == (topics.digest(), embedder), RUN


def test_choices_are_of_the_examples_of_today(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, knowledge_dir=KNOWLEDGE, embedding_model="")
    teacher = Teacher(Unasked(provenance(made_up())["settings"]["embedder"]), tmp_path / "learnt.npz")
    learn(settings, teacher, (), load_vehicles(settings))
    teacher.settle()
    assert not (tmp_path / "learnt.npz").exists(), RUN


def test_features_of_a_sample_are_what_they_were_at_the_fit(corpus: Corpus) -> None:
    assert sample.changed(taken(corpus)) == [], RUN


def test_another_weight_of_words_is_noticed(corpus: Corpus) -> None:
    with patch.object(rag.retrieve, "WORDS_WEIGHT", rag.retrieve.WORDS_WEIGHT + 0.02):
        assert sample.changed(taken(corpus))
        assert {reason.split(": ")[1] for reason in outdated(provenance(made_up()))} == {"words_weight"}


def test_another_question_is_noticed() -> None:
    origin = provenance(made_up())
    data = dict.fromkeys(origin["data"], "0" * 64)
    assert len(outdated({**origin, "data": data})) == len(FILES) * len(data)


@pytest.mark.parametrize("path", FILES.values(), ids=FILES)
def test_a_fit_is_better_than_saying_always_the_same(path) -> None:  # type: ignore[no-untyped-def]
    for model in json.loads(path.read_text(encoding="utf-8"))["models"].values():
        fit = model["fit"]
        if "log_loss" in fit:
            assert fit["log_loss"] <= fit["log_loss_unseen"] < fit["log_loss_constant"]
            assert fit["brier"] <= fit["brier_unseen"] < fit["brier_constant"]
