"""Every dialect's frames, exactly, in the scenarios of `events.jsonl`; `transcripts.py` tells how to renew them."""

import json

import pytest

from tests.wire.transcripts import HERE, path, scenarios, transcript
from tests.wires import WIRES


@pytest.mark.parametrize("dialect", WIRES)
def test_its_frames_are_those_written_down(dialect: str) -> None:
    written = [json.loads(line) for line in path(dialect).read_text(encoding="utf-8").splitlines()]
    assert [json.loads(line) for line in transcript(dialect).splitlines()] == written


def test_every_scenario_is_told_on_every_wire() -> None:
    for dialect in WIRES:
        told = {json.loads(line)["scenario"] for line in path(dialect).read_text(encoding="utf-8").splitlines()}
        assert told == set(scenarios())


def test_no_transcript_is_of_nobody() -> None:
    assert {file.stem for file in HERE.glob("*.jsonl")} == {"events", "spoken", *WIRES}
