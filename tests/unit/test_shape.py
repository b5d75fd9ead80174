"""The shape of the project: what lies where, how long things are, and pages that tell the truth."""

import ast
import re
import statistics
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.generated_docs import ENVIRONMENT, PAGES, TABLES, environment, renewed

ROOT = Path(__file__).parents[2]
LAYERS = ("rag", "agents", "orchestrator", "api")
FOLDERS = {
    ".ci",
    ".github",
    "agents",
    "api",
    "benchmarks",
    "deploy",
    "docs",
    "knowledge_base",
    "migrations",
    "orchestrator",
    "rag",
    "tests",
    "web",
}
FILES = {
    ".env.example", ".gitignore", ".importlinter", ".pre-commit-config.yaml", "ARCHITECTURE.md", "CHANGELOG.md",
    "CONTRIBUTING.md", "LICENSE", "Makefile", "PROTOCOL.md", "README.md", "SECURITY.md", "alembic.ini",
    "constraints.txt", "langgraph.json", "pyproject.toml",
}  # fmt: skip
FORBIDDEN_NAMES = {"utils", "helpers", "helper", "manager", "services", "common", "misc", "core"}
AT_A_ROOT = {"agents": 14, "api": 12, "orchestrator": 14, "rag": 25}
"""Modules at the root of a layer: its contracts and what all its rooms stand on."""
ENTRANCES = {"__init__", "__main__"}
"""Of the program: `uvicorn api:app` and `python -m api`."""
LONGEST_MODULE, MEDIAN_MODULE, LONGEST_FUNCTION, USUAL_FUNCTION = 400, 150, 80, 45


PATTERN_CALLS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn", "escape"}
PATTERNS = {
    "analyst": 4,
    "analyst/reading": 1,
    "chat": 4,
    "datasets": 13,
    "diagnosis": 1,
    "explorer": 6,
    "extractive": 7,
    "language": 2,
    "passages": 12,
    "vehicle_data": 44,
    "vehicles": 1,
}
"""Calls of `re` in each room of `agents`: texts are read word by word (`agents/language`). A count only goes down: who
needs fewer writes the smaller number here."""


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Path(line) for line in listed.splitlines()]


def modules() -> list[Path]:
    return [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]


def test_top_level() -> None:
    top = {path.parts[0] for path in tracked()}
    assert top <= FOLDERS | FILES, top - FOLDERS - FILES


def test_names_a_newcomer_guesses() -> None:
    stems = {path.stem for path in modules()} | {path.parent.name for path in modules()}
    assert not stems & FORBIDDEN_NAMES


def test_roots_hold_contracts_only() -> None:
    counts = {layer: len([*(ROOT / layer).glob("*.py")]) for layer in LAYERS}
    assert {layer: count for layer, count in counts.items() if count > AT_A_ROOT[layer]} == {}


def test_no_two_rooms_import_each_other() -> None:
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in modules()}
    pairs = set()
    for path in modules():
        if path.parent == ROOT / "api" and path.stem in ENTRANCES:
            continue
        room = ".".join(path.parent.relative_to(ROOT).parts)
        for name in imports(path):
            module = name if name in names else name.rpartition(".")[0]
            if module in names:
                folder = (ROOT / module.replace(".", "/")).is_dir()
                pairs.add((room, module if folder else module.rpartition(".")[0]))
    assert {(one, other) for one, other in pairs if one < other and (other, one) in pairs} == set()


def imports(path: Path) -> list[str]:
    """The full names that a module imports, also inside functions."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_module_sizes() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length > LONGEST_MODULE} == {}
    assert statistics.median(length for length in lengths.values() if length > 1) <= MEDIAN_MODULE


def test_script_sizes() -> None:
    scripts = [path for path in (ROOT / "api" / "pages").iterdir() if path.suffix in {".js", ".css", ".html"}]
    assert {path: 0 for path in scripts if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST_MODULE} == {}


def test_patterns_become_fewer() -> None:
    counts = Counter(
        path.parent.relative_to(ROOT / "agents").as_posix()
        for path in sorted((ROOT / "agents").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "re"
        if node.attr in PATTERN_CALLS
    )
    assert counts == Counter(PATTERNS)


def test_patterns_are_where_they_are_counted() -> None:
    hidden = [
        path
        for path in sorted((ROOT / "agents").rglob("*.py"))
        if any(name == "regex" or name.startswith(("re.", "regex.")) for name in imports(path))
    ]
    assert hidden == []


def test_function_sizes() -> None:
    lengths = {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}
    assert statistics.quantiles(lengths.values(), n=20)[-1] <= USUAL_FUNCTION


def test_every_module_says_what_it_is_for() -> None:
    silent = [path for path in modules() if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_modules_that_texts_name_are_there() -> None:
    files = [path.as_posix() for path in tracked()]
    texts = [path for path in tracked() if path.suffix in {".py", ".md"} and path.parts[0] != "tests"]
    gone = {
        (path.as_posix(), name)
        for path in texts
        for name in re.findall(r"`([\w/]+\.py)`", (ROOT / path).read_text(encoding="utf-8"))
        if not any(file == name or file.endswith(f"/{name}") for file in files)
    }
    assert gone == set()


def test_every_setting_is_in_the_example() -> None:
    assert (ROOT / ENVIRONMENT).read_text(encoding="utf-8") == environment(), "run `make docs`"


def test_the_promises_name_tests_that_are_there() -> None:
    named = re.findall(r"`((?:tests|rag)/[^`]+)`", (ROOT / "SECURITY.md").read_text(encoding="utf-8"))
    assert len(named) > 5
    assert not [path for path in named if not (ROOT / path).exists()]


@pytest.mark.parametrize("name", PAGES)
def test_generated_tables_are_fresh(name: str) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    assert renewed(page) == page, "run `make docs`"


def test_every_generated_table_is_shown() -> None:
    pages = "".join((ROOT / name).read_text(encoding="utf-8") for name in PAGES)
    assert [name for name in TABLES if f"<!-- generated: {name} -->" not in pages] == []
