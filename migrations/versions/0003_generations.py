"""documents with versions, shown by generation

Revision: 0003, after 0002, 2026-11-21
"""

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LOT = 500

_chunks = sa.table(
    "chunks",
    sa.column("id", sa.String),
    sa.column("document_id", sa.String),
    sa.column("section", sa.JSON),
    sa.column("header", sa.JSON),
    sa.column("text", sa.Text),
    sa.column("fingerprint", sa.String),
)
_versions = sa.table("versions", sa.column("document_id", sa.String), sa.column("title", sa.Text))


def upgrade() -> None:
    _create()
    _carry_over()
    for name in ("title", "content_hash", "text", "ingested_at"):
        op.drop_column("documents", name)


def _create() -> None:
    op.create_table(
        "versions",
        sa.Column("document_id", sa.String(length=1024), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="from 1"),
        sa.Column(
            "content_hash", sa.String(length=64), nullable=False, comment="SHA-256 of the file's bytes, hexadecimal"
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "text", sa.Text(), nullable=False, comment="what the chunks' offsets count in; empty where it was purged"
        ),
        sa.Column("chunks", sa.Integer(), nullable=True, comment="how many it has; none while they are being stored"),
        sa.Column("created_at", sa.String(length=32), nullable=False, comment="ISO 8601, UTC"),
        sa.Column("purged_at", sa.String(length=32), nullable=True, comment="ISO 8601, UTC"),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"], name=op.f("fk_versions_document_id")),
        sa.PrimaryKeyConstraint("document_id", "number", name=op.f("pk_versions")),
    )
    op.create_table(
        "publications",
        sa.Column("document_id", sa.String(length=1024), nullable=False),
        sa.Column("from_generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "until_generation",
            sa.Integer(),
            nullable=True,
            comment="the first that no longer shows it; none while it is shown",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id", "version"], ["versions.document_id", "versions.number"], name="fk_publications_version"
        ),
        sa.PrimaryKeyConstraint("document_id", "from_generation", name=op.f("pk_publications")),
    )
    op.create_index(
        "uq_publications_shown",
        "publications",
        ["document_id"],
        unique=True,
        sqlite_where=sa.text("until_generation IS NULL"),
        postgresql_where=sa.text("until_generation IS NULL"),
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False, comment="open, ready, published or abandoned"),
        sa.Column("created_at", sa.String(length=32), nullable=False, comment="ISO 8601, UTC"),
        sa.Column("generation", sa.Integer(), nullable=True, comment="that it made, where it was published"),
        sa.Column("published_at", sa.String(length=32), nullable=True, comment="ISO 8601, UTC"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_releases")),
        sa.UniqueConstraint("generation", name=op.f("uq_releases_generation")),
    )
    op.create_index("ix_releases_state", "releases", ["state"])
    op.create_table(
        "release_entries",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("document_id", sa.String(length=1024), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True, comment="to show; none to take the document away"),
        sa.Column(
            "action", sa.String(length=16), nullable=False, comment="add, update, move, delete, remove or rollback"
        ),
        sa.Column(
            "moved_from", sa.String(length=1024), nullable=True, comment="the document that had the same content"
        ),
        sa.Column("seen_hash", sa.String(length=64), nullable=True, comment="what documents.seen_hash becomes"),
        sa.ForeignKeyConstraint(
            ["release_id"], ["releases.id"], name=op.f("fk_release_entries_release_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("release_id", "document_id", name=op.f("pk_release_entries")),
    )
    op.create_index("ix_release_entries_document_id", "release_entries", ["document_id"])
    op.add_column(
        "documents",
        sa.Column(
            "seen_hash",
            sa.String(length=64),
            nullable=True,
            comment="of the file as last taken note of; none where the file was gone",
        ),
    )
    op.add_column("chunks", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("chunks", sa.Column("fingerprint", sa.String(length=64), nullable=True))


def _carry_over() -> None:
    """What is there becomes version 1 of each document, shown since generation 1."""
    op.execute("UPDATE documents SET seen_hash = content_hash")
    op.execute(
        "INSERT INTO versions (document_id, number, content_hash, title, text, chunks, created_at) "
        "SELECT id, 1, content_hash, title, text, "
        "(SELECT count(*) FROM chunks WHERE document_id = documents.id), ingested_at FROM documents"
    )
    op.execute(
        "INSERT INTO releases (id, state, created_at, generation, published_at) "
        "SELECT 1, 'published', max(ingested_at), 1, max(ingested_at) FROM documents HAVING count(*) > 0"
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval(pg_get_serial_sequence('releases', 'id'), 1) FROM releases")
    op.execute(
        "INSERT INTO release_entries (release_id, document_id, version, action, seen_hash) "
        "SELECT 1, id, 1, 'add', content_hash FROM documents"
    )
    op.execute("INSERT INTO publications (document_id, from_generation, version) SELECT id, 1, 1 FROM documents")
    _fingerprint()
    with op.batch_alter_table("chunks") as batch:
        batch.drop_constraint(op.f("fk_chunks_document_id"), type_="foreignkey")
        batch.drop_index("ix_chunks_document_id")
        batch.alter_column("version", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
        batch.alter_column("fingerprint", existing_type=sa.String(length=64), nullable=False)
        batch.create_foreign_key("fk_chunks_version", "versions", ["document_id", "version"], ["document_id", "number"])
        batch.create_index("ix_chunks_version", ["document_id", "version"])


def _fingerprint() -> None:
    """The hash of each chunk as it was embedded: title and headings, columns, text."""
    connection = op.get_bind()
    titles = {row.document_id: row.title for row in connection.execute(sa.select(_versions))}
    ids = list(connection.execute(sa.select(_chunks.c.id).order_by(_chunks.c.id)).scalars())
    for at in range(0, len(ids), _LOT):
        rows = connection.execute(sa.select(_chunks).where(_chunks.c.id.in_(ids[at : at + _LOT]))).all()
        for row in rows:
            lead = " > ".join(dict.fromkeys((titles[row.document_id], *row.section)))
            looks = "\n".join(part for part in (lead, " | ".join(row.header), row.text) if part)
            fingerprint = hashlib.sha256(looks.encode()).hexdigest()
            connection.execute(sa.update(_chunks).where(_chunks.c.id == row.id).values(fingerprint=fingerprint))


def downgrade() -> None:
    """Only what is shown stays, and no longer has a history."""
    for name, kind in (
        ("title", sa.Text()),
        ("content_hash", sa.String(64)),
        ("text", sa.Text()),
        ("ingested_at", sa.String(32)),
    ):
        op.add_column("documents", sa.Column(name, kind, nullable=False, server_default=""))
    op.execute(
        "DELETE FROM chunks WHERE NOT EXISTS (SELECT 1 FROM publications p WHERE p.document_id = chunks.document_id "
        "AND p.version = chunks.version AND p.until_generation IS NULL)"
    )
    op.execute(
        "UPDATE documents SET (title, content_hash, text, ingested_at) = (SELECT v.title, v.content_hash, v.text, "
        "v.created_at FROM versions v JOIN publications p ON p.document_id = v.document_id AND p.version = v.number "
        "WHERE v.document_id = documents.id AND p.until_generation IS NULL) "
        "WHERE id IN (SELECT document_id FROM publications WHERE until_generation IS NULL)"
    )
    with op.batch_alter_table("chunks") as batch:
        batch.drop_constraint("fk_chunks_version", type_="foreignkey")
        batch.drop_index("ix_chunks_version")
        batch.drop_column("version")
        batch.drop_column("fingerprint")
        batch.create_foreign_key(
            op.f("fk_chunks_document_id"), "documents", ["document_id"], ["id"], ondelete="CASCADE"
        )
        batch.create_index("ix_chunks_document_id", ["document_id"])
    for table in ("release_entries", "releases", "publications", "versions"):
        op.drop_table(table)
    op.execute("DELETE FROM documents WHERE content_hash = ''")
    op.drop_column("documents", "seen_hash")
