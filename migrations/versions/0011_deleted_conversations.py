"""how many events the deleted conversations of a name had, so that no place in them is taken for one in the next

Revision: 0011, after 0010, 2026-11-22
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    earlier = "the events of deleted conversations of this name"
    op.add_column(
        "conversations", sa.Column("earlier_seq", sa.Integer(), nullable=False, server_default="0", comment=earlier)
    )
    op.create_table(
        "deleted_conversations",
        sa.Column("name", sa.String(64), nullable=False, comment="SHA-256 of owner and session, as hexadecimal"),
        sa.Column("seq", sa.Integer(), nullable=False, comment="how many events they had together"),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("deleted_conversations")
    op.drop_column("conversations", "earlier_seq")
