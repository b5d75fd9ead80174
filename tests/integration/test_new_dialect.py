"""The recipe for a dialect, followed: a copy of the product with one more file serves one more wire."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.listening import anew, is_of, listening
from tests.serving import ROOT, Served, duplicate, environment, free_port

DIALECT = '''\
"""The dialect of `/ws/lines/{session_id}`: a question is a line of text, and so is its answer."""

import msgspec

from api.protocol.dialect import Beat, Dialect, Handshake, Notice, Problem, Rejected, Requested, Session, Words
from api.protocol.frames import spell
from orchestrator.commands import Send
from orchestrator.errors import EmptyMessage
from orchestrator.events import KINDS, Completed, Envelope, Failed


class AnswerFrame(msgspec.Struct, tag="line"):
    """The answer, or why there is none."""

    text: str


class LineSession:
    def __init__(self, session_id: str) -> None:
        self._session_id = session_id

    def opened(self) -> tuple[Requested, ...]:
        return ()

    @property
    def finished(self) -> bool:
        return False

    def received(self, text: str) -> Requested:
        return Requested(Send(text, self._session_id) if text.strip() else Rejected(EmptyMessage()))

    def emitted(self, envelope: Envelope, *, lagging: bool = False) -> tuple[str, ...]:
        match envelope.event:
            case Completed(response=response):
                return (spell(AnswerFrame(response)),)
            case Failed(error=error):
                return (spell(AnswerFrame(error)),)
        return ()

    def notice(self, notice: Notice) -> tuple[str, ...]:
        match notice:
            case Problem(error):
                return (spell(AnswerFrame(error.text)),)
            case Beat():
                return (spell(AnswerFrame("still here")),)
        return ()


def _open(handshake: Handshake) -> Session:
    return LineSession(handshake.path.get("session_id", ""))


DIALECT = Dialect(
    "lines",
    "/ws/lines/{session_id}",
    _open,
    Words((), (AnswerFrame,)),
    KINDS - {Completed, Failed},
    guest=lambda handshake: "somebody",
    foreign_origin=4003,
    heartbeat_s=1.0,
)
'''


@pytest.fixture(scope="module")
def copied(ingested: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The product, copied, with the one file of the new dialect, and serving."""
    copy = tmp_path_factory.mktemp("copy")
    for folder in ("agents", "api", "migrations", "orchestrator", "rag"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "alembic.ini"):
        shutil.copy(ROOT / name, copy / name)
    (copy / "api" / "dialects" / "lines.py").write_text(DIALECT)
    duplicate(ingested, copy / "data")
    port, log = free_port(), copy / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "serve", "--port", str(port)],
            cwd=copy,
            env=environment(copy / "data", PYTHONPATH=str(copy), OMP_NUM_THREADS="1"),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    served = Served(port, process, log, copy / "data")
    try:
        deadline = time.monotonic() + 120
        while True:
            with suppress(OSError):
                if served.get("/health")[0] == 200:
                    break
            assert process.poll() is None, served.printed()
            assert time.monotonic() < deadline, served.printed()
            time.sleep(0.1)
        yield served
    finally:
        process.terminate()
        process.wait(30)


async def test_it_speaks(copied: Served) -> None:
    async with listening(copied, f"/ws/lines/{anew()}") as line:
        assert [await line.receive(5), await line.receive(5)] == [{"type": "line", "text": "still here"}] * 2
        for question, answer in (("When is the brake fluid of the Wren changed?", "2 years"), ("  ", "is empty")):
            await line.send(question)
            assert answer in (await line.until(lambda frame: frame["text"] != "still here"))[-1]["text"]
    async with listening(copied, f"/ws/lines/{anew()}", origin="https://elsewhere.example") as line:
        assert await line.closed() == ([], 4003)


async def test_the_wires_beside_it_still_do(copied: Served) -> None:
    async with listening(copied, f"/ws/chat/{anew()}") as line:
        await line.send({"type": "chat", "payload": {"message": "When is the brake fluid of the Wren changed?"}})
        assert (await line.until(is_of("final_answer", "error")))[-1]["data"]["type"] == "final_answer"


def test_it_is_published(copied: Served) -> None:
    status, body, _ = copied.get("/asyncapi.json")
    assert status == 200
    document = json.dumps(json.loads(body))
    assert "/ws/lines/{session_id}" in document
    assert "The answer, or why there is none." in document
    assert not (ROOT / "api" / "dialects" / "lines.py").exists()
