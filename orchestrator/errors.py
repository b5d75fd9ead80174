"""Every error a client can see, as one tree; each class owns its code, its fixed text and whether a retry can help.

    PitcrewError
    ├── AuthRequired, AuthInvalid, AuthExpired, Forbidden
    ├── BadJson, BadRequest(field), UnknownType, BinaryUnsupported, EmptyMessage, MessageTooLong
    ├── NotFound, UnknownAgent, Erased, CursorExpired, IdempotencyConflict, Conflict, RunBusy, RunNotActive
    ├── RateLimited(retry_after_ms), ShuttingDown, Overloaded, StorageUnavailable
    └── ProcessingError(reason)      a run that failed

Texts never carry an exception's text or a client's input beyond the name of a known field. They are fixed but for that
of BadRequest, which says what form a field must have.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Literal

Reason = Literal[
    "LLM_TIMEOUT",
    "LLM_STALLED",
    "LLM_RATE_LIMITED",
    "LLM_UNAVAILABLE",
    "LLM_BAD_STREAM",
    "RETRIEVAL_UNAVAILABLE",
    "RUN_TIMEOUT",
    "STEP_LIMIT",
    "INTERRUPTED",
    "INTERNAL",
]


class PitcrewError(Exception):
    """The root. `status` is the HTTP status that stands for it; `text` what the customer reads."""

    code: ClassVar[str]
    status: ClassVar[int]
    text: str
    retryable: ClassVar[bool] = False

    def __init__(self, *, field: str | None = None, retry_after_ms: int | None = None) -> None:
        super().__init__(self.text)
        self.field = field
        self.retry_after_ms = retry_after_ms

    def rename(self, names: Mapping[str, str]) -> None:
        """Call the field what a protocol calls it, where `names` has another name for it."""
        self.field = names.get(self.field or "", self.field)


class AuthRequired(PitcrewError):
    code, status, text = "AUTH_REQUIRED", 401, "Authentication required: sign in with a token first."


class AuthInvalid(PitcrewError):
    code, status, text = "AUTH_INVALID", 401, "Invalid token. Sign in again to get a new one."


class AuthExpired(PitcrewError):
    code, status, text = "AUTH_EXPIRED", 401, "Your sign-in has expired. Sign in again to go on."


class Forbidden(PitcrewError):
    code, status, text = "FORBIDDEN", 403, "You may not do that."


class NotFound(PitcrewError):
    code, status, text = "NOT_FOUND", 404, "There is no such thing, or it is not yours."


class BadJson(PitcrewError):
    code, status, text = "BAD_JSON", 400, "The frame is not valid JSON of at most 32 levels."


class BadRequest(PitcrewError):
    """`form` says how a field must be, after "must be": `a string of 1 to 128 characters`. `path` leads to the very
    place inside the field; `missing`: there is nothing."""

    code, status, text = "BAD_REQUEST", 400, "A field is missing or has the wrong type or form."

    def __init__(
        self, *, field: str | None = None, form: str = "", path: str | None = None, missing: bool = False
    ) -> None:
        super().__init__(field=field)
        self.form = form
        self.path = path or field
        self.missing = missing
        self._word()

    def rename(self, names: Mapping[str, str]) -> None:
        before = self.field or ""
        super().rename(names)
        outermost, rest = (self.path or "")[: len(before)], (self.path or "")[len(before) :]
        if before and outermost == before and rest[:1] in {"", ".", "["}:
            self.path = f"{self.field}{rest}"
            self._word()

    def _word(self) -> None:
        what = f"`{self.path}`" if self.path else "What is sent"
        if self.form:
            self.text = f"{what} {'is missing: it must' if self.missing else 'must'} be {self.form}."
        elif self.missing:
            self.text = f"{what} is missing."


class UnknownType(PitcrewError):
    code, status, text = "UNKNOWN_TYPE", 400, "This type of frame is not known here."


class BinaryUnsupported(PitcrewError):
    code, status, text = "BINARY_UNSUPPORTED", 400, "Binary frames are not supported: send JSON as text."


class EmptyMessage(PitcrewError):
    code, status, text = "EMPTY_MESSAGE", 400, "The message is empty. Write your question and send it again."


class MessageTooLong(PitcrewError):
    code, status, text = "MESSAGE_TOO_LONG", 413, "The message is too long. Shorten it and send it again."


class UnknownAgent(PitcrewError):
    """No specialist of this name is open to the caller; the text lists those that are."""

    code, status, text = "NOT_FOUND", 404, "There is no such agent."

    def __init__(self, names: Iterable[str] = ()) -> None:
        super().__init__(field="agent_name")
        self.text = f"{UnknownAgent.text} These can answer: {', '.join(names)}."


class Erased(PitcrewError):
    code, status, text = "ERASED", 410, "All that was held of you here was deleted. You may begin anew."


class CursorExpired(PitcrewError):
    code, status = "CURSOR_EXPIRED", 410
    text = "What came after this place is not known: its conversation is gone, or not yours. Begin anew."


class IdempotencyConflict(PitcrewError):
    code, status = "IDEMPOTENCY_CONFLICT", 409
    text = "This message id was already used for another text. Use a new id for a new message."


class Conflict(PitcrewError):
    """What the staff wants to do needs a conversation in another state, or of another owner."""

    code, status = "CONFLICT", 409
    text = "It is not in the state that this needs, or not yours. Load it again."


class RunBusy(PitcrewError):
    code, status, retryable = "RUN_BUSY", 409, True
    text = "This conversation has too many messages waiting. Wait for an answer, then send again."


class RunNotActive(PitcrewError):
    code, status, text = "RUN_NOT_ACTIVE", 409, "That answer is already finished."


class RateLimited(PitcrewError):
    code, status, retryable = "RATE_LIMITED", 429, True
    text = "Too many messages. Wait a moment and send again."


class ShuttingDown(PitcrewError):
    code, status, retryable = "SHUTTING_DOWN", 503, True
    text = "The server is restarting. Reconnect in a few seconds and send again."


class Overloaded(PitcrewError):
    code, status, retryable = "OVERLOADED", 503, True
    text = "The service is very busy. Try again in a few seconds."


class StorageUnavailable(PitcrewError):
    code, status, retryable = "STORAGE_UNAVAILABLE", 503, True
    text = "The conversation store is not available right now. Try again in a few seconds."


REASON_TEXTS: dict[Reason, str] = {
    "LLM_TIMEOUT": "The answer took too long to begin. Please ask again.",
    "LLM_STALLED": "The answer stopped halfway. Please ask again.",
    "LLM_RATE_LIMITED": "The language model is busy. Please ask again in a moment.",
    "LLM_UNAVAILABLE": "The language model cannot be reached right now. Please ask again in a moment.",
    "LLM_BAD_STREAM": "The answer came through broken. Please ask again.",
    "RETRIEVAL_UNAVAILABLE": "The knowledge base cannot be searched right now. Please ask again in a moment.",
    "RUN_TIMEOUT": "The answer took too long. Please ask again, perhaps in smaller steps.",
    "STEP_LIMIT": "The question needed too many steps. Please ask a simpler one.",
    "INTERRUPTED": "The server restarted while it was answering. Please ask again.",
    "INTERNAL": "Something went wrong on our side. Please ask again.",
}


class ProcessingError(PitcrewError):
    """A run that ended without an answer; `reason` says why."""

    code, status, text = "PROCESSING_ERROR", 502, REASON_TEXTS["INTERNAL"]
    retryable = True

    def __init__(self, reason: Reason = "INTERNAL", retry_after_ms: int | None = None) -> None:
        super().__init__(retry_after_ms=retry_after_ms)
        self.reason = reason


def error_classes() -> tuple[type[PitcrewError], ...]:
    """Every error a client can see, in the order of this page, each code once; the protocol's table is made from it."""
    first: dict[str, type[PitcrewError]] = {}
    for kind in PitcrewError.__subclasses__():
        first.setdefault(kind.code, kind)
    return tuple(first.values())
