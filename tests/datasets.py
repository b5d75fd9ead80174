"""A catalogue over files of a test's own, and what holds a snapshot's queries to account."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import create_engine

from agents.datasets.collection import DatasetCatalogue
from agents.datasets.pipe_messages import Limits
from agents.tables import metadata


@asynccontextmanager
async def catalogue_in(
    folder: Path, *, bundled: Path | None = None, limits: Limits | None = None
) -> AsyncIterator[DatasetCatalogue]:
    """A catalogue whose list and snapshots lie in the folder."""
    engine = create_engine(f"sqlite:///{folder / 'list.db'}")
    metadata.create_all(engine)
    catalogue = DatasetCatalogue(engine, folder / "snapshots", bundled, limits=limits)
    try:
        yield catalogue
    finally:
        await catalogue.close()
        engine.dispose()


def places(folder: Path) -> Path:
    """A small CSV file."""
    path = folder / "places.csv"
    path.write_text("id,name\n1,Skerry\n2,Holm\n3,Ness\n", encoding="utf-8")
    return path


def database(path: Path, script: str) -> str:
    """The URL of a SQLite database that a script made."""
    with sqlite3.connect(path) as connection:
        connection.executescript(script)
    connection.close()
    return f"sqlite:///{path}"
