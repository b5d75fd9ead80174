"""The packages as strangers install them: the client's without the server, and the server's outside a checkout."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import websockets

from tests.serving import ROOT, Served, embedded, environment, prepared

BUILDING = {"PIP_NO_INDEX": "1", "SOURCE_DATE_EPOCH": "1700000000"}
LEFT_OUT = shutil.ignore_patterns("build", "*.egg-info", "__pycache__", "node_modules")


def wheel(sources: Path, to: Path) -> Path:
    """Build the project in that folder, as it stands, with what is installed."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", to, sources]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, env=os.environ | BUILDING)
    assert done.returncode == 0, done.stderr
    [built] = to.glob("*.whl")
    return built


def unpacked(built: Path, to: Path) -> Path:
    with zipfile.ZipFile(built) as archive:
        archive.extractall(to)
    return to


def run(command: Sequence[str | Path], cwd: Path, env: dict[str, str], code: int = 0) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def printed(page: str) -> str:
    """The one whole program in Python that a page shows."""
    blocks = (ROOT / page).read_text(encoding="utf-8").split("```python\n")[1:]
    [program] = [block.partition("```")[0] for block in blocks if "asyncio.run" in block]
    return program


def test_the_client_needs_nothing_of_the_server(server: Served, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "api" / "client", tmp_path / "client", ignore=LEFT_OUT)
    packages = unpacked(wheel(tmp_path / "client", tmp_path), tmp_path / "packages")
    (packages / "websockets").symlink_to(Path(websockets.__file__).parent)
    (tmp_path / "ask.py").write_text(printed("api/client/README.md"))
    alone = {"PYTHONPATH": str(packages), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-S", "ask.py", server.http, server.token("stranger")]
    assert "100 kg" in run(command, tmp_path, alone)
    listed = run(
        [sys.executable, "-S", "-c", "import pitcrew_client, sys; print(*sorted(sys.modules))"], tmp_path, alone
    ).split()
    assert {name.partition(".")[0] for name in listed} & {"api", "orchestrator", "agents", "rag", "pydantic"} == set()


def server_wheel(folder: Path) -> Path:
    """The server's wheel, of copies of its sources."""
    sources = folder / "sources"
    sources.mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    for name in ("rag", "agents", "orchestrator", "api", "migrations", "knowledge_base"):
        shutil.copytree(ROOT / name, sources / name, ignore=LEFT_OUT, copy_function=shutil.copy)  # of another time
    return wheel(sources, folder)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return server_wheel(tmp_path_factory.mktemp("outside"))


@pytest.fixture(scope="module")
def outside(built: Path) -> Path:
    """The server's packages, unpacked in a folder that is no checkout."""
    return unpacked(built, built.parent / "packages")


def test_the_same_sources_make_the_same_bytes(built: Path, tmp_path: Path) -> None:
    again = server_wheel(tmp_path / "again")
    assert (again.name, again.read_bytes() == built.read_bytes()) == (built.name, True)


def test_the_server_runs_outside_a_checkout(outside: Path, ingested: Path, tmp_path: Path) -> None:
    """From an empty folder: the demonstration with its documents, then an answer, pages and bundles."""
    data = embedded(ingested, prepared(ingested, tmp_path / "data"))
    env = environment(data, PYTHONPATH=str(outside))
    del env["PITCREW_KNOWLEDGE_DIR"]
    pitcrew = [sys.executable, "-c", "import api.cli; api.cli.main()"]
    told = subprocess.run(
        [*pitcrew, "demo", "--json"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=500
    )
    assert told.returncode == 0, told.stderr
    assert "knowledge_base" in told.stderr
    assert (tmp_path / "knowledge_base" / "vehicles.csv").is_file()
    assert "100 kg" in run([*pitcrew, "ask", "What is the roof load of the Plover?"], tmp_path, env)
    names = {path.relative_to(outside).as_posix() for path in outside.rglob("*") if path.is_file()}
    assert {"api/pages/built/widget/widget.js", "api/pages/built/console/console.js", "migrations/env.py"} <= names
    here = run([sys.executable, "-c", "import api; print(api.__file__)"], tmp_path, env)
    assert here.startswith(str(outside))
