"""Empty databases to try SQL on: SQLite and PostgreSQL."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

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


DATABASES: dict[str, Callable[[Path], AbstractContextManager[str]]] = {"sqlite": sqlite, "postgres": postgres}
"""By name, what makes one and gives its URL; tables are not in it yet."""
