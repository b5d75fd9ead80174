"""The bodies of HTTP as the API reference tells them, made from the types that are sent."""

from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.security import HTTPBearer

Json = dict[str, Any]

JSON = "application/json"
REFERENCE = "#/components/schemas/{name}"
TOKEN = HTTPBearer(
    scheme_name="token",
    bearerFormat="JWT",
    auto_error=False,
    description="A JWT with `sub` and `exp`. `pitcrew token` gives one, and in development `GET /ws/test/token`.",
)
"""How a request says who sends it. The reference's button for signing in comes from it; it refuses nothing."""
SIGNED: Json = {"security": [{TOKEN.scheme_name: []}]}
"""For a route that reads the token by itself."""

_components: dict[str, Json] = {}


def schema_of(kind: Any) -> Json:
    """The JSON Schema of a type; the structs in it become components of the reference. Raises ValueError where two
    different structs have one name."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template=REFERENCE)
    for name, component in components.items():
        if _components.setdefault(name, component) != component:
            raise ValueError(f"two types of HTTP bodies are called {name}: give one of them another name")
    return schema


def parts(name: str, /, **kinds: Any) -> Any:
    """The type of an object with these fields."""
    return msgspec.defstruct(name, list(kinds.items()), module=__name__)


def content(kind: Any) -> Json:
    return {JSON: {"schema": schema_of(kind)}}


def answers(kind: Any, says: str = "The answer.", status: int = 200) -> dict[int | str, Json]:
    """For a route's `responses`."""
    return {status: {"description": says, "content": content(kind)}}


def streamed(media_type: str, says: str) -> dict[int | str, Json]:
    """Likewise of a text that is no JSON."""
    return {200: {"description": says, "content": {media_type: {"schema": {"type": "string"}}}}}


def body(kind: Any) -> Json:
    """For a route's `openapi_extra`: what it takes."""
    return {"requestBody": {"required": True, "content": content(kind)}}


def describe(app: FastAPI, media_types: Mapping[str, Any]) -> None:
    """Let the app's reference know the components, and of every refusal the type by its media type."""
    plain = app.openapi

    def told() -> Json:
        document = plain()
        components = document.setdefault("components", {}).setdefault("schemas", {})
        refusals = {media_type: schema_of(kind) for media_type, kind in media_types.items()}
        for operations in document["paths"].values():
            for operation in operations.values():
                for answer in operation["responses"].values():
                    for media_type, told in answer.get("content", {}).items():
                        if media_type in refusals and "schema" not in told:
                            told["schema"] = refusals[media_type]
        components.update(_components)
        return document

    app.openapi = told  # type: ignore[method-assign]
