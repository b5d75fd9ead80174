"""Conversations as the staff lists them: filtered, sorted, in pages, each with what a line of the list shows."""

import base64
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from orchestrator.commands import GUEST
from orchestrator.errors import BadRequest, NotFound
from orchestrator.event.ownership import Member
from orchestrator.staff.values import PRIORITIES, Counts, Customer, Filters, Listed, Page, Preview, Thumbs
from orchestrator.stores import message_words
from orchestrator.stores.staff_tables import tags
from orchestrator.tables import conversations, feedback, messages

TITLE_CHARS = 80
PREVIEW_CHARS = 160
LATE = "9999"
"""Sorts behind every time."""

_NAMES = (conversations.c.customer_name, conversations.c.customer_email)
_Key = tuple[ColumnElement[Any], bool]
"""What is sorted by, and whether downwards."""
_waiting = func.coalesce(conversations.c.waiting_since, LATE)
_SORTS: dict[str, tuple[_Key, ...]] = {
    "recent": ((conversations.c.updated_at, True), (conversations.c.id, True)),
    "oldest": ((conversations.c.updated_at, False), (conversations.c.id, False)),
    "waiting": ((_waiting, False), (conversations.c.id, False)),
    "priority": ((conversations.c.priority, True), (conversations.c.updated_at, True), (conversations.c.id, True)),
}


def listed(connection: Connection, filters: Filters, limit: int, cursor: str | None) -> Page:
    """A page of the conversations that pass the filters. Raises BadRequest for a cursor that is none of this sort."""
    keys = _SORTS[filters.sort]
    query = select(conversations, *(column.label(f"key{n}") for n, (column, _) in enumerate(keys)))
    query = query.where(conversations.c.head_seq > 0, *_conditions(connection.dialect.name, filters))
    if cursor:
        query = query.where(_behind(keys, decode_cursor(cursor, *(column.type.python_type for column, _ in keys))))
    query = query.order_by(*(column.desc() if down else column for column, down in keys)).limit(limit + 1)
    found = connection.execute(query).all()
    last = found[limit - 1] if len(found) > limit else None
    values = [getattr(last, f"key{n}") for n in range(len(keys))] if last is not None else None
    return Page(tuple(_lines(connection, found[:limit])), encode_cursor(values) if values is not None else None)


def line(connection: Connection, conversation_id: str) -> Listed:
    """One conversation. Raises NotFound."""
    lines = lines_of(connection, [conversation_id])
    if not lines:
        raise NotFound
    return lines[0]


def lines_of(connection: Connection, conversation_ids: Sequence[str]) -> list[Listed]:
    """These conversations, as far as there are any; in no order."""
    query = select(conversations).where(conversations.c.id.in_(conversation_ids))
    return _lines(connection, connection.execute(query).all())


def of_customer(connection: Connection, owner: str, limit: int) -> list[Listed]:
    """The latest conversations of a customer."""
    query = select(conversations).where(conversations.c.owner == owner, conversations.c.head_seq > 0)
    return _lines(connection, connection.execute(query.order_by(conversations.c.updated_at.desc()).limit(limit)).all())


def counts(connection: Connection, member_id: str) -> Counts:
    """How many there are of each kind."""
    c = conversations.c
    by_state = select(c.state, func.count()).where(c.head_seq > 0).group_by(c.state)
    found = {str(state): int(number) for state, number in connection.execute(by_state)}
    mine = select(func.count()).where(c.state == "staff", c.staff_id == member_id)
    unread = select(func.count()).where(c.customer_seq > c.staff_seq)
    return Counts(**found, mine=connection.scalar(mine) or 0, unread=connection.scalar(unread) or 0)


def customer_of(row: Row[Any]) -> Customer:
    return Customer(row.owner, row.customer_name, row.customer_email, row.owner.startswith(GUEST))


def encode_cursor(values: Sequence[Any]) -> str:
    """Opaque to clients."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """What `encode_cursor` was given: values of these kinds. Raises BadRequest."""
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[str | int])
    except (ValueError, msgspec.MsgspecError):
        values = []
    if [type(value) for value in values] != [*kinds] or not all(map(_storable, values)):
        raise BadRequest(field="cursor", form="the `next` of an answer to the same request")
    return list(values)


def _storable(value: str | int) -> bool:
    return "\x00" not in value if isinstance(value, str) else abs(value) < 2**31


def _found_by(dialect: str, wanted: str) -> ColumnElement[bool]:
    """That one of the messages has the words, or the customer's name or address begins with them."""
    c = conversations.c
    begins = [func.lower(column).startswith(wanted.strip().lower(), autoescape=True) for column in _NAMES]
    having = message_words.having(dialect, wanted)
    return or_(*begins, c.id.in_(having)) if having is not None else or_(*begins)


