"""Bringing a database to the newest migration."""

import math
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, MetaData, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent.parent / "migrations"
_REVISION = re.compile(r'^(down_revision|revision) = "(.*)"$', re.MULTILINE)


def _config() -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - a tenth of a second, and a start that is up to date needs none

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def declared() -> list[MetaData]:
    """All tables that the migrations make, by layer."""
    from agents import tables as appointment_tables  # noqa: PLC0415 - only to compare and to copy them
    from orchestrator import tables as conversation_tables  # noqa: PLC0415
    from orchestrator.stores import sql_revocations, staff_tables  # noqa: PLC0415
    from rag import tables as knowledge_tables  # noqa: PLC0415

    assert staff_tables.tags.metadata is sql_revocations.revocations.metadata is conversation_tables.metadata
    return [knowledge_tables.metadata, appointment_tables.metadata, conversation_tables.metadata]


@cache
def head_revision() -> str | None:
    """The newest migration there is: the one that no other follows."""
    named: dict[str, set[str]] = {"revision": set(), "down_revision": set()}
    for path in (MIGRATIONS / "versions").glob("*.py"):
        for name, number in _REVISION.findall(path.read_text(encoding="utf-8")):
            named[name].add(number)
    return max(named["revision"] - named["down_revision"], default=None)


def revision(database: Engine) -> str | None:
    """The migration that the database is at; None for an empty one."""
    with database.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(database: Engine) -> None:
    """Apply the migrations that are missing, all or none of each."""
    if revision(database) == head_revision():
        return
    from alembic import command  # noqa: PLC0415

    config = _config()
    with database.execution_options(patience_s=math.inf).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def job_tables(database: Engine) -> bool:
    """Whether the tables are there in which processes leave each other jobs; only PostgreSQL can have them."""
    with database.connect() as connection:
        return inspect(connection).has_table("procrastinate_jobs")


def make_job_tables(database: Engine) -> None:
    """Make them where they can be and are not. They are procrastinate's own and no part of our migrations."""
    if database.dialect.name != "postgresql" or job_tables(database):
        return
    from orchestrator.dispatchers.procrastinate import schema  # noqa: PLC0415

    with database.begin() as connection:
        connection.execution_options(no_parameters=True).exec_driver_sql(schema())
