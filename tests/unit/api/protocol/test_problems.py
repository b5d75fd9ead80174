"""Errors of requests, as their senders and the log get them."""

import pytest
from fastapi import FastAPI, Request
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
