"""What the sockets speak, for programs: an AsyncAPI document."""

from typing import Any

from fastapi import APIRouter, Request

from api.dialects import all_dialects
from api.protocol.asyncapi import asyncapi
from api.version import product_version

router = APIRouter(tags=["pages"])


@router.get("/asyncapi.json")
async def document(request: Request) -> dict[str, Any]:
    """Every WebSocket of this server and its frames, as an AsyncAPI 3.0 document."""
    url = request.url
    return asyncapi(all_dialects(), host=url.netloc, secure=url.scheme == "https", version=product_version())
