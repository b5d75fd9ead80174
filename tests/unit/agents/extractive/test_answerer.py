import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.extractive.answerer import ExtractiveAnswerer
from agents.extractive.wording import decline
from agents.types import Answered, Task
from agents.vehicles.range import Vehicles
from rag.ingestion.split import split
from rag.types import Content, Document, Likeness, Passage
from tests.unit.agents.manual import VEHICLES, WordEmbedder, documents, passages

ANSWERER = ExtractiveAnswerer(WordEmbedder(), VEHICLES)


@pytest.fixture
def manual(tmp_path: Path) -> dict[str, Document]:
    return documents(tmp_path)


def task(manual: dict[str, Document], question: str, facts: Mapping[str, str] | None = None, first: int = 1) -> Task:
    return Task(question, "", passages(manual), facts=facts or {}, first_number=first)


def test_a_row_becomes_a_phrase_with_its_value_as_it_is_written(manual: dict[str, Document]) -> None:
    text, answered = ANSWERER.compose(task(manual, "What is the maximum power of the 2026 Teal 60?"))
    assert text == "Teal 60 (2026), Maximum power: 115 kW [1]."
    (citation,) = answered.citations
    source = manual[citation.passage.chunk.document_id].content.text
    assert source[citation.start : citation.end] == "| Maximum power | 80 kW | 110 kW | 115 kW |"


def test_versions_that_differ_are_told_apart(manual: dict[str, Document]) -> None:
    text, _ = ANSWERER.compose(task(manual, "What is the maximum power of the Teal 60?"))
    assert "| Teal 60 (2025) | 110 kW [1] |" in text
    assert "| Teal 60 (2026) | 115 kW [1] |" in text
    assert "80 kW" not in text
    assert "yours" not in text


def test_versions_that_agree_are_put_together(manual: dict[str, Document]) -> None:
    text, _ = ANSWERER.compose(task(manual, "What is the maximum torque of the Teal 60?"))
    assert text == "Teal 60, Maximum torque: 260 Nm [1]."


def test_without_a_vehicle_each_has_a_row_and_the_customer_is_asked(manual: dict[str, Document]) -> None:
    text, answered = ANSWERER.compose(task(manual, "What is the maximum power?"))
    for row in ("| Teal 40 | 80 kW [1] |", "| Teal 60 (2025) | 110 kW [1] |", "| Rook | 130 kW [3] |"):
        assert row in text
    assert text.endswith("Which one is yours?")
    assert [citation.number for citation in answered.citations] == [1, 3]


def test_facts_name_the_vehicle(manual: dict[str, Document]) -> None:
    text, _ = ANSWERER.compose(task(manual, "What is the maximum power?", {"model": "Rook"}))
    assert text == "Rook, Maximum power: 130 kW [3]."


def test_another_models_evidence_is_no_answer(manual: dict[str, Document]) -> None:
    text, answered = ANSWERER.compose(task(manual, "What is the wading depth of the Teal?"))
    assert answered.declined
    assert "600" not in text


def test_what_holds_for_all_is_said_once(manual: dict[str, Document]) -> None:
    text, _ = ANSWERER.compose(task(manual, "How often must brake fluid be changed?"))
    assert text.startswith("Brake fluid is changed every 2 years on all models [")


def test_steps_are_numbered(manual: dict[str, Document]) -> None:
    text, _ = ANSWERER.compose(task(manual, "How do I charge the 12-volt battery of the Teal?"))
    assert text.endswith(
        ":\n\n1. Switch everything off.\n2. Connect the red clamp to the plus terminal.\n"
        "3. Connect the black clamp to the earth stud."
    )


@pytest.mark.parametrize("question", ["What is the paint code?", "How many loudspeakers does the Rook have?"])
def test_what_is_not_there_is_declined_and_the_nearest_is_offered(manual: dict[str, Document], question: str) -> None:
    text, answered = ANSWERER.compose(task(manual, question))
    assert answered.declined
    assert text.startswith(decline())
    assert {f"[{citation.number}]" for citation in answered.citations} == set(re.findall(r"\[\d+\]", text))


@pytest.mark.parametrize("question", ["?", "", "How much oil does a Volkswagen Golf take?"])
def test_what_is_not_ours_or_no_question_is_just_declined(manual: dict[str, Document], question: str) -> None:
    assert ANSWERER.compose(task(manual, question)) == (decline(), Answered(declined=True))


def test_markers_begin_at_the_number_given(manual: dict[str, Document]) -> None:
    text, answered = ANSWERER.compose(task(manual, "What is the maximum power of the Rook?", first=7))
    assert text.endswith("[9].")
    assert [citation.number for citation in answered.citations] == [9]


def test_it_answers_without_a_known_range(manual: dict[str, Document]) -> None:
    answerer = ExtractiveAnswerer(WordEmbedder(), Vehicles())
    text, answered = answerer.compose(task(manual, "How often must brake fluid be changed?"))
    assert "2 years" in text
    assert not answered.declined


async def test_the_answer_streams_a_few_words_at_a_time(manual: dict[str, Document]) -> None:
    asked = task(manual, "What is the maximum power?")
    *deltas, _ = [piece async for piece in ANSWERER.answer(asked)]
    texts = [delta for delta in deltas if isinstance(delta, str)]
    assert "".join(texts) == ANSWERER.compose(asked)[0]
    assert len(texts) > 1
    assert all(1 <= len(text.split()) <= 8 for text in texts)


HELP = """# Recovery vehicle

## Towing home

1. Unload the trailer.
2. Tighten the strap every 50 km.
3. Drive at 80 km/h at most.

## Lateness

A grace of 30 days applies. If the visit is later than that, claims may be refused.
"""


def helped(question: str, *likenesses: Likeness, text: str = HELP) -> Task:
    chunks = split(Document("help.md", "", "help.md", Content("Help", text)))
    asked = tuple(
        Passage(chunk, 0.8, tuple(like for like in likenesses if _within(like, chunk.start, chunk.text)))
        for chunk in chunks
    )
    return Task(question, "", asked)


def _within(likeness: Likeness, start: int, text: str) -> bool:
    return likeness.start is not None and start <= likeness.start < start + len(text)


def test_the_step_that_other_customers_meant_is_told_alone() -> None:
    step = HELP.index("Tighten")
    whole = ANSWERER.read(helped("how do I tow the car home")).ranked
    assert any(scored.statement.items for scored in whole)
    pointed = ANSWERER.read(helped("how do I tow the car home", Likeness(0.9, step))).ranked
    assert pointed[0].statement.text == "Tighten the strap every 50 km."
    assert not any(scored.statement.items for scored in pointed)


def test_a_sentence_is_told_with_the_one_that_it_leans_on() -> None:
    late = HELP[HELP.index("## Lateness") :]
    like = Likeness(0.9, late.index("If the visit"))
    text, answered = ANSWERER.compose(helped("are claims refused if I visit later", like, text=late))
    assert "30 days applies. If the visit is later than that" in text
    (citation,) = answered.citations
    assert late[citation.start : citation.end].startswith("A grace of 30 days")
