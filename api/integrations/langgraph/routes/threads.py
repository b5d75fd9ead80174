"""Threads: a caller's conversations. What a thread is called is its session id."""

import asyncio
import uuid
from typing import Any

import msgspec
import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.compose.app_state import AppState
from api.integrations.langgraph.routes.caller import LEFT_OUT, KeyCaller, check_uuid, page, read
from api.integrations.langgraph.routes.thread_lookup import checkpoint_id, find, open_thread, state_body, thread_body
from api.protocol.page_bytes import PAGE_BYTES, first_bytes
from api.routes.dependencies import State
from orchestrator.commands import Caller, check_metadata, check_session_id
from orchestrator.errors import BadRequest, IdempotencyConflict, NotFound
from orchestrator.store import SessionSummary

router = APIRouter(prefix="/threads")

MOST_RESULTS = 100
"""Threads of one search: each is read whole."""
MOST_READ = 500
"""Threads among which is looked for those with a status or metadata, the latest ones."""


class Create(msgspec.Struct):
    """A new thread, with `metadata` by which it is found again."""

    thread_id: str | None = None
    if_exists: str = "raise"
    metadata: dict[str, Any] | None = None
    supersteps: list[Any] | None = None


class Update(msgspec.Struct):
    """What is noted of a thread from now on; what is null is dropped."""

    metadata: dict[str, Any] | None = None


class Search(msgspec.Struct):
    """Which threads: of `metadata`, those that have all of it."""

    ids: list[str] | None = None
    status: str | None = None
    metadata: dict[str, Any] | None = None
    values: dict[str, Any] | None = None
    sort_by: str = "updated_at"
    sort_order: str = "desc"
    select: list[str] | None = None
    limit: int = 10
    offset: int = 0


class History(msgspec.Struct):
    """Which of a thread's states: the latest first, `before` a checkpoint."""

    limit: int = 10
    before: str | dict[str, Any] | None = None


class At(msgspec.Struct):
    """One of a thread's states."""

    checkpoint: dict[str, Any]


@router.post("")
async def create(request: Request, state: State, caller: KeyCaller) -> dict[str, Any]:
    """Open a thread; with a `thread_id` of yours, a UUID."""
    body = await read(request, Create)
    if body.supersteps:
        raise BadRequest(field="supersteps", form=LEFT_OUT)
    thread_id = body.thread_id or str(uuid.uuid4())
    check_uuid("thread_id", thread_id)
    if not await open_thread(state, caller, thread_id, body.metadata) and body.if_exists != "do_nothing":
        raise IdempotencyConflict(field="thread_id")
    return await _body(state, caller, await _summary(state, caller, thread_id))


@router.post("/search")
async def search(request: Request, state: State, caller: KeyCaller) -> list[dict[str, Any]]:
    """Your threads, the latest first; the `values` of as many as 4 MiB hold."""
    criteria = await read(request, Search)
    plain = criteria.status is None and not criteria.metadata
    most = criteria.offset + min(criteria.limit, MOST_RESULTS) if plain else MOST_READ
    threads = page(await _find(state, caller, criteria, most), min(criteria.limit, MOST_RESULTS), criteria.offset)
    left = PAGE_BYTES
    for thread in threads:
        left -= len(orjson.dumps(thread["values"]))
        if left < 0:
            thread["values"] = None  # to be had of the thread itself
    return [
        {name: value for name, value in thread.items() if name in (criteria.select or thread)} for thread in threads
    ]


@router.post("/count")
async def count(request: Request, state: State, caller: KeyCaller) -> int:
    """How many threads these are."""
    criteria = await read(request, Search)
    return len(await _find(state, caller, criteria, MOST_READ))


