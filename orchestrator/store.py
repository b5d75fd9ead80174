"""The contract of the conversation store: the only truth about messages, runs and durable events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from agents.types import Turn
from orchestrator.commands import Caller, Feedback, Send
from orchestrator.events import Accepted, Durable, Envelope, Terminal

MAX_WAITING = 3
"""Messages that may wait in one conversation behind the run that is answering."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """An accepted message: its committed event. `duplicate` when the same id and text had been accepted before."""

    envelope: Envelope
    accepted: Accepted
    duplicate: bool


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run that has been given the conversation: all that is needed to answer. `attempt` counts from 1."""

    run_id: str
    conversation_id: str
    session_id: str
    owner: str
    role: str
    attempt: int
    message: str
    history: tuple[Turn, ...]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SessionSummary:
    session_id: str
    title: str
    messages: int
    created_at: str
    updated_at: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    message_id: str
    role: str
    text: str
    agent: str | None
    run_id: str
    seq: int
    created_at: str


class Store(Protocol):
    """Keeps conversations. Safe for concurrent use; a method that returns has committed.

    Every method raises StorageUnavailable when the database cannot be reached or is locked beyond its patience.
    A session of another user is NotFound, exactly like one that never was.
    """

    async def accept(self, caller: Caller, command: Send) -> Receipt:
        """Store the message, its run and its Accepted event in one transaction. The same `client_message_id` with the
        same text gives the first receipt again. Raises IdempotencyConflict, RunBusy (more than MAX_WAITING wait)."""

    async def begin(self, conversation_id: str) -> RunStart | None:
        """Give the conversation to its oldest waiting run; None when a run has it or none waits."""

    async def append(self, conversation_id: str, run_id: str, event: Durable) -> Envelope | None:
        """Commit a durable event with the next `seq`; None when the run has already ended."""

    async def finish(
        self, conversation_id: str, event: Terminal, facts: Mapping[str, str] | None = None
    ) -> Envelope | None:
        """Commit the run's terminal event, its answer and the conversation's facts; None when it had ended before."""

    async def events(self, conversation_id: str, after: int) -> Sequence[Envelope]:
        """Durable events with `seq > after`, in order."""

    async def run_events(self, conversation_id: str, run_id: str) -> Sequence[Envelope]:
        """The durable events of one run, in order."""

    async def conversation(self, caller: Caller, session_id: str) -> str:
        """The conversation's id. Raises NotFound."""

    async def head(self, conversation_id: str) -> int:
        """The last `seq` given out; 0 before the first."""

    async def run_owner(self, caller: Caller, run_id: str) -> str:
        """The conversation of one of the caller's runs. Raises NotFound."""

    async def current_run(self, conversation_id: str) -> str | None:
        """The oldest run of a conversation that has not ended: the running one, or the first that waits."""

    async def unfinished(self) -> Sequence[tuple[str, str, str, int]]:
        """(conversation_id, run_id, status, attempt) of every run without a terminal event, oldest first."""

    async def requeue(self, run_id: str) -> None:
        """Let a run that lost its process wait again."""

    async def feedback(self, caller: Caller, command: Feedback) -> None:
        """Keep the caller's latest rating of an answer. Raises NotFound for a message that is not in their sessions."""

    async def sessions(self, caller: Caller) -> Sequence[SessionSummary]:
        """The caller's conversations, latest first."""

    async def messages(self, caller: Caller, session_id: str, after: int = 0) -> Sequence[StoredMessage]:
        """Messages with `seq > after` in order. Raises NotFound."""

    async def delete(self, caller: Caller, session_id: str) -> str:
        """Remove a conversation with everything in it; its id. Raises NotFound."""

    async def close(self) -> None: ...
