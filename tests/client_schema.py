"""What the browsers' client takes its types from: `python -m tests.client_schema [--write]`.

`web/client/frames.schema.json` is the part of `/asyncapi.json` that is about `/ws/chat`, as a JSON Schema. From it
`npm run types` makes `web/client/src/frames.ts`. Without --write it only says whether the file is out of date.
"""

import json
import sys
from typing import Any

from api.dialects import all_dialects
from api.protocol.asyncapi import asyncapi
from tests.serving import ROOT

FILE = ROOT / "web" / "client" / "frames.schema.json"
_DIALECT = "native"
_UNIONS = {
    "ClientFrame": ("receive", "What a client may send."),
    "ServerFrame": ("send", "What the server may send."),
}


def schema() -> str:
    """The schema as the file has it."""
    document = asyncapi(all_dialects(), host="", secure=False, version="")
    own = f"{_DIALECT}."
    named = {name.removeprefix(own): kind for name, kind in document["components"]["schemas"].items() if own in name}
    unions = {name: _union(document, *about) for name, about in _UNIONS.items()}
    whole = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Frames",
        "description": "The frames of /ws/chat.",
        "type": "object",
        "properties": {},
        "$defs": dict(sorted((named | unions).items())),
    }
    return json.dumps(_plain(whole), indent=1) + "\n"


def _union(document: Any, action: str, description: str) -> Any:
    messages = document["operations"][f"{_DIALECT}.{action}"]["messages"]
    keys = [message["$ref"].rpartition("/")[2] for message in messages]
    return {"description": description, "anyOf": [document["components"]["messages"][key]["payload"] for key in keys]}


def _plain(value: Any) -> Any:
    """References into the file itself, descriptions on one line, no defaults, objects of any fields said to be such."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": f"#/$defs/{value['$ref'].rpartition('.')[2]}"}
    if value.get("type") == "object" and "properties" not in value:
        value = value | {"additionalProperties": True}
    kept = ((key, item) for key, item in value.items() if key != "default")
    return {key: " ".join(item.split()) if key == "description" else _plain(item) for key, item in kept}


def main() -> int:
    fresh = FILE.is_file() and FILE.read_text(encoding="utf-8") == schema()
    if "--write" in sys.argv:
        FILE.write_text(schema(), encoding="utf-8")
    elif not fresh:
        print(f"{FILE.relative_to(ROOT)} is out of date: run `make docs`, then `npm --prefix web run types`")
    return 0 if fresh or "--write" in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
