"""`pitcrew ingest --extract-only`: what was read of each file, and nothing else."""

import json
from pathlib import Path

import pytest

from tests import documents
from tests.serving import environment, pitcrew


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    (folder / "deep").mkdir(parents=True)
    (folder / "wheels.md").write_text("# Wheels\n\nTighten the bolts to 120 Nm.\n")
    (folder / "deep" / "parts.xlsx").write_bytes(
        documents.xlsx({"Parts": documents.sheet_rows([["A", "B"], ["x", 1]])})
    )
    (folder / "deep" / "manual.pdf").write_bytes(documents.pdf("First page", "", drawing="9 9 9 9 re f"))
    (folder / "empty.txt").write_text("")
    (folder / "broken.docx").write_bytes(b"PK\x03\x04 nothing")
    (folder / "photo.raw").write_text("no loader reads this")
    return folder


def run(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    data = tmp_path / "no-data"
    done = pitcrew("ingest", "--extract-only", *arguments, env=environment(data))
    assert not data.exists()
    return done.returncode, done.stdout, done.stderr


def test_one_object_per_file(tmp_path: Path, folder: Path) -> None:
    code, stdout, _ = run(tmp_path, str(folder), "--json")
    lines = {Path(line["file"]).name: line for line in map(json.loads, stdout.splitlines())}
    assert code == 3
    assert {name: line["status"] for name, line in lines.items()} == {
        "broken.docx": "rejected",
        "empty.txt": "empty",
        "manual.pdf": "ok",
        "parts.xlsx": "ok",
        "wheels.md": "ok",
    }
    assert all(line.keys() == {"file", "status", "text", "seconds", "message"} for line in lines.values())
    assert lines["parts.xlsx"]["text"] == "Parts\n\nA: x | B: 1"
    assert lines["wheels.md"]["message"] == ""
    assert lines["broken.docx"]["text"] == ""
    assert "save it as .docx again" in lines["broken.docx"]["message"]
    assert "Page 2 holds no text" in lines["manual.pdf"]["message"]


def test_a_listing_for_people(tmp_path: Path, folder: Path) -> None:
    code, stdout, _ = run(tmp_path, str(folder))
    assert code == 3
    assert "wheels.md: 39 characters, 1 heading" in stdout
    assert "manual.pdf: 10 characters, 1 page" in stdout
    assert "parts.xlsx: 18 characters, 1 heading, 1 table" in stdout
    assert "rejected" in stdout
    assert "photo.raw" not in stdout


def test_the_text_of_a_single_file(tmp_path: Path, folder: Path) -> None:
    code, stdout, stderr = run(tmp_path, str(folder / "wheels.md"))
    assert (code, stdout) == (0, "# Wheels\n\nTighten the bolts to 120 Nm.\n")
    assert "1 heading" in stderr


def test_exit_codes(tmp_path: Path, folder: Path) -> None:
    assert run(tmp_path, str(folder / "wheels.md"), str(folder / "deep"))[0] == 0
    assert run(tmp_path, str(folder / "empty.txt"))[0] == 0
    assert run(tmp_path, str(folder / "wheels.md"), str(folder / "broken.docx"))[0] == 3
    assert run(tmp_path, str(folder / "broken.docx"), "--json")[0] == 1
    assert run(tmp_path, str(folder / "photo.raw"))[0] == 1
