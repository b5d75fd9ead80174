"""What the routes share: the app's parts, and who is calling."""

from typing import Annotated

import msgspec
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials
from starlette.requests import HTTPConnection

from api.access.auth import Identity, SignedIn, guest
from api.access.operations import STAFF
from api.access.origins import by_local_name
from api.compose.app_state import AppState
from api.protocol.frames import FRAME_BYTES, convert, parse_object
from api.protocol.openapi import TOKEN
from api.settings import LOOPBACK
from orchestrator.errors import AuthRequired, BadJson, MessageTooLong, PitcrewError


def app_state(request: Request) -> AppState:
    state: AppState = request.app.state.pitcrew
    return state


def address_of(request: HTTPConnection) -> str:
    """Where a request comes from; "" where that is not known."""
    return request.client.host if request.client is not None else ""


State = Annotated[AppState, Depends(app_state)]
Signed = Annotated[HTTPAuthorizationCredentials | None, Security(TOKEN)]
"""Tells the API reference that a token is wanted; what is done with it is `identity`'s."""


async def identity(request: Request, state: State, _signed: Signed = None) -> Identity:
    """The caller of a request with `Authorization: Bearer <token>`. Raises AuthRequired, AuthInvalid, AuthExpired."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise AuthRequired
    return await state.gateway.sign_in.verify(token.strip(), address_of(request))


async def of_staff(request: Request, state: AppState) -> bool:
    """Whether a member of staff asks, who shows a good token."""
    try:
        return (await identity(request, state)).role in STAFF
    except PitcrewError:
        return False


async def caller(user: Annotated[Identity, Depends(identity)]) -> SignedIn:
    return user.caller


CurrentCaller = Annotated[SignedIn, Depends(caller)]


def guests_enter(request: Request, state: AppState) -> bool:
    """Whether whoever sends the request needs no token. From this machine it must be asked for by a name of its own:
    a page whose name was made to point here is no guest, and of its own origin its browser says nothing."""
    here = request.client is not None and request.client.host in LOOPBACK
    return state.gateway.guests and (not here or by_local_name(request.headers.get("host", "")))


async def visitor(request: Request, state: State, _signed: Signed = None) -> Identity:
    """The caller of a request, or where guests are let in one who has shown no token. Raises as `identity` does."""
    if "authorization" not in request.headers and guests_enter(request, state):
        return guest("")
    return await identity(request, state)


Visitor = Annotated[Identity, Depends(visitor)]


async def read_body(request: Request, kind: type[msgspec.Struct]) -> msgspec.Struct:
    """The request's JSON body as `kind`, within the limits of a frame. Raises BadJson, BadRequest, MessageTooLong."""
    return convert(parse_object(await read_text(request)), kind)


async def read_text(request: Request, most: int = FRAME_BYTES) -> str:
    """The request's body, of at most so many bytes. Raises BadJson for what is not UTF-8, MessageTooLong."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise MessageTooLong
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadJson from error
