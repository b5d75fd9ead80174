"""an index of the words of messages, for the staff's search; what customers say when they ask for a person

Revision: 0013, after 0012, 2026-11-23
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SQLITE = (
    # The rows of `messages` have no number of their own that would last.
    "CREATE TABLE message_numbers (number INTEGER PRIMARY KEY, message_id VARCHAR(36) NOT NULL UNIQUE)",
    "CREATE VIRTUAL TABLE message_words USING fts5(text, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')",
    "INSERT INTO message_numbers (message_id) SELECT id FROM messages ORDER BY created_at",
    "INSERT INTO message_words (rowid, text) SELECT number, text FROM message_numbers JOIN messages ON id = message_id",
    "CREATE TRIGGER message_words_added AFTER INSERT ON messages BEGIN "
    "INSERT INTO message_numbers (message_id) VALUES (new.id); "
    "INSERT INTO message_words (rowid, text) "
    "SELECT number, new.text FROM message_numbers WHERE message_id = new.id; END",
    "CREATE TRIGGER message_words_changed AFTER UPDATE OF text ON messages WHEN old.text <> new.text BEGIN "
    "UPDATE message_words SET text = new.text "
    "WHERE rowid = (SELECT number FROM message_numbers WHERE message_id = new.id); END",
    "CREATE TRIGGER message_words_removed AFTER DELETE ON messages BEGIN "
    "DELETE FROM message_words WHERE rowid = (SELECT number FROM message_numbers WHERE message_id = old.id); "
    "DELETE FROM message_numbers WHERE message_id = old.id; END",
)
POSTGRESQL = (
    "CREATE INDEX ix_messages_words ON messages "
    "USING gin (to_tsvector('simple', regexp_replace(text, '[^[:alnum:]]+', ' ', 'g')))",
)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("reason_text", sa.Text(), comment="what the customer said of it"))
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    op.drop_column("conversations", "reason_text")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_index("ix_messages_words", table_name="messages")
        return
    for trigger in ("added", "changed", "removed"):
        op.execute(f"DROP TRIGGER message_words_{trigger}")
    op.drop_table("message_words")
    op.drop_table("message_numbers")
