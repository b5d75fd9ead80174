"""the audit log as a chain: from where, about whom, and a hash that binds each entry to the one before

Revision: 0017, after 0016, 2026-11-25
"""

import hashlib
import json
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

BEGINNING = "0" * 64
SQLITE = (
    "CREATE TRIGGER audit_log_kept_{act} BEFORE {act} ON audit_log "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
)
POSTGRESQL = (
    "CREATE TRIGGER audit_log_kept_{act} BEFORE {act} ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_kept()"
)
COLUMNS = ("id", "at", "staff_id", "staff_name", "operation", "conversation_id", "detail", "address", "subject")


def _may_change(*, change: bool) -> None:
    """Take the triggers away that keep the log as it is, or put them back."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for act in ("UPDATE", "DELETE"):
        if not change:
            op.execute((SQLITE if sqlite else POSTGRESQL).format(act=act))
        else:
            op.execute(f"DROP TRIGGER audit_log_kept_{act}" + ("" if sqlite else " ON audit_log"))


def upgrade() -> None:
    op.create_table(
        "audit_chain",
        sa.Column("id", sa.Integer(), primary_key=True, comment="1: there is one row"),
        sa.Column("number", sa.Integer(), nullable=False, comment="of the last entry"),
        sa.Column("hash", sa.String(64), nullable=False, comment="of the last entry"),
        sa.Column("key", sa.String(64), nullable=False, comment="of the digests of users"),
    )
    _may_change(change=True)
    for name, comment in (
        ("address", "from where"),
        ("subject", "a keyed digest of the user whom it is about"),
        ("hash", "of this and all before it"),
    ):
        op.add_column("audit_log", sa.Column(name, sa.String(64), nullable=False, server_default="", comment=comment))
    op.create_index("ix_audit_log_subject", "audit_log", ["subject"])
    number, before = _chained()
    _may_change(change=False)
    chain = sa.table("audit_chain", *(sa.column(name) for name in ("id", "number", "hash", "key")))
    op.execute(sa.insert(chain).values(id=1, number=number, hash=before, key=secrets.token_hex(32)))


def _chained() -> tuple[int, str]:
    """Number what is there without gaps, and bind it; the last number and hash. Tags, which somebody wrote, become
    their number."""
    log = sa.table("audit_log", *(sa.column(name) for name in (*COLUMNS, "hash")))
    connection = op.get_bind()
    number, before = 0, BEGINNING
    for row in connection.execute(sa.select(log).order_by(log.c.id)).all():
        number += 1
        detail = json.loads(row.detail)
        if isinstance(detail.get("tags"), list):
            detail["tags"] = len(detail["tags"])
        values = {**row._asdict(), "id": number, "detail": json.dumps(detail, separators=(",", ":"))}
        told = [*(values[name] for name in COLUMNS), before]
        before = hashlib.sha256(json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
        connection.execute(sa.update(log).where(log.c.id == row.id).values(**values | {"hash": before}))
    return number, before


def downgrade() -> None:
    op.drop_index("ix_audit_log_subject", table_name="audit_log")
    for name in ("hash", "subject", "address"):
        op.drop_column("audit_log", name)
    op.drop_table("audit_chain")
