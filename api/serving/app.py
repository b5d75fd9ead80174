"""The web application: sockets, routes and pages over one composed state."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI, WebSocket
from fastapi.responses import RedirectResponse, Response
from fastapi_offline import FastAPIOffline
from starlette.routing import WebSocketRoute

from api.access.cross_origin import OpenToPages
from api.access.limits import CROWDED
from api.access.operations import OPERATIONS
from api.access.origins import origin_allowed
from api.access.private_answers import PrivateAnswers
from api.compose.app_state import AppState
from api.dialects import all_dialects
from api.integrations.agui import routes as agui
from api.integrations.langgraph import routes as langgraph
from api.integrations.openai import routes as openai
from api.protocol import openapi, problems
from api.protocol.dialect import Dialect, Handshake
from api.routes import (
    agents,
    appointments,
    asyncapi,
    charts,
    chat,
    console,
    datasets,
    health,
    me,
    metrics,
    pages,
    sessions,
    staff,
    staff_acts,
    staff_cases,
    staff_privacy,
    staff_reports,
    staff_revoking,
    stopping,
    stream,
    tickets,
    widget,
)
from api.settings import Settings
from api.transport.closing import CLOSE_REASONS
from api.transport.front import network
from api.transport.real_peer import RealPeer
from api.transport.staff_socket import StaffConnection
from api.transport.token_stripping import HideSocketQuery, socket_query
from api.transport.websocket import Connection

DESCRIPTION = """Ask over the WebSocket `/ws/chat` for streamed answers, or over `POST /api/v1/chat` for whole ones.

The sockets and their frames are at `/asyncapi.json`. Below `/langgraph` the server speaks LangGraph's API, whose own
reference tells of it."""


def create_app(state: AppState) -> FastAPI:
    """The application over `state`, whose resources its owner opens before and closes after it."""
    settings = state.settings
    reference = settings.api_reference == "on" or (settings.api_reference == "auto" and not settings.production)
    described: dict[str, Any] = {"title": "Pitcrew", "description": DESCRIPTION, "responses": problems.REFUSALS}
    if reference:
        app: FastAPI = FastAPIOffline(**described, redoc_url=None, static_url="/docs/assets")
    else:
        app = FastAPI(**described, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.pitcrew = state
    problems.install(app)
    openapi.describe(app, {problems.MEDIA_TYPE: problems.ProblemDetails})
    for module in (
        health,
        metrics,
        chat,
        stream,
        stopping,
        sessions,
        me,
        appointments,
        tickets,
        agents,
        datasets,
        charts,
        asyncapi,
        widget,
        console,
        openai,
        agui,
        langgraph,
        staff,
    ):
        app.include_router(module.router)
    if not settings.production:
        app.include_router(pages.router)

        @app.get("/", include_in_schema=False)
        async def front() -> Response:
            return RedirectResponse("/ws/test")

    staff_modules = (staff_acts, staff_cases, staff_privacy, staff_reports, staff_revoking)
    assert all(module.router is staff.router for module in staff_modules)
    watch = OPERATIONS["watch"].path
    app.router.routes.append(WebSocketRoute(watch, _socket(settings, None, _serve_staff)))
    for dialect in all_dialects():
        app.router.routes.append(
            WebSocketRoute(dialect.path, _socket(settings, dialect.foreign_origin, _serve(dialect)))
        )
    app.add_middleware(OpenToPages, listed=settings.origins, development=not settings.production)
    app.add_middleware(PrivateAnswers)
    app.add_middleware(HideSocketQuery)
    app.add_middleware(RealPeer, trusted=settings.trusted_proxies)
    return app


Serve = Callable[[WebSocket, AppState], Awaitable[None]]


def _socket(settings: Settings, foreign_origin: int | None, serve: Serve) -> Callable[[WebSocket], object]:
    """The endpoint of one kind of socket; see `Dialect.foreign_origin`."""

    async def endpoint(websocket: WebSocket) -> None:
        state: AppState = websocket.app.state.pitcrew
        origin = websocket.headers.get("origin")
        if not origin_allowed(origin, settings.origins, development=not settings.production):
            await _turn_away(websocket, foreign_origin)
            return
        address = network(websocket.client.host if websocket.client else None)
        async with _seated(state, address) as why:
            if why is None:
                await serve(websocket, state)
                return
        status = 429 if why == CROWDED else 503
        await websocket.send_denial_response(Response(why, status, {"Retry-After": str(problems.RETRY_AFTER_S)}))

    return endpoint


@asynccontextmanager
async def _seated(state: AppState, address: str) -> AsyncIterator[str | None]:
    """A seat for a socket from this address while the block runs; why there is none."""
    gateway = state.gateway
    why = "restarting" if state.draining else gateway.seats.enter()
    if why is not None:
        yield why
        return
    with ExitStack() as stack:
        stack.callback(gateway.seats.leave)
        if address:
            if not await gateway.addresses.claim(address):
                why = CROWDED
            else:
                stack.callback(gateway.addresses.release, address)
        yield why


async def _turn_away(websocket: WebSocket, foreign_origin: int | None) -> None:
    """Refuse a page that may not open a socket here. A refused handshake tells a page nothing, a close code does."""
    if foreign_origin is None:
        await websocket.send_denial_response(Response("origin not allowed", 403))
        return
    await websocket.accept()
    await websocket.close(foreign_origin, CLOSE_REASONS[foreign_origin])


def _serve(dialect: Dialect) -> Serve:
    async def serve(websocket: WebSocket, state: AppState) -> None:
        query = socket_query(websocket.scope)
        await websocket.accept()
        await _run(Connection(websocket, dialect, Handshake(websocket.path_params, query), state.gateway), state)

    return serve


async def _serve_staff(websocket: WebSocket, state: AppState) -> None:
    query = socket_query(websocket.scope)
    await websocket.accept()
    await _run(StaffConnection(websocket, query, state.gateway, state.desk), state)


async def _run(connection: Connection | StaffConnection, state: AppState) -> None:
    state.connections.add(connection)
    try:
        await connection.run()
    finally:
        state.connections.discard(connection)
