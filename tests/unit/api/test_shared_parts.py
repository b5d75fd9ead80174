"""What the doctor says of what processes share, where it cannot be used: which part, and what to do."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from api.cli.finding import Finding
from api.cli.shared_parts import shared_parts
from api.migrations import make_job_tables
from api.settings import Settings
from tests.databases import postgres
from tests.redis_server import redis_server

NOWHERE = "127.0.0.1:9"


def found(**urls: Any) -> dict[str, Finding]:
    return {finding.part: finding for finding in shared_parts(Settings(_env_file=None, **urls))}  # type: ignore[call-arg]


def test_nothing_is_said_where_all_is_embedded() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("url", "fix"),
    [
        (f"redis://:secret-word@{NOWHERE}", "Start it, or correct PITCREW_REDIS_URL."),
        ("redis://127.0.0.1:no-port/0", "Correct PITCREW_REDIS_URL: redis://host:6379"),
        ("http://127.0.0.1", "Correct PITCREW_REDIS_URL: redis://host:6379"),
    ],
)
def test_a_redis_that_cannot_be_used(url: str, fix: str) -> None:
    said = found(redis_url=url)["redis"]
    assert (said.state, said.fix) == ("fail", fix)
    assert "secret-word" not in said.message


@pytest.mark.parametrize("url", [f"http://{NOWHERE}", "http://[::1", "nonsense"])
def test_a_chroma_server_that_cannot_be_used(url: str) -> None:
    said = found(chroma_url=url)["chroma"]
    assert (said.state, said.fix) == ("fail", "Start it (chroma run), or correct PITCREW_CHROMA_URL.")


def test_what_is_missing_for_several_processes() -> None:
    said = found(redis_url=redis_server().url)
    assert said["redis"].state == "ok"
    assert said["processes"].fix == "For several set PITCREW_DATABASE_URL, PITCREW_CHROMA_URL as well."


def test_a_database_without_jobs_and_one_without_workers(tmp_path: Path) -> None:
    with postgres(tmp_path) as url:
        urls = {"database_url": url, "redis_url": redis_server().url, "chroma_url": f"http://{NOWHERE}"}
        assert found(**urls)["jobs"].fix == "Run: pitcrew migrate"
        database = create_engine(url)
        make_job_tables(database)
        database.dispose()
        said = found(**urls)["jobs"]
        assert (said.state, said.fix) == ("warn", "Start: pitcrew worker")
