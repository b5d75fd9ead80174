"""The SQL tables of this layer. They hold the truth about the knowledge base; search indexes are made from them.

A document has versions, whose texts and chunks never change. A release lists which versions to show next; publishing it
makes a new generation. A version is shown at generation g if one of its publications covers g, so a search that names
its generation sees all of one release and nothing of another, whatever is published meanwhile.
"""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(1024), primary_key=True, comment="path below the root of the knowledge base"),
    Column("subject", String(255), nullable=False),
    Column("seen_hash", String(64), comment="of the file as last taken note of; none where the file was gone"),
)

versions = Table(
    "versions",
    metadata,
    Column("document_id", String(1024), ForeignKey("documents.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="from 1"),
    Column("content_hash", String(64), nullable=False, comment="SHA-256 of the file's bytes, hexadecimal"),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False, comment="what the chunks' offsets count in; empty where it was purged"),
    Column("chunks", Integer, comment="how many it has; none while they are being stored"),
    Column("created_at", String(32), nullable=False, comment="ISO 8601, UTC"),
    Column("purged_at", String(32), comment="ISO 8601, UTC"),
)

publications = Table(
    "publications",
    metadata,
    Column("document_id", String(1024), primary_key=True),
    Column("from_generation", Integer, primary_key=True, autoincrement=False),
    Column("until_generation", Integer, comment="the first that no longer shows it; none while it is shown"),
    Column("version", Integer, nullable=False),
    ForeignKeyConstraint(
        ["document_id", "version"], ["versions.document_id", "versions.number"], name="fk_publications_version"
    ),
    Index(
        "uq_publications_shown",
        "document_id",
        unique=True,
        sqlite_where=text("until_generation IS NULL"),
        postgresql_where=text("until_generation IS NULL"),
    ),
)

releases = Table(
    "releases",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("state", String(16), nullable=False, comment="open, ready, published or abandoned"),
    Column("created_at", String(32), nullable=False, comment="ISO 8601, UTC"),
    Column("generation", Integer, comment="that it made, where it was published"),
    Column("published_at", String(32), comment="ISO 8601, UTC"),
    UniqueConstraint("generation"),
    Index("ix_releases_state", "state"),
)

release_entries = Table(
    "release_entries",
    metadata,
    Column("release_id", Integer, ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True),
    Column("document_id", String(1024), primary_key=True),
    Column("version", Integer, comment="to show; none to take the document away"),
    Column("action", String(16), nullable=False, comment="add, update, move, delete, remove or rollback"),
    Column("moved_from", String(1024), comment="the document that had the same content"),
    Column("seen_hash", String(64), comment="what documents.seen_hash becomes"),
    Index("ix_release_entries_document_id", "document_id"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("document_id", String(1024), nullable=False),
    Column("version", Integer, nullable=False),
    Column("position", Integer, nullable=False, comment="order in the document, from 0"),
    Column("section", JSON, nullable=False, comment="headings above the chunk, outermost first"),
    Column("page", Integer, nullable=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("header", JSON, nullable=False, comment="column names, where the chunk is the later piece of a table"),
    Column("fingerprint", String(64), nullable=False, comment="SHA-256 of what is embedded, hexadecimal"),
    ForeignKeyConstraint(
        ["document_id", "version"], ["versions.document_id", "versions.number"], name="fk_chunks_version"
    ),
    Index("ix_chunks_version", "document_id", "version"),
)

shared_files = Table(
    "shared_files",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("digest", String(64), nullable=False, comment="SHA-256, hexadecimal"),
)

shared_file_parts = Table(
    "shared_file_parts",
    metadata,
    Column("name", String(255), ForeignKey("shared_files.name", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="from 0"),
    Column("content", LargeBinary, nullable=False),
)
