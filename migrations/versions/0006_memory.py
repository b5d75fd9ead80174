"""what a conversation remembers, the customer's time zone, superseded messages

Revision: 0006, after 0005, 2026-11-21
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("memory", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("conversations", sa.Column("zone", sa.String(length=64), nullable=False, server_default=""))
    op.execute("""UPDATE conversations SET memory = '{"facts":' || CAST(facts AS TEXT) || '}'""")
    op.drop_column("conversations", "facts")
    op.add_column(
        "messages",
        sa.Column(
            "superseded_by",
            sa.String(length=36),
            comment="the message that stands instead of it, or of one before it",
        ),
    )
    op.add_column(
        "messages",
        sa.Column("memory", sa.Text(), comment="the conversation's, as it was when the message was taken up"),
    )
    op.create_index(
        "ix_messages_shown",
        "messages",
        ["conversation_id", "seq"],
        sqlite_where=sa.text("superseded_by IS NULL AND deleted_at IS NULL"),
        postgresql_where=sa.text("superseded_by IS NULL AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_runs_open",
        "runs",
        ["conversation_id"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_runs_open", table_name="runs")
    op.drop_index("ix_messages_shown", table_name="messages")
    op.drop_column("messages", "memory")
    op.drop_column("messages", "superseded_by")
    op.add_column("conversations", sa.Column("facts", sa.JSON(), nullable=False, server_default="{}"))
    conversations = sa.table("conversations", sa.column("id"), sa.column("memory"), sa.column("facts", sa.JSON()))
    connection = op.get_bind()
    for row in connection.execute(sa.select(conversations.c.id, conversations.c.memory)).all():
        facts = json.loads(row.memory).get("facts", {})
        connection.execute(sa.update(conversations).where(conversations.c.id == row.id).values(facts=facts))
    op.drop_column("conversations", "zone")
    op.drop_column("conversations", "memory")
