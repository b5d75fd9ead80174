"""`python -m tests.supply.audit`: licences, and the vulnerabilities that are known of what is installed to run and of
what the pages are built with. Exit code 1 where something was found, 3 where somebody who knows could not be asked."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.supply.licences import installed, licence_of, refused
from tests.supply.lock import ROOT, RUNTIME, locked

FOUND, NOT_ASKED = 1, 3
SECONDS = 300


@dataclass(frozen=True, slots=True)
class Unknown(Exception):
    """Why nobody could be asked."""

    why: str


def main() -> int:
    found = list(licences())
    unknown = []
    for name, ask in {"Python packages": python_packages, "web/": web, "tests/integration/agui/": agui}.items():
        try:
            holes = ask()
        except Unknown as error:
            unknown.append(name)
            print(f"{name}: NOT CHECKED, {error.why}")
            continue
        print(f"{name}: {len(holes)} known vulnerabilities")
        found += holes
    print(*found, sep="\n", end="\n" if found else "")
    return FOUND if found else NOT_ASKED if unknown else 0


def licences() -> Iterator[str]:
    """What may not be used, in words."""
    names = [one.name for one in locked(RUNTIME) if installed(one.name)]
    found = [f"{name}: {licence_of(name)} is not allowed" for name in (*names, "torch") if refused(name)]
    print(f"licences: {len(names) + 1} packages, {len(found)} that are not allowed")
    yield from found


def python_packages() -> list[str]:
    """What is known of the files of the lock. Raises Unknown."""
    options = ("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off")
    told = _told([sys.executable, "-m", "pip_audit", "-r", RUNTIME, *options], ROOT)
    packages = told["dependencies"]
    skipped = [package["skip_reason"] for package in packages if "skip_reason" in package]
    if skipped:
        raise Unknown(
            f"{len(skipped)} of {len(packages)} are not known where vulnerabilities are asked for: {skipped[0]}"
        )
    return [
        f"{package['name']} {package['version']}: {hole['id']}, fixed in {hole['fix_versions'] or 'no version yet'}"
        for package in packages
        for hole in package["vulns"]
    ]


def web() -> list[str]:
    return _npm(ROOT / "web")


def agui() -> list[str]:
    return _npm(ROOT / "tests" / "integration" / "agui")


def _npm(folder: Path) -> list[str]:
    npm = shutil.which("npm")
    if npm is None:
        raise Unknown("there is no npm here")
    told = _told([npm, "audit", "--package-lock-only", "--json"], folder)
    if "vulnerabilities" not in told:
        raise Unknown(str(told.get("message") or told.get("error"))[:200])
    return [f"{name}: {hole['severity']}, {hole['range']}" for name, hole in told["vulnerabilities"].items()]


def _told(command: Sequence[str | Path], folder: Path) -> Any:
    """The JSON that a tool prints. Raises Unknown."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Unknown((done.stderr.strip().splitlines() or ["no answer"])[-1][:200]) from None


if __name__ == "__main__":
    sys.exit(main())
