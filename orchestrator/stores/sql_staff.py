"""The staff's store over SQL, in the transactions of the conversation store."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection

from orchestrator.audit.act import Act, Audited
from orchestrator.errors import Conflict, NotFound
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
from orchestrator.stores import (
    ownership,
    staff_cases,
    staff_listing,
    staff_notes,
    staff_reading,
    staff_reports,
    staff_webhooks,
)
from orchestrator.stores.sql_audit import SqlAudit, Wanted
from rag.database import Transactions

T = TypeVar("T")


class SqlStaffStore:
    """See `orchestrator.staff.store.StaffStore`. The transactions stay their owner's; acts go into `audited`."""

    def __init__(self, transactions: Transactions, audited: SqlAudit | None = None) -> None:
        self._audit = audited or SqlAudit(transactions)
        self._write = transactions.write
        self._read = transactions.read

    async def _act(self, act: Act, work: Callable[[Connection], T]) -> T:
        """Do something and keep in the audit log that it was done."""

        def audited(connection: Connection) -> T:
            done = work(connection)
            self._audit.keep(connection, act)
            return done

        return await self._write(audited)

    # --- who has a conversation ------------------------------------------------------------------------------------

    async def take(self, act: Act, said: Mapping[str, str], *, force: bool) -> Handed:
        about = _about(act)
        return await self._act(act, lambda c: ownership.take(c, about, act.member, said, force=force))

    async def assign(self, act: Act, to: Member, said: Mapping[str, str]) -> Handed:
        def work(connection: Connection) -> Handed:
            if ownership.standing(connection, _about(act)).state == "closed":
                raise Conflict
            known = to if to.name else ownership.known(connection, to.id)
            if known is None:
                raise NotFound(field="staff_id")
            if to.name:
                ownership.meet(connection, to)
            return ownership.take(connection, _about(act), known, said, force=True)

        return await self._act(act, work)

    async def give_back(self, act: Act, *, anybodys: bool) -> Handed:
        about = _about(act)
        return await self._act(act, lambda c: ownership.give_back(c, about, act.member, anybodys=anybodys))

    async def hand_over(self, act: Act, handing: Handing) -> Handed:
        def work(connection: Connection) -> Handed:
            if ownership.standing(connection, _about(act)).state != "bot":
                raise Conflict
            return ownership.hand_over(connection, _about(act), handing)

        return await self._act(act, work)

    async def close_conversation(self, act: Act, said: Mapping[str, str]) -> Handed:
        return await self._act(act, lambda c: ownership.close(c, _about(act), said))

    async def reopen(self, act: Act) -> Handed:
        return await self._act(act, lambda c: ownership.reopen(c, _about(act)))

    async def reply(self, act: Act, text: str, client_message_id: str | None) -> Reply:
        def work(connection: Connection) -> Reply:
            envelope, duplicate = ownership.reply(connection, _about(act), act.member, text, client_message_id)
            message = staff_reading.message(connection, envelope.conversation_id, envelope.seq or 0)
            return Reply(envelope, message, duplicate)

        return await self._act(act, work)

    # --- what is noted of it ---------------------------------------------------------------------------------------

    async def tag(self, act: Act, tags: Sequence[str]) -> None:
        await self._act(act, lambda c: staff_notes.tag(c, _about(act), tags))

    async def prioritise(self, act: Act, priority: Priority) -> None:
        await self._act(act, lambda c: staff_notes.prioritise(c, _about(act), priority))

    async def note(self, act: Act, text: str) -> Note:
        return await self._act(act, lambda c: staff_notes.note(c, _about(act), act.member, text))

    async def seen(self, conversation_id: str, seq: int) -> None:
        await self._write(lambda c: staff_notes.seen(c, conversation_id, seq))

    # --- replies that are written once -----------------------------------------------------------------------------

    async def canned(self) -> Sequence[Canned]:
        return await self._read(staff_notes.canned)

    async def keep_canned(self, act: Act, canned_id: str | None, shortcut: str, title: str, text: str) -> Canned:
        return await self._act(act, lambda c: staff_notes.keep_canned(c, canned_id, shortcut, title, text))

    async def drop_canned(self, act: Act, canned_id: str) -> None:
        await self._act(act, lambda c: staff_notes.drop_canned(c, canned_id))

    # --- reading ---------------------------------------------------------------------------------------------------

    async def list(self, filters: Filters, limit: int, cursor: str | None) -> Page:
        return await self._read(lambda c: staff_listing.listed(c, filters, limit, cursor))

    async def watch(self, act: Act) -> Listed:
        return await self._act(act, lambda c: staff_listing.line(c, _about(act)))

    async def line(self, conversation_id: str) -> Listed:
        return await self._read(lambda c: staff_listing.line(c, conversation_id))

    async def lines(self, conversation_ids: Sequence[str]) -> Sequence[Listed]:
        return await self._read(lambda c: staff_listing.lines_of(c, conversation_ids))

    async def counts(self, member_id: str) -> Counts:
        return await self._read(lambda c: staff_listing.counts(c, member_id))

    async def open(self, act: Act, limit: int) -> Opened:
        return await self._act(act, lambda c: staff_reading.opened(c, _about(act), limit))

    async def earlier(self, conversation_id: str, before: int, limit: int) -> tuple[Sequence[Message], bool]:
        def work(connection: Connection) -> tuple[Sequence[Message], bool]:
            staff_listing.line(connection, conversation_id)
            return staff_reading.earlier(connection, conversation_id, before, limit)

        return await self._read(work)

    async def message(self, envelope: Envelope) -> Message:
        about, seq = envelope.conversation_id, envelope.seq or 0
        return await self._read(lambda c: staff_reading.message(c, about, seq))

    async def facts(self, act: Act) -> Facts:
        return await self._act(act, lambda c: staff_reading.facts(c, _about(act)))

    async def explain(self, act: Act, run_id: str) -> Explained:
        return await self._act(act, lambda c: staff_reading.explained(c, _about(act), run_id))

    async def ratings(
        self, rating: str | None, limit: int, cursor: str | None
    ) -> tuple[Sequence[RatedAnswer], str | None]:
        return await self._read(lambda c: staff_notes.ratings(c, rating, limit, cursor))

    async def basis(self, act: Act) -> Basis:
        return await self._act(act, lambda c: staff_reading.basis(c, _about(act)))

    async def outcomes(self, since: date, until: date) -> Outcomes:
        return await self._read(lambda c: staff_reports.figures(c, since, until))

    async def export(self, act: Act, since: date, until: date) -> tuple[tuple[str, ...], Sequence[tuple[object, ...]]]:
        lines = await self._act(act, lambda c: list(staff_reports.lines(c, since, until)))
        return staff_reports.COLUMNS, lines

    async def unanswered(self, since: date, until: date) -> Sequence[Unanswered]:
        return await self._read(lambda c: staff_reports.unanswered(c, since, until))

    async def freeze(self, act: Act, message_id: str, expected: str, comment: str | None) -> tuple[Case, bool]:
        about = _about(act)
        return await self._act(act, lambda c: staff_cases.freeze(c, about, message_id, act.member, expected, comment))

    async def cases(self, limit: int, cursor: str | None) -> tuple[Sequence[Case], str | None]:
        return await self._read(lambda c: staff_cases.listed(c, limit, cursor))

    async def case_lines(self) -> Sequence[CaseLine]:
        return await self._read(staff_cases.lines)

    async def deliveries(self, limit: int, cursor: str | None) -> tuple[Sequence[Delivery], str | None]:
        return await self._read(lambda c: staff_webhooks.listed(c, limit, cursor))

    # --- the staff itself ------------------------------------------------------------------------------------------

    async def meet(self, member: Member) -> None:
        await self._write(lambda c: ownership.meet(c, member))

    async def members(self) -> Sequence[tuple[Member, int]]:
        return await self._read(staff_notes.members)

    async def record(self, act: Act) -> None:
        await self._audit.add(act)

    async def audit(
        self, limit: int, cursor: str | None, member_id: str | None = None, conversation_id: str | None = None
    ) -> tuple[Sequence[Audited], str | None]:
        return await self._audit.listed(limit, cursor, Wanted(member_id, conversation_id))


def _about(act: Act) -> str:
    assert act.conversation_id is not None, "the act is about no conversation"
    return act.conversation_id
