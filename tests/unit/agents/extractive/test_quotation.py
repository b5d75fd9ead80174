from collections.abc import Sequence

import pytest

from agents.extractive.quotation import ALONE, CLOSEST, Room, quotes, word
from agents.extractive.scoring import Scored
from agents.passages.statements import Statement, statements
from agents.types import Task
from agents.vehicles.applicability import Fitment
from rag.types import Passage
from tests.unit.agents.manual import VEHICLES, chunk

FITMENT = Fitment(VEHICLES)
TABLE = "| | Teal 40 | Teal 60 |\n|---|---|---|\n| Maximum power | 80 kW | 110 kW |\n| Torque | 210 Nm | 260 Nm |"
LIST = "Do this:\n\n1. Switch off.\n2. Open the lid.\n3. Wait."


def scored(texts: Sequence[str], best: str, lead: float = 3.0) -> tuple[tuple[Passage, ...], list[Scored]]:
    """Passages of the texts, and their statements with the one that holds `best` first."""
    found = tuple(
        Passage(chunk(text, section=(f"Part {number}",), start=1000 * number), 0.6) for number, text in enumerate(texts)
    )
    ranked = [_scored(statement, best, lead) for statement in statements(found, FITMENT)]
    return found, sorted(ranked, key=lambda one: -one.order)


def _scored(statement: Statement, best: str, lead: float) -> Scored:
    order = lead if best in statement.text else 0.0
    return Scored(statement, order, 0.3, frozenset(), {"likeness": 0.1})


def said(texts: Sequence[str], best: str, room: Room = ALONE) -> str:
    found, ranked = scored(texts, best)
    return word(quotes(ranked, room), CLOSEST, FITMENT, Task("?", "", found, first_number=3), FITMENT.everything)


def test_without_statements_nothing_is_quoted() -> None:
    assert quotes([]) == ()


def test_the_passage_of_the_best_statement_comes_first_with_heading_and_marker() -> None:
    text = said(["The roof is red. It is flat.", "The jack is here. Lift it."], "jack")
    assert text.startswith(f"{CLOSEST}\n\n**Part 1**\n\nThe jack is here. Lift it. [4]")
    assert "[3]" in text


def test_no_more_passages_than_there_is_room_for() -> None:
    assert "[3]" not in said(["The roof is red.", "The jack is here."], "jack", Room(1, 500, 500))


def test_a_passage_far_behind_the_best_is_not_quoted() -> None:
    _, ranked = scored(["The roof is red.", "The jack is here."], "jack", lead=9.0)
    assert [quote.passage for quote in quotes(ranked)] == [1]


@pytest.mark.parametrize("longest", [20, 30, 60])
def test_only_whole_sentences_that_fit_are_quoted_around_the_best(longest: int) -> None:
    sentences = ["One is here.", "Two is there.", "Three is best.", "Four follows it."]
    _, ranked = scored([" ".join(sentences)], "best")
    (quote,) = quotes(ranked, Room(1, longest, longest))
    texts = [statement.text for statement in quote.statements]
    assert "Three is best." in texts
    assert sum(map(len, texts)) <= longest
    assert texts == [sentence for sentence in sentences if sentence in texts]


def test_what_was_said_is_not_quoted_again() -> None:
    _, ranked = scored(["The jack is here. Lift it."], "jack")
    (quote,) = quotes(ranked, ALONE, [ranked[0].statement])
    assert [statement.text for statement in quote.statements] == ["Lift it."]


def test_a_row_is_one_line_with_each_cars_value() -> None:
    assert "- Maximum power: Teal 40 80 kW; Teal 60 110 kW" in said([TABLE], "power")


def test_steps_keep_their_numbers() -> None:
    assert "1. Switch off.\n2. Open the lid.\n3. Wait." in said([LIST], "lid")
