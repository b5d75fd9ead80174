"""Answers as server-sent events, for clients without WebSocket: the frames are those of the sockets.

A stream ends with its answer. A client that lost it comes back with the last `id` it got, which every EventSource does
by itself: nothing is asked again, the rest is told, and behind the end it gets 204, which makes an EventSource stop.
Who goes away stops nothing; DELETE of the same address does.
"""

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.access.auth import Identity, guest, payer
from api.access.origins import origin_allowed
from api.access.tickets import Tickets
from api.compose.app_state import AppState
from api.dialects import all_dialects
from api.dialects.native import NativeSession
from api.dialects.query import QuerySession
from api.protocol.bodies import message_name
from api.protocol.dialect import Dialect, Handshake
from api.protocol.frames import convert, parse_object
from api.protocol.openapi import SIGNED, streamed
from api.routes.answer_stream import Reader, StreamRequest, find_message, open_stream, stop
from api.routes.dependencies import State, address_of, guests_enter, identity, read_text
from api.transport.position import FIELD, Position, read_position
from orchestrator.errors import AuthInvalid, Forbidden


def of_allowed_origin(request: Request, state: State) -> None:
    """Raises Forbidden for a page that may not ask here; one that fetches without a word of its origin, as images do,
    is foreign too."""
    origin, settings = request.headers.get("origin"), state.settings
    silent = origin is None and request.headers.get("sec-fetch-site") == "cross-site"
    if silent or not origin_allowed(origin, settings.origins, development=not settings.production):
        raise Forbidden


router = APIRouter(tags=["streams"], dependencies=[Depends(of_allowed_origin)])

DIALECTS: Mapping[str, Dialect] = {dialect.path: dialect for dialect in all_dialects()}
ANALYSIS = "/ws/agent/stream"


class Choices(msgspec.Struct):
    """What a client of `/ws/chat` chooses when it signs in."""

    partial: bool | None = None
    reasoning: bool | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    **streamed("text/event-stream", "The frames of the answer, each an event."),
    204: {"description": "That answer was told to its end, or is none of yours."},
}
PARAMETERS = [
    {"name": name, "in": "query", "description": text, "schema": {"type": "string"}}
    for name, text in {
        **DIALECTS[ANALYSIS].words.query,
        "token": "Your token, where it cannot go into a header.",
        "ticket": "A ticket in its place.",
        "last_event_id": "The last `id` that you got, to be told the rest; as `Last-Event-ID`.",
    }.items()
]
CHAT_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "message": {"type": "string", "maxLength": 8000, "examples": ["What is the engine power?"]},
                    "question": {"type": "string", "maxLength": 8000, "description": "Instead of `message`."},
                    "session_id": {"type": "string", "maxLength": 128},
                    "client_message_id": {"type": "string", "maxLength": 64},
                },
            }
        }
    },
}


@router.get(
    "/agent/stream", responses=RESPONSES, response_class=Response, openapi_extra={"parameters": PARAMETERS} | SIGNED
)
async def agent_stream(request: Request, state: State) -> Response:
    """Ask the analyst `?question=` about `?dataset=` (absent: all) and get the events of `/ws/agent/stream`. Who asks
    is told by a bearer token, `?token=`, `?ticket=`, or is a guest where guests are let in."""
    dialect = DIALECTS[ANALYSIS]
    query = dict(reversed(request.query_params.multi_items()))
    position = _position(request)
    who, key = await _who(request, state, dialect, query, position)

    def ask(instead: Mapping[str, str]) -> StreamRequest:
        session = dialect.open(Handshake(query={**query, **instead}))
        return find_message(session, *session.opened())

    return await open_stream(
        state, Reader(who, payer(who, request.client.host if request.client else None), key, position), ask
    )


@router.post(
    "/api/v1/chat/stream",
    responses=RESPONSES,
    response_class=Response,
    openapi_extra={"requestBody": CHAT_BODY} | SIGNED,
)
async def chat_stream(request: Request, state: State) -> Response:
    """Ask and get the answer as it is written. The body of `POST /api/v1/chat`, with `client_message_id`, `partial` and
    `reasoning` as on `/ws/chat`, gives its frames; one with `question`, those of `/ws/query`. To come back, send the
    same body with `Last-Event-ID`."""
    who = await identity(request, state)
    body = parse_object(await read_text(request))
    key = request.headers.get("idempotency-key")
    name = body.get("client_message_id") or (message_name(key) if key else None)

    def ask(instead: Mapping[str, str]) -> StreamRequest:
        fields = {**body, "client_message_id": name, **instead}
        if "question" in body:
            query = QuerySession()
            return find_message(query, query.read(fields))
        chosen = convert(fields, Choices)
        native = NativeSession(partial=chosen.partial, reasoning=chosen.reasoning)
        return find_message(native, native.read({**fields, "type": "message"}))

    return await open_stream(
        state,
        Reader(who, payer(who, request.client.host if request.client else None), "", _position(request)),
        ask,
    )


@router.delete("/agent/stream", status_code=204, openapi_extra=SIGNED)
async def stop_analysis(request: Request, state: State) -> Response:
    """Stop the analysis that a stream of this address tells: the one that `Last-Event-ID` (or `?last_event_id=`) names,
    else the one under way in `?session_id=`. Who may is told as in GET; a guest by that id or session alone."""
    query = dict(reversed(request.query_params.multi_items()))
    position = _position(request)
    who, _ = await _who(request, state, DIALECTS[ANALYSIS], query, position)
    await stop(state, who, query.get("session_id"), position)
    return Response(None, 204)


@router.delete("/api/v1/chat/stream", status_code=204, openapi_extra=SIGNED)
async def stop_chat(request: Request, state: State, session_id: str | None = None) -> Response:
    """Stop the answer that a stream of this address tells: the one that `Last-Event-ID` names, else the one under way
    in `?session_id=`."""
    await stop(state, await identity(request, state), session_id, _position(request))
    return Response(None, 204)


def _position(request: Request) -> Position | None:
    """Where the client left off. Raises BadRequest for what this server never gave."""
    event_id = request.headers.get(FIELD) or request.query_params.get("last_event_id")
    return read_position(event_id) if event_id else None


async def _who(
    request: Request, state: AppState, dialect: Dialect, query: Mapping[str, str], position: Position | None
) -> tuple[Identity, str]:
    """Who asks; and for a guest whom nothing else can tell again, the key. Raises AuthRequired, AuthInvalid,
    AuthExpired."""
    if "authorization" not in request.headers:
        if "ticket" in query:
            tickets, ticket = state.gateway.tickets, query["ticket"]
            shown = await (tickets.redeem(ticket, stream=True) if position is None else _returned(tickets, ticket))
            return state.gateway.sign_in.admitted(shown), ""
        if "token" in query:
            return await state.gateway.sign_in.verify(query["token"], address_of(request)), ""
        if dialect.guest is not None and guests_enter(request, state):
            if chosen := dialect.guest(Handshake(query=query)):
                return guest(chosen), ""
            key = (position.guest if position is not None else "") or secrets.token_hex(16)
            return guest(key), key
    return await identity(request, state), ""


async def _returned(tickets: Tickets, ticket: str) -> Identity:
    """Who comes back: with the ticket that opened the stream, or with a new one. Raises AuthInvalid, AuthExpired."""
    try:
        return await tickets.again(ticket)
    except AuthInvalid:
        return await tickets.redeem(ticket, stream=True)
