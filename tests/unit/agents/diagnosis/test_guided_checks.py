import re
from functools import cache

import pytest

from agents.diagnosis.guided_checks import Cause, parse
from agents.diagnosis.tools import SUBJECTS
from agents.language.terms import identifiers
from agents.vehicles.range import Vehicles
from rag.types import Place
from tests import bundled
from tests.unit.agents.diagnosis.workshop_manual import checks

TABLE = "records/guided-checks.csv"
CAUSES = [(symptom.name, cause) for symptom in checks().symptoms for cause in symptom.causes]
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_LOOSE = re.compile(r"[\u2212\u2013]")


@cache
def documents() -> dict[str, str]:
    texts: dict[str, str] = {}
    for chunk in bundled.chunks():
        if chunk.document_id != TABLE:
            texts[chunk.document_id] = f"{texts.get(chunk.document_id, '')}\n{chunk.searchable}"
    return texts


@cache
def all_identifiers() -> frozenset[str]:
    return identifiers(" ".join(documents().values()))


def described_in(cause: Cause) -> str:
    chunk = cause.evidence.passage.chunk
    row = chunk.text[cause.evidence.start - chunk.start : cause.evidence.end - chunk.start]
    name = row.rpartition("Described in: ")[2]
    return documents()[name if "/" in name else f"troubleshooting/{name}"]


def test_the_bundled_table_is_one_that_the_tools_may_read() -> None:
    assert {cause.evidence.passage.chunk.subject for _, cause in CAUSES} <= set(SUBJECTS)


def test_the_bundled_table_covers_the_common_symptoms() -> None:
    symptoms = checks().symptoms
    assert len(symptoms) >= 12
    assert sum(len(symptom.causes) >= 3 for symptom in symptoms) >= 12
    assert all(symptom.cars for symptom in symptoms)


@pytest.mark.parametrize(("symptom", "cause"), CAUSES, ids=[f"{symptom}: {cause.name}" for symptom, cause in CAUSES])
def test_what_a_row_states_stands_in_the_document_that_it_names(symptom: str, cause: Cause) -> None:
    source = described_in(cause)
    stated = f"{cause.check} {cause.remedy}"
    assert set(_FIGURE.findall(_LOOSE.sub("-", stated))) <= set(_FIGURE.findall(_LOOSE.sub("-", source)))
    assert identifiers(" ".join((stated, *cause.codes))) <= all_identifiers()


@pytest.mark.parametrize(("symptom", "cause"), CAUSES, ids=[f"{symptom}: {cause.name}" for symptom, cause in CAUSES])
def test_a_row_can_be_worked_with(symptom: str, cause: Cause) -> None:
    assert cause.remedy.endswith(".")
    assert cause.may_drive_on in {"yes", "limited", "no"}
    assert (cause.check == "") == (cause.if_yes == cause.if_no == "")
    assert cause.check == "" or cause.check.endswith("?")
    assert cause.done_by == "assistance" or cause.work


def test_no_two_causes_of_a_symptom_have_one_name() -> None:
    for symptom in checks().symptoms:
        assert len({cause.name for cause in symptom.causes}) == len(symptom.causes)


def test_brakes_fuel_and_high_voltage_are_never_worked_on_by_the_customer() -> None:
    forbidden = re.compile(
        r"\b(?:bleed|open the (?:cap|battery)|pump the pedal|top up (?:the )?brake|unplug the orange)\b", re.I
    )
    for symptom, cause in CAUSES:
        assert not forbidden.search(f"{cause.check} {cause.remedy}"), (symptom, cause.name)


def test_another_makers_table_is_read_from_markdown_with_the_columns_that_it_has() -> None:
    data = b"""# Fault finding

| Symptom | Cause | Likelihood | Check | If yes | If no |
|---|---|---|---|---|---|
| wipers do not move | fuse blown | often | Is the fuse blown? | confirms | excludes |
| wipers do not move | motor worn | rarely | | | |
| horn is silent | switch | | Does it click? | likelier | |
"""
    read = parse(bundled.chunks_of("faults/table.md", data), Vehicles())
    assert [symptom.name for symptom in read.symptoms] == ["wipers do not move", "horn is silent"]
    fuse, motor = read.symptoms[0].causes
    assert (fuse.weight, fuse.if_yes, fuse.if_no) == (4.0, "confirms", "excludes")
    assert (motor.weight, motor.check, motor.done_by) == (1.0, "", "workshop")
    assert read.symptoms[1].causes[0].weight == 2.0


def test_other_tables_are_left_alone() -> None:
    chunks = [chunk for chunk in bundled.chunks() if chunk.document_id != TABLE]
    assert parse(chunks, bundled.vehicles()).symptoms == ()


def test_without_checks_a_table_guides_nobody() -> None:
    text = "# Faults\n\n| Symptom | Cause | Likelihood |\n| --- | --- | --- |\n| no heat | pressure too low | often |\n"
    assert not parse(bundled.chunks_of("troubleshooting/faults.md", text.encode()), Vehicles()).symptoms


def test_the_checks_hold_the_places_of_their_own_table_alone() -> None:
    table = next(chunk for chunk in bundled.chunks() if chunk.document_id == TABLE and "Check: " in chunk.text)
    other = next(chunk for chunk in bundled.chunks() if chunk.document_id != TABLE)
    assert checks().holds(Place(table, table.start, 0.9))
    assert not checks().holds(Place(other, other.start, 0.9))


def test_a_place_in_a_row_is_one_of_its_symptom() -> None:
    symptom = checks().symptoms[0]
    row = symptom.causes[1].evidence
    assert checks().at(Place(row.passage.chunk, row.start, 0.9)) == symptom
    assert checks().at(Place(row.passage.chunk, None, 0.9)) is None
    other = next(chunk for chunk in bundled.chunks() if chunk.document_id != TABLE)
    assert checks().at(Place(other, row.start, 0.9)) is None
