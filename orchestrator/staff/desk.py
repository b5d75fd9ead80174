"""What members of staff do: over the engine where a conversation changes hands, else over their store."""

from collections.abc import Callable, Coroutine, Sequence
from copy import copy
from typing import Any

from orchestrator.audit.act import Act
from orchestrator.commands import MESSAGE_CHARS, check_text
from orchestrator.errors import BadRequest, Conflict, EmptyMessage, MessageTooLong
from orchestrator.event.ownership import Member
from orchestrator.events import Envelope, StaffTyping
from orchestrator.execution.engine import Engine
from orchestrator.staff.drafting import Draft, Drafting
from orchestrator.staff.feed import CannedChanged, Feed, NoteAdded, PresenceChanged
from orchestrator.staff.presence import Presence
from orchestrator.staff.reception import Reception
from orchestrator.staff.store import StaffStore
from orchestrator.staff.values import Canned, Listed, Note, Priority, Reply
from orchestrator.store import Handed

TAGS, TAG_CHARS = 20, 40


class StaffDesk:
    """Used from one event loop. Who may do what is decided before."""

    def __init__(
        self,
        engine: Engine,
        store: StaffStore,
        feed: Feed,
        presence: Presence,
        reception: Reception,
        drafting: Drafting | None = None,
    ) -> None:
        """`drafting` answers for the staff alone, asks nobody and does nothing."""
        self._drafting = drafting
        self.store = store
        self.feed = feed
        self.presence = presence
        self._engine = engine
        self._reception = reception
        self._address = ""
        presence.changed = lambda: feed.tell(PresenceChanged(presence.colleagues))

    def at(self, address: str) -> "StaffDesk":
        """This desk for somebody at a network address, which the audit log keeps of what they do."""
        there = copy(self)
        there._address = address
        return there

    def act(
        self,
        member: Member,
        operation: str,
        conversation_id: str | None = None,
        detail: dict[str, Any] | None = None,
        *,
        subject: str = "",
    ) -> Act:
        """What a member does here, for the audit log; see `Act`."""
        return Act(member, operation, conversation_id, detail or {}, self._address, subject)

    async def take(self, member: Member, conversation_id: str, *, force: bool = False) -> Listed:
        """Take a conversation over: from then on the bot says nothing more in it. Raises NotFound, Conflict where a
        colleague has it and no `force` is used."""
        await self.store.meet(member)
        act = self.act(member, "take", conversation_id, {"force": True} if force else {})
        await self._engine.change_owner(conversation_id, lambda said: self.store.take(act, said, force=force))
        return await self.line(conversation_id)

    async def assign(self, member: Member, conversation_id: str, to: Member) -> Listed:
        """Give a conversation to a colleague; one without a name must have been here before. Raises NotFound,
        Conflict."""
        act = self.act(member, "assign", conversation_id, {"staff_id": to.id})
        await self._engine.change_owner(conversation_id, lambda said: self.store.assign(act, to, said))
        return await self.line(conversation_id)

    async def close(self, member: Member, conversation_id: str) -> Listed:
        """Close a conversation, whoever has it. Raises NotFound."""
        act = self.act(member, "close", conversation_id)
        await self._engine.change_owner(conversation_id, lambda said: self.store.close_conversation(act, said))
        return await self.line(conversation_id)

    async def give_back(self, member: Member, conversation_id: str, *, anybodys: bool) -> Listed:
        """Return a conversation to the bot, which then knows what was said. Raises NotFound, Conflict."""
        act = self.act(member, "return", conversation_id)
        return await self._change(conversation_id, lambda: self.store.give_back(act, anybodys=anybodys))

    async def hand_over(self, member: Member, conversation_id: str) -> Listed:
        """Let a conversation of the bot wait for a person. Raises NotFound, Conflict."""
        act = self.act(member, "handover", conversation_id)
        handing = self._reception.handing("staff")
        return await self._change(conversation_id, lambda: self.store.hand_over(act, handing))

    async def reopen(self, member: Member, conversation_id: str) -> Listed:
        """Give a closed conversation to the bot. Raises NotFound, Conflict."""
        act = self.act(member, "reopen", conversation_id)
        return await self._change(conversation_id, lambda: self.store.reopen(act))

    async def reply(self, member: Member, conversation_id: str, text: str, client_message_id: str | None) -> Reply:
        """Write to the customer. Raises NotFound, Conflict unless the conversation is the member's,
        IdempotencyConflict, and what is wrong with the text."""
        check_written(text)
        act = self.act(member, "reply", conversation_id)
        replies: list[Reply] = []

        async def commit() -> Handed:
            reply = await self.store.reply(act, text, client_message_id)
            replies.append(reply)
            return Handed(() if reply.duplicate else (reply.envelope,))

        await self._engine.change(conversation_id, commit)
        return replies[0]

    async def typing(self, member: Member, conversation_id: str, *, typing: bool) -> None:
        """Show the customer that the member is writing. Raises NotFound, Conflict unless the conversation is the
        member's."""
        standing = await self._engine.store.standing(conversation_id)
        if standing.state != "staff" or standing.staff is None or standing.staff.id != member.id:
            raise Conflict
        await self._engine.bus.publish(Envelope(conversation_id, StaffTyping(standing.session_id, member.name, typing)))

    async def suggest(self, member: Member, conversation_id: str) -> Draft:
        """A draft of a reply to what the customer said last. Raises NotFound; Conflict where there is none, or the
        conversation has moved on meanwhile."""
        basis = await self.store.basis(self.act(member, "suggestion", conversation_id))
        if self._drafting is None:
            raise Conflict
        made = await self._drafting(basis)
        if (await self.line(conversation_id)).head_seq != basis.seq:
            raise Conflict
        return made

    async def tag(self, member: Member, conversation_id: str, tags: Sequence[str]) -> Listed:
        """Give a conversation these tags. Raises NotFound, BadRequest."""
        names = sorted({name.strip().casefold() for name in tags})
        if len(names) > TAGS or any(not 0 < len(name) <= TAG_CHARS for name in names):
            raise BadRequest(field="tags", form=f"a list of at most {TAGS} strings of 1 to {TAG_CHARS} characters")
        for name in names:
            check_text("tags", name)
        await self.store.tag(self.act(member, "tag", conversation_id, {"tags": len(names)}), names)
        return await self._changed(conversation_id)

    async def prioritise(self, member: Member, conversation_id: str, priority: Priority) -> Listed:
        """Say how urgent a conversation is. Raises NotFound."""
        await self.store.prioritise(self.act(member, "priority", conversation_id, {"priority": priority}), priority)
        return await self._changed(conversation_id)

    async def note(self, member: Member, conversation_id: str, text: str) -> Note:
        """Keep a private note, which neither customer nor bot ever sees. Raises NotFound, and what is wrong with the
        text."""
        check_written(text)
        note = await self.store.note(self.act(member, "note", conversation_id), text)
        self.feed.tell(NoteAdded(conversation_id, note))
        return note

    async def seen(self, conversation_id: str, seq: int) -> None:
        """The staff has seen up to there. Raises NotFound."""
        await self.store.seen(conversation_id, seq)
        self.feed.changed(conversation_id)

    async def keep_canned(self, member: Member, canned_id: str | None, shortcut: str, title: str, text: str) -> Canned:
        """Keep a canned reply. Raises NotFound, Conflict, and what is wrong with the text."""
        check_written(text)
        act = self.act(member, "canned_keep", None, {"shortcut": shortcut})
        canned = await self.store.keep_canned(act, canned_id, shortcut, title, text)
        self.feed.tell(CannedChanged())
        return canned

    async def drop_canned(self, member: Member, canned_id: str) -> None:
        """Remove a canned reply. Raises NotFound."""
        await self.store.drop_canned(self.act(member, "canned_drop", None, {"canned_id": canned_id}), canned_id)
        self.feed.tell(CannedChanged())

    async def watch(self, member: Member, conversation_id: str) -> Listed:
        """The member opens a conversation to follow it. Raises NotFound."""
        return await self.store.watch(self.act(member, "open", conversation_id))

    async def line(self, conversation_id: str) -> Listed:
        """A conversation as the list shows it. Raises NotFound."""
        return await self.store.line(conversation_id)

    async def _change(self, conversation_id: str, commit: Callable[[], Coroutine[Any, Any, Handed]]) -> Listed:
        await self._engine.change(conversation_id, commit)
        return await self.line(conversation_id)

    async def _changed(self, conversation_id: str) -> Listed:
        self.feed.changed(conversation_id)
        return await self.line(conversation_id)


def check_written(text: str, field: str = "text") -> None:
    """Raises EmptyMessage, MessageTooLong, BadRequest for what cannot be stored."""
    check_text(field, text)
    if not text.strip():
        raise EmptyMessage(field=field)
    if len(text) > MESSAGE_CHARS:
        raise MessageTooLong(field=field)
