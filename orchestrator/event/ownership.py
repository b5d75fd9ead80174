"""The events of a conversation that goes from the bot to a person and back, and of what that person says."""

from typing import Literal

import msgspec

from orchestrator.event.groups import Durable, Upkeep

HandOverReason = Literal["request", "danger", "unanswered", "staff"]
"""Why a conversation waits for a person: the customer asked for one, is in danger, got no answer twice in a row, or
the staff wants it."""
State = Literal["bot", "waiting", "staff", "closed"]
"""Who has a conversation: the bot; the bot until a person comes; a person; nobody, until the customer writes again."""


class StaffPerson(msgspec.Struct, frozen=True):
    """A member of staff as customers know them."""

    name: str


class QueuePlace(msgspec.Struct, frozen=True):
    """`place` in the queue, from 1."""

    place: int


class Owner(Durable, Upkeep, frozen=True, tag="owner"):
    """Who has the conversation from now on. `notice` tells the customer what happens next. `staff` is there in state
    `staff`, `queue` and `reason` in state `waiting`, as far as they are known."""

    session_id: str
    owner: Literal["bot", "staff"]
    state: State
    staff: StaffPerson | None = None
    notice: str | None = None
    queue: QueuePlace | None = None
    reason: HandOverReason | None = None


class StaffMessage(Durable, frozen=True, tag="staff_message"):
    """A member of staff, `name`, writes to the customer. `sent_at` is ISO 8601 UTC."""

    session_id: str
    message: str
    name: str
    message_id: str
    sent_at: str


class StaffTyping(Upkeep, frozen=True, tag="staff_typing"):
    """A member of staff is writing, or is no more."""

    session_id: str
    name: str
    typing: bool


class Member(msgspec.Struct, frozen=True):
    """A member of staff: `id` is the subject of their token."""

    id: str
    name: str


class Standing(msgspec.Struct, frozen=True):
    """Who has a conversation. `queue`: how many wait for a person. `declined`: the bot's last answer since it was given
    the conversation was none."""

    conversation_id: str
    session_id: str
    state: State
    owner_epoch: int
    staff: Member | None
    place: int | None = None
    queue: int = 0
    email: str = ""
    declined: bool = False
