"""Alembic's entry: which tables there are, and on which connection to work."""

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from api.migrations import declared


def numbered(migration: MigrationContext, _: object, directives: list[MigrationScript]) -> None:
    """Give a new migration the number that follows the newest one's."""
    newest = ScriptDirectory.from_config(context.config).get_current_head()
    directives[0].rev_id = f"{int(newest or 0) + 1:04d}"


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=declared(),
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
