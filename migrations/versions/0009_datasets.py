"""which datasets questions can be asked about

Revision: 0009, after 0008, 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column(
            "address", sa.Text(), nullable=False, comment="a file, a folder or a database's URL, with its password"
        ),
        sa.Column("added_at", sa.String(32), nullable=False),
        sa.Column("taken_at", sa.String(32), nullable=False, comment="when a new snapshot was last asked for"),
        sa.PrimaryKeyConstraint("name"),
    )


def downgrade() -> None:
    op.drop_table("datasets")
