"""What is built for browsers and kept in the repository: made of the sources that are there, and small."""

import gzip
import hashlib
import json
import subprocess
from pathlib import Path

import pytest

from tests.client_schema import FILE, schema
from tests.serving import ROOT

BUILT = sorted((ROOT / "api" / "pages" / "built").iterdir())
WIDGET = ROOT / "api" / "pages" / "built" / "widget"
MOST_BYTES = 45_000
"""Of the widget as it is sent. Every page of a customer's website loads it."""


def recorded(built: Path) -> dict[str, str]:
    """What it was made of: the digest of each file, by its path."""
    lines = (built / "sources.sha256").read_text(encoding="utf-8").splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines)}


@pytest.mark.parametrize("built", BUILT, ids=lambda built: built.name)
def test_it_is_made_of_the_sources_that_are_there(built: Path) -> None:
    sources = recorded(built)
    folders = {"/".join(path.split("/")[:3]) for path in sources if path.count("/") > 2} or {f"web/{built.name}"}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *folders],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    there = {path for path in listed.stdout.split() if (ROOT / path).is_file()}
    assert there
    assert there <= set(sources), "run `make web`"
    changed = [
        path
        for path, digest in sources.items()
        if not (ROOT / path).is_file() or hashlib.sha256((ROOT / path).read_bytes()).hexdigest() != digest
    ]
    assert changed == [], "run `make web`"


def test_the_widget_is_small() -> None:
    assert len(gzip.compress((WIDGET / "widget.js").read_bytes())) <= MOST_BYTES


def test_the_widget_makes_no_code_of_text() -> None:
    script = (WIDGET / "widget.js").read_text(encoding="utf-8")
    assert not any(word in script for word in ("eval(", "new Function(", "Function("))


def test_every_language_has_all_words() -> None:
    sources = (ROOT / "web" / "widget" / "src" / "english.ts").read_text(encoding="utf-8")
    languages = sorted((ROOT / "web" / "widget" / "languages").glob("*.json"))
    assert [path.name for path in languages] == [path.name for path in sorted(WIDGET.glob("*.json"))]
    for path in languages:
        language = json.loads(path.read_text(encoding="utf-8"))
        assert language["direction"] in {"ltr", "rtl"}
        assert all(f"  {name}:" in sources for name in language["messages"])
        assert len(language["messages"]) == sources.count("\n  ") - sources.count("\n    ") - sources.count("\n  },")


def test_the_schema_of_the_client_is_that_of_the_server() -> None:
    assert FILE.read_text(encoding="utf-8") == schema(), "run `make docs`, then `npm --prefix web run types`"
