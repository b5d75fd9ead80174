"""HTTP errors as RFC 9457 problem details."""

import math
import uuid
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from api.protocol.forms import demanded
from orchestrator.errors import BadRequest, PitcrewError, ProcessingError

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
"""What `Retry-After` says where nothing better is known: about the time that a restart takes."""
REFUSALS: dict[int | str, dict[str, Any]] = {
    "4XX": {"description": "Refused: problem details (RFC 9457).", "content": {MEDIA_TYPE: {}}}
}
"""What the API reference says of every route. Without it, it would promise a 422 that is never sent."""
CLIENT_GONE = 499
"""A status that nobody reads, as nginx names it in its log."""


class ProblemDetails(msgspec.Struct):
    """Why a request was refused (RFC 9457). `code` is one of the error codes, `field` what is at fault, `ref` stands in
    the server's log. `code` and what follows it are absent where the address itself is unknown."""

    type: str
    title: str
    status: int
    detail: str | None = None
    code: str | None = None
    retryable: bool | None = None
    ref: str | None = None
    field: str | None = None
    retry_after_ms: int | None = None
    reason: str | None = None
    run_id: str | None = None


def problem_response(error: PitcrewError, **more: Any) -> Response:
    """The error as `{type, title, status, detail, code, retryable, …}`."""
    ref = uuid.uuid4().hex[:12]
    log.info("refused", ref=ref, code=error.code, field=error.field)
    body = {
        "type": f"urn:pitcrew:{error.code.lower().replace('_', '-')}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "detail": error.text,
        "code": error.code,
        "retryable": error.retryable,
        "ref": ref,
    }
    body |= {"field": error.field} if error.field else {}
    body |= {"retry_after_ms": error.retry_after_ms} if error.retry_after_ms is not None else {}
    headers = {}
    if error.retry_after_ms is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_ms / 1000))
    elif error.status == 503:
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body | more, error.status, headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the app this way."""

    @app.exception_handler(PitcrewError)
    async def refused(_request: Request, error: PitcrewError) -> Response:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        missing = first["type"] == "missing"
        return problem_response(BadRequest(field=str(first["loc"][-1]), form=demanded(first), missing=missing))

    @app.exception_handler(HTTPException)
    async def http(_request: Request, error: HTTPException) -> Response:
        body = {"type": "about:blank", "title": str(error.detail), "status": error.status_code}
        return JSONResponse(body, error.status_code, error.headers, media_type=MEDIA_TYPE)

    @app.exception_handler(ClientDisconnect)
    async def left(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=CLIENT_GONE)

    @app.exception_handler(Exception)
    async def unforeseen(_request: Request, _error: Exception) -> Response:
        return problem_response(ProcessingError())
