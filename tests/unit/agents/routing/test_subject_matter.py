"""What the knowledge base speaks of, over texts whose vectors are given."""

from collections.abc import Sequence

import numpy as np

from agents.learning.teacher import Teacher
from agents.routing import out_of_scope, subject_matter
from agents.routing.subject_matter import EMPTY, SubjectMatter
from agents.vehicles.range import Vehicles
from rag.embedder import Vectors
from rag.types import Chunk

WIDTH = 6
COFFEE, POETRY = 0, 1


def towards(axis: int, cosine: float, aside: int = 5) -> Vectors:
    vector = np.zeros(WIDTH, dtype=np.float32)
    vector[axis], vector[aside] = cosine, np.sqrt(1 - cosine**2)
    return vector


def rows(*vectors: Vectors) -> Vectors:
    return np.stack(vectors)


class Words:
    """Every text that speaks of coffee is one vector, every other another."""

    name = "words@1"
    dimensions = WIDTH

    def embed(self, texts: Sequence[str]) -> Vectors:
        return rows(*(towards(COFFEE if "coffee" in text.casefold() else POETRY, 1.0) for text in texts))


OF_COFFEE = SubjectMatter(rows(towards(COFFEE, 1.0)), rows(towards(2, 1.0)), rows(towards(POETRY, 1.0)))


def test_a_message_that_the_base_is_near_to_is_in_scope_and_one_that_is_near_to_nothing_is_not() -> None:
    near, far, foreign = OF_COFFEE.odds(rows(towards(COFFEE, 0.7), towards(COFFEE, 0.4), towards(POETRY, 0.9)))
    assert near > 0 > far > foreign


def test_what_is_as_near_to_what_is_for_nobody_is_not_taken() -> None:
    between = np.zeros(WIDTH, dtype=np.float32)
    between[[COFFEE, POETRY]] = np.sqrt(0.5)
    assert OF_COFFEE.odds(rows(between))[0] < 0


def test_another_question_has_to_be_nearer_than_a_statement() -> None:
    alike, same = OF_COFFEE.odds(rows(towards(2, 0.6), towards(2, 0.8)))
    assert alike < 0 < same


def test_an_empty_base_tells_nothing() -> None:
    assert EMPTY.odds(rows(towards(COFFEE, 1.0)))[0] == -np.inf


def test_what_is_for_nobody_elsewhere_and_what_this_base_speaks_of_is_not_foreign_to_it() -> None:
    chunk = Chunk(
        "c", "handbook/use.md", "handbook", "Coffee", ("Bitter coffee",), None, 0, 20, "Grind the coffee coarser."
    )
    vehicles, teacher = Vehicles(), Teacher(Words(), shipped=None)
    headings = Words().embed(["Bitter coffee"])
    assert any("coffee" in text for text in out_of_scope.UTTERANCES)
    learnt = subject_matter.learn([chunk], headings, ["is it real coffee"], (), vehicles, teacher)
    assert float((learnt.foreign @ headings.T).max()) < 0.7
    assert learnt.odds(Words().embed(["my coffee is bitter", "a poem"])).tolist()[0] > 0
    assert len(learnt.asked) == 1
