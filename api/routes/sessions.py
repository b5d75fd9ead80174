"""A customer's own conversations."""

import asyncio
from dataclasses import asdict, fields
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from api.protocol.bodies import complete_body
from api.protocol.frames import LARGEST
from api.protocol.native_frames import Metadata
from api.protocol.openapi import answers, parts
from api.protocol.page_bytes import first_bytes
from api.routes.dependencies import CurrentCaller, State
from orchestrator.store import SessionSummary, StoredMessage

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])

PAGE, MOST = 200, 1000
Limit = Annotated[int, Query(ge=1, le=MOST)]
Offset = Annotated[int, Query(ge=0, lt=LARGEST)]


class SessionMessage(msgspec.Struct):
    """A message of a conversation; an answer with the `metadata` of its `complete`. `superseded_by` is the message that
    stands for it now."""

    message_id: str
    role: str
    text: str
    agent: str | None
    run_id: str | None
    seq: int
    created_at: str
    superseded_by: str | None = None
    metadata: Metadata | None = None


@router.get("", responses=answers(parts("Sessions", sessions=list[SessionSummary], more=bool)))
async def sessions(state: State, caller: CurrentCaller, limit: Limit = PAGE, offset: Offset = 0) -> dict[str, Any]:
    """Your conversations, the latest first: `limit` of them without the first `offset`. `more` says whether others
    follow."""
    summaries = await state.gateway.engine.store.sessions(caller, limit + 1, offset)
    return {"sessions": [asdict(session) for session in summaries[:limit]], "more": len(summaries) > limit}


@router.get(
    "/{session_id}/messages", responses=answers(parts("SessionMessages", messages=list[SessionMessage], more=bool))
)
async def messages(
    session_id: str,
    state: State,
    caller: CurrentCaller,
    after: Annotated[int, Query(ge=0, lt=LARGEST)] = 0,
    superseded: bool = False,
    limit: Limit = PAGE,
) -> Response:
    """The messages of one conversation with `seq` above `after`, in order; answers with `complete`'s `metadata`. With
    `superseded` also those for which others stand now: `superseded_by` is the first of these. At most `limit`, and
    no more than 4 MiB: where there is `more`, ask again with `after` the last `seq`."""
    store = state.gateway.engine.store
    found = await store.messages(caller, session_id, after, superseded=superseded, limit=limit + 1)
    page = await asyncio.to_thread(first_bytes, [_message(message) for message in found[:limit]])
    more = b"true" if len(page) < len(found) else b"false"
    body = b'{"messages":[' + b",".join(page) + b'],"more":' + more + b"}"
    return Response(body, media_type="application/json")


@router.delete("/{session_id}", status_code=204)
async def delete(session_id: str, state: State, caller: CurrentCaller) -> Response:
    """Remove a conversation with everything in it. An answer in progress is stopped."""
    await state.gateway.engine.delete(caller, session_id)
    return Response(status_code=204)


def _message(message: StoredMessage) -> dict[str, Any]:
    own = (field.name for field in fields(message) if field.name not in {"answer", "superseded_by"})
    plain = {name: getattr(message, name) for name in own}
    if message.run_id == message.message_id:  # a person has the conversation: no run is there
        plain["run_id"] = None
    if message.superseded_by is not None:
        plain["superseded_by"] = message.superseded_by
    if message.answer is None:
        return plain
    return plain | {"metadata": complete_body(message.answer, message.seq)["metadata"]}
