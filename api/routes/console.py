"""The staff's console: a page, its script and its style sheet.

They hold nothing of anybody's: what the page shows is asked with a token.
"""

from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from api.routes.built_files import BuiltFile, built_file, built_files, served

router = APIRouter(include_in_schema=False)

PAGES = Path(__file__).parent.parent / "pages"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types dompurify"
)
SHARED = {"Cross-Origin-Resource-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}
PAGE_HEADERS = SHARED | {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
ASSET_HEADERS = SHARED | {"Cache-Control": "no-cache"}


@cache
def assets() -> dict[str, BuiltFile]:
    """By name."""
    return {**built_files(PAGES / "built" / "console"), "icon.svg": built_file(PAGES / "icon.svg")}


@router.api_route("/staff", methods=["GET", "HEAD"])
async def page() -> Response:
    """The page."""
    return FileResponse(PAGES / "staff.html", headers=PAGE_HEADERS)


@router.api_route("/staff/{name}", methods=["GET", "HEAD"])
async def asset(request: Request, name: str) -> Response:
    """What the page is made of."""
    return served(request, assets(), name, ASSET_HEADERS)
