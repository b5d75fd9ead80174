"""The client as a package: packed, installed from the file by a stranger, and used from Node with the real server."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

from tests.serving import ROOT, Served

WEB = ROOT / "web"
CHAT = """
import { PitcrewClient } from 'pitcrew-client';
import { WebSocket } from 'ws';

const client = new PitcrewClient({ url: process.argv[2], credential: { token: () => process.argv[3] }, WebSocket });
const whole = new Promise((resolve) => client.subscribe(() => {
  const answer = client.snapshot().entries.find((entry) => entry.kind === 'answer' && entry.status === 'complete');
  if (answer) resolve(answer);
}));
client.connect();
client.send('What is the roof load of the Plover?');
const { text, citations } = await whole;
console.log(JSON.stringify({ text, cited: citations.map(({ title }) => title), user: client.snapshot().user }));
client.dispose();
"""
TYPED = """
import { PitcrewClient, type Answer, type Snapshot } from 'pitcrew-client';

const client = new PitcrewClient({ url: 'http://localhost:8000', credential: { token: 't' } });
const snapshot: Snapshot = client.snapshot();
const answers: Answer[] = snapshot.entries.filter((entry) => entry.kind === 'answer');
export const texts: string[] = answers.map(({ text }) => text);
// @ts-expect-error: a decision belongs to an answer
client.decide('yes', true);
"""


def run(*command: str, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("npm_")}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=170, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of a stranger's with the package in it, installed from the file alone."""
    if shutil.which("npm") is None:
        pytest.skip("this needs Node: apt install npm")
    with FileLock(tmp_path_factory.getbasetemp().parent / "node.lock"):
        run("make", "web/node_modules/.package-lock.json", cwd=ROOT)
        folder = tmp_path_factory.mktemp("stranger")
        run("npm", "pack", "--workspace", "pitcrew-client", "--pack-destination", str(folder), cwd=WEB)
    (folder / "package.json").write_text('{"type": "module"}')
    [packed] = folder.glob("*.tgz")
    run("npm", "install", "--offline", "--no-audit", "--no-fund", f"./{packed.name}", cwd=folder)
    assert [path.name for path in (folder / "node_modules").iterdir() if path.name[0] != "."] == ["pitcrew-client"]
    (folder / "node_modules" / "ws").symlink_to(WEB / "node_modules" / "ws")
    return folder


def test_a_chat_from_node(installed: Path, server: Served) -> None:
    (installed / "chat.js").write_text(CHAT)
    told = json.loads(run("node", "chat.js", server.http, server.token("node", name="Nora"), cwd=installed))
    assert "100 kg" in told["text"]
    assert "Dimensions and weights" in told["cited"]
    assert told["user"]["name"] == "Nora"


def test_its_types(installed: Path) -> None:
    (installed / "typed.ts").write_text(TYPED)
    compiler = str(WEB / "node_modules" / ".bin" / "tsc")
    run(
        *(compiler, "--noEmit", "--strict", "--target", "es2023", "--module", "nodenext", "--lib", "es2023,dom"),
        *("--types", "", "typed.ts"),
        cwd=installed,
    )


def test_the_modules_check_and_their_tests_pass(installed: Path) -> None:
    run("npm", "run", "check", cwd=WEB)
    run("npm", "test", cwd=WEB)
