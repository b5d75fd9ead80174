"""The contract of the store of what is held of persons, over the same tables as conversations and appointments."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestrator.audit.act import Act


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: `rows` by table; the conversations and runs that are gone, which others still may hold something
    of; `audit_id`, the number of the entry that tells of it."""

    rows: Mapping[str, int] = field(default_factory=dict)
    conversation_ids: tuple[str, ...] = ()
    run_ids: tuple[str, ...] = ()
    audit_id: int = 0


@dataclass(frozen=True, slots=True)
class Periods:
    """Days that each kind is kept; 0: for ever. A conversation's count from its last event, an appointment's from its
    time."""

    conversations: int = 0
    appointments: int = 0
    ledger: int = 0
    deliveries: int = 0

    def __bool__(self) -> bool:
        return any((self.conversations, self.appointments, self.ledger, self.deliveries))


@dataclass(frozen=True, slots=True)
class Erasures:
    """Who was erased since, by the number of the audit log's entry: digests of users as the log has them; and up to
    which entry that is."""

    subjects: Mapping[int, str]
    upto: int


Digest = Callable[[str], str]
"""The name that the audit log has for a user."""


class PersonalStore(Protocol):
    """Safe for concurrent use. Every method raises StorageUnavailable. A user of whom nothing is held is no error."""

    async def unfinished(self, user_id: str) -> Sequence[tuple[str, str]]:
        """The user's runs without a terminal event: conversation and run; those that wait for their turn first."""

    @property
    def tables(self) -> Sequence[str]:
        """The tables in which something may be held, in the order in which it is told."""

    async def page(self, user_id: str, table: str, after: Sequence[Any] | None) -> tuple[list[dict[str, Any]], Any]:
        """Rows of a table that are the user's, behind those up to `after`, and what to give as `after` next: None at
        the end."""

    async def erase(self, act: Act) -> Erased:
        """Erase all that is held of the act's subject, down to the files, and keep the act in the audit log. Doing it
        again erases what has come since."""

    async def expire(self, periods: Periods) -> Erased:
        """Erase what was kept for longer than that."""

    async def erased_since(self, number: int | None) -> Erasures:
        """Who was erased behind the entry of this number of the audit log; nobody where None is given."""

    async def digest(self) -> Digest:
        """How the audit log names users."""

    async def sweep(self, subjects: Collection[str]) -> None:
        """Erase what the runs of these users, who were erased meanwhile, have left in the ledger since."""
