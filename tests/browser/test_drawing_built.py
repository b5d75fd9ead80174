"""What draws diagrams and charts, as it lies in the repository: that is what its sources make."""

import gzip
import subprocess
from pathlib import Path

import pytest

from tests.serving import ROOT

BUILT = ROOT / "api" / "pages" / "built" / "drawing"


@pytest.mark.usefixtures("packages")
def test_built_again_it_is_the_same(tmp_path: Path) -> None:
    script = str(ROOT / "web" / "drawing" / "build.mjs")
    done = subprocess.run(["node", script, str(tmp_path)], capture_output=True, text=True, timeout=170)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in BUILT.iterdir()}
    for made in tmp_path.glob("*.gz"):
        # Releases of Node may compress otherwise.
        assert gzip.decompress(made.read_bytes()) == gzip.decompress((BUILT / made.name).read_bytes()), "run `make web`"


@pytest.mark.parametrize("path", sorted(BUILT.glob("*.gz")), ids=lambda path: path.name)
def test_nothing_in_it_tells_when_or_where_it_was_made(path: Path) -> None:
    flags, made_at, system = path.read_bytes()[3], path.read_bytes()[4:8], path.read_bytes()[9]
    assert (flags, made_at, system) == (0, b"\0\0\0\0", 255)
