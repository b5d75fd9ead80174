"""What each dialect makes of the same events: `python -m tests.wire.transcripts --write` writes it down anew.

`events.jsonl` holds scenarios, one event per line; `NAME.jsonl` beside it the frames of that dialect, one line for each
event that has any. Without --write the transcripts that have changed are listed. Look at every change: it is one that
clients see.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec

from orchestrator import events
from orchestrator.events import Envelope
from tests.wires import WIRES

HERE = Path(__file__).parent
NOW = 1_800_000_000.5
"""The time, in Unix seconds, at which all of it happens."""


@dataclass(frozen=True)
class Line:
    """One event of a scenario, as it comes to a session."""

    scenario: str
    envelope: Envelope
    lagging: bool


def scenarios() -> dict[str, list[Line]]:
    """The events of every scenario, in their order."""
    lines = [_line(json.loads(text)) for text in (HERE / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    return {name: list(group) for name, group in groupby(lines, lambda line: line.scenario)}


def _line(told: dict[str, Any]) -> Line:
    event = events.decode(json.dumps(told["event"]))
    return Line(told["scenario"], Envelope("c", event, told.get("seq")), told.get("lagging", False))


def transcript(dialect: str) -> str:
    """What the dialect says in every scenario, one JSON line for each event that it has words for."""
    with patch("time.time", return_value=NOW):
        return "".join(f"{json.dumps(said, ensure_ascii=False)}\n" for said in _said(dialect))


def _said(dialect: str) -> Iterator[dict[str, Any]]:
    for name, lines in scenarios().items():
        session, send = WIRES[dialect].begin()
        for line in lines:
            envelope = line.envelope
            if isinstance(envelope.event, events.Accepted):
                accepted = msgspec.structs.replace(envelope.event, client_message_id=send.client_message_id)
                envelope = msgspec.structs.replace(envelope, event=accepted)
            frames = [json.loads(frame) for frame in session.emitted(envelope, lagging=line.lagging)]
            if frames:
                tag = type(envelope.event).__struct_config__.tag
                yield {"scenario": name, "event": tag, "frames": frames}


def path(dialect: str) -> Path:
    return HERE / f"{dialect}.jsonl"


def main() -> int:
    changed = [name for name in WIRES if not path(name).exists() or path(name).read_text() != transcript(name)]
    for name in changed:
        print(path(name).relative_to(HERE.parent.parent))
        if "--write" in sys.argv:
            path(name).write_text(transcript(name), encoding="utf-8")
    return 1 if changed and "--write" not in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
