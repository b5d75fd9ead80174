"""The locks: which files are installed, by their hashes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LOCKS = ROOT / "deploy" / "locks"
RUNTIME, DEVELOPMENT, IMAGE = LOCKS / "runtime.txt", LOCKS / "development.txt", LOCKS / "image.txt"
_LINE = re.compile(r"([\w.-]+)(?:\[[\w,.-]+\])?==([^\s;]+)(?: ; (.+?))?(?: \\)?")
_HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


@dataclass(frozen=True, slots=True)
class Locked:
    """A package at its version; `marker` says on which machines, "" everywhere; `hashes` is how many files it has."""

    name: str
    version: str
    marker: str
    hashes: int


def canonical(name: str) -> str:
    """As names of packages are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(path: Path) -> Iterator[Locked]:
    """The packages of a lock. Raises ValueError for a line that is none."""
    found: list[str] | None = None
    hashes = 0
    for line in [*path.read_text(encoding="utf-8").splitlines(), ""]:
        if _HASH.fullmatch(line):
            hashes += 1
            continue
        if found is not None:
            yield Locked(canonical(found[0]), found[1], found[2] or "", hashes)
        match = _LINE.fullmatch(line)
        if match is None and line:
            raise ValueError(f"{path.name}: {line}")
        found, hashes = list(match.groups()) if match else None, 0


def pinned() -> dict[str, str]:
    """The versions of constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {canonical(name): version for name, _, version in pairs}
