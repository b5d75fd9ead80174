"""Answers depend on the data folder alone: not on where a command is started, nor on what became of the files."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import KNOWLEDGE, ROOT, embedded, environment, pitcrew, prepared, serving

VARIANTS = "How much power does the Wren have?"


@pytest.fixture(scope="module")
def data(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ingested from a knowledge base that is gone since."""
    folder = tmp_path_factory.mktemp("moved")
    base = Path(shutil.copytree(KNOWLEDGE, folder / "base"))
    data = embedded(ingested, prepared(ingested, folder / "data"))
    done = pitcrew("ingest", str(base), env=environment(data, PITCREW_KNOWLEDGE_DIR=str(base)), timeout=900)
    assert done.returncode == 0, done.stderr
    assert "Taken in: customer-questions.csv (customers' questions), datasets (datasets), vehicles.csv" in done.stderr
    shutil.rmtree(base)
    return data


def elsewhere(data: Path, cwd: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in environment(data).items() if name != "PITCREW_KNOWLEDGE_DIR"}
    command = [sys.executable, "-m", "api", *arguments]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300, check=False)


def test_the_same_answer_from_any_folder(ingested: Path, data: Path, tmp_path: Path) -> None:
    here = pitcrew("ask", VARIANTS, "--json", env=environment(ingested))
    there = elsewhere(data, tmp_path, "ask", VARIANTS, "--json")
    assert there.returncode == 0, there.stderr
    response = json.loads(there.stdout)["response"]
    assert response == json.loads(here.stdout)["response"]
    assert "Wren 42" in response
    assert "Wren 58" in response
    listed = elsewhere(data, tmp_path, "datasets", "list", "--json")
    assert "operations" in listed.stdout
    counted = elsewhere(data, tmp_path, "ask", "How many incidents are there?", "--agent", "analyst", "--json")
    assert counted.returncode == 0, counted.stderr
    assert re.search(r"\d{3}", json.loads(counted.stdout)["response"]), counted.stdout
    assert os.listdir(tmp_path) == []


def test_what_is_not_there_is_said(ingested: Path, data: Path, tmp_path: Path) -> None:
    """By the doctor, the banner and `/ready`, for a base without them and for a data folder from before."""
    base, own = tmp_path / "base", prepared(ingested, tmp_path / "own")
    (base / "specs").mkdir(parents=True)
    (base / "specs" / "gull.md").write_text("# The Gull\n\n## Cargo\n\nThe hold takes 430 litres.\n")
    env = environment(own, PITCREW_KNOWLEDGE_DIR=str(base))
    done = pitcrew("ingest", str(base), env=env)
    assert done.returncode == 0, done.stderr
    doctor = {line["part"]: line for line in map(json.loads, pitcrew("doctor", "--json", env=env).stdout.splitlines())}
    assert doctor["supplements"]["state"] == "warn"
    with serving(own, PITCREW_KNOWLEDGE_DIR=str(base)) as served:
        ready = json.loads(served.get("/ready")[1])
        assert ready["checks"]["knowledge"]["absent"] == ["vehicles.csv", "customer-questions.csv", "datasets"]
        assert "Not there: vehicles.csv (the maker's vehicles)" in served.printed()
    whole = [json.loads(line) for line in elsewhere(data, tmp_path, "doctor", "--json").stdout.splitlines()]
    assert {line["part"]: line["state"] for line in whole}["supplements"] == "ok"


def test_an_empty_base_says_so_everywhere(ingested: Path, tmp_path: Path) -> None:
    data = prepared(ingested, tmp_path / "data")
    with serving(data) as served:
        status, body, _ = served.get("/ready")
        assert status == 503
        assert json.loads(body)["checks"]["knowledge"]["reason"].startswith("empty: pitcrew ingest FOLDER")
        printed = served.printed()
    assert "Pitcrew runs, and knows nothing yet." in printed
    assert "Pitcrew is ready." not in printed


def test_the_base_that_is_set_is_the_one_that_a_start_ingests(ingested: Path, tmp_path: Path) -> None:
    data = prepared(ingested, tmp_path / "data")
    missing = pitcrew("serve", "--ingest-first", env=environment(data, PITCREW_KNOWLEDGE_DIR=str(tmp_path / "none")))
    assert missing.returncode == 1
    assert "Set PITCREW_KNOWLEDGE_DIR" in missing.stderr
    assert "--ingest-first" in (ROOT / "Makefile").read_text()
    assert "--ingest knowledge_base" not in (ROOT / "Makefile").read_text()


def state(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_doctor_names_each_fault_and_changes_nothing(data: Path, tmp_path: Path) -> None:
    wrong = {
        "PITCREW_TIME_ZONE": "Mars",
        "PITCREW_JWT_SECRET": "short",
        "PITCREW_DATABASE_URL": "nonsense",
        "PITCREW_SOCKETS": "many",
        "PITCREW_MODELS": "nobody:none",
        "PITCREW_WEBHOOK_URL": "https://example.com/hook",
        "PITCREW_DATA_DIR": str(tmp_path / "none" / "data"),
    }
    done = pitcrew("doctor", env=environment(tmp_path, **wrong))
    assert done.returncode == 1
    for fault in ("PITCREW_TIME_ZONE", "PITCREW_JWT_SECRET", "PITCREW_DATABASE_URL", "PITCREW_SOCKETS"):
        assert fault in done.stdout, fault
    assert "PITCREW_MODELS" in done.stdout
    assert "PITCREW_WEBHOOK_SECRET" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "Value error" not in done.stdout
    assert list(tmp_path.iterdir()) == []
    before = state(data)
    assert pitcrew("doctor", env=environment(data)).returncode == 0
    (data / "models").rename(tmp_path / "models")
    try:
        assert pitcrew("doctor", env=environment(data)).returncode == 0
        assert not (data / "models").exists()
    finally:
        (tmp_path / "models").rename(data / "models")
    assert state(data) == before


def test_what_cannot_be_read_is_not_taken_in(data: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(data, tmp_path / "data"))
    before = sorted(path.name for path in (own / "supplements").iterdir())
    base = tmp_path / "base"
    base.mkdir()
    (base / "vehicles.csv").write_text("colour\nred\n")
    done = pitcrew("ingest", str(base), env=environment(own, PITCREW_KNOWLEDGE_DIR=str(base)))
    assert done.returncode != 0
    assert "vehicles.csv cannot be read" in done.stderr
    assert sorted(path.name for path in (own / "supplements").iterdir()) == before
