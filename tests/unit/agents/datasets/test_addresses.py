"""Where datasets come from, and what is shown of it."""

import os
from pathlib import Path

import pytest

from agents.datasets.addresses import SUFFIXES, Kind, kind_of, normal, redact, state
from agents.datasets.table_files import READERS
from rag.ingestion.scan import Hashes
from tests.datasets import database


def test_paths_are_kept_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("x")
    monkeypatch.chdir(tmp_path)
    assert normal("a.csv") == str(tmp_path / "a.csv")
    assert kind_of(normal("a.csv")) is Kind.FILE
    assert kind_of(normal(".")) is Kind.FOLDER


def test_a_file_of_sqlite_is_a_database(tmp_path: Path) -> None:
    url = database(tmp_path / "x.sqlite3", "CREATE TABLE a (b);")
    assert normal(str(tmp_path / "x.sqlite3")) == url == normal(url)
    assert kind_of(url) is Kind.DATABASE


@pytest.mark.parametrize(
    "address",
    ["nowhere.csv", "sqlite://", "sqlite:///:memory:", "sqlite:///nowhere.db", "", "\0", "x" * 9999],
)
def test_what_is_not_there_is_told(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if address == "":
        assert normal(address) == str(tmp_path)  # the working folder
        return
    with pytest.raises(ValueError, match=r"."):
        normal(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://reader:s3cret@db.example:5432/stock",
        "postgresql://db.example/stock?user=reader&password=s3cret",
        "mysql://reader:s3cret@db.example/stock?ssl_key=s3cret",
        "snowflake://u:s3cret@account/db?token=s3cret&warehouse=w",
        "postgresql://reader:s3cret@[::1/stock",
        "mssql+pyodbc:///?odbc_connect=DRIVER%3DX%3BUID%3Dreader%3BPWD%3Ds3cret",
        "mssql+pyodbc:///?odbc_connect=UID%3Dreader%3BPWD%3Ds3cret&odbc_connect=x",
        "db2://reader@db.example/stock?pass=s3cret",
    ],
)
def test_secrets_are_not_shown(address: str) -> None:
    assert "s3cret" not in redact(address)


def test_the_state_of_files_is_what_they_hold(tmp_path: Path) -> None:
    hashes = Hashes()
    path = tmp_path / "a.csv"
    path.write_text("1")
    first = state(str(tmp_path), "", hashes)
    path.write_text("2")
    second = state(str(tmp_path), "", hashes)
    path.write_text("1")
    assert first != second
    assert state(str(tmp_path), "", hashes) == first
    (tmp_path / "b.csv").write_text("")
    assert state(str(tmp_path), "", hashes) != first
    assert state("sqlite:///x", "monday", hashes) != state("sqlite:///x", "tuesday", hashes)


def test_what_there_may_be_no_end_of_is_not_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)
    for address in (str(pipe), f"sqlite:///{pipe}", "/dev/zero"):
        with pytest.raises(ValueError, match="is no file"):
            normal(address)
    with pytest.raises(OSError, match="no file"):
        state(str(pipe), "", Hashes())  # where one took the place of a file
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "folder" / "pipe.csv")
    assert state(str(tmp_path / "folder"), "", Hashes())


def test_what_nothing_reads_is_told_before_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "manual.pdf"
    path.write_bytes(b"%PDF")
    with pytest.raises(ValueError, match=r"'manual\.pdf' cannot be read: use \.csv, "):
        normal(str(path))
    assert set(SUFFIXES) == READERS.keys()
    for suffix in SUFFIXES:
        (tmp_path / f"a{suffix.upper()}").write_text("x")
        assert kind_of(normal(str(tmp_path / f"a{suffix.upper()}"))) is Kind.FILE


def test_a_state_is_that_of_the_content_wherever_it_lies(tmp_path: Path) -> None:
    for place in ("here", "there"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "a.csv").write_text("n\n1\n")
    here, there = tmp_path / "here", tmp_path / "there"

    def of(path: Path, taken_at: str = "") -> str:
        return state(str(path), taken_at, Hashes())

    assert of(here) == of(there) != of(here, "later")
    assert of(here / "a.csv") == of(there / "a.csv") != of(here / "a.csv", "later")
    assert of(here) != of(here / "a.csv"), "a file is read otherwise than a folder"
    (there / "a.csv").rename(there / "b.csv")
    assert of(here) != of(there), "tables are called after files"
    assert of(here / "a.csv") != of(there / "b.csv")
    (here / "a.csv").write_text("n\n2\n")
    (there / "b.csv").rename(there / "a.csv")
    assert of(here) != of(there)
