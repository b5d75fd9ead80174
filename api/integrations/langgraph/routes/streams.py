"""A thread's events for the SDK's streaming transports: server-sent events, and a WebSocket that takes commands too."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import orjson
from fastapi import APIRouter, Request, WebSocket
from fastapi.responses import Response
from starlette.websockets import WebSocketDisconnect

from api.access.auth import Identity, SignedIn
from api.access.origins import origin_allowed
from api.compose.app_state import AppState
from api.integrations.langgraph.modes import spell
from api.integrations.langgraph.routes.caller import KeyCaller, read, seat, verify
from api.integrations.langgraph.routes.commands import Command, error_body, obey
from api.integrations.langgraph.routes.subscription import Telling
from api.integrations.langgraph.routes.thread_lookup import find
from api.integrations.langgraph.thread_events import Subscription
from api.protocol.frames import convert, parse_object
from api.routes.dependencies import State, address_of
from api.transport.closing import GOING_AWAY, NORMAL
from api.transport.outbox import OutboxFull
from api.transport.server_events import BEAT, ServerEvents
from api.transport.sse import SEND_PATIENCE_S
from api.transport.token_stripping import socket_query
from orchestrator.errors import (
    AuthExpired,
    BinaryUnsupported,
    Forbidden,
    NotFound,
    PitcrewError,
    RateLimited,
    ShuttingDown,
)

router = APIRouter()

CLOSED_BY_STATUS = 4000
"""A socket is closed with this plus the HTTP status that says why: a page cannot read that of a refused handshake."""
MOST_SUBSCRIPTIONS = 8


@router.post("/threads/{thread_id}/stream/events")
async def stream(thread_id: str, request: Request, state: State, caller: KeyCaller) -> Response:
    """The thread's events of the channels that are named, for as long as the client stays. With `since`, those after
    it; else the run that is under way from its beginning, and what comes."""
    subscription = await read(request, Subscription)
    subscription.check()
    async with seat(state, caller) as taken:
        telling = await Telling.begin(state, caller, thread_id, subscription)
        taken.callback(telling.close)
        return ServerEvents(_spelled(telling), taken.pop_all().close)


async def _spelled(telling: Telling) -> AsyncIterator[str]:
    with contextlib.suppress(PitcrewError, OutboxFull):
        async for event in telling.events():
            yield BEAT if event is None else spell(event["method"], event, str(event["seq"]))


# --- the socket ------------------------------------------------------------------------------------------------------


@router.websocket("/threads/{thread_id}/stream/events")
async def socket(websocket: WebSocket, thread_id: str) -> None:
    """The same over a WebSocket, which takes commands: `subscription.subscribe` first."""
    state: AppState = websocket.app.state.pitcrew
    await websocket.accept()
    try:
        if state.draining:
            raise ShuttingDown
        user = await _user(websocket, state)
        caller = user.caller
        async with seat(state, caller):
            await find(state.gateway.engine, caller, thread_id)
            async with asyncio.timeout(caller.until - time.time()):
                await Socket(websocket, state, caller, thread_id).serve()
    except TimeoutError:
        await _refuse(websocket, AuthExpired())
    except PitcrewError as error:
        await _refuse(websocket, error)


async def _user(websocket: WebSocket, state: AppState) -> Identity:
    """Who opens the socket, by header as everywhere here or by `?token=` or `?ticket=`, as on our other sockets. Raises
    AuthRequired, AuthInvalid, AuthExpired, Forbidden."""
    settings, query = state.settings, socket_query(websocket.scope)
    if not origin_allowed(websocket.headers.get("origin"), settings.origins, development=not settings.production):
        raise Forbidden
    if "ticket" in query:
        return state.gateway.sign_in.admitted(await state.gateway.tickets.redeem(query["ticket"]))
    if "token" in query:
        return await state.gateway.sign_in.verify(query["token"], address_of(websocket))
    return await verify(websocket, state.gateway.sign_in)


async def _refuse(websocket: WebSocket, error: PitcrewError) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await websocket.close(CLOSED_BY_STATUS + error.status, error.code)


class Socket:
    """One socket on one thread: commands in, responses and the events of its subscriptions out."""

    def __init__(self, websocket: WebSocket, state: AppState, caller: SignedIn, thread_id: str) -> None:
        self._websocket = websocket
        self._state = state
        self._caller = caller
        self._thread_id = thread_id
        self._turn = asyncio.Lock()
        self._tellings: dict[str, asyncio.Task[None]] = {}
        self._made = 0

    async def serve(self) -> None:
        """Until either side closes it."""
        try:
            while (message := await self._websocket.receive())["type"] != "websocket.disconnect":
                text = message.get("text")
                if text is None:
                    await self._send(error_body(None, BinaryUnsupported()))
                elif wait := self._state.gateway.rates.frames.take(f"{id(self)}"):
                    await self._send(error_body(None, RateLimited(retry_after_ms=wait)))
                else:
                    await self._send(await self._obeyed(text))
        except (WebSocketDisconnect, RuntimeError, OSError, TimeoutError):
            return  # the socket is gone
        finally:
            for task in self._tellings.values():
                task.cancel()
            await asyncio.gather(*self._tellings.values(), return_exceptions=True)

    async def _obeyed(self, text: str) -> dict[str, Any]:
        try:
            command = convert(parse_object(text), Command)
        except PitcrewError as error:
            return error_body(None, error)
        try:
            match command.method:
                case "subscription.subscribe":
                    return {"type": "success", "id": command.id, "result": await self._subscribe(command)}
                case "subscription.unsubscribe":
                    return {"type": "success", "id": command.id, "result": self._unsubscribe(command)}
                case _:
                    return await obey(self._state, self._caller, self._thread_id, command)
        except PitcrewError as error:
            return error_body(command.id, error)

    async def _subscribe(self, command: Command) -> dict[str, Any]:
        subscription = convert(command.params, Subscription)
        subscription.check()
        if len(self._tellings) >= MOST_SUBSCRIPTIONS:
            raise RateLimited
        telling = await Telling.begin(self._state, self._caller, self._thread_id, subscription)
        self._made += 1
        name = f"sub-{self._made}"
        self._tellings[name] = asyncio.create_task(self._tell(telling))
        # A task that is cancelled before its first step never gets to a `finally` of its own.
        self._tellings[name].add_done_callback(lambda _: telling.close())
        return {"subscription_id": name, "replayed_events": 0}

    def _unsubscribe(self, command: Command) -> dict[str, Any]:
        task = self._tellings.pop(str(command.params.get("subscription_id")), None)
        if task is None:
            raise NotFound
        task.cancel()
        return {}

    async def _tell(self, telling: Telling) -> None:
        code = NORMAL
        try:
            async for event in telling.events():
                if event is not None:
                    await self._send(event)
        except ShuttingDown:
            code = GOING_AWAY
        except PitcrewError as error:
            code = CLOSED_BY_STATUS + error.status
        except (OutboxFull, TimeoutError):
            code = CLOSED_BY_STATUS + 408
        except (WebSocketDisconnect, RuntimeError, OSError):
            return
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
            await self._websocket.close(code)

    async def _send(self, body: dict[str, Any]) -> None:
        text = orjson.dumps(body, default=str).decode()
        async with self._turn, asyncio.timeout(SEND_PATIENCE_S):
            await self._websocket.send_text(text)
