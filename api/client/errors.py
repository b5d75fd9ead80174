"""What a client can be told: errors whose text may be shown to a person, and the notices of a wait."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Frame = Mapping[str, Any]
"""A frame as PROTOCOL.md describes it; `type` says which."""


class ClientError(Exception):
    """The root. `str(error)` says what happened and what to do, in words for a person."""


class Unreachable(ClientError):
    """No server could be reached in time. `cause` is a short reason, such as `Connection refused`."""

    def __init__(self, url: str, cause: str, advice: str) -> None:
        super().__init__(f"No Pitcrew server answers at {url} ({cause}). {advice}")
        self.url = url
        self.cause = cause


class SignInFailed(ClientError):
    """The server does not take the token, or none could be had. `code` is the server's, such as `AUTH_EXPIRED`."""

    def __init__(self, text: str, code: str = "AUTH_INVALID") -> None:
        super().__init__(text)
        self.code = code


class Refused(ClientError):
    """The server refused one request; the connection is as good as before. See the protocol's table of errors."""

    def __init__(
        self, code: str, text: str, *, retryable: bool = False, retry_after_ms: int | None = None, field: str = ""
    ) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        self.field = field


class Busy(Refused):
    """Too many messages of this conversation wait for their answer (`RUN_BUSY`): ask again after the next answer."""


class Dropped(ClientError):
    """The server closed the connection for good, with close code `code`; this client connects no more."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class Closed(ClientError):
    """The client was closed, or is not open yet."""

    def __init__(self) -> None:
        super().__init__("The client is closed. Use it inside its `async with` block.")


class LineLost(Exception):
    """One connection has ended; what was asked on it is asked again on the next one. Never reaches the caller."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The client waits `seconds` before it tries again; `reason` is for a person."""

    reason: str
    seconds: float


def refusal(frame: Frame) -> Refused:
    """The error that an `error` or `auth_error` frame without a run stands for."""
    code = str(frame.get("code") or "BAD_REQUEST")
    kind = Busy if code == "RUN_BUSY" else Refused
    return kind(
        code,
        str(frame.get("error") or frame.get("message") or "The server refused that."),
        retryable=bool(frame.get("retryable")),
        retry_after_ms=frame.get("retry_after_ms"),
        field=str(frame.get("field") or ""),
    )
