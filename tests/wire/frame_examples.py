"""An example of every frame, for `/asyncapi.json`: `python -m tests.wire.frame_examples [--write]`.

`api/protocol/frame_examples.json` takes what answers consist of from the transcripts, and from `spoken.jsonl` what
clients say and what a server says of the connection. Without --write it only says whether the file is out of date.
"""

import json
import sys
from typing import Any

from api.routes.asyncapi import published
from tests.serving import ROOT
from tests.wire.transcripts import HERE, path
from tests.wires import WIRES

FILE = ROOT / "api" / "protocol" / "frame_examples.json"
SIDES = {"client": "receive", "server": "send"}


def examples() -> str:
    """The file's text: by socket, by who sends it as AsyncAPI has it, by the frame's name."""
    found: dict[str, dict[str, dict[str, Any]]] = {
        socket.name: {side: {} for side in SIDES.values()} for socket in published()
    }
    for line in _lines("spoken.jsonl"):
        frame = line["frame"]
        found[line["socket"]][SIDES[line["from"]]].setdefault(name_of(frame), frame)
    for wire in WIRES:
        for line in _lines(path(wire).name):
            for frame in line["frames"]:
                found[wire]["send"].setdefault(name_of(frame), frame)
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def name_of(frame: dict[str, Any]) -> str:
    """What tells the frame from others of its socket; "" where it is the only one without such a word."""
    return str(frame.get("type", frame.get("action", "")))


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def main() -> int:
    fresh = FILE.is_file() and FILE.read_text(encoding="utf-8") == examples()
    if "--write" in sys.argv:
        FILE.write_text(examples(), encoding="utf-8")
    elif not fresh:
        print(f"{FILE.relative_to(ROOT)} is out of date: run `make docs`")
    return 0 if fresh or "--write" in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
