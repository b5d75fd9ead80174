"""The published schema of the sockets: valid as a document, and true of the frames."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from api.dialects import all_dialects
from api.protocol.asyncapi import asyncapi
from api.routes.asyncapi import frame_examples, published
from tests.published import Published
from tests.wire.frame_examples import FILE, examples
from tests.wire.transcripts import path

OFFICIAL = Path(__file__).parent / "asyncapi" / "schema-3.0.0.json"
DIALECTS = {dialect.name: dialect for dialect in all_dialects()}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    examples = frame_examples()
    made = asyncapi(published(), host="127.0.0.1:8000", secure=False, version="0.1.0", examples=examples)
    return json.loads(json.dumps(made))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    return Draft7Validator(json.loads(OFFICIAL.read_text(encoding="utf-8")))


def test_it_is_an_asyncapi_document(document: dict[str, Any], official: Draft7Validator) -> None:
    assert [error.message[:300] for error in official.iter_errors(document)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("channels", "native", "address"), 7),
        (("channels", "native", "surprise"), "x"),
        (("operations", "native.send", "action"), "shout"),
        (("components", "securitySchemes", "token", "type"), "hearsay"),
    ],
)
def test_the_official_schema_finds_what_is_wrong(
    document: dict[str, Any], official: Draft7Validator, path: tuple[str, ...], value: Any
) -> None:
    broken = copy.deepcopy(document)
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert not official.is_valid(broken)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    published, pending, references = Published(document), [document], 0
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "$ref" in value:
                assert published.resolve(value) is not None
                references += 1
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    assert references > 100


@pytest.mark.parametrize("name", DIALECTS)
def test_every_wire_is_there_with_all_its_words(name: str, document: dict[str, Any]) -> None:
    dialect, published = DIALECTS[name], Published(document)
    channel = document["channels"][name]
    assert channel["address"] == dialect.path
    assert set(channel.get("parameters", {})) == ({"session_id"} if "{" in dialect.path else set())
    for action, words in (("receive", dialect.words.received), ("send", dialect.words.sent)):
        assert words
        texts = dialect.words.text if action == "receive" else ()
        messages = published.messages(name, action)
        assert len(messages) == len(words) + len(texts)
        assert all(message["summary"].strip() for message in messages.values())
        for text in texts:
            assert messages[f"{text} (text)"]["payload"]["const"] == text


@pytest.mark.parametrize("name", DIALECTS)
def test_the_frames_of_the_transcripts_keep_to_it(name: str, document: dict[str, Any]) -> None:
    published = Published(document)
    lines = path(name).read_text(encoding="utf-8").splitlines()
    frames = [frame for line in lines for frame in json.loads(line)["frames"]]
    assert len(frames) > 10
    assert [fault for frame in frames if (fault := published.fault(name, frame))] == []


def test_a_frame_that_does_not_keep_to_it_is_found(document: dict[str, Any]) -> None:
    published = Published(document)
    good = {"type": "stream_token", "token": "Hello"}
    assert published.fault("query", good) is None
    assert published.fault("query", {**good, "token": 7}) is not None
    assert published.fault("query", {**good, "more": 7}) is not None
    assert published.fault("query", {"type": "stream_token"}) is not None
    assert published.fault("query", {"type": "shout"}) is not None


@pytest.mark.parametrize("name", [socket.name for socket in published()])
def test_every_frame_has_an_example_that_keeps_to_it(name: str, document: dict[str, Any]) -> None:
    told = Published(document)
    for action in ("receive", "send"):
        for message in told.messages(name, action).values():
            assert message["examples"], message["name"]
            for example in message["examples"]:
                frame = example["payload"]
                if isinstance(frame, dict):
                    assert told.fault(name, frame, action) is None
                else:
                    assert frame == message["payload"]["const"]


def test_the_examples_are_those_of_the_transcripts() -> None:
    assert FILE.read_text(encoding="utf-8") == examples(), "run `make docs`"
