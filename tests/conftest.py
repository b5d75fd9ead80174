"""What many tests share: one ingested knowledge base and one running server for the whole session."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.serving import KNOWLEDGE, Served, environment, pitcrew, serving

settings.register_profile("any machine", deadline=None)  # a busy machine is slow, not wrong
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the whole knowledge base in it; copy it before you write to it. Where tests run in several
    processes, the first one makes it for all."""
    own = tmp_path_factory.getbasetemp()
    data = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "ingested"
    with FileLock(data.with_suffix(".lock")):
        if not data.exists():
            data.mkdir()
            done = pitcrew("ingest", str(KNOWLEDGE), env=environment(data))
            assert done.returncode == 0, done.stderr
            done = pitcrew("route", "What is the tyre pressure?", env=environment(data))  # what it learns, it learns once
            assert done.returncode == 0, done.stderr
    return data


@pytest.fixture
def data(ingested: Path, tmp_path: Path) -> Path:
    """A data directory of the test's own, ingested."""
    return Path(shutil.copytree(ingested, tmp_path / "data"))


@pytest.fixture(scope="session")
def server(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real server, offline, on the whole knowledge base; shared, so use a user or session of your own."""
    own = Path(shutil.copytree(ingested, tmp_path_factory.mktemp("server") / "data"))
    with serving(own) as served:
        yield served


@pytest.fixture(scope="session")
def acting_server(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose crew has a specialist that acts: it books trial drives into `trial-drives` of its data folder."""
    own = Path(shutil.copytree(ingested, tmp_path_factory.mktemp("acting") / "data"))
    with serving(own, "tests.with_trial_drives", TRIAL_DRIVES=str(own / "trial-drives")) as served:
        yield served
