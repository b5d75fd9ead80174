"""What a client may ask of the engine, whatever wire it speaks."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `user_id` is the token's subject, `role` decides which specialists are open."""

    user_id: str
    role: str = "customer"


@dataclass(frozen=True, slots=True)
class Send:
    """Ask. `session_id` is the client's own name for the conversation; None starts a new one."""

    message: str
    session_id: str | None = None
    client_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop a run, by its id or as the session's active one."""

    run_id: str | None = None
    session_id: str | None = None


@dataclass(frozen=True, slots=True)
class Resume:
    """Follow a conversation again: durable events after `after`, the active run's text so far, then live."""

    session_id: str
    after: int = 0


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb on an answer."""

    message_id: str
    rating: Literal["up", "down"]
    reason: str | None = None


Command = Send | Cancel | Resume | Feedback
