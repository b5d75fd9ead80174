"""Alembic's entry: which tables there are, and on which connection to work."""

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from agents import tables as appointment_tables
from orchestrator import tables as conversation_tables
from orchestrator.stores import sql_revocations, staff_tables
from rag import tables as knowledge_tables

METADATA = [knowledge_tables.metadata, appointment_tables.metadata, conversation_tables.metadata]
assert staff_tables.tags.metadata is sql_revocations.revocations.metadata is conversation_tables.metadata


def numbered(migration: MigrationContext, _: object, directives: list[MigrationScript]) -> None:
    """Give a new migration the number that follows the newest one's."""
    newest = ScriptDirectory.from_config(context.config).get_current_head()
    directives[0].rev_id = f"{int(newest or 0) + 1:04d}"


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        process_revision_directives=numbered,
    )
    with context.begin_transaction():
        context.run_migrations()


if handed := context.config.attributes.get("connection"):
    run(handed)
else:
    with create_engine(context.config.get_main_option("sqlalchemy.url", "")).begin() as opened:
        run(opened)
