"""The API reference: everything has its schema, and what does not keep to it is found."""

import json

import pytest

from api.protocol import openapi
from tests.reference import reference


def test_every_answer_has_a_schema_and_every_body() -> None:
    bare = [
        (method, path, status, media_type)
        for method, path, operation in reference().operations()
        for status, told in operation["responses"].items()
        for media_type, content in ({"": {}} if status in {"200", "201"} and "content" not in told else {}).items()
        or told.get("content", {}).items()
        if not content.get("schema")
    ]
    assert bare == []


def test_whoever_reads_it_can_sign_in() -> None:
    schemes = reference().document["components"]["securitySchemes"]
    assert schemes["token"]["type"] == "http"
    assert schemes["token"]["scheme"] == "bearer"
    open_to_all = {path for _, path, operation in reference().operations() if not operation.get("security")}
    assert open_to_all == {"/health", "/ready", "/asyncapi.json"}


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(reference().document)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named
    assert named <= set(reference().document["components"]["schemas"])


NOTHING = {"context": {"sources": [], "citations": []}}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"response": "Yes.", "session_id": "s", "run_id": "r"}),
        (
            200,
            {
                "response": 1,
                "session_id": "s",
                "run_id": "r",
                "metadata": {"context": {"sources": [], "citations": []}},
            },
        ),
        (404, {"title": "No"}),
        (302, {}),
    ],
)
def test_what_does_not_keep_to_it_is_found(status: int, body: object) -> None:
    media_type = "application/json" if status == 200 else "application/problem+json"
    assert reference().fault("POST", "/api/v1/chat", status, media_type, json.dumps(body).encode())


def test_two_types_of_one_name_are_refused() -> None:
    openapi.schema_of(openapi.parts("Twice", one=int))
    with pytest.raises(ValueError, match="Twice"):
        openapi.schema_of(openapi.parts("Twice", one=str))
