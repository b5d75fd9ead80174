"""Stopping an answer over plain HTTP, for clients that have no socket to say so."""

from fastapi import APIRouter, Response

from api.routes.dependencies import CurrentCaller, State
from orchestrator.commands import Cancel

router = APIRouter(prefix="/api/v1", tags=["chat"])


@router.post("/runs/{run_id}/cancel", status_code=204)
async def cancel_run(run_id: str, state: State, caller: CurrentCaller) -> Response:
    """Stop an answer of yours, by its run; it has ended when this returns."""
    await state.gateway.engine.cancel(caller, Cancel(run_id=run_id))
    return Response(status_code=204)


@router.post("/sessions/{session_id}/cancel", status_code=204)
async def cancel_in_session(session_id: str, state: State, caller: CurrentCaller) -> Response:
    """Stop what is answering in a session of yours, or else the first that waits there."""
    await state.gateway.engine.cancel(caller, Cancel(session_id=session_id))
    return Response(status_code=204)
