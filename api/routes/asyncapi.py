"""What the sockets speak, for programs: an AsyncAPI document."""

import inspect
import json
from functools import cache
from importlib import resources
from typing import Any

from fastapi import APIRouter, Request

from api.dialects import all_dialects
from api.protocol import staff_frames
from api.protocol.asyncapi import Published, asyncapi
from api.transport import staff_socket
from api.version import product_version

STAFF = Published("staff", "/ws/staff", staff_frames.WORDS, inspect.cleandoc(staff_socket.__doc__ or ""))
router = APIRouter(tags=["pages"])


@router.get("/asyncapi.json")
async def document(request: Request) -> dict[str, Any]:
    """Every WebSocket of this server and its frames, as an AsyncAPI 3.0 document."""
    url = request.url
    return asyncapi(
        published(),
        host=url.netloc,
        secure=url.scheme == "https",
        version=product_version(),
        examples=frame_examples(),
    )


@cache
def frame_examples() -> dict[str, Any]:
    """A frame of each kind, by socket, direction and type, made by `make docs`."""
    text = resources.files("api.protocol").joinpath("frame_examples.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def published() -> tuple[Published, ...]:
    """Every socket of the server: those of the dialects, and the staff's."""
    return (*map(Published.of, all_dialects()), STAFF)
