"""Runs: one answer each, streamed, waited for, joined again, cancelled."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Coroutine
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import structlog
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from api.access.auth import SignedIn
from api.compose.app_state import AppState
from api.integrations.langgraph.assistants import PITCREW, assistant_id
from api.integrations.langgraph.modes import RunSession, error_of, read_modes, spell
from api.integrations.langgraph.routes.caller import KeyCaller, page, read, seat
from api.integrations.langgraph.routes.listener import Listening
from api.integrations.langgraph.routes.run_stream import RunStream
from api.integrations.langgraph.routes.thread_lookup import Thread, find
from api.integrations.langgraph.routes.turn_request import Ask, Begun, begin, new_thread
from api.integrations.langgraph.run_views import run_body
from api.protocol.forms import choice
from api.routes.dependencies import State
from api.transport.outbox import OutboxFull
from api.transport.position import Position, read_position
from api.transport.server_events import ServerEvents
from orchestrator.commands import Cancel
from orchestrator.errors import BadRequest, NotFound, PitcrewError, RunNotActive, ShuttingDown
from orchestrator.events import Cancelled, Completed, Envelope, Failed, InputRequired, Terminal

router = APIRouter()
log = structlog.get_logger()

FROM_THE_START = {"", "-1", "0", "-"}
"""What a client says instead of an event's id that wants a run from its beginning."""


async def _begun(state: AppState, caller: SignedIn, thread_id: str, ask: Ask, *, alone: bool = False) -> Begun:
    listening = Listening(state.gateway.engine, caller)
    try:
        return await begin(state, caller, thread_id, ask, listening, alone=alone)
    except BaseException:
        listening.close()
        raise


def _place(thread_id: str, run_id: str) -> str:
    """The run's path. It begins behind the prefix: the SDK puts a path that it is given behind its own base URL."""
    return f"/threads/{quote(thread_id, safe='')}/runs/{quote(run_id, safe='')}"


@router.post("/threads/{thread_id}/runs")
async def create(thread_id: str, request: Request, state: State, caller: KeyCaller) -> Response:
    """Begin a run and do not wait for it."""
    ask = await read(request, Ask)
    begun = await _begun(state, caller, thread_id, ask)
    begun.listening.close()
    view = (await find(state.gateway.engine, caller, thread_id)).run(begun.run_id)
    headers = {"Content-Location": _place(thread_id, begun.run_id)}
    return JSONResponse(run_body(view, thread_id, begun.assistant), headers=headers)


@router.post("/threads/{thread_id}/runs/stream")
async def stream(thread_id: str, request: Request, state: State, caller: KeyCaller) -> Response:
    """Begin a run and stream it. A client that loses the connection comes back to `Location` with `Last-Event-ID`."""
    ask = await read(request, Ask)
    modes = read_modes(ask.stream_mode)
    async with seat(state, caller) as taken:
        begun = await _begun(state, caller, thread_id, ask)
        kept = taken.pop_all()
    run_stream = _retelling(begun, modes)

    def closed() -> None:
        kept.close()
        begun.listening.close()
        if ask.on_disconnect == "cancel" and not run_stream.ended:
            _later(state, caller, state.gateway.engine.cancel(caller, Cancel(run_id=begun.run_id)))

    response = ServerEvents(_stream_text(begun.listening, run_stream), closed)
    place = _place(thread_id, begun.run_id)
    query = urlencode([("stream_mode", mode) for mode in sorted(modes)])
    response.headers["Content-Location"] = place
    response.headers["Location"] = f"{place}/stream?{query}"
    return response


