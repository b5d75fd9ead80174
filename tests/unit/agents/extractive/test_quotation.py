from collections.abc import Sequence
from dataclasses import replace

import pytest

from agents.extractive.quotation import EXPLANATION, quote, word
from agents.extractive.scoring import Scored
from agents.passages.statements import Statement, statements
from agents.types import Task
from agents.vehicles.applicability import Fitment
from rag.types import Passage
from tests.unit.agents.manual import VEHICLES, chunk

FITMENT = Fitment(VEHICLES)
TABLE = "| | Teal 40 | Teal 60 |\n|---|---|---|\n| Maximum power | 80 kW | 110 kW |\n| Torque | 210 Nm | 260 Nm |"
LIST = "Do this:\n\n1. Switch off.\n2. Open the lid.\n3. Wait."


def scored(texts: Sequence[str], best: str, *, steps: bool = False) -> tuple[tuple[Passage, ...], list[Scored]]:
    """Passages of the texts, and their statements with the one that holds `best` first; `steps`: they are asked for."""
    found = tuple(
        Passage(chunk(text, section=(f"Part {number}",), start=1000 * number), 0.6) for number, text in enumerate(texts)
    )
    ranked = [_scored(statement, best, steps) for statement in statements(found, FITMENT)]
    return found, sorted(ranked, key=lambda one: -one.order)


def _scored(statement: Statement, best: str, steps: bool) -> Scored:
    order = (3.0 if best in statement.text else 0.0) - bool(statement.items)
    asked = float(steps and bool(statement.items))
    return Scored(statement, order, 0.3, frozenset(), {"likeness": 0.1, "steps": asked})


def said(texts: Sequence[str], best: str, *, longest: int = EXPLANATION, steps: bool = False) -> str:
    found, ranked = scored(texts, best, steps=steps)
    return word(quote(ranked, longest), FITMENT, Task("?", "", found, first_number=3), FITMENT.everything)


def test_the_passage_of_the_best_statement_is_quoted_with_heading_and_marker() -> None:
    text = said(["The roof is red. It is flat.", "The jack is here. Lift it."], "jack")
    assert text == "Our documents say, under *Part 1*: The jack is here. Lift it. [4]"


@pytest.mark.parametrize("longest", [20, 30, 60])
def test_only_whole_sentences_that_fit_are_quoted_around_the_best(longest: int) -> None:
    sentences = ["One is here.", "Two is there.", "Three is best.", "Four follows it."]
    _, ranked = scored([" ".join(sentences)], "best")
    texts = [statement.text for statement in quote(ranked, longest).statements]
    assert "Three is best." in texts
    assert sum(map(len, texts)) <= longest
    assert texts == [sentence for sentence in sentences if sentence in texts]


def test_the_best_statement_is_quoted_however_long_it_is() -> None:
    assert "The jack is here." in said(["The jack is here. Lift it."], "jack", longest=5)


def test_a_row_is_one_line_with_each_cars_value() -> None:
    assert "Maximum power: Teal 40 80 kW; Teal 60 110 kW" in said([TABLE], "power")


def test_rows_far_behind_the_best_are_not_quoted_beside_it() -> None:
    assert "Torque" not in said([TABLE], "power")


def test_steps_that_are_asked_for_are_quoted_whole() -> None:
    assert "1. Switch off.\n2. Open the lid.\n3. Wait." in said([LIST], "lid", longest=10, steps=True)
    assert "1. Switch off." not in said([LIST], "lid", longest=10)


def test_a_row_that_says_whether_answers_that_before_all_else() -> None:
    table = "| Equipment | Teal 40 | Teal 60 |\n|---|---|---|\n| App control | not available | standard |"
    _, ranked = scored([table, "Hold the button to connect the app."], "button")
    whether = [
        replace(one, holds=frozenset({"app"}) & frozenset(one.statement.text.casefold().split()))
        if one.statement.parts
        else one
        for one in ranked
    ]
    for one in whether:
        one.features["beside"] = 0.5  # type: ignore[index]  # of the test's own making
    assert quote(whether, whether=True).statements[0].text == "App control: not available"
    assert "button" in quote(whether).statements[0].text
