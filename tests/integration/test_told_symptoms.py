"""How well the packaged embedder tells the symptoms of guided checks apart: what the threshold rests on.

At first sight of these lines 59 of 64 found their symptom, five found none, and none of the 40 others found any.
"""

import tomllib
from pathlib import Path

import pytest

from agents.diagnosis import symptoms
from agents.diagnosis.guided_checks import parse
from api.compose.knowledge import open_embedder
from api.compose.learnt import open_choices
from api.settings import Settings
from rag.embedder import Embedder
from tests import bundled

with Path(__file__).with_name("told_symptoms.toml").open("rb") as file:
    TOLD = tomllib.load(file)


@pytest.fixture(scope="module")
def embedder(ingested: Path) -> Embedder:
    """The server's own, as ingestion has prepared it."""
    return open_embedder(Settings(data_dir=ingested))


def test_messages_find_their_symptom_and_others_find_none(embedder: Embedder) -> None:
    choices = open_choices(embedder)
    checks = parse(bundled.chunks(), bundled.vehicles())
    right = wrong = missed = invented = 0
    for name, lines in TOLD.items():
        for line in lines:
            found = symptoms.match(line, checks, bundled.vehicles(), embedder)[0]
            claimed = symptoms.told(line, checks, bundled.vehicles(), choices) is not None
            if name == "none":
                invented += claimed
            else:
                right += claimed and found.symptom.name == name
                wrong += claimed and found.symptom.name != name
                missed += not claimed
            if (claimed and found.symptom.name != name) or (not claimed and name != "none"):
                print(f"{name}: {line!r} -> {found.symptom.name} {found.score:.2f}")
    told = right + wrong + missed
    assert set(TOLD) - {"none"} == {symptom.name for symptom in checks.symptoms}
    assert right / told >= 0.85, (right, wrong, missed)
    assert wrong + invented <= 0.03 * (told + len(TOLD["none"])), (wrong, invented)
