"""files that processes on several machines read

Revision: 0019, after 0018, 2026-11-25
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shared_files",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, comment="SHA-256, hexadecimal"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_shared_files")),
    )
    op.create_table(
        "shared_file_parts",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="from 0"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"], ["shared_files.name"], name=op.f("fk_shared_file_parts_name"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", "number", name=op.f("pk_shared_file_parts")),
    )


def downgrade() -> None:
    op.drop_table("shared_file_parts")
    op.drop_table("shared_files")
