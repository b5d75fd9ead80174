"""The interactive test page, and in development a token for it."""

from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from api.routes.access import State
from orchestrator.errors import NotFound

router = APIRouter(include_in_schema=False)

PAGES = Path(__file__).parent.parent / "pages"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws: wss:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
ASSETS = {path.name: path for path in PAGES.iterdir() if path.suffix in {".js", ".css", ".svg"}}
LOOPBACK = {"127.0.0.1", "::1"}
LOCAL_NAMES = {"localhost", *LOOPBACK}
"""Host names by which a person at this machine asks. A request by another name came through a proxy, or from a page
whose name was made to point here."""


@router.get("/ws/test")
async def page() -> Response:
    return FileResponse(PAGES / "test.html", headers=HEADERS)


@router.get("/ws/test/token")
async def development_token(request: Request, response: Response, state: State) -> dict[str, str]:
    """A token for whoever sits at this machine; there is none from elsewhere."""
    host = _name(request.headers.get("host", ""))
    here = request.client is not None and request.client.host in LOOPBACK and host in LOCAL_NAMES
    token = state.development_token() if here else None
    if token is None:
        raise NotFound
    response.headers["Cache-Control"] = "no-store"
    return {"token": token}


def _name(host: str) -> str | None:
    """The name in a Host header; None for one that makes no sense."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


@router.get("/ws/test/{asset}")
async def asset(asset: str) -> Response:
    if asset not in ASSETS:
        raise NotFound
    return FileResponse(ASSETS[asset], headers=HEADERS)
