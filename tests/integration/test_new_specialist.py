"""The recipe of CONTRIBUTING.md, followed: a copy of the product with one more file has one more specialist."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.generated_docs import PAGES
from tests.pages.blocks import every_block
from tests.serving import KNOWLEDGE, ROOT, environment, prepared

RECIPE = tuple(block.text for block in every_block() if block.page == "CONTRIBUTING.md" and "claims desk" in block.text)
DOCUMENT, SPECIALIST = RECIPE
"""The document and the module that the page has to be pasted."""
ASKED = "How many days do I have to hand in a warranty claim?"
ROUTES = {
    "the claims desk turned me down - how long does the objection take": "warranty",
    "When is the brake fluid of my Wren changed?": "maintenance",
}
CODE = (
    "agents", "api", "benchmarks", "deploy/locks", "migrations", "orchestrator", "rag", "tests/rights", "tests/supply",
)  # fmt: skip
"""What the product is made of, and the generated pages."""
DOCUMENTS = ("specs/wren.md", "maintenance/schedule-wren.md", "troubleshooting/wont-charge.md", "vehicles.csv")


@pytest.fixture(scope="module")
def copied(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product, copied, with the one file of the new specialist and a small knowledge base."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in CODE:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "docs" / "benchmarks", copy / "docs" / "benchmarks")
    for name in ("pyproject.toml", "alembic.ini", *PAGES):
        shutil.copy(ROOT / name, copy / name)
    shutil.copy(ROOT / "tests" / "generated_docs.py", copy / "tests")
    for document in DOCUMENTS:
        (copy / "knowledge" / document).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(KNOWLEDGE / document, copy / "knowledge" / document)
    (copy / "knowledge" / "warranty").mkdir()
    (copy / "knowledge" / "warranty" / "claims.md").write_text(DOCUMENT)
    (copy / "agents" / "specialists" / "warranty.py").write_text(SPECIALIST)
    prepared(ingested, copy / "data")
    run(copy, "-m", "api", "ingest", "knowledge")
    return copy


def run(copy: Path, *arguments: str) -> str:
    """What Python prints that has only the copy to import the product from."""
    env: Mapping[str, str] = environment(
        copy / "data", PYTHONPATH=str(copy), PITCREW_KNOWLEDGE_DIR=str(copy / "knowledge"), OMP_NUM_THREADS="1"
    )
    done = subprocess.run(
        [sys.executable, *arguments], cwd=copy, env=dict(env), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_the_copy_that_runs(copied: Path) -> None:
    places = "import agents, api, orchestrator, rag; print(*(m.__path__[0] for m in (agents, api, orchestrator, rag)))"
    found = [Path(place) for place in run(copied, "-c", places).split()]
    assert [place.parent for place in found] == [copied] * 4
    assert not (ROOT / "agents" / "specialists" / "warranty.py").exists()


def test_its_messages_are_routed_to_it_and_others_are_not(copied: Path) -> None:
    routed = {text: json.loads(run(copied, "-m", "api", "route", "--json", text))["route"] for text in ROUTES}
    assert routed == ROUTES


def test_it_answers_from_its_own_document(copied: Path) -> None:
    answer = json.loads(run(copied, "-m", "api", "ask", "--json", ASKED))
    metadata = answer["metadata"]
    assert (metadata["agent"], metadata["declined"]) == ("warranty", False)
    assert "14 days" in answer["response"]
    cited = metadata["context"]["citations"]
    assert {one["source"] for one in cited} == {"warranty/claims.md"}
    assert "within 14 days" in cited[0]["text"]


def test_the_pages_list_it(copied: Path) -> None:
    run(copied, "-m", "tests.generated_docs", "--write")
    pages = "".join((copied / page).read_text() for page in ("README.md", "ARCHITECTURE.md", "PROTOCOL.md"))
    assert "What the warranty covers, for how long, and how a claim is made." in pages
    assert "What the warranty covers, for how long, and how a claim is made." not in (ROOT / "README.md").read_text()
