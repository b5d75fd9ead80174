"""What is installed is what was meant: by its hash, at the versions that everything is tested with, under licences that
let the product be used; and the same sources make the same package."""

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.supply import audit
from tests.supply.licences import ALLOWED, NAMED, installed, licence_of, parts, refused
from tests.supply.lock import DEVELOPMENT, IMAGE, LOCKS, ROOT, RUNTIME, canonical, locked, pinned

TORCH = "torch"
"""Comes in another file on each kind of machine: no list of hashes holds for all of them."""


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return found


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT, IMAGE], ids=lambda path: path.name)
def test_every_package_has_its_hashes_and_the_version_that_is_tested_with(lock: Path) -> None:
    versions = pinned()
    for one in locked(lock):
        assert one.hashes > 0, one
        assert versions[one.name] == one.version, f"{one}: run `make lock`"


@pytest.mark.parametrize(
    ("lock", "extras"),
    [(RUNTIME, ()), (DEVELOPMENT, ("dev",)), (IMAGE, ("cluster", "traces"))],
    ids=["runtime", "development", "image"],
)
def test_every_requirement_is_locked(lock: Path, extras: tuple[str, ...]) -> None:
    """Ours, and those of what is locked, as they are installed here."""
    asked = project()
    wanted = [*asked["dependencies"], *(line for extra in extras for line in asked["optional-dependencies"][extra])]
    names = {one.name: one for one in locked(lock)}
    for requirement in map(Requirement, wanted):
        name = canonical(requirement.name)
        assert name == TORCH or name in names, f"{requirement}: run `make lock`"
        assert name == TORCH or requirement.specifier.contains(names[name].version), requirement
    left_out = set((LOCKS / "accelerators.txt").read_text(encoding="utf-8").split())
    for one in locked(lock):
        here = installed(one.name)
        for needed in map(Requirement, (here.requires if here else None) or []):
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonical(needed.name) in {*names, TORCH, *left_out, "pip"}, (one.name, str(needed))


def test_what_is_installed_here_is_what_is_locked() -> None:
    for one in locked(DEVELOPMENT):
        if not one.marker:
            assert version(one.name) == one.version, f"{one.name}: run `make setup`"


def test_make_installs_by_the_locks() -> None:
    """And what builds the project in place is one of the locked packages, not one that is fetched for it."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line.strip() for line in text.splitlines() if line.startswith("\t@$(PIP)")]
    assert len(installs) == 4
    for line in installs:
        assert "--require-hashes" in line or line.endswith(f"constraints.txt {TORCH}") or "--no-deps" in line, line
    assert "--no-build-isolation -e ." in text
    for lock in (RUNTIME, IMAGE):
        assert "setuptools" in {one.name for one in locked(lock)}


def test_make_locks_all_of_them() -> None:
    """And what the image adds to what runs here is that of its extras."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    made = re.findall(r"^\t\$\(LOCK\) .*-o \$\(LOCKS\)/(\S+)$", text, re.M)
    assert sorted(made) == sorted(path.name for path in (RUNTIME, DEVELOPMENT, IMAGE))
    assert {one.name for one in locked(RUNTIME)} <= {one.name for one in locked(IMAGE)}


def test_licences_let_the_product_be_used() -> None:
    names = [TORCH, *(one.name for one in locked(RUNTIME) if installed(one.name))]
    assert {name: licence_of(name) for name in names if refused(name)} == {}
    used = {part for name in names for part in parts(licence_of(name))}
    assert set(NAMED) <= used, "what nobody needs is not allowed"
    assert not any("GPL" in part for part in ALLOWED)


def test_a_licence_that_is_not_allowed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for said in ("AGPL-3.0-only", "MIT AND SSPL-1.0", "not said"):
        monkeypatch.setattr("tests.supply.licences.licence_of", lambda _, said=said: said)
        assert refused("anything")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"dependencies": [{"name": "a", "version": "1", "vulns": []}]}, 0),
        ({"dependencies": [{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": []}]}]}, 1),
        ({"dependencies": [{"name": "a", "skip_reason": "not found"}]}, 3),
        (audit.Unknown("nobody answers"), 3),
    ],
    ids=["nothing", "a hole", "not known", "nobody"],
)
def test_an_audit_says_what_it_could_not_ask(
    answer: Any, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(command: list[Any], _folder: Path) -> Any:
        if "pip_audit" not in command:
            return {"vulnerabilities": {}}
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(audit, "_told", told)
    monkeypatch.setattr("shutil.which", lambda _: "npm")
    assert audit.main() == code
    said = capsys.readouterr().out
    assert ("NOT CHECKED" in said) is (code == 3)
    assert ("X-1" in said) is (code == 1)


def test_the_list_of_what_is_left_out_names_no_more() -> None:
    names = (LOCKS / "accelerators.txt").read_text(encoding="utf-8").splitlines()[1:]
    assert all(re.fullmatch(r"(?:nvidia|cuda)-[a-z0-9-]+|triton", name) for name in names)
