"""who may read a dataset, and which of its rows

Revision: 0015, after 0014, 2026-11-24
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "datasets",
        sa.Column(
            "audience", sa.String(16), nullable=False, server_default="", comment="who may read it; empty: as usual"
        ),
    )
    op.add_column(
        "datasets",
        sa.Column(
            "own_rows",
            sa.Text(),
            nullable=False,
            server_default="",
            comment="whose rows they are, as `column=email`; empty: everybody's",
        ),
    )


def downgrade() -> None:
    op.drop_column("datasets", "own_rows")
    op.drop_column("datasets", "audience")
