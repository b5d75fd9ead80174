"""The rest of the protocol: said plainly not to be offered. Included last."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.integrations.langgraph.routes.caller import KeyCaller

router = APIRouter()
TEXT = (
    "Pitcrew does not offer this part of the LangGraph protocol. It offers assistants (search, get, graph, schemas), "
    "threads (create, get, search, count, delete, state, history, stream) and runs (create, stream, wait, get, list, "
    "cancel, join)."
)


@router.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"], include_in_schema=False)
async def unoffered(rest: str, caller: KeyCaller) -> Response:
    return JSONResponse({"detail": TEXT, "code": "NOT_OFFERED"}, 501)
