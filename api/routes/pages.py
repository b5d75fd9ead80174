"""The interactive test page, and in development a token for it."""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from api.access.origins import by_local_name
from api.routes.built_files import BuiltFile, built_files, served
from api.routes.dependencies import State
from api.settings import LOOPBACK
from orchestrator.errors import NotFound

router = APIRouter(include_in_schema=False)

PAGES = Path(__file__).parent.parent / "pages"
_CLOSED = "base-uri 'none'; form-action 'none'"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self' ws: wss:; "
    f"frame-src 'self'; frame-ancestors 'none'; {_CLOSED}"
)
DRAWING_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
    f"sandbox allow-scripts; frame-ancestors 'self'; {_CLOSED}"
)
"""Of the frame that makes pictures of what a model wrote: an origin of its own, nothing to reach, no token to read.
Mermaid measures with styles that it writes into the document."""
HEADERS = {
    "Content-Security-Policy": CSP,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
ASSETS = {path.name: path for path in PAGES.iterdir() if path.suffix in {".js", ".css", ".svg"}}


@router.get("/ws/test")
async def page() -> Response:
    return FileResponse(PAGES / "test.html", headers=HEADERS)


@router.get("/ws/test/token")
async def development_token(request: Request, response: Response, state: State) -> dict[str, str]:
    """A token for whoever sits at this machine; there is none from elsewhere."""
    here = request.client is not None and request.client.host in LOOPBACK
    token = state.development_token() if here and by_local_name(request.headers.get("host", "")) else None
    if token is None:
        raise NotFound
    response.headers["Cache-Control"] = "no-store"
    return {"token": token}


@router.get("/ws/test/drawing")
async def drawing() -> Response:
    """The frame in which the page draws."""
    return FileResponse(PAGES / "drawing.html", headers=HEADERS | {"Content-Security-Policy": DRAWING_CSP})


@cache
def bundles() -> dict[str, BuiltFile]:
    """What draws, by name: Mermaid and Vega-Lite."""
    return built_files(PAGES / "built" / "drawing")


@router.get("/ws/test/drawing/{name}")
def bundle(request: Request, name: str) -> Response:
    """Read, and for some decompressed, in a thread of its own: these are megabytes."""
    return served(request, bundles(), name, HEADERS)


@router.get("/ws/test/{asset}")
async def asset(asset: str) -> Response:
    if asset not in ASSETS:
        raise NotFound
    return FileResponse(ASSETS[asset], headers=HEADERS)
