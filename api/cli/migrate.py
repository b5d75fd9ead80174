"""`pitcrew migrate`: bring the database to the newest version."""

import sys


def migrate() -> None:
    """Bring the database to its newest version. Safe to run again: what is done stays done."""
    from api import migrations
    from api.compose.parking import prepare_parking
    from api.settings import Settings
    from rag.database import open_database

    settings = Settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = open_database(settings.sql_url)
    before = migrations.revision(database)
    migrations.migrate(database)
    prepare_parking(settings)
    after = migrations.revision(database)
    database.dispose()
    print(f"database at {after}" + ("" if before == after else f" (was {before or 'empty'})"), file=sys.stderr)
