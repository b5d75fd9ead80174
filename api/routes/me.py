"""A customer's own rights: all that is held of them, to have or to have erased."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from api.compose.app_state import AppState
from api.protocol.openapi import answers
from api.routes.dependencies import CurrentCaller, State
from orchestrator.audit.act import CUSTOMER, Act
from orchestrator.privacy.person import export
from orchestrator.privacy.store import Erased

router = APIRouter(prefix="/api/v1/me", tags=["privacy"])

HEADERS = {"Content-Disposition": 'attachment; filename="held.json"', "Cache-Control": "private, no-store"}


class Held(msgspec.Struct):
    """All that is held of a user: `held` has the rows of each table. `format` is 1 until that changes."""

    user_id: str
    exported_at: str
    format: int
    held: dict[str, list[dict[str, Any]]]


class ErasedRows(msgspec.Struct):
    """How many rows of which table were erased, or made nobody's."""

    erased: dict[str, int]


@router.get("/export", responses=answers(Held))
async def export_mine(state: State, caller: CurrentCaller) -> StreamingResponse:
    """All that is held of you, as JSON: conversations with everything in them, appointments, ratings, what others noted
    of you, what your answers took."""
    await state.gateway.rates.export(caller.user_id)
    return await exported(state, Act(CUSTOMER, "export_me", subject=caller.user_id))


@router.delete("", responses=answers(ErasedRows))
async def erase_mine(state: State, caller: CurrentCaller) -> dict[str, Mapping[str, int]]:
    """Erase all that is held of you. Answers in progress are stopped, and your sockets closed with 4411. Again changes
    nothing."""
    await state.gateway.rates.export(caller.user_id)
    erased = await erase(state, Act(CUSTOMER, "erase_me", subject=caller.user_id))
    return {"erased": erased.rows}


async def exported(state: AppState, act: Act) -> StreamingResponse:
    """What is held of the act's subject; that somebody has it is audited first."""
    assert state.personal is not None
    await state.desk.store.record(act)
    pieces: AsyncIterator[bytes] = export(state.personal, act.subject)
    return StreamingResponse(pieces, media_type="application/json", headers=HEADERS)


async def erase(state: AppState, act: Act) -> Erased:
    """Erase what is held of the act's subject."""
    assert state.privacy is not None
    return await state.privacy.erase(act)
