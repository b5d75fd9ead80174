"""The client that README prints, run as it says."""

import re
import subprocess
import sys
from pathlib import Path

from tests.serving import ROOT, Served

README = (ROOT / "README.md").read_text()


def test_the_printed_client_is_a_script(server: Served, tmp_path: Path) -> None:
    [script] = re.findall(r"### From Python\n\n```python\n(.*?)```", README, re.DOTALL)
    assert "localhost:8000" in script
    file = tmp_path / "ask.py"
    file.write_text(script.replace("localhost:8000", server.http))
    command = [sys.executable, str(file), server.token("script")]
    env = {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "100 kg" in done.stdout
    assert done.stdout.startswith("ack")