@router.get("/{thread_id}")
async def get(thread_id: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """One thread, with its values."""
    return await _body(state, caller, await _summary(state, caller, thread_id))


@router.patch("/{thread_id}")
async def update(thread_id: str, request: Request, state: State, caller: KeyCaller) -> dict[str, Any]:
    """Note more of a thread."""
    noted = (await read(request, Update)).metadata or {}
    check_session_id(thread_id)
    check_metadata(noted)
    await state.gateway.engine.store.describe(caller, thread_id, noted)
    return await _body(state, caller, await _summary(state, caller, thread_id))


@router.delete("/{thread_id}", status_code=204)
async def delete(thread_id: str, state: State, caller: KeyCaller) -> Response:
    """Remove a thread with everything in it. A run in it is stopped."""
    check_session_id(thread_id)
    await state.gateway.engine.delete(caller, thread_id)
    return Response(status_code=204)


@router.get("/{thread_id}/state")
async def current(thread_id: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """The thread's messages and what it waits for."""
    return state_body(await find(state.gateway.engine, caller, thread_id))


@router.post("/{thread_id}/state/checkpoint")
async def at_checkpoint(thread_id: str, request: Request, state: State, caller: KeyCaller) -> dict[str, Any]:
    """The thread's state at a checkpoint of its history."""
    checkpoint = (await read(request, At)).checkpoint.get("checkpoint_id")
    return await _state_at(state, caller, thread_id, checkpoint)


@router.get("/{thread_id}/state/{checkpoint}")
async def at(thread_id: str, checkpoint: str, state: State, caller: KeyCaller) -> dict[str, Any]:
    """The thread's state at a checkpoint of its history."""
    return await _state_at(state, caller, thread_id, checkpoint)


@router.post("/{thread_id}/history")
async def history(thread_id: str, request: Request, state: State, caller: KeyCaller) -> Response:
    """The thread's states, after each of its messages, the latest first; as many as 4 MiB hold, and further ones
    `before` the last of these."""
    return await _history(state, caller, thread_id, await read(request, History))


@router.get("/{thread_id}/history")
async def history_by_get(
    thread_id: str, state: State, caller: KeyCaller, limit: int = Query(10, ge=1, le=1000)
) -> Response:
    """The same by GET."""
    return await _history(state, caller, thread_id, History(limit))


async def _history(state: AppState, caller: Caller, thread_id: str, criteria: History) -> Response:
    thread = await find(state.gateway.engine, caller, thread_id)
    before = criteria.before.get("checkpoint_id") if isinstance(criteria.before, dict) else criteria.before
    numbers = [
        number
        for number in range(len(thread.messages), 0, -1)
        if before is None or checkpoint_id(thread.messages[number - 1].seq) < str(before)
    ]
    chosen = page(numbers, min(criteria.limit, MOST_RESULTS), 0)

    def spelled() -> bytes:
        """Every state holds all messages up to it: as many are written as a page holds."""
        states = (state_body(thread, None if choice == len(thread.messages) else choice) for choice in chosen)
        return b"[" + b",".join(first_bytes(states)) + b"]"

    return Response(await asyncio.to_thread(spelled), media_type="application/json")


async def _state_at(state: AppState, caller: Caller, thread_id: str, checkpoint: Any) -> dict[str, Any]:
    thread = await find(state.gateway.engine, caller, thread_id)
    if checkpoint is None:
        return state_body(thread)
    for number in range(len(thread.messages), -1, -1):
        seq = thread.messages[number - 1].seq if number else 0
        if checkpoint_id(seq) == checkpoint:
            return state_body(thread, None if number == len(thread.messages) else number)
    raise NotFound(field="checkpoint_id")


async def _find(state: AppState, caller: Caller, criteria: Search, most: int) -> list[dict[str, Any]]:
    """The threads that are meant, among the first `most`."""
    if criteria.values:
        raise BadRequest(field="values", form=LEFT_OUT)
    summaries = list(await state.gateway.engine.store.sessions(caller))
    if criteria.ids is not None:
        summaries = [summary for summary in summaries if summary.session_id in criteria.ids]
    if criteria.sort_by in ("created_at", "updated_at", "state_updated_at"):
        by = "created_at" if criteria.sort_by == "created_at" else "updated_at"
        summaries.sort(key=lambda summary: str(getattr(summary, by)), reverse=criteria.sort_order != "asc")
    bodies = [await _body_if_there(state, caller, summary) for summary in summaries[: max(0, most)]]
    return [
        body
        for body in bodies
        if body is not None
        and criteria.status in (None, body["status"])
        and (criteria.metadata or {}).items() <= body["metadata"].items()
    ]


async def _summary(state: AppState, caller: Caller, thread_id: str) -> SessionSummary:
    summaries = await state.gateway.engine.store.sessions(caller)
    summary = next((summary for summary in summaries if summary.session_id == thread_id), None)
    if summary is None:
        raise NotFound
    return summary


async def _body_if_there(state: AppState, caller: Caller, summary: SessionSummary) -> dict[str, Any] | None:
    """None for a thread that was deleted since it was listed, as that of a run alone is at its end."""
    try:
        return await _body(state, caller, summary)
    except NotFound:
        return None


async def _body(state: AppState, caller: Caller, summary: SessionSummary) -> dict[str, Any]:
    return thread_body(await find(state.gateway.engine, caller, summary.session_id), summary)
