"""Refusals in the shape that clients of the OpenAI API read: `{"error": {message, type, param, code}}`. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.errors import (
    AuthExpired,
    AuthInvalid,
    AuthRequired,
    BadJson,
    MessageTooLong,
    PitcrewError,
    RateLimited,
)
from orchestrator.events import Failed

RETRY_AFTER_S = 5
"""What `Retry-After` says with a 503 where nothing better is known: about the time that a restart takes."""
SLOW_REASONS = {"LLM_TIMEOUT", "LLM_STALLED", "RUN_TIMEOUT"}

_TYPES = {403: "permission_error", 429: "rate_limit_error"}
_CODES: dict[type[PitcrewError], str] = {
    AuthRequired: "invalid_api_key",
    AuthInvalid: "invalid_api_key",
    AuthExpired: "invalid_api_key",
    RateLimited: "rate_limit_exceeded",
    MessageTooLong: "context_length_exceeded",
}
_PARAMS = {"message": "messages", "session_id": "metadata.session_id", "agent_name": "model"}
_TEXTS: dict[type[PitcrewError], str] = {
    AuthRequired: "No API key was given. Send a Pitcrew token as the API key (Authorization: Bearer TOKEN).",
    MessageTooLong: "The request is too long: send a shorter message, or less of the conversation.",
    BadJson: "The body is not valid JSON of at most 32 levels.",
}


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """What a client is told. `param` names the field that is to blame, `code` is for programs."""

    status: int
    message: str
    code: str | None = None
    param: str | None = None
    retryable: bool = False
    retry_after_s: int | None = None

    def plain(self) -> dict[str, Any]:
        """The body of a response or of a stream's last event."""
        kind = _TYPES.get(self.status, "server_error" if self.status >= 500 else "invalid_request_error")
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}

    def headers(self) -> dict[str, str]:
        """`x-should-retry` is what the official clients go by before they look at the status."""
        headers = {"x-should-retry": "true" if self.retryable else "false"}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(self.retry_after_s)
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return headers


class Refused(Exception):
    """A request that cannot be done as it was asked."""

    def __init__(self, body: ErrorBody) -> None:
        super().__init__(body.message)
        self.body = body


def bad_parameter(param: str, message: str) -> Refused:
    """The request's field `param` is wrong."""
    return Refused(ErrorBody(400, message, "invalid_value", param))


def not_offered(param: str, message: str) -> Refused:
    """The request's field `param` asks for something that this assistant does not do."""
    return Refused(ErrorBody(400, message, "unsupported_value", param))


def unknown_model(name: str, names: Sequence[str]) -> Refused:
    """There is no model of this name for the caller; `names` are those that there are."""
    label = name if len(name) <= 64 else f"{name[:64]}…"
    message = f"The model '{label}' does not exist or is not open to you. There are: {', '.join(names)}."
    return Refused(ErrorBody(404, message, "model_not_found", "model"))


def error_body(error: PitcrewError) -> ErrorBody:
    """A refusal of the engine or of the way to it."""
    wait = _seconds(error.retry_after_ms)
    error.rename(_PARAMS)
    return ErrorBody(
        status=error.status,
        message=_TEXTS.get(type(error), error.text),
        code=_CODES.get(type(error), error.code.lower()),
        param=error.field,
        retryable=error.retryable,
        retry_after_s=RETRY_AFTER_S if wait is None and error.status == 503 else wait,
    )


def failed_body(failed: Failed) -> ErrorBody:
    """A run that ended without an answer."""
    return ErrorBody(
        status=504 if failed.reason in SLOW_REASONS else 502,
        message=f"{failed.error} (ref {failed.ref})",
        code=failed.reason.lower(),
        retryable=failed.retryable,
        retry_after_s=_seconds(failed.retry_after_ms),
    )


STOPPED = ErrorBody(409, "The answer was stopped before it was finished.", "cancelled")
DIVERGED = ErrorBody(
    502, "The answer was begun again and came out otherwise. Please ask again.", "interrupted", None, True
)


def _seconds(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else math.ceil(milliseconds / 1000)
