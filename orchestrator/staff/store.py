"""The contract of the staff's store: what the staff reads and does, over the same conversations as customers see."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from orchestrator.audit.act import Act, Audited
from orchestrator.event.ownership import Member
from orchestrator.events import Envelope
from orchestrator.run import Handing
from orchestrator.staff.cases import Case, CaseLine
from orchestrator.staff.drafting import Basis
from orchestrator.staff.explanation import Explained, Facts
from orchestrator.staff.gaps import Unanswered
from orchestrator.staff.outcomes import Outcomes
from orchestrator.staff.values import (
    Canned,
    Counts,
    Filters,
    Listed,
    Message,
    Note,
    Opened,
    Page,
    Priority,
    RatedAnswer,
    Reply,
)
from orchestrator.staff.webhooks import Delivery
from orchestrator.store import Handed


class StaffStore(Protocol):
    """Safe for concurrent use; a method that returns has committed. What changes something takes the `Act` that it is
    and keeps it in the audit log, in the same transaction. Every method raises StorageUnavailable, and NotFound for a
    conversation, message or reply that is not there."""

    # --- who has a conversation ---

    async def take(self, act: Act, said: Mapping[str, str], *, force: bool) -> Handed:
        """Give the conversation to the member; see `orchestrator.stores.ownership.take`. Raises Conflict."""

    async def assign(self, act: Act, to: Member, said: Mapping[str, str]) -> Handed:
        """Give the conversation to a colleague. Raises Conflict where it is closed."""

    async def give_back(self, act: Act, *, anybodys: bool) -> Handed:
        """Return the conversation to the bot. Raises Conflict."""

    async def hand_over(self, act: Act, handing: Handing) -> Handed:
        """Let a conversation of the bot wait for a person. Raises Conflict for any other."""

    async def close_conversation(self, act: Act, said: Mapping[str, str]) -> Handed:
        """Close the conversation, whoever has it."""

    async def reopen(self, act: Act) -> Handed:
        """Give a closed conversation to the bot. Raises Conflict for any other."""

    async def reply(self, act: Act, text: str, client_message_id: str | None) -> Reply:
        """Write to the customer. Raises Conflict unless the conversation is the member's, IdempotencyConflict."""

    # --- what is noted of it ---

    async def tag(self, act: Act, tags: Sequence[str]) -> None:
        """These tags instead of those that it has."""

    async def prioritise(self, act: Act, priority: Priority) -> None:
        """How urgent it is."""

    async def note(self, act: Act, text: str) -> Note:
        """Keep a private note."""

    async def seen(self, conversation_id: str, seq: int) -> None:
        """The staff has seen up to there; never backwards."""

    # --- replies that are written once ---

    async def canned(self) -> Sequence[Canned]:
        """All of them, by shortcut."""

    async def keep_canned(self, act: Act, canned_id: str | None, shortcut: str, title: str, text: str) -> Canned:
        """A new one, or another text of one that there is. Raises Conflict where the shortcut is another's."""

    async def drop_canned(self, act: Act, canned_id: str) -> None:
        """Remove one."""

    # --- reading ---

    async def list(self, filters: Filters, limit: int, cursor: str | None) -> Page:
        """A page of conversations. Raises BadRequest for a cursor of another list."""

    async def watch(self, act: Act) -> Listed:
        """A conversation that is going to be followed."""

    async def line(self, conversation_id: str) -> Listed:
        """One conversation as the list shows it."""

    async def lines(self, conversation_ids: Sequence[str]) -> Sequence[Listed]:
        """Those of these conversations that there are."""

    async def counts(self, member_id: str) -> Counts:
        """How many conversations there are of each kind."""

    async def open(self, act: Act, limit: int) -> Opened:
        """A conversation with its newest messages."""

    async def earlier(self, conversation_id: str, before: int, limit: int) -> tuple[Sequence[Message], bool]:
        """The messages before a seq, and whether there are more."""

    async def message(self, envelope: Envelope) -> Message:
        """The message that an event has brought."""

    async def facts(self, act: Act) -> Facts:
        """Who the customer is."""

    async def explain(self, act: Act, run_id: str) -> Explained:
        """Why an answer was given."""

    async def ratings(
        self, rating: str | None, limit: int, cursor: str | None
    ) -> tuple[Sequence[RatedAnswer], str | None]:
        """Customers' thumbs, the latest first, and the cursor of the next ones."""

    async def basis(self, act: Act) -> Basis:
        """What a draft of a reply is made from."""

    async def outcomes(self, since: date, until: date) -> Outcomes:
        """What has come of the conversations of a span, both days included."""

    async def export(self, act: Act, since: date, until: date) -> tuple[tuple[str, ...], Sequence[tuple[object, ...]]]:
        """The names of the columns, and a line for each conversation that began in the span."""

    async def unanswered(self, since: date, until: date) -> Sequence[Unanswered]:
        """The questions of a span to which the bot had no answer, the latest first."""

    async def freeze(self, act: Act, message_id: str, expected: str, comment: str | None) -> tuple[Case, bool]:
        """Make a case of an answer of the bot, with what it should have said, or correct the one that there is; True
        where it is new."""

    async def cases(self, limit: int, cursor: str | None) -> tuple[Sequence[Case], str | None]:
        """Cases, the latest first, and the cursor of the next ones."""

    async def case_lines(self) -> Sequence[CaseLine]:
        """All cases, oldest first, with all that is needed to answer them again."""

    async def deliveries(self, limit: int, cursor: str | None) -> tuple[Sequence[Delivery], str | None]:
        """What another system was told, or is to be, the latest first, and the cursor of the next ones."""

    # --- the staff itself ---

    async def meet(self, member: Member) -> None:
        """Know a member of staff by the latest name."""

    async def members(self) -> Sequence[tuple[Member, int]]:
        """Everybody who was ever here, and how many conversations they have."""

    async def record(self, act: Act) -> None:
        """Keep an act that changes nothing here."""

    async def audit(
        self, limit: int, cursor: str | None, member_id: str | None = None, conversation_id: str | None = None
    ) -> tuple[Sequence[Audited], str | None]:
        """What was done, the latest first, and the cursor of the next entries."""