@router.post("/runs/stream")
async def stream_alone(request: Request, state: State, caller: KeyCaller) -> Response:
    """Begin a run in no thread and stream it. Whoever leaves stops it, and nothing of it is kept."""
    ask = await read(request, Ask)
    modes, thread_id = read_modes(ask.stream_mode), new_thread()
    async with seat(state, caller) as taken:
        begun = await _alone(state, caller, thread_id, ask)
        kept = taken.pop_all()

    def closed() -> None:
        kept.close()
        begun.listening.close()
        if ask.on_completion == "delete":
            _later(state, caller, state.gateway.engine.delete(caller, thread_id))

    response = ServerEvents(_stream_text(begun.listening, _retelling(begun, modes)), closed)
    place = f"/threads/{thread_id}" if ask.on_completion == "keep" else ""
    response.headers["Content-Location"] = f"{place}/runs/{begun.run_id}"
    return response


async def _alone(state: AppState, caller: SignedIn, thread_id: str, ask: Ask) -> Begun:
    try:
        return await _begun(state, caller, thread_id, ask, alone=True)
    except PitcrewError:
        _later(state, caller, state.gateway.engine.delete(caller, thread_id))
        raise


def _later(state: AppState, caller: SignedIn, doing: Coroutine[Any, Any, None]) -> None:
    """Clear up behind a client that has gone."""

    async def done() -> None:
        try:
            await doing
        except (NotFound, RunNotActive):
            return  # there is nothing to clear up
        except PitcrewError as error:
            log.warning("not_cleared_up", channel="langgraph", code=error.code)

    state.gateway.leaving.add(caller.user_id, asyncio.ensure_future(done()))


def _retelling(begun: Begun, modes: frozenset[str]) -> RunStream:
    session = RunSession(modes, begun.thread.before(begun.first), begun.thread.thread_id, assistant_id(begun.assistant))
    return RunStream(session, Position(begun.run_id, begun.first))


async def _stream_text(listening: Listening, run: RunStream) -> AsyncIterator[str]:
    """The stream of a run. Where the server stops, its store is away or the reader is too slow, it has no end, so that
    the client comes back."""
    try:
        async for envelope in listening.events():
            for text in run.spelled(envelope):
                yield text
            if run.ended:
                break
    except (PitcrewError, OutboxFull):
        return
    yield spell("end", None)


@router.post("/threads/{thread_id}/runs/wait")
async def wait(thread_id: str, request: Request, state: State, caller: KeyCaller) -> Response:
    """Begin a run and wait for the thread's values after it."""
    ask = await read(request, Ask)
    begun = await _begun(state, caller, thread_id, ask)
    place = _place(thread_id, begun.run_id)
    headers = {"Content-Location": place, "Location": f"{place}/join"}
    ended = _ended(state, caller, thread_id, begun.run_id, begun.listening)
    return StreamingResponse(_patiently(ended), media_type="application/json", headers=headers)


@router.post("/runs/wait")
async def wait_alone(request: Request, state: State, caller: KeyCaller) -> Response:
    """Begin a run in no thread and wait for its values. Nothing of it is kept."""
    ask = await read(request, Ask)
    thread_id = new_thread()
    begun = await _alone(state, caller, thread_id, ask)

    async def ended() -> dict[str, Any]:
        try:
            return await _ended(state, caller, thread_id, begun.run_id, begun.listening)
        finally:
            if ask.on_completion == "delete":
                _later(state, caller, state.gateway.engine.delete(caller, thread_id))

    return StreamingResponse(_patiently(ended()), media_type="application/json")


async def _ended(
    state: AppState, caller: SignedIn, thread_id: str, run_id: str, listening: Listening
) -> dict[str, Any]:
    """The thread's values when the run has ended or waits."""
    try:
        async for envelope in listening.events():
            if envelope is not None and _ends(envelope, run_id):
                return await _values(state, caller, thread_id, envelope.event)
        raise ShuttingDown
    finally:
        listening.close()


async def _patiently(result: Awaitable[dict[str, Any]]) -> AsyncIterator[bytes]:
    """The result as JSON; until it is there, white space, so that nobody in between thinks the connection dead."""
    task = asyncio.ensure_future(result)
    try:
        yield b"\n"
        while not (await asyncio.wait({task}, timeout=5.0))[0]:
            yield b"\n"
        try:
            body = task.result()
        except PitcrewError as error:
            body = {"__error__": {"error": error.code, "message": error.text}}
        yield json.dumps(body).encode()
    finally:
        task.cancel()


