"""What is asked over HTTP beside the sockets, for pages of other origins too (Fetch standard, section 3.2).

A token is shown with each request and never by the browser on its own, so that a page can do no more than whoever gave
it the token.
"""

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.origins import origin_allowed

OPEN = ("/api/v1/", "/agent/stream", "/v1/", "/agui", "/langgraph/", "/ws/test/token")


class OpenToPages(CORSMiddleware):
    """Lets the pages that may open a socket read what is answered there. `listed`: origins, as in `origin_allowed`."""

    def __init__(self, app: ASGIApp, listed: frozenset[str], development: bool) -> None:
        exposed = ("Retry-After", "X-Should-Retry", "Location", "Content-Location")
        super().__init__(
            app, allow_methods=("GET", "POST", "PUT", "PATCH", "DELETE"), allow_headers=("*",), expose_headers=exposed
        )
        self._listed = listed
        self._development = development

    def is_allowed_origin(self, origin: str) -> bool:
        return origin_allowed(origin, self._listed, development=self._development)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(OPEN):
            await super().__call__(scope, receive, send)
        else:
            await self.app(scope, receive, send)
