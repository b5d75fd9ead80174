"""Customers' questions through the real command line: what leads nowhere is told, what is wrong is refused, and an
answer is found by another customer's words."""

import json
from pathlib import Path

import pytest

from tests.serving import environment, knows_vehicles, pitcrew, prepared

DOCUMENT = """# The Gull

## Cargo

The hold takes 430 litres. The hatch is 90 cm wide.

## Care

Grease the winch every spring.
"""
HEADER = "document,section,statement,question\n"
QUESTIONS = """\
boats/gull.md,Cargo,The hold takes,how many crates of fish can i squeeze in
boats/gull.md,Cargo,The hatch is,will my fridge go through the door
boats/gull.md,Care,Grease the rudder,what do i do about the squeak
boats/none.md,,,a document that is not there yet
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    knows_vehicles(folder)
    (folder / "specs").mkdir()
    (folder / "specs" / "gull.md").write_text(DOCUMENT)
    return folder


def ingest(ingested: Path, folder: Path, data: Path, questions: str) -> tuple[int, str]:
    (folder / "customer-questions.csv").write_text(questions)
    done = pitcrew("ingest", str(folder), env=environment(data, PITCREW_KNOWLEDGE_DIR=str(folder)))
    return done.returncode, done.stdout + done.stderr


def test_what_leads_nowhere_is_told_and_the_rest_is_found(ingested: Path, library: Path, tmp_path: Path) -> None:
    data = prepared(ingested, tmp_path / "data")
    code, said = ingest(ingested, library, data, HEADER + QUESTIONS.replace("boats/", "specs/"))
    assert code == 0, said
    assert "1 of 4 questions in customer-questions.csv lead to no place" in said
    assert "what do i do about the squeak" in said
    env = environment(data, PITCREW_KNOWLEDGE_DIR=str(library))
    asked = pitcrew("ask", "how many fish crates squeeze in there", "--json", env=env)
    assert asked.returncode == 0, asked.stderr
    assert "430 litres" in json.loads(asked.stdout)["response"]


@pytest.mark.parametrize("questions", ["question,document\n", HEADER + "specs/gull.md,Cargo,x\n"])
def test_a_wrong_file_is_refused_in_words(ingested: Path, library: Path, tmp_path: Path, questions: str) -> None:
    code, said = ingest(ingested, library, prepared(ingested, tmp_path / "data"), questions)
    assert code != 0
    assert "customer-questions.csv" in said
    assert "Traceback" not in said
