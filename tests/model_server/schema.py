"""A sensible valid instance of a JSON schema, chosen by what the prompt says."""

import re
from collections.abc import Mapping
from typing import Any

from tests.model_server.reading import Prompt, words


def instance(schema: Mapping[str, Any], prompt: Prompt, root: Mapping[str, Any] | None = None) -> Any:
    """A value that satisfies the schema; `$ref` is followed inside it."""
    root = root or schema
    if "$ref" in schema:
        return instance(resolve(root, schema["$ref"]), prompt, root)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return instance(schema[key][0], prompt, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return choose(schema["enum"], prompt)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: instance(part, prompt, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance(schema.get("items", {}), prompt, root) for _ in range(schema.get("minItems", 0))]
    if kind in ("number", "integer"):
        return min(max(1, schema.get("minimum", 0)), schema.get("maximum", 1))
    plain: dict[str, Any] = {"boolean": True, "null": None}
    return plain.get(kind, prompt.question)


def resolve(root: Mapping[str, Any], reference: str) -> Mapping[str, Any]:
    """The part of the schema that `#/…` points at."""
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return dict(node)


def choose(values: list[Any], prompt: Prompt) -> Any:
    """The value whose own line in the rules shares most words with the question; the last, the catch-all, if none."""
    asked = words(prompt.question)

    def score(value: Any) -> int:
        line = re.search(rf"^\W*{re.escape(str(value))}\W.*$", prompt.rules, re.MULTILINE)
        return sum((words(f"{value} {line[0] if line else ''}") & asked).values())

    best = max(values, key=score)
    return best if score(best) else values[-1]
