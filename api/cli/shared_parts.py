"""What the processes of a cluster share, looked at for `pitcrew doctor`: jobs, Redis, the Chroma server."""

import asyncio
from collections.abc import Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.cli.finding import Finding

if TYPE_CHECKING:
    from api.settings import Settings

PATIENCE_S = 3.0
OLDEST_REDIS = (6, 2)
"""What counts and keeps there uses commands of this version."""


def shared_parts(settings: "Settings") -> Iterator[Finding]:
    """Those that the settings name."""
    from api.compose.sharing import embedded_parts

    if settings.redis_url:
        yield _redis(settings.redis_url)
    if settings.chroma_url:
        yield _chroma(settings.chroma_url)
    missing = embedded_parts(settings)
    if not missing:
        yield _jobs(settings)
    elif len(missing) < 3:
        yield Finding(
            "processes",
            "warn",
            "one server may work on this, and no worker",
            f"For several set {', '.join(missing)} as well.",
        )


def _redis(url: str) -> Finding:
    try:
        import redis
    except ImportError:
        return Finding("redis", "fail", "its packages are missing", "In Pitcrew's folder: pip install '.[cluster]'")
    try:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S) as client:
            told = str(client.info("server")["redis_version"])
    except ValueError as error:
        return Finding("redis", "fail", str(error), "Correct PITCREW_REDIS_URL: redis://host:6379")
    except (redis.RedisError, OSError) as error:
        message = f"{_place(url)} cannot be used ({type(error).__name__})"
        return Finding("redis", "fail", message, "Start it, or correct PITCREW_REDIS_URL.")
    if tuple(map(int, told.split(".")[:2])) < OLDEST_REDIS:
        oldest = ".".join(map(str, OLDEST_REDIS))
        return Finding("redis", "fail", f"{told} is too old", f"Install Redis {oldest} or newer.")
    return Finding("redis", "ok", f"{told} at {_place(url)}")


def _chroma(url: str) -> Finding:
    import httpx

    try:
        answered = httpx.get(f"{url.rstrip('/')}/api/v2/version", timeout=PATIENCE_S)
        told = str(answered.raise_for_status().json())
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        message = f"no Chroma server answers at {_place(url)} ({type(error).__name__})"
        return Finding("chroma", "fail", message, "Start it (chroma run), or correct PITCREW_CHROMA_URL.")
    here = version("chromadb")
    if told.split(".")[0] != here.split(".")[0]:
        return Finding("chroma", "warn", f"the server is {told}, the client {here}", f"Run a server of {here}.")
    return Finding("chroma", "ok", f"{told} at {_place(url)}")


def _jobs(settings: "Settings") -> Finding:
    """The dispatcher: its tables, and who is there to answer."""
    from sqlalchemy.exc import SQLAlchemyError

    from api.compose.parking import libpq_url
    from api.migrations import job_tables
    from orchestrator.dispatchers.procrastinate import AWAY, open_procrastinate_dispatcher
    from rag.database import open_database

    async def workers() -> int:
        async with open_procrastinate_dispatcher(libpq_url(settings)) as dispatcher:
            return await dispatcher.workers()

    database = open_database(settings.sql_url)
    try:
        if not job_tables(database):
            return Finding("jobs", "fail", "the database has no tables for jobs", "Run: pitcrew migrate")
        alive = asyncio.run(workers())
    except (SQLAlchemyError, *AWAY) as error:
        return Finding("jobs", "fail", f"cannot be read ({type(error).__name__})", "Check PITCREW_DATABASE_URL.")
    finally:
        database.dispose()
    if not alive:
        return Finding("jobs", "warn", "no worker is there: what is asked waits", "Start: pitcrew worker")
    return Finding("jobs", "ok", f"{alive} worker{'s' if alive > 1 else ''} there")


def _place(url: str) -> str:
    """Host and port: a password may stand before them."""
    try:
        parts = urlsplit(url)
        return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname or "this address")
    except ValueError:
        return "this address"
