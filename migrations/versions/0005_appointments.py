"""appointments

Revision: 0005, after 0004, 2026-11-21
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEEPS_A_PLACE = sa.text("status IN ('held', 'booked')")
NEVER_BOOKED = sa.text("expires_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "appointments",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=255), nullable=False),
        sa.Column("conversation_id", sa.String(length=36), nullable=False),
        sa.Column("run_id", sa.String(length=36), nullable=False),
        sa.Column("dealer", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.String(length=32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, comment="of the dealer's places at that time, from 0"),
        sa.Column("status", sa.String(length=16), nullable=False, comment="held, booked or cancelled"),
        sa.Column("work", sa.String(length=200), nullable=False),
        sa.Column("vehicle", sa.String(length=200), nullable=False),
        sa.Column(
            "expires_at",
            sa.String(length=32),
            nullable=True,
            comment="of a hold; of a cancelled one: it was never booked",
        ),
        sa.Column(
            "replaces",
            sa.String(length=36),
            nullable=True,
            comment="the appointment that this one was moved from, or is to be",
        ),
        sa.Column("moves", sa.Integer(), nullable=False, comment="how often it was moved before it got here"),
        sa.Column("created_at", sa.String(length=32), nullable=False),
        sa.Column("updated_at", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_appointments"),
    )
    op.create_index(
        "uq_appointments_place",
        "appointments",
        ["dealer", "starts_at", "place"],
        unique=True,
        sqlite_where=KEEPS_A_PLACE,
        postgresql_where=KEEPS_A_PLACE,
    )
    op.create_index(
        "uq_appointments_run",
        "appointments",
        ["user_id", "run_id", "dealer", "starts_at", "vehicle"],
        unique=True,
        sqlite_where=KEEPS_A_PLACE,
        postgresql_where=KEEPS_A_PLACE,
    )
    op.create_index("ix_appointments_user", "appointments", ["user_id", "status", "starts_at"])
    op.create_index(
        "ix_appointments_expires_at",
        "appointments",
        ["expires_at"],
        sqlite_where=NEVER_BOOKED,
        postgresql_where=NEVER_BOOKED,
    )


def downgrade() -> None:
    op.drop_table("appointments")
