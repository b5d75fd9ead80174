"""The tables of conversations. Alembic's migrations make them; only the SQL store reads and writes them.

Times are UTC, stored as ISO 8601 text so that SQLite and PostgreSQL sort and compare them alike.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("owner", String(255), nullable=False),
    Column("session_id", String(255), nullable=False),
    Column("memory", Text, nullable=False, default="{}", server_default="{}"),
    Column("zone", String(64), nullable=False, default="", server_default=""),
    Column("head_seq", Integer, nullable=False, default=0),
    Column(
        "earlier_seq",
        Integer,
        nullable=False,
        default=0,
        server_default="0",
        comment="the events of deleted conversations of this name",
    ),
    Column("read_seq", Integer, nullable=False, default=0, server_default="0"),
    Column("metadata", Text, comment="what a client noted of it, as a JSON object"),
    Column("said", String(64), comment="the name of what has been said in it, for clients that tell all of it"),
    Column("state", String(16), nullable=False, default="bot", server_default="bot", comment="who has it"),
    Column(
        "owner_epoch",
        Integer,
        nullable=False,
        default=0,
        server_default="0",
        comment="how often it has gone from the bot to a person, or back",
    ),
    Column("staff_id", String(255), comment="the member of staff who has it, or had it last"),
    Column("staff_name", String(255)),
    Column("reason", String(16), comment="why it was last handed over"),
    Column("reason_text", Text, comment="what the customer said of it"),
    Column("waiting_since", String(32)),
    Column("priority", Integer, nullable=False, default=1, server_default="1", comment="from 0, low, to 3, urgent"),
    Column("customer_name", String(255), nullable=False, default="", server_default=""),
    Column("customer_email", String(255), nullable=False, default="", server_default=""),
    Column(
        "customer_seq", Integer, nullable=False, default=0, server_default="0", comment="the customer's last message"
    ),
    Column("staff_seq", Integer, nullable=False, default=0, server_default="0", comment="what the staff has seen"),
    Column("reopened", Integer, nullable=False, default=0, server_default="0", comment="how often"),
    Column("closed_at", String(32)),
    Column("created_at", String(32), nullable=False),
    Column("updated_at", String(32), nullable=False, index=True),
    UniqueConstraint("owner", "session_id", name="uq_conversations_owner_session"),
    Index("ix_conversations_said", "owner", "said"),
    Index("ix_conversations_state", "state", "updated_at"),
)

deleted_conversations = Table(
    "deleted_conversations",
    metadata,
    Column("name", String(64), primary_key=True, comment="SHA-256 of owner and session, as hexadecimal"),
    Column("seq", Integer, nullable=False, comment="how many events they had together"),
)
"""All that is kept of deleted conversations: whether a place that a client still names may be in one of them."""

messages = Table(
    "messages",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("conversation_id", String(36), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("run_id", String(36), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("agent", String(64)),
    Column("client_message_id", String(64)),
    Column("created_at", String(32), nullable=False),
    Column("deleted_at", String(32)),
    Column("superseded_by", String(36), comment="the message that stands instead of it, or of one before it"),
    Column("memory", Text, comment="the conversation's, as it was when the message was taken up"),
    UniqueConstraint("conversation_id", "client_message_id", name="uq_messages_client_message_id"),
    UniqueConstraint("conversation_id", "seq", name="uq_messages_seq"),
    Index(
        "ix_messages_shown",
        "conversation_id",
        "seq",
        sqlite_where=text("superseded_by IS NULL AND deleted_at IS NULL"),
        postgresql_where=text("superseded_by IS NULL AND deleted_at IS NULL"),
    ),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("conversation_id", String(36), ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("message_id", String(36), nullable=False),
    Column("role", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, default=1),
    Column("holder", String(64), nullable=False, default="", server_default="", comment="the process that answers it"),
    Column("leased_until", Double, nullable=False, default=0.0, server_default="0", comment="seconds since 1970"),
    Column("crashes", Integer, nullable=False, default=0, server_default="0"),
    Column("effects", Text, nullable=False, default="[]", server_default="[]"),
    Column("wishes", Text, comment="how the message is to be answered, as JSON; NULL for as usual"),
    Column(
        "owner_epoch",
        Integer,
        nullable=False,
        default=0,
        server_default="0",
        comment="the conversation's, when the message was accepted",
    ),
    Column("created_at", String(32), nullable=False),
    Column("finished_at", String(32)),
    Column("flagged", Boolean, nullable=False, default=False, server_default=false()),
    Index(
        "uq_runs_one_running",
        "conversation_id",
        unique=True,
        sqlite_where=text("status = 'running'"),
        postgresql_where=text("status = 'running'"),
    ),
    Index(
        "ix_runs_open",
        "conversation_id",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
    Index("ix_runs_status", "status", "created_at"),
    Index(
        "ix_runs_flagged",
        "finished_at",
        sqlite_where=text("flagged"),
        postgresql_where=text("flagged"),
    ),
)

citations = Table(
    "citations",
    metadata,
    Column("run_id", String(36), ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, comment="of the passage's marker in the answer, from 1"),
    Column("document_id", String(1024), nullable=False, index=True),
    Column("version", Integer, nullable=False, comment="of the document"),
    Column("chunk_id", String(32), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("cited", Boolean, nullable=False),
)
"""The passages that an answer was written from; where one is cited, `start` and `end` are those of the evidence."""

requests = Table(
    "requests",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("run_id", String(36), ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("parked", Text, nullable=False),
    Column("expires_at", String(32), nullable=False),
    Column("answer", Text),
    Column("answered_seq", Integer),
)

events = Table(
    "events",
    metadata,
    Column("conversation_id", String(36), ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("run_id", String(36), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("created_at", String(32), nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    Column("message_id", String(36), ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("user_id", String(255), primary_key=True),
    Column("rating", String(8), nullable=False),
    Column("reason", Text),
    Column("created_at", String(32), nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("run_id", String(36), primary_key=True),
    Column("day", String(10), primary_key=True, comment="UTC date"),
    Column("kind", String(16), primary_key=True, comment="what a model was asked for, or `tool`"),
    Column("agent", String(64), primary_key=True, comment="the specialist; empty before one has it"),
    Column("name", String(255), primary_key=True, comment="of the model or the tool"),
    Column("owner", String(255), nullable=False),
    Column("conversation_id", String(36), nullable=False),
    Column("calls", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("estimated", Integer, nullable=False, comment="calls whose tokens the provider did not count"),
    Column("input_tokens", Integer, nullable=False),
    Column("cached_tokens", Integer, nullable=False, comment="among the input tokens"),
    Column("output_tokens", Integer, nullable=False),
    Column("cost_micros", BigInteger, comment="millionths of the currency; NULL where the model has no price"),
    Column("milliseconds", Float, nullable=False),
    Column("begun", Integer, nullable=False, comment="calls that said a first token"),
    Column("first_token_ms", Float, nullable=False, comment="of these calls together"),
    Column("created_at", String(32), nullable=False),
    Index("ix_ledger_owner", "owner", "day"),
    Index("ix_ledger_day", "day"),
)
"""What runs took of models and tools. No foreign key: the accounts, which hold no text, outlive conversations."""
