"""The chat window for other people's pages: one script, and the words of each further language.

Any page may load them: they hold nothing of anybody's. What the script may then do is decided where it opens a socket.
"""

import gzip
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from orchestrator.errors import NotFound

router = APIRouter(include_in_schema=False)

BUILT = Path(__file__).parent.parent / "pages" / "built" / "widget"
MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".json": "application/json"}
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Asset:
    """A file as it is served."""

    body: bytes
    compressed: bytes
    media_type: str
    tag: str


@cache
def assets() -> dict[str, Asset]:
    """By name."""
    return {path.name: _asset(path) for path in sorted(BUILT.iterdir()) if path.suffix in MEDIA_TYPES}


def _asset(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, gzip.compress(body, mtime=0), MEDIA_TYPES[path.suffix], f'"{sha256(body).hexdigest()[:32]}"')


@router.api_route("/widget.js", methods=["GET", "HEAD"])
async def script(request: Request) -> Response:
    """The widget."""
    return _served(request, "widget.js")


@router.api_route("/widget/{name}", methods=["GET", "HEAD"])
async def words(request: Request, name: str) -> Response:
    """The widget's words in a language, such as `de.json`."""
    return _served(request, name)


def _served(request: Request, name: str) -> Response:
    if name not in assets():
        raise NotFound
    asset = assets()[name]
    headers = HEADERS | {"ETag": asset.tag}
    if asset.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(asset.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)
