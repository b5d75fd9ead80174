"""Empty databases to try SQL on: SQLite always, and PostgreSQL where `PITCREW_TEST_POSTGRES_URL` names a server."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

POSTGRES_URL = os.environ.get("PITCREW_TEST_POSTGRES_URL", "")


@contextmanager
def sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'pitcrew.db'}"


@contextmanager
def postgres(_folder: Path) -> Iterator[str]:
    """A schema of its own, which goes with the test."""
    schema = f"pitcrew_{uuid.uuid4().hex}"
    engine = create_engine(POSTGRES_URL)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    own = make_url(POSTGRES_URL).update_query_dict({"options": f"-csearch_path={schema}"})
    yield own.render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
    engine.dispose()


DATABASES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {"sqlite": sqlite}
"""By name, what makes one and gives its URL; tables are not in it yet."""
if POSTGRES_URL:
    DATABASES["postgres"] = postgres
