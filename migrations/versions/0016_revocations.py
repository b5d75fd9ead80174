"""tokens that were revoked

Revision: 0016, after 0015, 2026-11-24
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revocations",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False, comment="token or user"),
        sa.Column("name", sa.String(255), nullable=False, comment="the token's id, or the user"),
        sa.Column(
            "before",
            sa.BigInteger(),
            nullable=False,
            comment="of a user, the tokens issued up to then, in Unix seconds",
        ),
        sa.Column("expires", sa.BigInteger(), nullable=False, comment="when every token that it means has ended"),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.Column("made_by", sa.String(255), nullable=False, comment="the user who revoked, or `command line`"),
    )
    op.create_index("ix_revocations_expires", "revocations", ["expires"])


def downgrade() -> None:
    op.drop_table("revocations")
