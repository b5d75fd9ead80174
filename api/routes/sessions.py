"""A customer's own conversations."""

from dataclasses import asdict, fields
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response

from api.protocol.bodies import complete_body
from api.protocol.frames import LARGEST
from api.protocol.native_frames import Metadata
from api.protocol.openapi import answers, parts
from api.routes.dependencies import CurrentCaller, State
from orchestrator.store import SessionSummary, StoredMessage

router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])


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


@router.get("", responses=answers(parts("Sessions", sessions=list[SessionSummary])))
async def sessions(state: State, caller: CurrentCaller) -> dict[str, Any]:
    """Your conversations, the latest first."""
    summaries = await state.gateway.engine.store.sessions(caller)
    return {"sessions": [asdict(session) for session in summaries]}


@router.get("/{session_id}/messages", responses=answers(parts("SessionMessages", messages=list[SessionMessage])))
async def messages(
    session_id: str,
    state: State,
    caller: CurrentCaller,
    after: Annotated[int, Query(ge=0, lt=LARGEST)] = 0,
    superseded: bool = False,
) -> dict[str, Any]:
    """The messages of one conversation with `seq` above `after`, in order; answers with `complete`'s `metadata`. With
    `superseded` also those for which others stand now: `superseded_by` is the first of these."""
    messages = await state.gateway.engine.store.messages(caller, session_id, after, superseded=superseded)
    return {"messages": [_message(message) for message in messages]}


@router.delete("/{session_id}", status_code=204)
async def delete(session_id: str, state: State, caller: CurrentCaller) -> Response:
    """Remove a conversation with everything in it. An answer in progress is stopped."""
    await state.gateway.engine.delete(caller, session_id)
    return Response(status_code=204)


def _message(message: StoredMessage) -> dict[str, Any]:
    own = (field.name for field in fields(message) if field.name not in {"answer", "superseded_by"})
    plain = {name: getattr(message, name) for name in own}
    if message.superseded_by is not None:
        plain["superseded_by"] = message.superseded_by
    if message.answer is None:
        return plain
    return plain | {"metadata": complete_body(message.answer, message.seq)["metadata"]}