def _conditions(dialect: str, filters: Filters) -> list[ColumnElement[bool]]:
    c = conversations.c
    found: list[ColumnElement[bool]] = []
    if filters.states:
        found.append(c.state.in_(filters.states))
    if filters.assignee == "none":
        found.append(or_(c.staff_id.is_(None), c.state != "staff"))
    elif filters.assignee is not None:
        found.append(and_(c.staff_id == filters.assignee, c.state == "staff"))
    for tag in filters.tags:
        found.append(select(tags.c.tag).where(tags.c.conversation_id == c.id, tags.c.tag == tag).exists())
    if filters.priorities:
        found.append(c.priority.in_([PRIORITIES.index(priority) for priority in filters.priorities]))
    if filters.unread:
        found.append(c.customer_seq > c.staff_seq)
    if filters.text.strip():
        found.append(_found_by(dialect, filters.text))
    if filters.sort == "waiting":
        found.append(c.state == "waiting")
    return found


def _behind(keys: Sequence[_Key], values: Sequence[Any]) -> ColumnElement[bool]:
    """What comes after the one with these values."""
    alternatives = []
    for n, (column, down) in enumerate(keys):
        same = [keys[at][0] == values[at] for at in range(n)]
        alternatives.append(and_(*same, column < values[n] if down else column > values[n]))
    return or_(*alternatives)


def _lines(connection: Connection, found: Sequence[Row[Any]]) -> list[Listed]:
    ids = [row.id for row in found]
    if not ids:
        return []
    labels = _tags(connection, ids)
    said = _said(connection, ids)
    thumbs = _thumbs(connection, ids)
    queue = _queue(connection) if any(row.state == "waiting" for row in found) else {}
    return [
        Listed(
            conversation_id=row.id,
            session_id=row.session_id,
            customer=customer_of(row),
            state=row.state,
            owner_epoch=row.owner_epoch,
            staff=Member(row.staff_id, row.staff_name or "") if row.staff_id else None,
            reason=row.reason,
            reason_text=row.reason_text,
            waiting_since=row.waiting_since,
            place=queue.get(row.id),
            priority=PRIORITIES[row.priority],
            tags=tuple(labels[row.id]),
            title=said[row.id].title,
            preview=said[row.id].preview,
            messages=said[row.id].messages,
            unread=said[row.id].unread,
            thumbs=thumbs[row.id],
            head_seq=row.head_seq,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in found
    ]


class _Said(msgspec.Struct, frozen=True):
    title: str = ""
    preview: Preview | None = None
    messages: int = 0
    unread: int = 0


def _tags(connection: Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    query = select(tags).where(tags.c.conversation_id.in_(ids)).order_by(tags.c.tag)
    for row in connection.execute(query):
        found[row.conversation_id].append(row.tag)
    return found


def _said(connection: Connection, ids: Sequence[str]) -> dict[str, _Said]:
    """What a list tells of the messages of each conversation."""
    m = messages.c
    shown = (m.conversation_id.in_(ids), m.superseded_by.is_(None), m.deleted_at.is_(None))
    from_customer = m.role == "customer"
    unread = func.count().filter(from_customer & (m.seq > conversations.c.staff_seq))
    first = func.min(m.seq).filter(from_customer)
    places = connection.execute(
        select(m.conversation_id, func.count().label("messages"), unread.label("unread"), func.max(m.seq).label("last"))
        .add_columns(first.label("first"))
        .join(conversations, conversations.c.id == m.conversation_id)
        .where(*shown)
        .group_by(m.conversation_id)
    ).all()
    wanted = [(row.conversation_id, seq) for row in places for seq in {row.first, row.last} if seq is not None]
    texts: dict[tuple[str, int], Any] = {}
    begins = func.substr(m.text, 1, PREVIEW_CHARS).label("begins")
    query = select(m.conversation_id, m.seq, m.role, begins, m.created_at).where(
        m.conversation_id.in_(ids), m.seq.in_([seq for _, seq in wanted])
    )
    for text in connection.execute(query) if wanted else ():
        texts[text.conversation_id, text.seq] = text
    found: dict[str, _Said] = defaultdict(_Said)
    for row in places:
        title = texts[row.conversation_id, row.first].begins[:TITLE_CHARS] if row.first is not None else ""
        last = texts[row.conversation_id, row.last]
        preview = Preview(last.role, last.begins, last.created_at)
        found[row.conversation_id] = _Said(title, preview, row.messages, row.unread)
    return found


def _thumbs(connection: Connection, ids: Sequence[str]) -> dict[str, Thumbs]:
    found: dict[str, Thumbs] = defaultdict(Thumbs)
    query = (
        select(messages.c.conversation_id, feedback.c.rating, func.count().label("number"))
        .join(messages, messages.c.id == feedback.c.message_id)
        .where(messages.c.conversation_id.in_(ids))
        .group_by(messages.c.conversation_id, feedback.c.rating)
    )
    for row in connection.execute(query):
        found[row.conversation_id] = msgspec.structs.replace(found[row.conversation_id], **{row.rating: row.number})
    return found


def _queue(connection: Connection) -> dict[str, int]:
    """The place of everybody who waits."""
    waiting = select(conversations.c.id).where(conversations.c.state == "waiting")
    ordered = connection.scalars(waiting.order_by(conversations.c.waiting_since, conversations.c.id))
    return {str(conversation_id): number for number, conversation_id in enumerate(ordered, 1)}
