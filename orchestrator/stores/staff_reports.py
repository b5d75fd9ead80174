"""What the staff's figures are made from, and conversations as lines of a table."""

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from orchestrator.events import Completed, decode
from orchestrator.staff.gaps import Unanswered
from orchestrator.staff.outcomes import Begun, HandedOver, Outcomes, Rating, outcomes
from orchestrator.stores.staff_tables import handovers, tags
from orchestrator.tables import conversations, events, feedback, messages

MOST_LINES = 50_000
"""Of an export."""
MOST_QUESTIONS = 500
COLUMNS = (
    "conversation_id",
    "session_id",
    "customer_id",
    "customer_name",
    "customer_email",
    "state",
    "reason",
    "staff",
    "priority",
    "tags",
    "messages",
    "up",
    "down",
    "reopened",
    "created_at",
    "updated_at",
    "closed_at",
)


def figures(connection: Connection, since: date, until: date) -> Outcomes:
    """What has come of the conversations of a span, both days included."""
    c = conversations.c
    answer = (events.c.conversation_id == c.id) & (events.c.kind == str(Completed.__struct_config__.tag))
    begun = select(
        c.created_at,
        select(events.c.seq).where(answer).exists().label("answered"),
        select(handovers.c.id).where(handovers.c.conversation_id == c.id).exists().label("handed"),
        c.reopened,
    ).where(c.head_seq > 0, *_within(c.created_at, since, until))
    handed = select(handovers.c.reason, handovers.c.asked_at, handovers.c.answered_at).where(
        *_within(handovers.c.asked_at, since, until)
    )
    rated = select(feedback.c.rating, feedback.c.created_at).where(*_within(feedback.c.created_at, since, until))
    closed = select(func.count()).where(c.state == "closed", *_within(c.closed_at, since, until))
    return outcomes(
        since,
        until,
        [
            Begun(row.created_at, bool(row.answered), bool(row.handed), row.reopened > 0)
            for row in connection.execute(begun)
        ],
        [HandedOver(row.reason, row.asked_at, row.answered_at) for row in connection.execute(handed)],
        [Rating(row.rating, row.created_at) for row in connection.execute(rated)],
        connection.scalar(closed) or 0,
    )


def lines(connection: Connection, since: date, until: date) -> Iterator[tuple[object, ...]]:
    """The conversations that began in a span, as COLUMNS, oldest first."""
    c = conversations.c
    said = select(func.count()).select_from(messages).where(messages.c.conversation_id == c.id).scalar_subquery()
    thumbs = [
        select(func.count())
        .select_from(feedback.join(messages, messages.c.id == feedback.c.message_id))
        .where(messages.c.conversation_id == c.id, feedback.c.rating == rating)
        .scalar_subquery()
        for rating in ("up", "down")
    ]
    together = func.group_concat if connection.dialect.name == "sqlite" else func.string_agg
    label = select(together(tags.c.tag, " "))
    query = (
        select(
            c.id,
            c.session_id,
            c.owner,
            c.customer_name,
            c.customer_email,
            c.state,
            c.reason,
            c.staff_name,
            c.priority,
            label.where(tags.c.conversation_id == c.id).scalar_subquery(),
            said,
            *thumbs,
            c.reopened,
            c.created_at,
            c.updated_at,
            c.closed_at,
        )
        .where(c.head_seq > 0, *_within(c.created_at, since, until))
        .order_by(c.created_at, c.id)
        .limit(MOST_LINES)
    )
    yield from (tuple(row) for row in connection.execute(query))


def unanswered(connection: Connection, since: date, until: date) -> list[Unanswered]:
    """The questions of a span to which the bot had no answer, the latest first, each once."""
    c = events.c
    query = (
        select(c.body, c.conversation_id, c.created_at)
        .where(c.kind == str(Completed.__struct_config__.tag), c.body.like('%"declined":true%'))
        .where(*_within(c.created_at, since, until))
        .order_by(c.created_at.desc())
        .limit(MOST_QUESTIONS)
    )
    found = []
    for row in connection.execute(query):
        answer = decode(row.body)
        if not isinstance(answer, Completed) or not answer.declined:
            continue
        question = connection.execute(
            select(messages.c.id, messages.c.text)
            .where(messages.c.run_id == answer.run_id, messages.c.role == "customer", messages.c.deleted_at.is_(None))
            .order_by(messages.c.seq.desc())
            .limit(1)
        ).first()
        if question is not None:
            found.append(Unanswered(question.text, row.conversation_id, question.id, row.created_at))
    return found


def _within(column: ColumnElement[str], since: date, until: date) -> tuple[ColumnElement[bool], ...]:
    return column >= since.isoformat(), column < (until + timedelta(days=1)).isoformat()
