"""Keeping tokens out of logs: servers log request lines, and a token may stand in the query."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HIDDEN = "pitcrew.query"


class HideSocketQuery:
    """ASGI middleware: moves the query of a WebSocket handshake out of sight of the server, which logs it on accept."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            scope[HIDDEN] = scope["query_string"]
            scope["query_string"] = b""
        await self._app(scope, receive, send)


def socket_query(scope: Scope) -> dict[str, str]:
    """The handshake's query; the first value of a name counts."""
    pairs = parse_qsl(scope.get(HIDDEN, b"").decode("latin-1"), keep_blank_values=True)
    return dict(reversed(pairs))
