"""What the routes share: the app's parts, and who is calling."""

from typing import Annotated

import msgspec
from fastapi import Depends, Request

from api.app_state import AppState
from api.auth import Identity
from api.frames import FRAME_BYTES, convert, parse_object
from orchestrator.commands import Caller
from orchestrator.errors import AuthRequired, BadJson, MessageTooLong


def app_state(request: Request) -> AppState:
    state: AppState = request.app.state.pitcrew
    return state


State = Annotated[AppState, Depends(app_state)]


def identity(request: Request, state: State) -> Identity:
    """The caller of a request with `Authorization: Bearer <token>`. Raises AuthRequired, AuthInvalid, AuthExpired."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise AuthRequired
    return state.gateway.tokens.verify(token.strip())


def caller(user: Annotated[Identity, Depends(identity)]) -> Caller:
    return Caller(user.user_id, user.role)


CurrentCaller = Annotated[Caller, Depends(caller)]


async def read_body(request: Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """The request's JSON body as `kind`, within the limits of a frame. Raises BadJson, BadRequest, MessageTooLong."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > FRAME_BYTES:
            raise MessageTooLong
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadJson from error
    return convert(parse_object(text), kind)
