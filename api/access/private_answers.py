"""What every answer over HTTP says of itself: that it is nobody else's to keep, and that it is what it says it is."""

from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PRIVATE = ("/api/", "/v1/", "/agui", "/agent/", "/langgraph/", "/metrics", "/ready", "/mcp")
"""Where answers are for who has asked alone. Others, such as pages and their parts, say how long they last."""


class PrivateAnswers:
    """ASGI middleware: adds `X-Content-Type-Options: nosniff`, and where an answer is private, unless it says something
    of it itself, `Cache-Control: no-store`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        private = scope["path"].startswith(PRIVATE)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers: Any = MutableHeaders(scope=message)
                headers.setdefault("X-Content-Type-Options", "nosniff")
                if private:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, told)
