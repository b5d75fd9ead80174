"""Tickets: how a page opens a socket without a token in its URL."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.access.auth import Identity
from api.access.tickets import TICKET_S
from api.protocol.openapi import answers, parts
from api.routes.dependencies import State, identity

router = APIRouter(prefix="/api/v1", tags=["tickets"])


@router.post("/ticket", responses=answers(parts("Ticket", ticket=str, expires_in=int)))
async def ticket(
    state: State, user: Annotated[Identity, Depends(identity)], response: Response
) -> dict[str, str | int]:
    """A ticket for `/ws/chat?ticket=…`: good once, for `expires_in` seconds. The socket is then yours, up to the end of
    your token."""
    response.headers["Cache-Control"] = "no-store"
    return {"ticket": await state.gateway.tickets.issue(user), "expires_in": TICKET_S}
