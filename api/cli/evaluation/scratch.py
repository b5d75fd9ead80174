"""What an evaluation writes to, instead of the product's own database: it is gone afterwards."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from agents.appointments.sql_store import SqlAppointmentStore


@asynccontextmanager
async def open_scratch_database() -> AsyncIterator["Engine"]:
    """An empty database at its newest migration."""
    from api.migrations import migrate
    from rag.database import open_database

    with tempfile.TemporaryDirectory(prefix="pitcrew-") as folder:
        database = open_database(f"sqlite:///{Path(folder) / 'scratch.db'}", durable=False)
        try:
            migrate(database)
            yield database
        finally:
            database.dispose()


@asynccontextmanager
async def open_scratch_appointment_store() -> AsyncIterator["SqlAppointmentStore"]:
    """An appointment store in which nobody has a place yet."""
    from agents.appointments.sql_store import SqlAppointmentStore

    async with open_scratch_database() as database:
        appointment_store = SqlAppointmentStore(database)
        try:
            yield appointment_store
        finally:
            await appointment_store.close()