async def _values(state: AppState, caller: SignedIn, thread_id: str, event: Any) -> dict[str, Any]:
    """The thread's values after the end of a turn."""
    return _with_error((await find(state.gateway.engine, caller, thread_id)).values, event)


def _with_error(values: dict[str, Any], event: Any) -> dict[str, Any]:
    error = error_of(event) if isinstance(event, Completed | Failed | Cancelled) else None
    return values | {"__error__": error} if error else values


@router.get("/threads/{thread_id}/runs")
async def runs(
    thread_id: str, state: State, caller: KeyCaller, limit: int = 10, offset: int = 0, status: str | None = None
) -> list[dict[str, Any]]:
    """The runs of a thread, the latest first."""
    thread = await find(state.gateway.engine, caller, thread_id)
    views = [view for view in reversed(thread.runs.values()) if status in (None, view.status)]
    return [run_body(view, thread_id) for view in page(views, limit, offset)]


@router.get("/threads/{thread_id}/runs/{run_id}")
async def get(thread_id: str, run_id: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """One run."""
    return run_body((await find(state.gateway.engine, caller, thread_id)).run(run_id), thread_id)


@router.post("/threads/{thread_id}/runs/{run_id}/cancel", status_code=204)
async def cancel(thread_id: str, run_id: str, state: State, caller: KeyCaller, action: str = "interrupt") -> Response:
    """Stop a run; it has ended when this returns."""
    if action != "interrupt":
        raise BadRequest(field="action", form=choice(["interrupt"]))
    (await find(state.gateway.engine, caller, thread_id)).run(run_id)
    await state.gateway.engine.cancel(caller, Cancel(run_id=run_id))
    return Response(status_code=204)


@router.get("/threads/{thread_id}/runs/{run_id}/join")
async def join(thread_id: str, run_id: str, state: State, caller: KeyCaller) -> Response:
    """Wait for the end of a run and get the thread's values after it."""
    thread = await find(state.gateway.engine, caller, thread_id)
    view = thread.run(run_id)
    if view.ended is not None:
        return JSONResponse(_with_error(thread.values, view.ended))

    listening = Listening(state.gateway.engine, caller)
    listening.begin(thread.conversation_id, thread_id, view.first)
    ended = _ended(state, caller, thread_id, run_id, listening)
    return StreamingResponse(_patiently(ended), media_type="application/json")


@router.get("/threads/{thread_id}/runs/{run_id}/stream")
async def join_stream(
    thread_id: str,
    run_id: str,
    state: State,
    caller: KeyCaller,
    stream_mode: Annotated[list[str] | None, Query()] = None,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """A run's stream, from its beginning or from behind the event that the client had last."""
    modes = read_modes(list(filter(None, stream_mode or [])) or None)
    thread = await find(state.gateway.engine, caller, thread_id)
    position = _position(thread, run_id, last_event_id)
    session = RunSession(modes, thread.before(position.first), thread_id, assistant_id(PITCREW))
    async with seat(state, caller) as taken:
        listening = Listening(state.gateway.engine, caller)
        listening.begin(thread.conversation_id, thread_id, position.first - 1)
        taken.callback(listening.close)
        return ServerEvents(_stream_text(listening, RunStream(session, position)), taken.pop_all().close)


def _position(thread: Thread, run_id: str, last_event_id: str) -> Position:
    """Where the client is in the run. Raises NotFound, BadRequest."""
    view = thread.run(run_id)
    if last_event_id in FROM_THE_START:
        return Position(run_id, view.first)
    position = read_position(last_event_id)
    if position.run_id != run_id or not 0 < position.first <= view.first:
        raise BadRequest(field="Last-Event-ID", form="the id of an event of this run")
    return position


def _ends(envelope: Envelope, run_id: str) -> bool:
    return isinstance(envelope.event, Terminal | InputRequired) and envelope.event.run_id == run_id
