"""The index of the words of messages: SQLite's FTS5, which triggers keep in step, or PostgreSQL's text search."""

import re

from sqlalchemy import Connection, Select, func, literal_column, select, text

from orchestrator.tables import messages

MOST_WORDS = 20
"""Of a search; more are left out."""
_WORD = re.compile(r"[^\W_]+")
POSTGRESQL_WORDS = r"to_tsvector('simple', regexp_replace(text, '[^[:alnum:]]+', ' ', 'g'))"
"""What migration 0013 has made an index of."""


def having(dialect: str, wanted: str) -> Select[tuple[str]] | None:
    """The ids of the conversations with a message that has all these words, each as a beginning; None where nothing is
    asked for that could be found."""
    words = _WORD.findall(wanted)[:MOST_WORDS]
    if not words:
        return None
    if dialect == "postgresql":
        query = func.to_tsquery("simple", " & ".join(f"'{word}':*" for word in words))
        has_all = literal_column(POSTGRESQL_WORDS).op("@@")(query)
        return select(messages.c.conversation_id).where(has_all)
    found = text(
        "SELECT message_id FROM message_words JOIN message_numbers ON number = message_words.rowid "
        "WHERE message_words MATCH :wanted"
    ).bindparams(wanted=" ".join(f'"{word}"*' for word in words))
    return select(messages.c.conversation_id).where(messages.c.id.in_(found))


def forget_removed(connection: Connection) -> None:
    """Take the words of messages that are gone out of SQLite's file: FTS5 else keeps them until it next tidies up."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("INSERT INTO message_words (message_words) VALUES ('optimize')")
