"""The list of datasets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from agents.dataset import DatasetUnavailable, DatasetUnknown
from agents.datasets.registry import RESERVED, NameTaken, Registry, bundled
from agents.tables import metadata
from tests.datasets import places


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = create_engine(f"sqlite:///{tmp_path / 'list.db'}")
    metadata.create_all(opened)
    yield opened
    opened.dispose()


@pytest.mark.parametrize("name", ["", "A", "1a", "a-b", "a b", 'a"b', "../a", "a" * 41, "ä", "a\n", *sorted(RESERVED)])
def test_names_that_queries_could_trip_over(engine: Engine, tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a name"):
        Registry(engine, None).new(name, str(places(tmp_path)), "")


def test_a_name_is_given_once(engine: Engine, tmp_path: Path) -> None:
    registry = Registry(engine, None)
    entry = registry.new("a", str(places(tmp_path)), "x" * 9999)
    registry.add(entry)
    with pytest.raises(NameTaken):
        registry.new("a", str(places(tmp_path)), "")
    with pytest.raises(NameTaken):
        registry.add(entry)
    assert len(registry.entry("a").description) == 500
    with pytest.raises(DatasetUnknown, match="There are: a"):
        registry.entry("b")


def test_an_empty_list(engine: Engine) -> None:
    with pytest.raises(DatasetUnknown, match="datasets add"):
        Registry(engine, None).entry("a")


def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(DatasetUnavailable):
        Registry(engine, None).entries()
    engine.dispose()


def test_a_password_is_kept_and_not_shown(engine: Engine) -> None:
    registry = Registry(engine, None)
    registry.add(registry.new("a", "postgresql://reader:s3cret@db.example/stock", ""))
    entry = registry.entry("a")
    assert "s3cret" in entry.address
    assert entry.registered.source == "postgresql://reader:***@db.example/stock"


@pytest.mark.parametrize(
    "text", ["[operations", "operations = 1", "[operations]\ntitle = 'x'", "\udcff", "[[operations]]"]
)
def test_a_broken_list_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "datasets.toml").write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(DatasetUnavailable, match=r"datasets\.toml"):
        bundled(tmp_path)


def test_names_that_cannot_be_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "datasets.toml").write_text(
        "['../x']\ndescription = ''\n[all]\ndescription = ''\n[ok]\ndescription = ''"
    )
    assert list(bundled(tmp_path)) == ["ok"]
    assert bundled(tmp_path / "nowhere") == {}
