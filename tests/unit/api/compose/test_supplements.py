"""What lies beside the documents, taken in on one machine and read on another."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine

from api.compose import supplements
from api.settings import Settings
from rag.database import open_database
from rag.ingestion.shared_files import SharedFiles
from rag.tables import shared_file_parts, shared_files
from tests.databases import DATABASES

HEADINGS = "model,variant,years,powertrain,fuel,aliases,make"
VEHICLES = f"{HEADINGS}\nWren,Wren 58,2026,electric motor,electricity,wren58,Skelby\n"


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with DATABASES[request.param](tmp_path) as url:
        engine = open_database(url)
        shared_files.metadata.create_all(engine, [shared_files, shared_file_parts])
        yield engine
        engine.dispose()


@dataclass
class Machine:
    """One with a data folder and a folder of documents of its own."""

    settings: Settings
    files: SharedFiles

    def ingest(self, vehicles: str = VEHICLES) -> None:
        root = self.settings.knowledge_dir
        (root / "datasets").mkdir(parents=True, exist_ok=True)
        (root / supplements.VEHICLES).write_text(vehicles)
        (root / supplements.QUESTIONS).write_text("document,section,statement,question\na.md,Wren,,who are you\n")
        supplements.fetch(self.settings, self.files)
        supplements.take(self.settings, root)
        supplements.share(self.settings, self.files)

    def start(self) -> str:
        """What a process that starts there reads of the vehicles, with the number of the edition."""
        supplements.fetch(self.settings, self.files)
        current = supplements.current(self.settings)
        path = current / supplements.VEHICLES
        return f"{current.name}: {path.read_text()}" if path.is_file() else "nothing"


@pytest.fixture
def machines(tmp_path: Path, database: Engine) -> list[Machine]:
    def machine(name: str) -> Machine:
        own = tmp_path / name
        settings = Settings(
            _env_file=None,
            data_dir=own / "data",
            knowledge_dir=own / "knowledge",
            database_url="postgresql://elsewhere/pitcrew",
        )
        return Machine(settings, SharedFiles(database))

    return [machine("first"), machine("second")]


def test_what_was_taken_in_on_one_machine_is_read_on_another(machines: list[Machine]) -> None:
    first, second = machines
    assert second.start() == "nothing"
    first.ingest()
    assert second.start() == first.start() == f"1: {VEHICLES}"
    first.ingest(VEHICLES.replace("2026", "2027"))
    first.ingest(VEHICLES.replace("2026", "2027"))
    assert second.start() == first.start() == "2: " + VEHICLES.replace("2026", "2027")


def test_either_machine_may_take_in_the_next(machines: list[Machine]) -> None:
    first, second = machines
    for number in range(1, 9):
        machines[number % 2].ingest(VEHICLES.replace("2026", str(2000 + number)))
        assert second.start() == first.start() == f"{number}: {VEHICLES.replace('2026', str(2000 + number))}"
    assert len(first.files.digests()) == supplements.KEPT


def test_editions_of_another_database_do_not_stand_in_the_way(machines: list[Machine], tmp_path: Path) -> None:
    first, second = machines
    moved = tmp_path / "others" / supplements.VEHICLES
    moved.parent.mkdir()
    moved.write_text(VEHICLES.replace("2026", "1999"))
    for year in ("1999", "1998"):
        moved.write_text(moved.read_text().replace("1999", year))
        supplements.take(second.settings, moved.parent)
    first.ingest()
    assert second.start() == f"1: {VEHICLES}"


def test_what_was_there_before_the_database_was_a_server_s_is_shared_by_the_next_ingestion(
    machines: list[Machine],
) -> None:
    first, second = machines
    first.settings.knowledge_dir.mkdir(parents=True)
    (first.settings.knowledge_dir / supplements.VEHICLES).write_text(VEHICLES)
    supplements.take(first.settings, first.settings.knowledge_dir)
    assert (first.start(), second.start()) == (f"1: {VEHICLES}", "nothing")
    supplements.share(first.settings, first.files)
    assert second.start() == f"1: {VEHICLES}"


def test_a_shared_file_is_there_whole(tmp_path: Path, database: Engine) -> None:
    files = SharedFiles(database)
    large, here = tmp_path / "large", tmp_path / "folder" / "here"
    assert not files.fetch("large", here)
    for content in (b"", b"a" * 3_000_000, bytes(range(256)) * 5000, b"short"):
        large.write_bytes(content)
        files.put("large", large)
        assert files.fetch("large", here)
        assert here.read_bytes() == content
        here.write_bytes(b"something else")
        assert files.fetch("large", here)
        assert here.read_bytes() == content
    assert [path.name for path in here.parent.iterdir()] == ["here"]
    files.drop(["large", "unknown"])
    assert not files.fetch("large", here)
