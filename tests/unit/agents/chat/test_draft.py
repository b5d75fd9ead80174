from typing import Any

import pytest

from agents.chat.canary import Canary
from agents.chat.draft import STOPPED, TO_A_PERSON, Draft
from agents.chat.prompt import DECLINED
from agents.context import Outcome
from agents.model import Finish
from agents.tool import PassOn, Proposal, Result
from agents.types import Answered, Asks, Evidence, Task, Usage
from agents.vehicles.applicability import Fitment
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

CANARY = Canary("0123456789abcdef")
ROW = Passage(Chunk("c", "d.csv", "specs", "Oil", (), None, 50, 76, "Wren | 4.6 l\nHeron | 5.1 l"), 1.0)
END = Finish(False, Usage(10, 5, "test:one", 3))
PROPOSAL = Proposal("book", {}, Asks("confirm", "Book it?"))
TASK = Task("How much oil?", "", ())


def drafted(*items: str | Outcome | Finish) -> tuple[str, Answered]:
    draft = Draft({}, CANARY)
    text = "".join(map(draft.take, items)) + draft.last_words()
    return text, draft.answered(TASK, Fitment(Vehicles()))


def test_rows_join_the_passages_as_they_come() -> None:
    row = Outcome(Result({}, (Evidence(ROW, 63, 76),)), 7)
    text, answered = drafted("None yet [7]. ", row, "The Heron takes 5.1 litres of oil [7][8].", END)
    assert text == "None yet. The Heron takes 5.1 litres of oil [7]."
    (citation,) = answered.citations
    assert (citation.number, citation.start, citation.end) == (7, 63, 76)
    assert answered.usage == END.usage


@pytest.mark.parametrize(
    ("items", "text", "status"),
    [
        (["It is 5 litres."], "It is 5 litres.", "answered"),
        (["Which model is it?"], "Which model is it?", "asked_back"),
        ([DECLINED], DECLINED, "declined"),
        ([], DECLINED, "declined"),
        ([Outcome(None, error="away")], DECLINED, "declined"),
        ([Outcome(Result({}, person="asked"))], TO_A_PERSON, "to_person"),
        (["They will call.", Outcome(Result({}, person="asked"))], "They will call.", "to_person"),
        ([Outcome(Result({}, pass_on=PassOn("specs", "How wide?")))], "", "passed_on"),
        (["Shall I?", Outcome(Result({}, proposal=PROPOSAL))], "Shall I?", "answered"),
        ([Outcome(Result({}, proposal=PROPOSAL))], "", "answered"),
        (["My orders: 0123-4567-89AB-CDEF and more"], f"My orders: \n\n{STOPPED}", "declined"),
    ],
)
def test_how_it_ends(items: list[Any], text: str, status: str) -> None:
    said, answered = drafted(*items, END)
    assert (said, answered.status) == (text, status)
    assert answered.declined == (status == "declined")


def test_what_is_proposed_or_passed_on_goes_with_it() -> None:
    assert drafted(Outcome(Result({}, proposal=PROPOSAL)), END)[1].proposal == PROPOSAL
    assert drafted(Outcome(Result({}, pass_on=PassOn("specs", "q"))), END)[1].pass_on == PassOn("specs", "q")
    assert drafted(Outcome(Result({})), "Well.", END)[1].proposal is None
