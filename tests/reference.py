"""The API reference, and whether answers keep to it."""

import json
import re
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api.serving.app import create_app
from api.settings import Settings

Json = dict[str, Any]


class Reference:
    """An OpenAPI document, as a reader of it would use it."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._registry: Registry[Json] = Registry().with_resource("urn:api", Resource(document, DRAFT202012))
        self._paths = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in document["paths"]}

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield method.upper(), path, operation

    def fault(self, method: str, path: str, status: int, media_type: str, body: bytes) -> str | None:
        """What is wrong with an answer; None where nothing is, or where the reference tells nothing of the address."""
        bare = path.partition("?")[0]
        known = [name for name, pattern in self._paths.items() if pattern.fullmatch(bare)]
        name = bare if bare in known else next(iter(known), "")
        operation = self.document["paths"].get(name, {}).get(method.lower())
        if operation is None or status >= 500:
            return None
        where = f"{method} {name} {status}"
        responses = operation["responses"]
        told = responses.get(str(status)) or (responses.get("4XX") if status >= 400 else None)
        if told is None:
            return f"{where} is not told of"
        if not body:
            return None
        content = told.get("content", {}).get(media_type.partition(";")[0])
        if content is None:
            return f"{where}: {media_type} is not told of"
        return self._json_fault(where, content["schema"], body) if "json" in media_type.split("+")[-1] else None

    def _json_fault(self, where: str, schema: Json, body: bytes) -> str | None:
        if "jsonl" in where:
            return None
        value = json.loads(body)
        if "$ref" not in schema:
            return None
        validator = Draft202012Validator({"$ref": f"urn:api{schema['$ref']}"}, registry=self._registry)
        error = next(validator.iter_errors(value), None)
        if error is not None:
            return f"{where}: {error.message[:300]} at {list(error.absolute_path)}"
        named = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        unknown = set(value) - set(named["properties"])
        return f"{where}: {sorted(unknown)} are not told of" if unknown else None


@cache
def reference() -> Reference:
    """That of this product."""
    app = create_app(SimpleNamespace(settings=Settings()))  # type: ignore[arg-type]
    return Reference(json.loads(json.dumps(app.openapi())))
