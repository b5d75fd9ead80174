"""the index over words, on PostgreSQL

Revision: 0018, after 0017, 2026-11-25

An index: it is made of the chunks, and SQLite has its own in a file.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TABLES = (
    """
    CREATE TABLE word_spaces (
        number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        stamp bigint NOT NULL UNIQUE,
        version bigint NOT NULL DEFAULT 0,
        chunks integer NOT NULL DEFAULT 0,
        terms bigint NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE word_chunks (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        space integer NOT NULL REFERENCES word_spaces ON DELETE CASCADE,
        id varchar(32) NOT NULL,
        subject varchar(255) NOT NULL,
        length integer NOT NULL,
        title text NOT NULL,
        section text NOT NULL,
        body text NOT NULL,
        words tsvector NOT NULL,
        UNIQUE (space, id)
    )
    """,
    "CREATE INDEX ix_word_chunks_words ON word_chunks USING gin (words) WITH (fastupdate = off)",
    """
    CREATE TABLE word_terms (
        space integer NOT NULL REFERENCES word_spaces ON DELETE CASCADE,
        term text COLLATE "C" NOT NULL,
        chunks integer NOT NULL,
        PRIMARY KEY (space, term)
    )
    """,
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(table)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in ("word_terms", "word_chunks", "word_spaces"):
            op.execute(f"DROP TABLE {name}")
