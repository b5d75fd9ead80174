"""The knowledge base as the reading commands see it; a running server on the same data does not mind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from api.failure import FILL, CommandFailed

if TYPE_CHECKING:
    from agents.specialist import Specialist
    from api.compose.knowledge import Library
    from api.settings import Settings


@contextmanager
def open_knowledge(settings: "Settings") -> Iterator["Library"]:
    """The library, for searching only. Raises CommandFailed when nothing was ingested."""
    from api.compose.database import open_migrated_database
    from api.compose.knowledge import open_library

    database = open_migrated_database(settings)
    try:
        with open_library(settings, database, reader=True) as library:
            if not library.catalogue.hashes():
                raise CommandFailed(f"The knowledge base is empty. Fill it: {FILL}")
            yield library
    finally:
        database.dispose()


def specialist_named(name: str) -> "Specialist":
    """The specialist of that name; ends the command as wrongly used where there is none."""
    from agents.specialists import catalogue

    specialists = {specialist.name: specialist for specialist in catalogue()}
    if name not in specialists:
        raise typer.BadParameter(f"There is no specialist {name!r}. There are: {', '.join(specialists)}.")
    return specialists[name]
