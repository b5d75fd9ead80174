"""Who calls, by `Authorization: Bearer` or by `x-api-key`, where the SDK puts its key; and what a body asks for."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Depends, Request

from api.auth import Identity, TokenRules
from api.frames import convert, parse_object
from api.routes.access import State, read_text
from orchestrator.commands import Caller
from orchestrator.errors import AuthRequired, BadRequest

BODY_BYTES = 1024 * 1024
"""Clients may send a whole conversation as a run's input."""

T = TypeVar("T", bound=msgspec.Struct)


def verify(headers: Mapping[str, str], tokens: TokenRules) -> Identity:
    """The user of a request with these headers. Raises AuthRequired, AuthInvalid, AuthExpired."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        token = headers.get("x-api-key", "")
    if not token:
        raise AuthRequired
    return tokens.verify(token.strip())


def caller(request: Request, state: State) -> Caller:
    user = verify(request.headers, state.gateway.tokens)
    return Caller(user.user_id, user.role)


KeyCaller = Annotated[Caller, Depends(caller)]


async def read(request: Request, kind: type[T]) -> T:
    """The request's JSON body as `kind`; none at all is `{}`. Raises BadJson, BadRequest, MessageTooLong."""
    text = await read_text(request, BODY_BYTES)
    return await asyncio.to_thread(lambda: convert(parse_object(text or "{}"), kind))


def check_uuid(field: str, value: str) -> None:
    """Raises BadRequest unless it is a UUID: the protocol names its things so."""
    try:
        uuid.UUID(value)
    except ValueError:
        raise BadRequest(field=field) from None


def page(found: list[Any], limit: int, offset: int) -> list[Any]:
    """The page that a client asks for. Raises BadRequest for one that cannot be."""
    if not 0 < limit <= 1000 or offset < 0:
        raise BadRequest(field="limit")
    return found[offset : offset + limit]
