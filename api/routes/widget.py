"""The chat window for other people's pages: one script, and the words of each further language.

Any page may load them: they hold nothing of anybody's. What the script may then do is decided where it opens a socket.
"""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.routes.built_files import BuiltFile, built_files, served

router = APIRouter(include_in_schema=False)

BUILT = Path(__file__).parent.parent / "pages" / "built" / "widget"
HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@cache
def assets() -> dict[str, BuiltFile]:
    """By name."""
    return built_files(BUILT)


@router.api_route("/widget.js", methods=["GET", "HEAD"])
async def script(request: Request) -> Response:
    """The widget."""
    return served(request, assets(), "widget.js", HEADERS)


@router.api_route("/widget/{name}", methods=["GET", "HEAD"])
async def words(request: Request, name: str) -> Response:
    """The widget's words in a language, such as `de.json`."""
    return served(request, assets(), name, HEADERS)
