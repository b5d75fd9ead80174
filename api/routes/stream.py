"""Answers as server-sent events, for clients without WebSocket: the frames are those of the sockets.

A stream ends with its answer. A client that lost it comes back with the last `id` it got, which every EventSource does
by itself: nothing is asked again, the rest is told, and behind the end it gets 204, which makes an EventSource stop.
"""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.app_state import AppState
from api.auth import Identity, guest, payer
from api.dialect import Dialect, Handshake, Rejected, Session
from api.dialects import all_dialects
from api.frames import parse_object
from api.origins import origin_allowed
from api.routes.access import State, guests_enter, identity, read_text
from api.streams import Asked, Reader, asked, open_stream
from api.transport.position import FIELD, Position, read_position
from orchestrator.errors import Forbidden

router = APIRouter(tags=["streams"])

DIALECTS: Mapping[str, Dialect] = {dialect.path: dialect for dialect in all_dialects()}
ANALYSIS, QUERY, NATIVE = "/ws/agent/stream", "/ws/query", "/ws/chat"
OPTIONS = ("partial", "reasoning")
"""What a client of `/ws/chat` chooses when it signs in."""
RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {}}, "description": "The frames of the answer, each an event."},
    204: {"description": "That answer was told to its end, or is none of yours."},
}
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


@router.get("/agent/stream", responses=RESPONSES, response_class=Response)
async def agent_stream(request: Request, state: State) -> Response:
    """Ask the analyst `?question=` about `?dataset=` (absent: all) and get the events of `/ws/agent/stream`. Who asks
    is told by a bearer token, `?token=`, `?ticket=`, or is a guest where guests are let in."""
    dialect = DIALECTS[ANALYSIS]
    headers = _for_page(request, state)
    query = dict(reversed(request.query_params.multi_items()))
    position = _position(request)
    who, key = _who(request, state, dialect, query, position)

    def ask(instead: Mapping[str, str]) -> Asked:
        session = dialect.open(Handshake(query={**query, **instead}))
        return asked(session, *session.opened())

    return await open_stream(
        state, Reader(who, payer(who, request.client.host if request.client else None), key, position, headers), ask
    )


@router.post(
    "/api/v1/chat/stream", responses=RESPONSES, response_class=Response, openapi_extra={"requestBody": CHAT_BODY}
)
async def chat_stream(request: Request, state: State) -> Response:
    """Ask and get the answer as it is written. The body of `POST /api/v1/chat`, with `client_message_id`, `partial` and
    `reasoning` as on `/ws/chat`, gives its frames; one with `question`, those of `/ws/query`. To come back, send the
    same body with `Last-Event-ID`."""
    headers = _for_page(request, state)
    who = identity(request, state)
    body = parse_object(await read_text(request))
    name = body.get("client_message_id") or request.headers.get("idempotency-key")

    def ask(instead: Mapping[str, str]) -> Asked:
        said = {**body, "client_message_id": name, **instead}
        if "question" in body:
            session = DIALECTS[QUERY].open(Handshake())
            return asked(session, session.received(json.dumps(said)))
        session = _native({field: said[field] for field in OPTIONS if said.get(field) is not None})
        return asked(session, session.received(json.dumps({**said, "type": "message"})))

    return await open_stream(
        state,
        Reader(who, payer(who, request.client.host if request.client else None), "", _position(request), headers),
        ask,
    )


@router.options("/agent/stream", include_in_schema=False)
@router.options("/api/v1/chat/stream", include_in_schema=False)
async def preflight(request: Request, state: State) -> Response:
    """What a page of another origin asks before it shows a token (Fetch standard, section 3.2.2)."""
    allowed = {
        "Access-Control-Allow-Methods": "GET, POST",
        "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
    }
    return Response(None, 204, {**_for_page(request, state), **allowed})


def _native(options: Mapping[str, Any]) -> Session:
    """A session of the native dialect that was told the client's choices. Raises BadRequest."""
    session = DIALECTS[NATIVE].open(Handshake())
    if options:
        told = session.received(json.dumps({"type": "auth", "token": "", **options})).inbound
        if isinstance(told, Rejected):
            raise told.error
    return session


def _for_page(request: Request, state: AppState) -> dict[str, str]:
    """The headers by which a page may read the response. Raises Forbidden for a page that may not ask here; one that
    fetches without a word of its origin, as images do, is foreign too."""
    origin, settings = request.headers.get("origin"), state.settings
    silent = origin is None and request.headers.get("sec-fetch-site") == "cross-site"
    if silent or not origin_allowed(origin, settings.origins, development=not settings.production):
        raise Forbidden
    return {} if origin is None else {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


def _position(request: Request) -> Position | None:
    """Where the client left off. Raises BadRequest for what this server never gave."""
    said = request.headers.get(FIELD) or request.query_params.get("last_event_id")
    return read_position(said) if said else None


def _who(
    request: Request, state: AppState, dialect: Dialect, query: Mapping[str, str], position: Position | None
) -> tuple[Identity, str]:
    """Who asks; and for a guest whom nothing else can tell again, the key. Raises AuthRequired, AuthInvalid,
    AuthExpired."""
    if "authorization" not in request.headers:
        if "ticket" in query:
            return state.gateway.tickets.redeem(query["ticket"]), ""
        if "token" in query:
            return state.gateway.tokens.verify(query["token"]), ""
        if dialect.guest is not None and guests_enter(request, state):
            if chosen := dialect.guest(Handshake(query=query)):
                return guest(chosen), ""
            key = (position.guest if position is not None else "") or secrets.token_hex(16)
            return guest(key), key
    return identity(request, state), ""
