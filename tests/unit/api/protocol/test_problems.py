"""Errors of requests, as their senders and the log get them."""

from typing import Annotated, Literal

import httpx
import pytest
from fastapi import FastAPI, Header, Query, Request
from starlette.types import Message

from api.protocol import problems
from api.routes.dependencies import read_text


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.post("/")
    async def length(request: Request) -> int:
        return len(await read_text(request))

    @app.get("/")
    async def listed(
        theme: Literal["light", "dark"] = "light",
        after: Annotated[int, Query(ge=0)] = 0,
        key: Annotated[str, Header(max_length=8)] = "",
    ) -> str:
        return f"{theme} {after} {key}"

    return app


async def test_who_leaves_while_asking_is_no_error(app: FastAPI) -> None:
    said: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    heard: list[Message] = []

    async def receive() -> Message:
        return said.pop(0)

    async def send(message: Message) -> None:
        heard.append(message)

    await app({"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}, receive, send)
    assert heard[0]["status"] == problems.CLIENT_GONE


@pytest.mark.parametrize(
    ("query", "headers", "field", "detail"),
    [
        ("?after=secret", {}, "after", "`after` must be a whole number."),
        ("?after=-1", {}, "after", "`after` must be a number of at least 0."),
        ("?theme=secret", {}, "theme", '`theme` must be "light" or "dark".'),
        ("", {"key": "secret-secret"}, "key", "`key` must be a string of at most 8 characters."),
    ],
)
async def test_a_parameter_of_the_wrong_form_is_told_the_right_one(
    app: FastAPI, query: str, headers: dict[str, str], field: str, detail: str
) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        body = (await client.get(f"/{query}", headers=headers)).json()
    assert (body["code"], body["field"], body["detail"]) == ("BAD_REQUEST", field, detail)
