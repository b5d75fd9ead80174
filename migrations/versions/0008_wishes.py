"""how a message is to be answered

Revision: 0008, after 0007, 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "how the message is to be answered, as JSON; NULL for as usual"
    op.add_column("runs", sa.Column("wishes", sa.Text(), comment=comment))


def downgrade() -> None:
    op.drop_column("runs", "wishes")
