"""Empty databases to try SQL on: SQLite and PostgreSQL."""

import importlib
import sqlite3
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, create_engine, make_url, text

import api.migrations
from rag.database import open_database
from tests.postgres import postgres_url


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'pitcrew.db'}"


@contextmanager
def postgres(_folder: Path) -> Iterator[str]:
    """A schema of its own, which goes with the test."""
    schema = f"pitcrew_{uuid.uuid4().hex}"
    engine = create_engine(postgres_url())
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    own = make_url(postgres_url()).update_query_dict({"options": f"-csearch_path={schema}"})
    yield own.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


@contextmanager
def word_tables(folder: Path) -> Iterator[str]:
    """The URL of a PostgreSQL that has the tables of the index over words and no others."""
    migration = importlib.import_module("migrations.versions.0018_word_index")
    with postgres(folder) as url:
        engine = create_engine(url)
        with engine.begin() as connection:
            for table in migration.TABLES:
                connection.exec_driver_sql(table)
        engine.dispose()
        yield url


DATABASES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {"sqlite": sqlite, "postgres": postgres}
"""By name, what makes one and gives its URL; tables are not in it yet."""


def migrate(database: Engine) -> None:
    """As the product does; into an empty SQLite, copy the tables that it made the first time."""
    if database.dialect.name != "sqlite" or api.migrations.revision(database) is not None:
        api.migrations.migrate(database)
        return
    assert database.url.database is not None
    with closing(sqlite3.connect(database.url.database)) as empty:
        _migrated().backup(empty)


@cache
def _migrated() -> sqlite3.Connection:
    with TemporaryDirectory() as folder:
        path = f"{folder}/migrated.db"
        database = open_database(f"sqlite:///{path}")
        api.migrations.migrate(database)
        database.dispose()
        copy = sqlite3.connect(":memory:", check_same_thread=False)
        with closing(sqlite3.connect(path)) as made:
            made.backup(copy)
        return copy
