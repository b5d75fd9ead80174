"""The SQL tables of this layer: documents and their chunks. They hold the truth; search indexes are made from them."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

documents = Table(
    "documents",
    metadata,
    Column("id", String(1024), primary_key=True, comment="path below the root of the knowledge base"),
    Column("subject", String(255), nullable=False),
    Column("title", Text, nullable=False),
    Column("content_hash", String(64), nullable=False, comment="SHA-256 of the file's bytes, hexadecimal"),
    Column("text", Text, nullable=False, comment="what the chunks' offsets count in"),
    Column("ingested_at", String(32), nullable=False, comment="ISO 8601, UTC"),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("document_id", String(1024), ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False, comment="order in the document, from 0"),
    Column("section", JSON, nullable=False, comment="headings above the chunk, outermost first"),
    Column("page", Integer, nullable=True),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("header", JSON, nullable=False, comment="column names, where the chunk is the later piece of a table"),
    Index("ix_chunks_document_id", "document_id"),
)
