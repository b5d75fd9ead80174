"""Where a request really comes from: what headers say counts only from a proxy that a setting names."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.transport.uvicorn_socket import PEER

App = Callable[..., Awaitable[None]]


class RealPeer:
    """ASGI middleware: `client` of a scope is the connection's own address, or behind one of the `trusted` proxies
    (addresses and networks, comma-separated) the one that it forwards. A server that trusts others has no say."""

    def __init__(self, app: App, trusted: str) -> None:
        self._app: Any = ProxyHeadersMiddleware(app, trusted) if trusted.strip() else app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if PEER in scope:
            scope["client"] = scope[PEER]
        await self._app(scope, receive, send)
