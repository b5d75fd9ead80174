"""what clients note of a conversation, and the name of what was said in it

Revision: 0010, after 0009, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    noted = "what a client noted of it, as a JSON object"
    said = "the name of what has been said in it, for clients that tell all of it"
    op.add_column("conversations", sa.Column("metadata", sa.Text(), comment=noted))
    op.add_column("conversations", sa.Column("said", sa.String(64), comment=said))
    op.create_index("ix_conversations_said", "conversations", ["owner", "said"])


def downgrade() -> None:
    op.drop_index("ix_conversations_said", "conversations")
    op.drop_column("conversations", "said")
    op.drop_column("conversations", "metadata")
