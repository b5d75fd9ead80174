from pathlib import Path

import numpy as np
import pytest

from agents.extractive.scoring import ANSWERS, ASKED, Scored, matching_parts, rank, telling
from agents.passages.statements import statements
from agents.vehicles.applicability import Fitment
from rag.types import Likeness, Passage
from tests.unit.agents.manual import VEHICLES, WordEmbedder, chunk, documents, passages

FITMENT = Fitment(VEHICLES)
EMBEDDER = WordEmbedder()


def similarity(question: str, texts: list[str]) -> np.ndarray:
    return EMBEDDER.embed(texts) @ EMBEDDER.embed([question])[0]


def ranked(question: str, found: tuple[Passage, ...]) -> list[Scored]:
    stated = statements(found, FITMENT)
    cars = FITMENT.candidates(question, {})
    return rank(FITMENT.question(question), stated, found, similarity, FITMENT.question, cars)  # type: ignore[arg-type]


def best(question: str, *texts: str) -> str:
    found = tuple(Passage(chunk(text, start=100 * number), 0.6) for number, text in enumerate(texts, start=1))
    return ranked(question, found)[0].statement.text


def test_nothing_is_ranked_out_of_nothing() -> None:
    assert ranked("What is the power?", ()) == []


def test_every_feature_counts_and_every_weight_has_its_feature() -> None:
    (scored,) = ranked("Where is the jack?", (Passage(chunk("The jack is under the floor."), 0.6),))
    assert set(scored.features) == set(ASKED.order.weights) | set(ASKED.sure.weights)


def test_the_statement_that_holds_the_words_is_best() -> None:
    assert (
        best("Where is the jack?", "The pump is below the seat.", "The jack is under the floor.")
        == "The jack is under the floor."
    )


def test_a_value_of_the_kind_asked_for_is_better_than_none() -> None:
    assert "2.4 bar" in best(
        "What is the tyre pressure?", "Check the tyre pressure every month.", "Tyre pressure: keep it at 2.4 bar."
    )


def test_a_synonym_matches() -> None:
    assert "2.4" in best("tire inflation?", "The seat folds.", "Tyre inflation is 2.4 bar.")


def test_the_code_asked_for_is_told_from_its_neighbour() -> None:
    rows = "| Code | Meaning |\n|---|---|\n| P0301 | misfire, cylinder 1 |\n| P0302 | misfire, cylinder 2 |"
    assert "cylinder 2" in best("What does P0302 mean?", rows)


def test_a_question_for_steps_finds_one_of_them_and_their_list(tmp_path: Path) -> None:
    found = passages(documents(tmp_path))
    scored = ranked("How do I charge the 12-volt battery?", found)
    assert scored[0].statement.span.kind in {"list", "step"}
    whole = next(each for each in scored if each.statement.items and each.features["steps"])
    assert len(whole.statement.items) == 3
    assert whole is scored[0] or scored[0].statement.span in whole.statement.items


@pytest.mark.parametrize(
    ("question", "answers"),
    [
        ("What is the maximum torque of the Teal 40?", True),
        ("How often is brake fluid changed?", True),
        ("What is the paint code of the Teal?", False),
        ("How many loudspeakers does the Rook have?", False),
    ],
)
def test_the_probability_tells_answers_from_neighbours(tmp_path: Path, question: str, answers: bool) -> None:
    assert (ranked(question, passages(documents(tmp_path)))[0].probability >= ANSWERS) is answers


def test_probabilities_are_probabilities_and_the_order_is_kept(tmp_path: Path) -> None:
    results = ranked("What is the maximum power?", passages(documents(tmp_path)))
    assert all(0 < result.probability < 1 for result in results)
    assert [result.order for result in results] == sorted((result.order for result in results), reverse=True)


def test_the_telling_words_of_a_question() -> None:
    assert telling("Hello, what is the 12-volt battery's type, please?") == {
        "12volt": "12-volt",
        "batteri": "battery's",
    }


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("How often is the oil changed?", ["Interval"]),
        ("How many litres of oil?", ["Quantity"]),
        ("Tell me about the oil", ["Grade", "Quantity", "Interval"]),
    ],
)
def test_the_columns_that_a_question_asks_for(question: str, columns: list[str]) -> None:
    table = "| Item | Grade | Quantity | Interval |\n|---|---|---|---|\n| Oil | SP-6 | 4.6 litres | 12 months |"
    (row,) = statements((Passage(chunk(table), 0.5),), FITMENT)
    assert [row.parts[position].column for position in matching_parts(question, row)] == columns


def test_what_answers_a_question_like_this_is_the_better_answer() -> None:
    text = "The jack is under the floor of the boot. The torch is in the glove box."
    piece = chunk(text)
    question = "where do they keep the thing that lifts the car"
    likeness = Likeness(0.9, piece.start)
    known = ranked(question, (Passage(piece, 0.4, (likeness,)),))
    assert known[0].statement.text.startswith("The jack")
    assert known[0].features["asked_own"] == 0.9
    assert known[1].features["asked_own"] == 0.0
    assert known[1].features["asked_near"] == 0.9
    assert known[0].probability > max(scored.probability for scored in known[1:])
