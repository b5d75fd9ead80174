"""Figures for monitoring: open on the machine itself in development, for staff everywhere."""

import ipaddress

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.access.operations import STAFF
from api.protocol.openapi import SIGNED, streamed
from api.routes.dependencies import State, identity
from orchestrator.errors import Forbidden

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response, responses=streamed("text/plain", "The figures."), openapi_extra=SIGNED)
async def metrics(request: Request, state: State) -> Response:
    """Memory, descriptors, sockets, runs and the event loop's lag in Prometheus' text format. Needs the token of staff
    or admin; in development none from the same machine."""
    trusted = not state.settings.production and _on_this_machine(request)
    if not trusted and (await identity(request, state)).role not in STAFF:
        raise Forbidden
    return Response(state.metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _on_this_machine(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
