"""webhooks know whose conversation they tell of, so that they go with it

Revision: 0020, after 0019, 2026-11-25
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("webhook_deliveries", sa.Column("conversation_id", sa.String(36)))
    op.create_index("ix_webhook_deliveries_conversation_id", "webhook_deliveries", ["conversation_id"])
    letters = sa.table("webhook_deliveries", sa.column("id"), sa.column("body"), sa.column("conversation_id"))
    conversations = sa.table("conversations", sa.column("id"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(letters.c.id, letters.c.body)).all():
        about = json.loads(row.body).get("data", {}).get("conversation_id")
        connection.execute(sa.update(letters).where(letters.c.id == row.id).values(conversation_id=about))
    # What was told of conversations that are deleted should have gone with them.
    connection.execute(sa.delete(letters).where(letters.c.conversation_id.not_in(sa.select(conversations.c.id))))


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_conversation_id", table_name="webhook_deliveries")
    op.drop_column("webhook_deliveries", "conversation_id")
