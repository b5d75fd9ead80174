"""Ending somebody's access before their token ends."""

from typing import Literal

import msgspec
from fastapi import Request, Response

from api.access.auth import ID_CHARS, TOKEN_BYTES, named_token
from api.protocol.forms import sized
from api.protocol.openapi import parts
from api.routes.dependencies import State
from api.routes.staff_access import Desk, Doer, answer, body_of, operation, router
from orchestrator.errors import BadRequest

__all__ = ["router"]


class Revoking(msgspec.Struct):
    """What to revoke: all tokens that a user has now, or one `token`, given whole or by its id (`jti`)."""

    user_id: str | None = None
    token: str | None = None


@operation("revoke", parts("Revoked", kind=Literal["token", "user"], name=str, before=int), status=201, body=Revoking)
async def revoke(request: Request, state: State, doer: Doer, desk: Desk) -> Response:
    """Refuse a token, or all that a user has, from now on: here at once, in other processes within 15 s. What is open
    by them is closed with 4403. Tokens issued later are good."""
    asked = await body_of(request, Revoking)
    if (asked.user_id is None) == (asked.token is None):
        raise BadRequest(field="user_id", form="there, or else `token`")
    if asked.user_id is not None and not 0 < len(asked.user_id) <= ID_CHARS:
        raise BadRequest(field="user_id", form=sized("a string", 1, ID_CHARS))
    if asked.token is not None and not 0 < len(asked.token) <= TOKEN_BYTES:
        raise BadRequest(field="token", form=sized("a string", 1, TOKEN_BYTES))
    name = asked.user_id if asked.user_id is not None else named_token(asked.token or "")
    if len(name) > ID_CHARS:
        raise BadRequest(field="token", form="a token, or the id of one")
    assert state.revocations is not None
    made = await state.revocations.add("user" if asked.user_id is not None else "token", name, doer.id)
    await desk.store.record(desk.act(doer, "revoke", detail={"kind": made.kind}, subject=asked.user_id or ""))
    await state.revoke()
    return answer(201, kind=made.kind, name=made.name, before=made.before)
