"""What the staff sees, as the staff's protocol has it: times are ISO 8601 UTC, what is not known is None or ""."""

from typing import Literal

import msgspec

from orchestrator.event.ownership import Member
from orchestrator.events import Envelope, HandOverReason, State

Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent")
Role = Literal["customer", "assistant", "staff"]


class Customer(msgspec.Struct, frozen=True):
    """A customer, as far as their token tells; a `guest` has shown none."""

    id: str
    name: str
    email: str
    guest: bool


class Preview(msgspec.Struct, frozen=True):
    """How the last message of a conversation begins."""

    role: Role
    text: str
    at: str


class Thumbs(msgspec.Struct, frozen=True):
    up: int = 0
    down: int = 0


class Listed(msgspec.Struct, frozen=True):
    """A conversation in a list. `reason_text`: what the customer said when asking for a person; `place` in the queue
    counts from 1; `unread` are messages of the customer that nobody of the staff has seen."""

    conversation_id: str
    session_id: str
    customer: Customer
    state: State
    owner_epoch: int
    staff: Member | None
    reason: HandOverReason | None
    reason_text: str | None
    waiting_since: str | None
    place: int | None
    priority: Priority
    tags: tuple[str, ...]
    title: str
    preview: Preview | None
    messages: int
    unread: int
    thumbs: Thumbs
    head_seq: int
    created_at: str
    updated_at: str


class Page(msgspec.Struct, frozen=True):
    """Some conversations; `next` leads to those after them."""

    conversations: tuple[Listed, ...]
    next: str | None


class Rated(msgspec.Struct, frozen=True):
    """A customer's thumb on a message."""

    rating: Literal["up", "down"]
    reason: str | None
    at: str


class Message(msgspec.Struct, frozen=True):
    """A message as the staff sees it; `name` is that of a member of staff, `run_id` that of the bot's run."""

    message_id: str
    seq: int
    role: Role
    text: str
    created_at: str
    run_id: str | None
    name: str | None
    agent: str | None
    declined: bool
    deleted: bool
    superseded_by: str | None
    feedback: Rated | None


class Note(msgspec.Struct, frozen=True):
    """What the staff notes for itself."""

    note_id: str
    conversation_id: str
    text: str
    author: Member
    created_at: str


class Opened(msgspec.Struct, frozen=True):
    """A conversation with its newest messages, oldest first; `more`: there are earlier ones."""

    conversation: Listed
    messages: tuple[Message, ...]
    more: bool
    notes: tuple[Note, ...]


class Canned(msgspec.Struct, frozen=True):
    """A reply that is written once and used often."""

    canned_id: str
    shortcut: str
    title: str
    text: str
    updated_at: str


class Counts(msgspec.Struct, frozen=True):
    """Conversations by state; `mine` are those that the asker has, `unread` those with something unread."""

    bot: int = 0
    waiting: int = 0
    staff: int = 0
    closed: int = 0
    mine: int = 0
    unread: int = 0


class Filters(msgspec.Struct, frozen=True):
    """Which conversations are listed, and how: an empty tuple, None and "" leave all. `assignee` is a member's id, or
    "none". `text`: beginnings of words that one of its messages has, or of the customer's name or
    address."""

    states: tuple[State, ...] = ()
    assignee: str | None = None
    tags: tuple[str, ...] = ()
    priorities: tuple[Priority, ...] = ()
    unread: bool = False
    text: str = ""
    sort: Literal["recent", "oldest", "waiting", "priority"] = "recent"


class Reply(msgspec.Struct, frozen=True):
    """What a member of staff has written, and its event; `duplicate` where it had been written before."""

    envelope: Envelope
    message: Message
    duplicate: bool


class RatedAnswer(msgspec.Struct, frozen=True):
    """A customer's thumb with what it is about. `case_id`: the frozen case that was made of it."""

    conversation_id: str
    message_id: str
    run_id: str
    rating: Literal["up", "down"]
    reason: str | None
    at: str
    question: str
    answer: str
    case_id: str | None
