"""The OpenAI API's door on the real server, through its official client and LangChain's."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessageChunk
from langchain_openai import ChatOpenAI

from tests.conversing import talking
from tests.integration.test_parked import bookings
from tests.serving import Served

ROOF_LOAD = {"role": "user", "content": "What is the roof load of the Wren?"}


@pytest.fixture
def client(server: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.http}/v1", api_key=server.token("olga"), max_retries=0) as opened:
        yield opened


def test_models_are_the_specialists_that_are_open(server: Served, client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert names[0] == "pitcrew"
    assert {"specs", "maintenance", "troubleshooting"} <= set(names)
    assert client.models.retrieve("specs").id == "specs"
    with pytest.raises(openai.NotFoundError, match="specs") as missing:
        client.models.retrieve("gpt-99")
    assert missing.value.code == "model_not_found"


def test_answers_whole(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="pitcrew", messages=[ROOF_LOAD])  # type: ignore[list-item]
    choice = answer.choices[0]
    assert "50 kg" in (choice.message.content or "")
    assert (choice.finish_reason, choice.message.role, answer.object) == ("stop", "assistant", "chat.completion")
    assert answer.usage is not None
    assert answer.usage.total_tokens == 0  # no model was asked
    own: dict[str, Any] = answer.model_extra["pitcrew"]  # type: ignore[index]
    assert own["agent"] == "specs"
    assert own["context"]["citations"][0]["source"] == "specs/dimensions-and-weights.csv"


def test_streams_what_it_answers_whole(client: openai.OpenAI) -> None:
    options = {"include_usage": True}
    with client.chat.completions.create(model="specs", messages=[ROOF_LOAD], stream=True, stream_options=options) as it:  # type: ignore[call-overload]
        chunks = list(it)
    assert chunks[0].choices[0].delta.role == "assistant"
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks[:-1]]
    assert len([piece for piece in pieces if piece]) > 1
    assert "".join(pieces).startswith("50 kg")
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1] if chunk.choices[0].finish_reason] == ["stop"]
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 0)
    assert len({chunk.id for chunk in chunks}) == 1
    told = [chunk.model_extra["pitcrew"] for chunk in chunks if "pitcrew" in chunk.model_extra]
    assert told[0]["passages"]
    assert told[-1]["context"]["sources"]


async def test_asynchronous_client(server: Served) -> None:
    async with openai.AsyncOpenAI(base_url=f"{server.http}/v1", api_key=server.token("olga"), max_retries=0) as client:
        text = ""
        async with await client.chat.completions.create(  # type: ignore[call-overload]
            model="pitcrew", messages=[ROOF_LOAD], stream=True
        ) as chunks:
            async for chunk in chunks:
                text += chunk.choices[0].delta.content or ""
        whole = await client.chat.completions.create(model="pitcrew", messages=[ROOF_LOAD])  # type: ignore[list-item]
    assert text == whole.choices[0].message.content


async def test_langchain(server: Served) -> None:
    url, token = f"{server.http}/v1", server.token("lara")
    model = ChatOpenAI(model="pitcrew", base_url=url, api_key=token, stream_usage=True)  # type: ignore[arg-type]
    answer = model.invoke("What is the roof load of the Wren?")
    assert "50 kg" in str(answer.content)
    whole = AIMessageChunk("")
    async for chunk in model.astream([("human", "I drive a Wren 58."), ("ai", "Nice."), ("human", "Its roof load?")]):
        whole += chunk  # type: ignore[assignment]
    assert "50 kg" in str(whole.content)
    assert whole.usage_metadata is not None


def test_a_told_conversation_is_understood(client: openai.OpenAI) -> None:
    """What a client tells counts as if it had been said here: the vehicle, and what a pronoun stands for."""
    told: list[Any] = [
        {"role": "system", "content": "You are a pirate."},
        {"role": "user", "content": [{"type": "text", "text": "I drive a Plover."}]},
        {"role": "assistant", "content": "Noted."},
        {"role": "user", "content": "Thanks!"},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "user", "content": "What is the roof load?"},
    ]
    answer = client.chat.completions.create(model="pitcrew", messages=told).choices[0].message.content or ""
    assert "100 kg" in answer
    assert "Wren" not in answer


async def test_a_named_session_is_every_wires(server: Served, client: openai.OpenAI) -> None:
    async with talking(server.chat, server.token("olga")) as talk:
        await talk.ask("I drive a Plover.", session_id="shared")
        answer = client.chat.completions.create(
            model="pitcrew",
            messages=[{"role": "user", "content": "What is the roof load?"}],
            metadata={"session_id": "shared"},
        )
        assert "100 kg" in (answer.choices[0].message.content or "")
        frames = await talk.until_end()
    assert frames[-1]["response"] == answer.choices[0].message.content
    again = client.chat.completions.create(
        model="pitcrew",
        messages=[{"role": "user", "content": "And of the Wren?"}],
        extra_headers={"X-Session-ID": "shared"},
    )
    assert "50 kg" in (again.choices[0].message.content or "")


def test_the_same_key_is_the_same_answer(client: openai.OpenAI) -> None:
    headers = {"Idempotency-Key": "order/17 of today"}
    first, second = (
        client.chat.completions.create(model="pitcrew", messages=[ROOF_LOAD], extra_headers=headers)  # type: ignore[list-item]
        for _ in range(2)
    )
    assert first.id == second.id
    with client.chat.completions.create(  # type: ignore[call-overload]
        model="pitcrew", messages=[ROOF_LOAD], stream=True, extra_headers=headers
    ) as chunks:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == first.choices[0].message.content
    other = [{"role": "user", "content": "Something else?"}]
    with pytest.raises(openai.ConflictError) as refused:
        client.chat.completions.create(model="pitcrew", messages=other, extra_headers=headers)  # type: ignore[arg-type]
    assert refused.value.code == "idempotency_conflict"


@pytest.mark.parametrize(("reply", "booked"), [("yes please", ["10:00"]), ("no thanks", [])])
def test_books_after_a_yes(acting_server: Served, reply: str, booked: list[str]) -> None:
    """A client that only tells the conversation finds the booking that waits for its word."""
    before = bookings(acting_server)
    with openai.OpenAI(base_url=f"{acting_server.http}/v1", api_key=acting_server.token(f"o{len(reply)}")) as client:
        told: list[Any] = [{"role": "user", "content": "I would like to book a test drive"}]
        asked = client.chat.completions.create(model="pitcrew", messages=told)
        prompt = asked.choices[0].message.content or ""
        assert prompt.endswith("Shall I book the test drive at 10:00?")
        assert asked.model_extra["pitcrew"]["input_required"]["kind"] == "confirm"  # type: ignore[index]
        told += [{"role": "assistant", "content": prompt}, {"role": "user", "content": reply}]
        text = ""
        with client.chat.completions.create(model="pitcrew", messages=told, stream=True) as chunks:
            for chunk in chunks:
                text += chunk.choices[0].delta.content or ""
    assert ("Booked for 10:00." in text) is bool(booked)
    assert bookings(acting_server) == before + booked


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_as_long_as_was_asked_for(client: openai.OpenAI, name: str) -> None:
    whole = client.chat.completions.create(model="specs", messages=[ROOF_LOAD]).choices[0].message.content or ""  # type: ignore[list-item]
    limited = {"model": "specs", "messages": [ROOF_LOAD], name: 3}
    brief = client.chat.completions.create(**limited).choices[0]  # type: ignore[call-overload]
    assert brief.finish_reason == "length"
    assert 0 < len(brief.message.content.split()) <= 3
    assert whole.startswith(brief.message.content.rstrip())
    with client.chat.completions.create(**limited, stream=True) as chunks:  # type: ignore[call-overload]
        choices = [chunk.choices[0] for chunk in chunks]
    assert "".join(choice.delta.content or "" for choice in choices).rstrip() == brief.message.content.rstrip()
    assert choices[-1].finish_reason == "length"


REFUSED: dict[str, tuple[dict[str, Any], int, str | None, str]] = {
    "two answers": ({"n": 2}, 400, "n", "unsupported_value"),
    "a forced tool": ({"tool_choice": "required", "tools": []}, 400, "tool_choice", "unsupported_value"),
    "a JSON schema": ({"response_format": {"type": "json_schema"}}, 400, "response_format", "unsupported_value"),
    "JSON": ({"response_format": {"type": "json_object"}}, 400, "response_format", "unsupported_value"),
    "probabilities": ({"logprobs": True}, 400, "logprobs", "unsupported_value"),
    "no room": ({"max_tokens": 0}, 400, "max_tokens", "invalid_type"),
    "another model": ({"model": "gpt-5"}, 404, "model", "model_not_found"),
    "no model": ({"model": None}, 400, "model", "missing_required_parameter"),
    "no messages": ({"messages": []}, 400, "messages", "invalid_value"),
    "a picture": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,"}}]}]},
        400, "messages[0].content[0]", "unsupported_value",
    ),
    "a number": ({"messages": [{"role": "user", "content": 7}]}, 400, "messages[0].content", "invalid_type"),
    "NUL": ({"messages": [{"role": "user", "content": "a\x00b"}]}, 400, None, "bad_request"),
    "too long": ({"messages": [{"role": "user", "content": "x" * 8001}]}, 413, "messages", "context_length_exceeded"),
    "too big": ({"messages": [{"role": "user", "content": "x" * 2**20}]}, 413, None, "context_length_exceeded"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "status", "param", "code"), REFUSED.values(), ids=REFUSED)
def test_refusals(server: Served, change: dict[str, Any], status: int, param: str | None, code: str) -> None:
    body = json.dumps({"model": "pitcrew", "messages": [ROOF_LOAD], **change}).encode()
    answered, said, headers = server.request("POST", "/v1/chat/completions", server.token("olga"), body)
    error = json.loads(said)["error"]
    assert (answered, error["param"], error["code"]) == (status, param, code)
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    assert headers["x-should-retry"] == "false"


def test_a_key_is_needed(server: Served) -> None:
    for key in (server.token("olga")[:-2], "sk-none"):
        with openai.OpenAI(base_url=f"{server.http}/v1", api_key=key) as client:
            with pytest.raises(openai.AuthenticationError) as refused:
                client.models.list()
            assert refused.value.code == "invalid_api_key"
    status, said, _ = server.request("POST", "/v1/chat/completions", body=b"{}")
    assert (status, json.loads(said)["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"{" * 100_000, b'{"model":' + b"9" * 1000 + b"}", b"null"])
def test_bodies_that_are_no_request(server: Served, body: bytes) -> None:
    status, said, _ = server.request("POST", "/v1/chat/completions", server.token("olga"), body)
    assert status == 400
    assert json.loads(said)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/v1/chat/completions", 405, "POST"),
        ("DELETE", "/v1/models/specs", 405, "GET"),
        ("POST", "/v1/embeddings", 404, None),
        ("GET", "/v1/" + "x" * 3000, 404, None),
    ],
)
def test_what_is_not_offered_is_refused_in_the_apis_shape(
    server: Served, method: str, path: str, status: int, allowed: str | None
) -> None:
    answered, said, headers = server.request(method, path, server.token("olga"), b"{}" if method == "POST" else None)
    assert (answered, headers["Allow"], headers["x-should-retry"]) == (status, allowed, "false")
    error = json.loads(said)["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith(f"Not offered here: {method} /v1/")
    assert len(error["message"]) < 250


def test_the_reference_promises_what_is_sent(server: Served) -> None:
    """Refusals are 400, never 422, and every choice in a URL is told."""
    reference = json.loads(server.get("/openapi.json")[1])
    routes = [route for path in reference["paths"].values() for route in path.values()]
    assert not any("422" in route["responses"] for route in routes)
    openais = reference["paths"]["/v1/chat/completions"]["post"]["responses"]["4XX"]["content"]
    assert "error" in openais["application/json"]["example"]
    stream = {one["name"] for one in reference["paths"]["/agent/stream"]["get"]["parameters"]}
    assert stream == {"question", "dataset", "session_id", "client_message_id", "token", "ticket", "last_event_id"}
