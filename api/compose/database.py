"""The database that the settings name, at its newest migration."""

from sqlalchemy import Engine as Database

from api.migrations import head_revision, migrate, revision
from api.settings import BadSetting, Settings
from rag.database import open_database

BEHIND = "The database is not at its newest version. Run `pitcrew migrate`."


def open_migrated_database(settings: Settings) -> Database:
    """The database at its newest migration: SQLite is brought there, a server's is only checked. Raises BadSetting."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.sql_url)
    if settings.embedded_sql:
        migrate(database)
    elif revision(database) != head_revision():
        raise BadSetting(BEHIND)
    return database
