"""Which servers may work on one database, on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.compose.bus import open_bus
from api.compose.sharing import kept_apart, lease
from api.settings import BadSetting, Settings
from orchestrator.buses.memory import MemoryBus
from orchestrator.buses.redis import RedisBus
from orchestrator.event.tenure import Tenures
from rag.database import open_database
from tests.databases import DATABASES
from tests.redis_server import redis_server


class Servers:
    """Those that name one database."""

    def __init__(self, url: str, folder: Path) -> None:
        self._settings = Settings(_env_file=None, data_dir=folder, database_url=url)
        self._database: Engine = open_database(url)

    def serve(self, **urls: str) -> AbstractContextManager[None]:
        return kept_apart(self._settings.model_copy(update=urls), self._database)

    def refused(self, told: str, **urls: str) -> None:
        with pytest.raises(BadSetting, match=f"Another server works on this database.*{told}"), self.serve(**urls):
            pass

    def close(self) -> None:
        self._database.dispose()


@pytest.fixture(params=DATABASES)
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servers]:
    with DATABASES[request.param](tmp_path) as url:
        made = Servers(url, tmp_path)
        yield made
        made.close()


SHARED = {"redis_url": "redis://redis", "chroma_url": "http://chroma"}


def test_what_is_embedded_belongs_to_one_server(servers: Servers) -> None:
    with servers.serve():
        servers.refused("PITCREW_REDIS_URL, PITCREW_CHROMA_URL")
    with servers.serve():
        pass


def test_on_postgresql_those_with_nothing_embedded_go_together(tmp_path: Path) -> None:
    with DATABASES["postgres"](tmp_path) as url:
        servers = Servers(url, tmp_path)
        with servers.serve(**SHARED), servers.serve(**SHARED):
            servers.refused("PITCREW_CHROMA_URL", redis_url="redis://redis")
        with servers.serve():
            servers.refused("the same three URLs", **SHARED)
        servers.close()


def test_on_sqlite_one_server_is_all(tmp_path: Path) -> None:
    with DATABASES["sqlite"](tmp_path) as url:
        servers = Servers(url, tmp_path)
        with servers.serve(**SHARED):
            servers.refused("PITCREW_DATABASE_URL", **SHARED)
        servers.close()


def test_where_others_may_answer_runs_they_are_leased() -> None:
    alone = Settings(_env_file=None)
    assert lease(alone) is None
    leases = [lease(alone.model_copy(update={"database_url": "postgresql://db/pitcrew"})) for _ in range(2)]
    assert all(held is not None and held.seconds > 1 and 0 < len(held.holder) <= 64 for held in leases)
    assert leases[0] != leases[1]


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_a_url_of_postgresql_needs_no_driver(scheme: str) -> None:
    url = f"{scheme}://me:p%40ss@db.example:5432/pitcrew?sslmode=require"
    settings = Settings(_env_file=None, database_url=url)
    assert settings.sql_url == "postgresql+psycopg://me:p%40ss@db.example:5432/pitcrew?sslmode=require"
    assert not settings.embedded_sql


async def test_the_url_chooses_the_bus() -> None:
    async with open_bus(Settings(_env_file=None), Tenures()) as bus:
        assert isinstance(bus, MemoryBus)
    async with open_bus(Settings(_env_file=None, redis_url=redis_server().url), Tenures()) as bus:
        assert isinstance(bus, RedisBus)


async def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(BadSetting, match="PITCREW_REDIS_URL"):
        async with open_bus(Settings(_env_file=None, redis_url="localhost:6379"), Tenures()):
            pass
