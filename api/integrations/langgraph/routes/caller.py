"""Who calls, by `Authorization: Bearer` or by `x-api-key`, where the SDK puts its key; and what a body asks for."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from api.access.auth import Identity, SignedIn
from api.access.sign_in import SignIn
from api.compose.app_state import AppState
from api.protocol.forms import within
from api.protocol.frames import convert, parse_object
from api.routes.dependencies import State, address_of, read_text
from api.transport.gateway import SEAT_WAIT_MS
from orchestrator.commands import Caller
from orchestrator.errors import AuthRequired, BadRequest, Overloaded, RateLimited

BODY_BYTES = 1024 * 1024
"""Clients may send a whole conversation as a run's input."""

PAGE = 1000
"""The longest page of a list."""
LEFT_OUT = "left out: this is not offered"

T = TypeVar("T", bound=msgspec.Struct)


async def verify(connection: HTTPConnection, sign_in: SignIn) -> Identity:
    """The user of a request or handshake. Raises AuthRequired, AuthInvalid, AuthExpired."""
    headers = connection.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        token = headers.get("x-api-key", "")
    if not token:
        raise AuthRequired
    return await sign_in.verify(token.strip(), address_of(connection))


async def caller(request: Request, state: State) -> SignedIn:
    return (await verify(request, state.gateway.sign_in)).caller


KeyCaller = Annotated[SignedIn, Depends(caller)]


async def read(request: Request, kind: type[T]) -> T:
    """The request's JSON body as `kind`; none at all is `{}`. Raises BadJson, BadRequest, MessageTooLong."""
    text = await read_text(request, BODY_BYTES)
    return await asyncio.to_thread(lambda: convert(parse_object(text or "{}"), kind))


@asynccontextmanager
async def seat(state: AppState, caller: Caller) -> AsyncIterator[ExitStack]:
    """A seat for a stream of the caller's, taken for the block, and as long as the stack lives that the block keeps.
    Raises Overloaded, RateLimited."""
    seats, places = state.gateway.seats, state.gateway.places
    with ExitStack() as stack:
        if seats.enter() is not None:
            raise Overloaded(retry_after_ms=SEAT_WAIT_MS)
        stack.callback(seats.leave)
        if not await places.claim(caller.user_id):
            raise RateLimited(retry_after_ms=SEAT_WAIT_MS)
        stack.callback(places.release, caller.user_id)
        yield stack


def check_uuid(field: str, value: str) -> None:
    """Raises BadRequest unless it is a UUID: the protocol names its things so."""
    try:
        uuid.UUID(value)
    except ValueError:
        raise BadRequest(field=field, form="a UUID") from None


def page(rows: list[Any], limit: int, offset: int) -> list[Any]:
    """The page that a client asks for. Raises BadRequest for one that cannot be."""
    if not 0 < limit <= PAGE:
        raise BadRequest(field="limit", form=within("a whole number", 1, PAGE))
    if offset < 0:
        raise BadRequest(field="limit", path="offset", form=within("a whole number", 0))
    return rows[offset : offset + limit]
