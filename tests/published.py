"""The published schema of the sockets, and whether frames keep to it."""

import json
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]


class Published:
    """An AsyncAPI document, as a reader of it would use it."""

    def __init__(self, document: Json) -> None:
        self.document = document

    @cached_property
    def _registry(self) -> "Registry[Json]":
        return Registry().with_resource("urn:document", Resource(self.document, DRAFT202012))

    def resolve(self, value: Json) -> Json:
        """The object, or what its reference stands for."""
        while "$ref" in value:
            found: Any = self.document
            for step in value["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            value = found
        return value

    def messages(self, dialect: str, action: str) -> dict[str, Json]:
        """The messages of a dialect's operation by their names; `send` is what the server sends."""
        operation = self.document["operations"].get(f"{dialect}.{action}")
        found = [] if operation is None else [self.resolve(one) for one in operation["messages"]]
        return {message["name"]: message for message in found}

    def _untagged(self, messages: dict[str, Json], frame: Json) -> Json | None:
        """The message without a word that names it; None where the frame has one."""
        if {"type", "action"} & set(frame):
            return None
        kinds = {"type", "action"}
        bare = [one for one in messages.values() if not kinds & set(self.resolve(one["payload"]).get("properties", {}))]
        return bare[0] if bare else None

    def fault(self, dialect: str, frame: Json, action: str = "send") -> str | None:
        """What is wrong with a frame of that dialect; None where nothing is. No field may be unknown."""
        messages = self.messages(dialect, action)
        message = messages.get(str(frame.get("type", frame.get("action")))) or self._untagged(messages, frame)
        if message is None:
            return f"{dialect} has no message for {json.dumps(frame)[:200]}"
        reference = message["payload"].get("$ref")
        schema = {"$ref": f"urn:document{reference}"} if reference else message["payload"]
        error = next(Draft202012Validator(schema, registry=self._registry).iter_errors(frame), None)
        if error is not None:
            return f"{dialect} {message['name']}: {error.message[:300]} at {list(error.absolute_path)}"
        unknown = set(frame) - set(self.resolve(message["payload"])["properties"])
        return f"{dialect} {message['name']}: {sorted(unknown)} are not published" if unknown else None
