"""who has a conversation, and the tables of the staff desk

Revision: 0012, after 0011, 2026-11-23
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NO_CHANGE = {
    "sqlite": (
        "CREATE TRIGGER audit_log_kept_{act} BEFORE {act} ON audit_log "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
    ),
    "postgresql": (
        "CREATE TRIGGER audit_log_kept_{act} BEFORE {act} ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_kept()"
    ),
}
FUNCTION = (
    "CREATE FUNCTION audit_log_kept() RETURNS trigger AS $$ "
    "BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$ LANGUAGE plpgsql"
)


def _count(name: str, default: str, comment: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=default, comment=comment)


def _text(name: str, length: int, comment: str | None = None, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=default is None, server_default=default, comment=comment)


CONVERSATION = (
    lambda: _text("state", 16, "who has it", "bot"),
    lambda: _count("owner_epoch", "0", "how often it has gone from the bot to a person, or back"),
    lambda: _text("staff_id", 255, "the member of staff who has it, or had it last"),
    lambda: _text("staff_name", 255),
    lambda: _text("reason", 16, "why it was last handed over"),
    lambda: _text("waiting_since", 32),
    lambda: _count("priority", "1", "from 0, low, to 3, urgent"),
    lambda: _text("customer_name", 255, None, ""),
    lambda: _text("customer_email", 255, None, ""),
    lambda: _count("customer_seq", "0", "the customer's last message"),
    lambda: _count("staff_seq", "0", "what the staff has seen"),
    lambda: _count("reopened", "0", "how often"),
    lambda: _text("closed_at", 32),
)


def _conversation_id() -> sa.Column[str]:
    return sa.Column(
        "conversation_id", sa.String(36), sa.ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False
    )


def _required(name: str, length: int, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False, comment=comment)


def _ledger_of_acts() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        _required("at", 32),
        _required("staff_id", 255),
        _required("staff_name", 255),
        _required("operation", 32),
        sa.Column("conversation_id", sa.String(36)),
        sa.Column("detail", sa.Text(), nullable=False, comment="as a JSON object, without what anybody wrote"),
    )
    op.create_index("ix_audit_log_staff_id", "audit_log", ["staff_id"])
    op.create_index("ix_audit_log_conversation_id", "audit_log", ["conversation_id"])
    dialect = op.get_bind().dialect.name
    if dialect == "postgresql":
        op.execute(FUNCTION)
    for act in ("UPDATE", "DELETE"):
        op.execute(NO_CHANGE[dialect].format(act=act))


def _people_and_replies() -> None:
    op.create_table(
        "tags",
        _conversation_id(),
        _required("tag", 40),
        sa.PrimaryKeyConstraint("conversation_id", "tag"),
    )
    op.create_index("ix_tags_tag", "tags", ["tag"])
    op.create_table(
        "private_notes",
        sa.Column("id", sa.String(36), primary_key=True),
        _conversation_id(),
        sa.Column("text", sa.Text(), nullable=False),
        _required("author_id", 255),
        _required("author_name", 255),
        _required("created_at", 32),
    )
    op.create_index("ix_private_notes_conversation_id", "private_notes", ["conversation_id"])
    op.create_table(
        "canned_replies",
        sa.Column("id", sa.String(36), primary_key=True),
        _required("shortcut", 40),
        _required("title", 255),
        sa.Column("text", sa.Text(), nullable=False),
        _required("updated_at", 32),
        sa.UniqueConstraint("shortcut", name="uq_canned_replies_shortcut"),
    )
    op.create_table(
        "staff_members",
        sa.Column("id", sa.String(255), primary_key=True, comment="the subject of their tokens"),
        _required("name", 255),
        _required("seen_at", 32),
    )


def _handovers_and_cases() -> None:
    op.create_table(
        "handovers",
        sa.Column("id", sa.String(36), primary_key=True),
        _conversation_id(),
        _required("reason", 16),
        _required("asked_at", 32),
        sa.Column("taken_at", sa.String(32)),
        sa.Column("answered_at", sa.String(32), comment="the first words of staff"),
        sa.Column("ended_at", sa.String(32)),
    )
    op.create_index("ix_handovers_conversation_id", "handovers", ["conversation_id"])
    op.create_index("ix_handovers_asked_at", "handovers", ["asked_at"])
    op.create_table(
        "cases",
        sa.Column("id", sa.String(36), primary_key=True),
        _conversation_id(),
        sa.Column("message_id", sa.String(36), sa.ForeignKey("messages.id", ondelete="CASCADE"), nullable=False),
        _required("asked_id", 36, "the customer's message"),
        sa.Column("body", sa.Text(), nullable=False, comment="question, state and passages, as JSON"),
        sa.Column("expected", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text()),
        _required("author_id", 255),
        _required("author_name", 255),
        _required("created_at", 32),
        sa.UniqueConstraint("message_id", name="uq_cases_message"),
    )
    op.create_index("ix_cases_conversation_id", "cases", ["conversation_id"])
    op.create_index("ix_cases_asked_id", "cases", ["asked_id"])
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.String(128), primary_key=True, comment="that of what happened"),
        _required("event", 16),
        sa.Column("body", sa.Text(), nullable=False),
        _required("state", 16),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(32)),
        sa.Column("last_error", sa.String(255)),
        _required("created_at", 32),
        sa.Column("delivered_at", sa.String(32)),
    )
    op.create_index("ix_webhook_deliveries_state", "webhook_deliveries", ["state", "next_at"])


def upgrade() -> None:
    for column in CONVERSATION:
        op.add_column("conversations", column())
    op.create_index("ix_conversations_state", "conversations", ["state", "updated_at"])
    op.add_column("runs", _count("owner_epoch", "0", "the conversation's, when the message was accepted"))
    op.execute(
        "UPDATE conversations SET customer_seq = COALESCE((SELECT MAX(seq) FROM messages WHERE messages.conversation_id "
        "= conversations.id AND role = 'customer'), 0)"
    )
    op.execute("UPDATE conversations SET staff_seq = customer_seq")
    _people_and_replies()
    _handovers_and_cases()
    _ledger_of_acts()


def downgrade() -> None:
    for act in ("UPDATE", "DELETE"):
        if op.get_bind().dialect.name == "sqlite":
            op.execute(f"DROP TRIGGER audit_log_kept_{act}")
    for table in (
        "audit_log",
        "webhook_deliveries",
        "cases",
        "handovers",
        "staff_members",
        "canned_replies",
        "private_notes",
        "tags",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_kept()")
    op.drop_column("runs", "owner_epoch")
    op.drop_index("ix_conversations_state", table_name="conversations")
    for column in reversed(CONVERSATION):
        op.drop_column("conversations", column().name)
