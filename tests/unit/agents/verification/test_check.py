"""The check of finished answers: measured on labelled claims about the knowledge base, and its rules one by one."""

import json
import time
from collections.abc import Iterable

import pytest

from agents.extractive.answerer import ExtractiveAnswerer
from agents.types import Task
from agents.vehicles.range import Vehicles
from agents.verification.check import check
from rag.types import Chunk, Passage
from tests.unit.agents.manual import WordEmbedder
from tests.unit.agents.stated_passages import FITMENT, KNOWLEDGE, Labelled, chunks, given, labelled, likest

ROOF = (
    "The roof load includes the weight of the carrier itself. It is 50 kg for the Wren, 75 kg for the Heron, "
    "80 kg for the Osprey and 100 kg for the Plover. Do not exceed 130 km/h with a loaded roof."
)
OIL = "The engine takes 4.6 litres of oil. Change it every 12 months."


def passages(*texts: str) -> dict[int, Passage]:
    return {
        number: Passage(
            Chunk(f"c{number}", f"d{number}.md", "specs", "Data", (), None, 100, 100 + len(text), text), 0.8
        )
        for number, text in enumerate(texts, start=1)
    }


def found_wrong(ones: Iterable[Labelled]) -> list[bool]:
    return [bool(check(f"{one.claim} [1]", given(one), FITMENT).unsupported) for one in ones]


HARD = {"figure", "unit", "identifier", "negation", "model"}


def test_what_is_wrong_is_found_and_what_is_right_left_alone() -> None:
    right = [one for one in labelled() if one.wrong is None]
    wrong = [one for one in labelled() if one.wrong is not None]
    hard = [one for one in wrong if one.wrong in HARD]
    alarms, found, hard_found = sum(found_wrong(right)), sum(found_wrong(wrong)), sum(found_wrong(hard))
    print(f"false alarms {alarms}/{len(right)}, found {found}/{len(wrong)}, of the hard ones {hard_found}/{len(hard)}")
    assert alarms <= 0.05 * len(right)
    assert hard_found >= 0.95 * len(hard)
    assert found >= 0.9 * len(wrong)
    assert found / (found + alarms) >= 0.95


def test_the_set_is_large_and_balanced() -> None:
    ones = labelled()
    assert len(ones) >= 120
    assert 0.4 <= sum(one.wrong is None for one in ones) / len(ones) <= 0.6


def test_what_the_extractive_answerer_quotes_is_supported() -> None:
    """A part of the labelled questions; their documents are among the passages."""
    vehicles = Vehicles.parse((KNOWLEDGE / "vehicles.csv").read_text(encoding="utf-8"))
    answerer = ExtractiveAnswerer(WordEmbedder(), vehicles)
    lines = (KNOWLEDGE / "questions.jsonl").read_text(encoding="utf-8").splitlines()[::8]
    for line in lines:
        asked = json.loads(line)
        task = Task(asked["text"], "", likest(asked["text"], asked["documents"]))
        text, answered = answerer.checked(task)
        assert answered.unsupported == (), (asked["id"], text)


async def test_the_extractive_answerer_is_checked_too() -> None:
    answerer = ExtractiveAnswerer(WordEmbedder(), Vehicles())
    task = Task("How much oil does the engine take?", "", tuple(passages(OIL).values()))
    outputs = [output async for output in answerer.answer(task)]
    said = "".join(output for output in outputs if isinstance(output, str))
    assert (said, outputs[-1]) == answerer.checked(task)


def test_offsets_count_code_points_of_the_answer() -> None:
    answer = "😀 Hello! The roof of the Wren carries 50 kg [1]. The Heron’s carries 95 kg [1]. Thanks!"
    (found,) = check(answer, passages(ROOF), FITMENT).unsupported
    assert answer[found.start : found.end] == found.text == "The Heron’s carries 95 kg [1]."


def test_evidence_is_the_exact_stretch_of_the_document() -> None:
    (citation,) = check("The roof of the Wren carries 50 kg [1].", passages(ROOF), FITMENT).citations
    chunk = citation.passage.chunk
    stated = chunk.text[citation.start - chunk.start : citation.end - chunk.start]
    assert stated == ROOF[ROOF.index("It is") : ROOF.index(" Do not")]


def test_each_passage_is_cited_once_in_the_order_of_the_text() -> None:
    answer = "Change the oil every year [2]. The roof of the Wren carries 50 kg [1]. The engine takes 4.6 litres [2]."
    checked = check(answer, passages(ROOF, OIL), FITMENT)
    assert [citation.number for citation in checked.citations] == [2, 1]
    assert checked.unsupported == checked.misplaced == ()


def test_a_marker_of_the_wrong_passage_moves_to_the_right_one() -> None:
    checked = check("The engine takes 4.6 litres of oil [1].", passages(ROOF, OIL), FITMENT)
    (moved,) = checked.misplaced
    assert (moved.number, moved.instead) == (1, 2)
    assert [citation.number for citation in checked.citations] == [2]
    assert checked.unsupported == ()


