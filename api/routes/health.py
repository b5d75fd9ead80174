"""Is the process alive, and is it ready to answer?"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.protocol.openapi import answers, content, parts
from api.routes.dependencies import State, of_staff

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> dict[str, str]:
    """The process is alive."""
    return {"status": "ok"}


CHECKED = parts("Readiness", status=str, checks=dict[str, dict[str, Any]])
READINESS = answers(CHECKED, "Every part does its work.") | {
    503: {"description": "A part does not; its `reason` says why.", "content": content(CHECKED)}
}


@router.get("/ready", responses=READINESS)
async def ready(request: Request, state: State) -> Response:
    """Database, knowledge index and model, each with its state; 503 while any of them cannot do its part. In production
    reasons and figures are for the staff: others learn whether each is `ok`."""
    checks: dict[str, Any] = await state.checks()
    good = all(check["ok"] for check in checks.values())
    if state.settings.production and not await of_staff(request, state):
        checks = {name: {"ok": check["ok"]} for name, check in checks.items()}
    return JSONResponse({"status": "ready" if good else "not ready", "checks": checks}, 200 if good else 503)
