"""the passages that answers used, and flagged runs

Revision: 0004, after 0003, 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("flagged", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index(
        "ix_runs_flagged",
        "runs",
        ["finished_at"],
        sqlite_where=sa.text("flagged"),
        postgresql_where=sa.text("flagged"),
    )
    op.create_table(
        "citations",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="of the passage's marker in the answer, from 1"),
        sa.Column("document_id", sa.String(length=1024), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the document"),
        sa.Column("chunk_id", sa.String(length=32), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("cited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_citations_run_id_runs", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number", name="pk_citations"),
    )
    op.create_index("ix_citations_document_id", "citations", ["document_id"])


def downgrade() -> None:
    op.drop_index("ix_citations_document_id", table_name="citations")
    op.drop_table("citations")
    op.drop_index("ix_runs_flagged", table_name="runs")
    op.drop_column("runs", "flagged")
