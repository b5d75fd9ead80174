"""Where the states of parked runs are kept: in a file of this process, or in the database that processes share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from api.compose.database import BEHIND
from api.settings import BadSetting, Settings

if TYPE_CHECKING:
    from orchestrator.graph.saver import RunSaver

PARKED_FILE = "parked.db"
PACKAGES = "PITCREW_DATABASE_URL of PostgreSQL needs more packages: pip install '.[cluster]' in its folder"
NOTICE_LOSS = {
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
"""A machine that vanished is noticed after some 25 s, also by who only listens; the system's own limit is two hours."""


def libpq_url(settings: Settings) -> str:
    """The database's URL without the driver that SQLAlchemy is told; `NOTICE_LOSS` holds where it says nothing else."""
    url = make_url(settings.sql_url)
    return url.set(drivername="postgresql", query=NOTICE_LOSS | url.query).render_as_string(hide_password=False)


@asynccontextmanager
async def open_parking(settings: Settings) -> AsyncIterator["RunSaver"]:
    """The saver that the settings name. Raises BadSetting."""
    if settings.embedded_sql:
        from orchestrator.graph.savers import sqlite

        async with sqlite.open_saver(settings.data_dir / PARKED_FILE) as saver:
            yield saver
        return
    try:
        from orchestrator.graph.savers import postgres
    except ImportError:
        raise BadSetting(PACKAGES) from None
    if not await asyncio.to_thread(postgres.up_to_date, libpq_url(settings)):
        raise BadSetting(BEHIND)
    async with postgres.open_saver(libpq_url(settings)) as saver:
        yield saver


def prepare_parking(settings: Settings) -> None:
    """Bring the tables for parked runs up to date, where they are in a shared database. Raises BadSetting."""
    if settings.embedded_sql:
        return
    try:
        from orchestrator.graph.savers import postgres
    except ImportError:
        raise BadSetting(PACKAGES) from None
    asyncio.run(postgres.prepare(libpq_url(settings)))
