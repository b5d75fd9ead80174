"""parked runs, effects, read marks and deleted messages

Revision: 0002, after 0001, 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("conversations", sa.Column("read_seq", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("messages", sa.Column("deleted_at", sa.String(length=32), nullable=True))
    op.add_column("runs", sa.Column("crashes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("effects", sa.Text(), nullable=False, server_default="[]"))
    # Attempts were counted when a run began, and now are when it begins again.
    op.execute("UPDATE runs SET attempt = 1 WHERE attempt = 0")
    op.create_table(
        "requests",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("parked", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_seq", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_requests_run_id_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_run_id", "requests", ["run_id"])


def downgrade() -> None:
    op.drop_index("ix_requests_run_id", table_name="requests")
    op.drop_table("requests")
    op.drop_column("runs", "effects")
    op.drop_column("runs", "crashes")
    op.drop_column("messages", "deleted_at")
    op.drop_column("conversations", "read_seq")
