"""what runs take of models and tools

Revision: 0007, after 0006, 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ledger",
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False, comment="UTC date"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="what a model was asked for, or `tool`"),
        sa.Column("agent", sa.String(length=64), nullable=False, comment="the specialist; empty before one has it"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="of the model or the tool"),
        sa.Column("owner", sa.String(length=255), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("estimated", sa.Integer(), nullable=False, comment="calls whose tokens the provider did not count"),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("cached_tokens", sa.Integer(), nullable=False, comment="among the input tokens"),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column(
            "cost_micros", sa.BigInteger(), comment="millionths of the currency; NULL where the model has no price"
        ),
        sa.Column("milliseconds", sa.Float(), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False, comment="calls that said a first token"),
        sa.Column("first_token_ms", sa.Float(), nullable=False, comment="of these calls together"),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "day", "kind", "agent", "name", name="pk_ledger"),
    )
    op.create_index("ix_ledger_owner", "ledger", ["owner", "day"])
    op.create_index("ix_ledger_day", "ledger", ["day"])


def downgrade() -> None:
    op.drop_index("ix_ledger_day", table_name="ledger")
    op.drop_index("ix_ledger_owner", table_name="ledger")
    op.drop_table("ledger")