def test_a_second_marker_that_supports_nothing_is_no_citation() -> None:
    checked = check("The engine takes 4.6 litres of oil [2][1].", passages(ROOF, OIL), FITMENT)
    assert [citation.number for citation in checked.citations] == [2]
    assert [marker.number for marker in checked.misplaced] == [1]


def test_a_statement_of_two_passages_keeps_both_markers() -> None:
    checked = check(
        "The engine takes 4.6 litres of oil [2] and the Wren's roof carries 50 kg [1].", passages(ROOF, OIL), FITMENT
    )
    assert [citation.number for citation in checked.citations] == [2, 1]
    assert checked.misplaced == ()


def test_nothing_is_cited_where_nothing_supports() -> None:
    checked = check("The engine takes 9 litres of oil [2].", passages(ROOF, OIL), FITMENT)
    assert checked.citations == ()
    assert [(marker.number, marker.instead) for marker in checked.misplaced] == [(2, None)]


@pytest.mark.parametrize(
    "idle",
    [
        "Hello Anna!",
        "Which model do you drive?",
        "**Technical data**",
        "## Roof load",
        "I could not find this in the documents I have.",
        "The documents do not say anything about that.",
        "Please ask your dealer.",
        "Let me know if you need anything else.",
        "Here is what to do:",
        "Yes.",
        "",
    ],
)
def test_what_claims_nothing_is_left_alone(idle: str) -> None:
    assert check(idle, passages(ROOF), FITMENT).unsupported == ()


def test_the_customers_own_figures_may_be_said_back_but_do_not_support() -> None:
    task = Task("I have 60 kg of luggage. Can the roof of my Wren carry 60 kg?", "", ())
    back = "The roof of the Wren carries 50 kg, so your 60 kg are too much [1]."
    assert check(back, passages(ROOF), FITMENT, task).unsupported == ()
    assert check("The roof of the Wren carries 60 kg [1].", passages(ROOF), FITMENT, task).unsupported


def test_a_declined_answer_is_held_to_its_figures_only() -> None:
    answer = "I could not find this in the documents I have. A seller might advise. It costs 99 euros."
    unsupported = check(answer, passages(ROOF), FITMENT, declined=True).unsupported
    assert [one.text for one in unsupported] == ["It costs 99 euros."]


def test_a_sentence_that_was_cut_off_is_left_alone() -> None:
    answer = "The roof of the Wren carries 50 kg [1]. The Heron carries 7"
    assert check(answer, passages(ROOF), FITMENT, truncated=True).unsupported == ()
    assert check(answer, passages(ROOF), FITMENT).unsupported


def test_an_answer_in_another_language_is_held_to_its_figures() -> None:
    german = "Die Dachlast des Wren beträgt 50 kg, beim Heron sind es 75 kg [1]."
    assert check(german, passages(ROOF), FITMENT).unsupported == ()
    assert check(german.replace("50", "60"), passages(ROOF), FITMENT).unsupported


def test_a_table_is_checked_row_by_row() -> None:
    answer = "| Model | Roof load |\n|---|---|\n| Wren | 50 kg [1] |\n| Heron | 95 kg [1] |"
    (found,) = check(answer, passages(ROOF), FITMENT).unsupported
    assert "Heron" in found.text


def test_without_passages_every_statement_is_unsupported() -> None:
    assert check("The engine takes 4.6 litres of oil [1].", {}, FITMENT).unsupported


def test_the_cost_grows_with_the_answer_and_is_small() -> None:
    given_passages = {number: Passage(chunk, 0.7) for number, chunk in enumerate(chunks()[:10], start=1)}
    sentence = "The roof of the Wren carries 50 kg and the engine of the Heron takes 4.6 litres of oil [1]. "

    def seconds(copies: int) -> float:
        answer = "".join(f"{sentence[:-6]} in case {n} [1]. " for n in range(copies))
        started = time.process_time()
        check(answer, given_passages, FITMENT)
        return time.process_time() - started

    seconds(1)
    short, long = seconds(30), seconds(300)
    print(f"600 words {short * 1000:.0f} ms, 6,000 words {long * 1000:.0f} ms")
    assert short < 2
    assert long < 20 * short + 0.5


def test_what_tools_told_bears_a_statement_out_and_is_never_cited() -> None:
    told = ("workshop: Carrick Works, free at: 10:30.", "amount: 4.6 litres, in gallons: 1.2 gallons.")
    answer = "The workshop Carrick Works is free at 10:30. The engine takes 4.6 litres of oil, or 1.2 gallons [1]."
    assert len(check(answer, passages(OIL), FITMENT).unsupported) >= 1
    checked = check(answer, passages(OIL), FITMENT, tool_texts=told)
    assert (checked.unsupported, checked.misplaced) == ((), ())
    assert [citation.number for citation in checked.citations] == [1]
    wrong = check("The workshop Carrick Works is free at 11:45.", passages(OIL), FITMENT, tool_texts=told)
    assert len(wrong.unsupported) == 1


def test_a_marker_stays_where_a_tool_bears_out_what_it_stands_behind() -> None:
    told = ("oil capacity: 1.2 gallons.",)
    checked = check("The oil capacity is 1.2 gallons [1].", passages(OIL), FITMENT, tool_texts=told)
    assert (checked.unsupported, checked.misplaced) == ((), ())
