"""The frame by which dialects with a `message` say what went wrong."""

import msgspec

from orchestrator.errors import PitcrewError, ProcessingError
from orchestrator.events import Failed

_FIELDS = {"message": "question"}
"""What these dialects call our fields, where it is something else."""


class ErrorFrame(msgspec.Struct, tag="error", omit_defaults=True):
    """A frame was refused, because of `field` where that is there, or, with a `reason`, a question has no answer. After
    `retry_after_ms` it may be tried again where it is `retryable`; `ref` stands in the log."""

    message: str
    code: str
    reason: str | None = None
    retryable: bool = False
    retry_after_ms: int | None = None
    ref: str | None = None
    field: str | None = None


def refused(error: PitcrewError, ref: str | None = None) -> ErrorFrame:
    """A frame of the client, or the client itself, was refused."""
    error.rename(_FIELDS)
    return ErrorFrame(error.text, error.code, None, error.retryable, error.retry_after_ms, ref, error.field)


def failed(event: Failed) -> ErrorFrame:
    """The run ended without an answer."""
    code = ProcessingError.code
    return ErrorFrame(event.error, code, event.reason, event.retryable, event.retry_after_ms, event.ref)
