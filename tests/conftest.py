"""What many tests share: one ingested knowledge base and one running server for the whole session."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings as hypothesis_settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # several processes share the cores: threads would only wait

from tests.serving import KNOWLEDGE, Served, duplicate, environment, pitcrew, serving

gc.disable()  # until the tests are collected: they stay to the end, and looking through them is a third of collecting
TESTS = Path(__file__).parent

FULL = os.environ.get("PITCREW_PROOFS") == "full"

hypothesis_settings.register_profile("some", deadline=None, max_examples=40)  # a busy machine is slow, not wrong
hypothesis_settings.register_profile("many", deadline=None, max_examples=200)
hypothesis_settings.load_profile("many" if FULL else "some")

SHORT = {"laws", "unit", "wire"}
WITHOUT_DOCUMENTS = (
    "laws/test_dataset_laws.py",
    "unit/test_long_messages.py",
    "laws/test_embedder_laws.py",
    "integration/test_analyst_tables.py",
    "unit/agents/routing/test_classifier.py",
    "unit/rag/loaders/test_pdf.py",
    "integration/test_hostile_queries.py",
    "integration/test_analyst_questions.py",
    "integration/test_snapshots.py",
    "faults/test_bookings.py",
    "integration/test_ingest.py",
    "unit/agents/appointments/test_skill.py",
    "laws/test_index_laws.py",
    "laws/test_store_laws.py",
)
"""Some that take long: while the first process ingests the documents, the others have these to do."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where processes share the work, whole programs come first: what is short fills the gaps at the end."""
    if hasattr(config, "workerinput"):
        files = list(dict.fromkeys(item.path.relative_to(TESTS) for item in items))
        early = [file for name in WITHOUT_DOCUMENTS for file in files if file.as_posix() == name]
        first, *rest = sorted((file for file in files if file not in early), key=lambda file: file.parts[0] in SHORT)
        order = {file: at for at, file in enumerate([first, *early, *rest])}
        items.sort(key=lambda item: order[item.path.relative_to(TESTS)])


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """What there is before the first test is never looked through again for what nobody needs."""
    gc.freeze()
    gc.enable()


def pytest_unconfigure() -> None:
    """At the end all of it goes: libraries complain of what is left."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the whole knowledge base in it; copy it before you write to it. Where tests run in several
    processes, the first one makes it for all. `PITCREW_TESTS_INGESTED` names a folder that is kept for the next run as
    well: it is for who changes nothing that ingestion depends on."""
    own = tmp_path_factory.getbasetemp()
    here = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "ingested"
    data = Path(os.environ.get("PITCREW_TESTS_INGESTED", here)).absolute()
    data.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(data.with_suffix(".lock")):
        if not data.exists():
            data.mkdir()
            done = pitcrew("ingest", str(KNOWLEDGE), env=environment(data), timeout=900)
            assert done.returncode == 0, done.stderr
            learns = pitcrew("route", "Hello", env=environment(data))
            assert learns.returncode == 0, learns.stderr
            (data / "models").rename(data.with_name("models"))
            (data / "models").symlink_to(data.with_name("models"))  # many copies of the rest are made
    return data


@pytest.fixture
def data(ingested: Path, tmp_path: Path) -> Path:
    """A data directory of the test's own, ingested."""
    return duplicate(ingested, tmp_path / "data")


@pytest.fixture(scope="session")
def server(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The real server, offline, on the whole knowledge base; shared, so use a user or session of your own."""
    own = duplicate(ingested, tmp_path_factory.mktemp("server") / "data")
    with serving(own) as served:
        yield served


@pytest.fixture(scope="session")
def acting_data(ingested: Path) -> Path:
    """The same where there is one more specialist, with what is learnt of it; the first process makes it for all."""
    data = ingested.with_name("acting")
    with FileLock(data.with_suffix(".lock")):
        if not data.exists():
            made = duplicate(ingested, data.with_name("acting-in-the-making"))
            learns = pitcrew("route", "Hello", env=environment(made), program="tests.with_trial_drives")
            assert learns.returncode == 0, learns.stderr
            made.rename(data)
    return data


@pytest.fixture(scope="session")
def acting_server(acting_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose dependencies has a specialist that acts: it books trial drives into `trial-drives` of its data
    folder."""
    own = duplicate(acting_data, tmp_path_factory.mktemp("acting") / "data")
    with serving(own, "tests.with_trial_drives", TRIAL_DRIVES=str(own / "trial-drives")) as served:
        yield served
