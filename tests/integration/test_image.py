"""What the image of `deploy/Dockerfile` leaves out is not needed to answer: it only exports the embedder's weights."""

import re
import subprocess
import sys
from pathlib import Path

from tests.serving import ROOT, environment

WITHOUT = """
import sys
for name in {names}:
    sys.modules[name] = None
from api.cli import main
main()
"""


def left_out() -> list[str]:
    """Modules of the packages that the image is freed of."""
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    [listed] = re.findall(r"grep -E '\^\((.+)\)\( @\|==\)'", dockerfile)
    return [name.replace("-", "_") for name in listed.split("|") if "*" not in name]


def test_answers_come_without_what_the_image_leaves_out(data: Path) -> None:
    assert {"torch", "transformers", "sentence_transformers"} <= {*left_out()}
    program = WITHOUT.format(names=left_out())
    asked = ("ask", "Which tyre pressure does the Heron need in winter when it is loaded?")
    done = subprocess.run(
        [sys.executable, "-c", program, *asked],
        env=environment(data), cwd=ROOT, capture_output=True, text=True, timeout=170,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "bar" in done.stdout
