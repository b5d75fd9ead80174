"""The durable outbox of webhooks: what happened and is to be told, each once, until it was told or given up."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, insert, select, update

from orchestrator.staff.webhooks import Delivery, Letter
from orchestrator.stores import rows
from orchestrator.stores.staff_listing import decode_cursor, encode_cursor
from orchestrator.stores.staff_tables import handovers, webhook_deliveries
from orchestrator.tables import conversations, feedback, messages

LOOKS_BACK = timedelta(days=1)
"""What happened longer ago, while nobody was to be told, stays untold."""
AT_ONCE = 100
HELD = timedelta(minutes=1)
"""Longer than a try takes; what a process had that died is tried again then."""


def collect(connection: Connection) -> None:
    """Put what has happened into the outbox. Its id is that of what happened, so that nothing is told twice."""
    since = rows.stamp(datetime.now(UTC) - LOOKS_BACK)
    for event, happened in (("handover", _handovers(since)), ("feedback", _ratings(since)), ("close", _closed(since))):
        for row in connection.execute(happened.limit(AT_ONCE)).all():
            values = row._asdict()
            delivery_id, at = values.pop("delivery_id"), values.pop("at")
            letter = Letter(delivery_id, event, at, values)
            connection.execute(
                insert(webhook_deliveries).values(
                    id=delivery_id,
                    event=event,
                    body=msgspec.json.encode(letter).decode(),
                    conversation_id=values["conversation_id"],
                    state="waiting",
                    attempts=0,
                    next_at=rows.now(),
                    created_at=rows.now(),
                )
            )


def take(connection: Connection) -> Any:
    """What is to be tried next: `id`, `body`, `attempts`; None where nothing is. No other process takes it for HELD, in
    which it is to be told how that went."""
    w = webhook_deliveries.c
    due = select(w.id, w.body, w.attempts).where(w.state == "waiting", w.next_at <= rows.now())
    letter = connection.execute(due.order_by(w.next_at).limit(1).with_for_update(skip_locked=True)).first()
    if letter is not None:
        until = rows.stamp(datetime.now(UTC) + HELD)
        connection.execute(update(webhook_deliveries).where(w.id == letter.id).values(next_at=until))
    return letter


def tried(connection: Connection, delivery_id: str, error: str | None, again_at: datetime | None) -> None:
    """Keep how an attempt went: without an `error` it was delivered; without `again_at` it is given up."""
    w = webhook_deliveries.c
    state = "delivered" if error is None else "waiting" if again_at is not None else "failed"
    connection.execute(
        update(webhook_deliveries)
        .where(w.id == delivery_id)
        .values(
            state=state,
            attempts=w.attempts + 1,
            last_error=error[:255] if error is not None else None,
            next_at=rows.stamp(again_at) if again_at is not None and error is not None else None,
            delivered_at=rows.now() if error is None else None,
        )
    )


def listed(connection: Connection, limit: int, cursor: str | None) -> tuple[list[Delivery], str | None]:
    """Deliveries, the latest first, and the cursor of those after them."""
    w = webhook_deliveries.c
    query = select(webhook_deliveries).order_by(w.created_at.desc(), w.id.desc()).limit(limit + 1)
    if cursor:
        at, delivery_id = decode_cursor(cursor, str, str)
        query = query.where((w.created_at < at) | and_(w.created_at == at, w.id < delivery_id))
    found = [
        Delivery(r.id, r.event, r.state, r.attempts, r.next_at, r.last_error, r.created_at, r.delivered_at)
        for r in connection.execute(query)
    ]
    page = found[:limit]
    more = len(found) > limit
    return page, encode_cursor([page[-1].created_at, page[-1].delivery_id]) if more else None


def _handovers(since: str) -> Any:
    c, name = conversations.c, "handover-" + handovers.c.id
    return (
        select(
            name.label("delivery_id"),
            handovers.c.asked_at.label("at"),
            c.id.label("conversation_id"),
            c.session_id,
            c.owner.label("customer_id"),
            c.customer_name,
            c.customer_email,
            handovers.c.reason,
        )
        .join(conversations, c.id == handovers.c.conversation_id)
        .where(handovers.c.asked_at > since, _untold(name))
    )


def _ratings(since: str) -> Any:
    name = "feedback-" + feedback.c.message_id + "-" + feedback.c.created_at
    return (
        select(
            name.label("delivery_id"),
            feedback.c.created_at.label("at"),
            messages.c.conversation_id,
            feedback.c.message_id,
            feedback.c.rating,
            feedback.c.reason,
        )
        .join(messages, messages.c.id == feedback.c.message_id)
        .where(feedback.c.created_at > since, _untold(name))
    )


def _closed(since: str) -> Any:
    c = conversations.c
    name = "close-" + c.id + "-" + c.closed_at
    return select(
        name.label("delivery_id"), c.closed_at.label("at"), c.id.label("conversation_id"), c.session_id, c.staff_name
    ).where(c.state == "closed", c.closed_at > since, _untold(name))


def _untold(name: Any) -> Any:
    return ~select(webhook_deliveries.c.id).where(webhook_deliveries.c.id == name).exists()
