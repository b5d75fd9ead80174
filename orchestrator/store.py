"""The contract of the conversation store: the only truth about messages, runs and durable events."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import msgspec

from agents.types import AS_USUAL, Turn, Wishes
from orchestrator.commands import Answer, Caller, Feedback, Read, Send
from orchestrator.event.ownership import Standing
from orchestrator.events import Accepted, Completed, Durable, Envelope, InputRequired, Terminal
from orchestrator.run import Effect, Handing, Memory, Reply

MAX_WAITING = 3
"""Messages that may wait in one conversation behind the run that is answering."""


NOTHING_LEARNED = Memory()


@dataclass(frozen=True, slots=True)
class Receipt:
    """An accepted message: its committed event. `duplicate` when the same had been accepted before. `before`: events
    committed with it that come first (runs that the message put an end to, a message that it replaces). `told`:
    where a person has the conversation and so no run answers, that this is so, for those who wait for an answer."""

    envelope: Envelope
    accepted: Accepted
    duplicate: bool
    before: tuple[Envelope, ...] = ()
    told: Completed | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """For how many seconds a process has the runs that it takes up, unless it renews that. `holder` names the process.
    A lease of 0 seconds is none: whoever looks for lost runs may take those."""

    holder: str = ""
    seconds: float = 0.0


NO_LEASE = Lease()


@dataclass(frozen=True, slots=True)
class RunStart:
    """A run that has been given the conversation: all that is needed to answer. `attempt` counts from 1; `reply` is
    there where the run was parked and goes on; `email` is that of the owner's token. The rest are those of
    `agents.types.Question`."""

    run_id: str
    conversation_id: str
    session_id: str
    owner: str
    role: str
    attempt: int
    message: str
    history: tuple[Turn, ...]
    facts: Mapping[str, str]
    notes: Mapping[str, Mapping[str, Any]]
    summary: str = ""
    older: tuple[Turn, ...] = ()
    older_upto: int = 0
    zone: str = ""
    reply: Reply | None = None
    wishes: Wishes = AS_USUAL
    owner_epoch: int = 0
    email: str = ""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run without a terminal event. `crashes`: how often its process died under it. `leased`: a process has it, as
    far as anybody can know. `request_id` and `expires_at` where it is parked."""

    conversation_id: str
    run_id: str
    status: Literal["waiting", "running", "parked"]
    attempt: int
    crashes: int
    leased: bool
    effects: tuple[Effect, ...]
    request_id: str | None = None
    expires_at: str | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """Places in a conversation: `head` is the last `seq` given out, 0 before the first; `read` the one up to which its
    owner has read, 0 where that is not known. `earlier` is how many events the deleted conversations of the same owner
    and session had."""

    head: int
    read: int = 0
    earlier: int = 0


@dataclass(frozen=True, slots=True)
class Touched:
    """What taking a message back touches: the conversation, the run that is about the message, and the unfinished runs
    that are about it or a later one and so may have read it."""

    conversation_id: str
    run_id: str
    unfinished: frozenset[str]


