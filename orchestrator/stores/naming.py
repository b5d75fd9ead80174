"""What a conversation is known by: what clients note of it, and the name of what was said in it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from orchestrator.commands import METADATA_BYTES, METADATA_FORM, Caller
from orchestrator.errors import BadRequest
from orchestrator.stores import rows
from orchestrator.tables import conversations


def describe(connection: Connection, caller: Caller, session_id: str, metadata: Mapping[str, Any]) -> None:
    """See `Store.describe`."""
    conversation_id = rows.find(connection, caller, session_id)
    rows.hold(connection, conversation_id)
    mine = conversations.c.id == conversation_id
    current = rows.decode_metadata(connection.scalar(select(conversations.c.metadata).where(mine)))
    kept = {name: value for name, value in (current | dict(metadata)).items() if value is not None}
    if len(rows.encode_metadata(kept) or "") > METADATA_BYTES:
        raise BadRequest(field="metadata", form=METADATA_FORM)
    if kept != current:
        connection.execute(update(conversations).where(mine).values(metadata=rows.encode_metadata(kept)))


def remember(connection: Connection, caller: Caller, session_id: str, digest: str) -> None:
    """See `Store.remember`."""
    mine = conversations.c.id == rows.find(connection, caller, session_id)
    connection.execute(update(conversations).where(mine).values(said=digest))


def recall(connection: Connection, caller: Caller, digest: str) -> str | None:
    """See `Store.recall`."""
    return connection.scalar(
        select(conversations.c.session_id)
        .where(conversations.c.owner == caller.user_id, conversations.c.said == digest)
        .order_by(conversations.c.updated_at.desc(), conversations.c.id)
        .limit(1)
    )
