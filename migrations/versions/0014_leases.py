"""for how long a process has the run that it answers

Revision: 0014, after 0013, 2026-11-23
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "runs",
        sa.Column("holder", sa.String(64), nullable=False, server_default="", comment="the process that answers it"),
    )
    op.add_column(
        "runs",
        sa.Column("leased_until", sa.Double(), nullable=False, server_default="0", comment="seconds since 1970"),
    )


def downgrade() -> None:
    op.drop_column("runs", "leased_until")
    op.drop_column("runs", "holder")