ReadReply = Callable[[str, InputRequired], Any]
"""What a free text says to a pending request: the value of an answer, or None when it is about something else. Where it
raises, nothing is committed, and `accept` raises that."""


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """A conversation in a list. `metadata` is what a client noted of it: plain JSON, by name."""

    session_id: str
    title: str
    messages: int
    created_at: str
    updated_at: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it stands; `answer` is the event that said it, where it is the end of a run. `superseded_by` is the
    message that stands instead of it, or of one before it."""

    message_id: str
    role: str
    text: str
    agent: str | None
    run_id: str
    seq: int
    created_at: str
    answer: Completed | None = None
    superseded_by: str | None = None


@dataclass(frozen=True, slots=True)
class UsedPassage:
    """A passage that an answer was written from: a chunk in one version of its document. `number` is its marker. Where
    it is `cited`, `start` and `end` are the evidence in the version's text; else they are the chunk's."""

    document_id: str
    version: int
    chunk_id: str
    number: int
    start: int
    end: int
    cited: bool


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """A question that was answered from some documents, and which of their passages the answer used. `asked_at` is
    ISO 8601 UTC."""

    run_id: str
    conversation_id: str
    question: str
    asked_at: str
    passages: tuple[UsedPassage, ...]


class Handed(msgspec.Struct, frozen=True):
    """A change of owner: what was committed with it, in its order; nothing where there was nothing to change."""

    envelopes: tuple[Envelope, ...] = ()


class Store(Protocol):
    """Keeps conversations. Safe for concurrent use; a method that returns has committed.

    Every method raises StorageUnavailable when the database cannot be reached or is locked beyond its patience.
    A session of another user is NotFound, exactly like one that never was.

    Several processes may share one. A run belongs to the process that began its present `attempt`, for its lease. What
    names an attempt is committed for that one only: nothing is, and the result is that of a run that has ended, where
    the run has been given to another process since.
    """

    async def accept(self, caller: Caller, command: Send, read: ReadReply) -> Receipt:
        """Store the message, its run and its Accepted event in one transaction. The same `client_message_id` with the
        same text gives the first receipt again. Where a run is parked the text is first offered to it: what `read`
        makes an answer of becomes that, else the parked run ends cancelled. Raises IdempotencyConflict, RunBusy (more
        than MAX_WAITING wait). Where a person has the conversation no run is made; a closed one goes on with the bot.

        A message that `replaces` one supersedes it with all that came of it and after it: their runs end cancelled,
        and the conversation remembers what it did before. Raises NotFound unless that is a customer's message of this
        session, BadRequest when it was superseded or taken back."""

    async def answer(self, caller: Caller, command: Answer) -> Receipt:
        """Answer a parked run, which then waits for its turn. The same answer again gives the first receipt. Raises
        NotFound, BadRequest for a value that the request does not offer, IdempotencyConflict for another answer than
        before, RunNotActive when nobody waits for it any more."""

    async def begin(self, conversation_id: str, lease: Lease = NO_LEASE) -> RunStart | None:
        """Give the conversation to its oldest waiting run; None when a run has it or none waits."""

    async def renew(self, lease: Lease) -> frozenset[str]:
        """Begin the lease of all runs of its holder anew; those that it still has."""

    async def append(
        self, conversation_id: str, run_id: str, event: Durable, attempt: int | None = None
    ) -> Envelope | None:
        """Commit a durable event with the next `seq`; None when the run has already ended."""

    async def finish(
        self,
        conversation_id: str,
        event: Terminal,
        memory: Memory = NOTHING_LEARNED,
        handing: Handing | None = None,
        attempt: int | None = None,
    ) -> Sequence[Envelope]:
        """Commit the run's terminal event, its answer and what it leaves in the conversation, and with `handing` that
        this waits for a person from then on. What was committed, in its order; nothing when the run had ended before.
        """

    async def hand_over(self, conversation_id: str, handing: Handing) -> Handed:
        """Let a conversation of the bot, or a closed one, wait for a person; nothing changes for any other. Raises
        NotFound."""

    async def standing(self, conversation_id: str) -> Standing:
        """Who has the conversation. Raises NotFound."""

    async def park(
        self,
        conversation_id: str,
        event: InputRequired,
        parked: str,
        memory: Memory = NOTHING_LEARNED,
        attempt: int | None = None,
    ) -> Envelope | None:
        """Commit that the run waits for the customer, who does not have the conversation meanwhile; None when it had
        ended. `parked` is kept for the `Reply`, `memory` as in `finish`."""

    async def drop(self, conversation_id: str, request_id: str) -> Envelope | None:
        """End the parked run cancelled if it still waits for this request; None when it does not."""

    async def call_off(self, conversation_id: str, run_id: str) -> Envelope | None:
        """End a waiting or parked run cancelled; None when it runs or has ended."""

    async def record(self, run_id: str, effects: Sequence[Effect], attempt: int | None = None) -> bool:
        """Commit what the run has done, or is about to do; whether that was committed."""

    async def events(self, conversation_id: str, after: int, most: int | None = None) -> Sequence[Envelope]:
        """Durable events with `seq > after`, in order; at most so many."""

    async def run_events(self, conversation_id: str, run_id: str) -> Sequence[Envelope]:
        """The durable events of one run, in order."""

    async def open(self, caller: Caller, session_id: str, metadata: Mapping[str, Any] | None = None) -> str:
        """The conversation's id, made where there is none, with these `metadata`: clients may name one before they say
        anything in it."""

    async def describe(self, caller: Caller, session_id: str, metadata: Mapping[str, Any]) -> None:
        """Note more of a conversation, by name; what is None is dropped. Raises NotFound, and BadRequest
        where it becomes more than METADATA_BYTES."""

    async def remember(self, caller: Caller, session_id: str, digest: str) -> None:
        """Know the conversation by the name of what has been said in it, until more is said. Raises NotFound."""

    async def recall(self, caller: Caller, digest: str) -> str | None:
        """The session of the caller's conversation that is known by this name, the latest of several. The message that
        takes it up makes it another, so that telling it again from there leads nowhere."""

    async def conversation(self, caller: Caller, session_id: str) -> str:
        """The conversation's id: another one once it was deleted and its session is used again. Raises NotFound."""

    async def marks(self, conversation_id: str) -> Marks:
        """How far the conversation has come, and its owner in it. Raises NotFound when it is gone."""

    async def run_owner(self, caller: Caller, run_id: str) -> str:
        """The conversation of one of the caller's runs. Raises NotFound."""

    async def current_run(self, conversation_id: str) -> str | None:
        """The oldest run of a conversation that has not ended: the running one, or the first that waits, or the parked
        one."""

    async def unfinished(self) -> Sequence[Unfinished]:
        """Every run without a terminal event, oldest first."""

    async def requeue(self, run_id: str, *, crashed: bool, attempt: int | None = None) -> Envelope | None:
        """Let a running run that lost its process wait again, and commit its RunRestarted, with which its next attempt
        begins; a crash is counted. None when it does not run."""

    async def seen(self, caller: Caller, command: Read) -> str:
        """Keep how far the caller has read, never backwards; the conversation's id. Raises NotFound, also for a place
        in a conversation that is gone."""

    async def touched(self, caller: Caller, message_id: str) -> Touched:
        """What taking back one of the caller's own messages touches. Raises NotFound."""

    async def replaced(self, caller: Caller, command: Send) -> Touched | None:
        """What the message replaces; None when it was accepted before. Raises what `accept` raises for that."""

    async def blank(self, caller: Caller, message_id: str) -> Sequence[Envelope]:
        """Take the text of the caller's own message, and whatever repeats or grew from it, out of the database and its
        files; runs that wait for the customer and may have read it end cancelled. The events of that in their order,
        none when it was done before. Raises NotFound."""

    async def feedback(self, caller: Caller, command: Feedback) -> str:
        """Keep the caller's latest rating of an answer; its conversation's id. Raises NotFound for a message that is
        not in their sessions."""

    async def sessions(self, caller: Caller) -> Sequence[SessionSummary]:
        """The caller's conversations, latest first."""

    async def messages(
        self, caller: Caller, session_id: str, after: int = 0, *, superseded: bool = False
    ) -> Sequence[StoredMessage]:
        """Messages with `seq > after` in order; the superseded ones only if asked for. Raises NotFound."""

    async def delete(self, caller: Caller, session_id: str) -> str:
        """Remove a conversation with everything in it; its id. How many events it had is remembered under a name from
        which neither owner nor session can be read. Raises NotFound."""

    def answers_citing(self, document_ids: Collection[str]) -> Iterator[PastAnswer]:
        """The answers that cite any of these documents, whatever the version, in the order in which they were asked,
        each with all passages that it used of them. Those to messages that were taken back or superseded are left
        out. It reads as it goes and blocks its thread: for commands, not for a server's loop."""
        ...

    async def probe(self) -> None:
        """Write something tiny if the last write failed. Raises StorageUnavailable when that fails too."""

    async def close(self) -> None: ...
