"""The tables of the staff, beside those of conversations; only the SQL stores read and write them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from orchestrator.tables import metadata

tags = Table(
    "tags",
    metadata,
    Column("conversation_id", String(36), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("tag", String(40), primary_key=True, index=True),
)

private_notes = Table(
    "private_notes",
    metadata,
    Column("id", String(36), primary_key=True),
    Column(
        "conversation_id", String(36), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("text", Text, nullable=False),
    Column("author_id", String(255), nullable=False),
    Column("author_name", String(255), nullable=False),
    Column("created_at", String(32), nullable=False),
)

canned_replies = Table(
    "canned_replies",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shortcut", String(40), nullable=False),
    Column("title", String(255), nullable=False),
    Column("text", Text, nullable=False),
    Column("updated_at", String(32), nullable=False),
    UniqueConstraint("shortcut", name="uq_canned_replies_shortcut"),
)

staff_members = Table(
    "staff_members",
    metadata,
    Column("id", String(255), primary_key=True, comment="the subject of their tokens"),
    Column("name", String(255), nullable=False),
    Column("seen_at", String(32), nullable=False),
)
"""Everybody who was ever here, or was given a conversation."""

handovers = Table(
    "handovers",
    metadata,
    Column("id", String(36), primary_key=True),
    Column(
        "conversation_id", String(36), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("reason", String(16), nullable=False),
    Column("asked_at", String(32), nullable=False, index=True),
    Column("taken_at", String(32)),
    Column("answered_at", String(32), comment="the first words of staff"),
    Column("ended_at", String(32)),
)
"""Each time that a conversation went from the bot to the staff."""

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(32), nullable=False),
    Column("staff_id", String(255), nullable=False, index=True),
    Column("staff_name", String(255), nullable=False),
    Column("operation", String(32), nullable=False),
    Column("conversation_id", String(36), index=True),
    Column("detail", Text, nullable=False, comment="as a JSON object, without what anybody wrote"),
    Column("address", String(64), nullable=False, default="", server_default="", comment="from where"),
    Column(
        "subject",
        String(64),
        nullable=False,
        default="",
        server_default="",
        index=True,
        comment="a keyed digest of the user whom it is about",
    ),
    Column("hash", String(64), nullable=False, default="", server_default="", comment="of this and all before it"),
)
"""Every act that is audited. No foreign key: it outlives conversations. Triggers refuse to change or delete a row."""

audit_chain = Table(
    "audit_chain",
    metadata,
    Column("id", Integer, primary_key=True, comment="1: there is one row"),
    Column("number", Integer, nullable=False, comment="of the last entry"),
    Column("hash", String(64), nullable=False, comment="of the last entry"),
    Column("key", String(64), nullable=False, comment="of the digests of users"),
)
"""The head of the audit log: held by whoever adds to it, so that all processes keep one chain."""

cases = Table(
    "cases",
    metadata,
    Column("id", String(36), primary_key=True),
    Column(
        "conversation_id", String(36), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("message_id", String(36), ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
    Column("asked_id", String(36), nullable=False, index=True, comment="the customer's message"),
    Column("body", Text, nullable=False, comment="question, state and passages, as JSON"),
    Column("expected", Text, nullable=False),
    Column("comment", Text),
    Column("author_id", String(255), nullable=False),
    Column("author_name", String(255), nullable=False),
    Column("created_at", String(32), nullable=False),
    UniqueConstraint("message_id", name="uq_cases_message"),
)
"""Answers of the bot that were wrong, with all that is needed to answer again without a model."""

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", String(128), primary_key=True, comment="that of what happened"),
    Column("event", String(16), nullable=False),
    Column("body", Text, nullable=False),
    Column("conversation_id", String(36), index=True),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", String(32)),
    Column("last_error", String(255)),
    Column("created_at", String(32), nullable=False),
    Column("delivered_at", String(32)),
    Index("ix_webhook_deliveries_state", "state", "next_at"),
)
"""What other systems are to be told, until they were."""
