"""The Python client against the real server: offline, and with a model while the server's process dies."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.client import Client, Refused, SignInFailed, Turn, Waiting, Waits
from tests.model_server.running import running_model_server
from tests.serving import ROOT, Served, duplicate, environment, serving

QUESTION = "What is the roof load of the Plover?"
SOON = Waits(first_s=0.2, longest_s=1.0, patience_s=120)


async def read(turn: Turn) -> list[int]:
    """The seqs of a turn, read to its end."""
    return [frame["seq"] async for frame in turn if "seq" in frame]


async def test_a_question_and_its_answer(server: Served) -> None:
    async with Client(server.chat, server.token("asker")) as client:
        conversation = client.conversation("client-1")
        turn = conversation.ask(QUESTION)
        assert await read(turn) == [1, 2, 3, 4]
        assert turn.last is not None
        assert turn.last["type"] == "complete"
        assert turn.text == turn.last["response"]
        assert turn.sources
        await conversation.feedback(turn.last["message_id"], "up")
        with pytest.raises(Refused) as refused:
            await conversation.feedback("nobody", "up")
        assert refused.value.code == "NOT_FOUND"
        await conversation.cancel()


async def test_messages_wait_in_line_and_others_can_follow(server: Served) -> None:
    async def follow() -> list[int]:
        seqs: list[int] = []
        async for frame in watcher.conversation("client-2").follow():
            seqs += [frame["seq"]] if "seq" in frame else []
            if len(seqs) == 12:
                return seqs
        raise AssertionError

    async with (
        Client(server.chat, server.token("queue")) as client,
        Client(server.chat, server.token("queue")) as watcher,
    ):
        conversation = client.conversation("client-2")
        turns = [conversation.ask(f"What is the roof load of the {name}?") for name in ("Wren", "Heron", "Plover")]
        await anext(turns[0])
        following = asyncio.ensure_future(follow())
        seqs = [seq for turn in turns for seq in await read(turn)]
        assert sorted([1, *seqs]) == list(range(1, 13))
        async with asyncio.timeout(20):
            assert await following == list(range(1, 13))


async def test_following_nothing_and_a_bad_token(server: Served) -> None:
    async with Client(server.chat, lambda: server.token("nobody")) as client:
        with pytest.raises(Refused) as refused:
            await anext(client.conversation("never-said").follow())
        assert refused.value.code == "NOT_FOUND"
        assert (await client.conversation("never-said").ask(QUESTION))["type"] == "complete"
    with pytest.raises(SignInFailed):
        async with Client(server.chat, "no.such.token"):
            raise AssertionError


async def test_an_answer_survives_the_death_of_its_server(ingested: Path, tmp_path: Path) -> None:
    """kill -9 while tokens come, a new process on the same port: the answer begins again and is read to its end, a
    message that waited is answered after it, and nothing comes twice."""
    own = duplicate(ingested, tmp_path / "data")
    with running_model_server() as provider:
        settings = {
            "OPENAI_API_KEY": "sk-scripted",
            "OPENAI_BASE_URL": provider.base_url,
            "PITCREW_MODELS": "openai:script-200tok-20ms-ttft100",
        }
        with serving(own, **settings) as served:
            waited: list[Waiting] = []
            async with Client(served.chat, served.token("survivor"), waits=SOON, tell=waited.append) as client:
                conversation = client.conversation("death")
                first, second = conversation.ask(QUESTION), conversation.ask("And of the Wren?")
                seqs = [(await anext(first))["seq"]]
                while len(first.text) < 20:
                    seqs += [frame["seq"]] if "seq" in (frame := await anext(first)) else []
                os.kill(served.process.pid, signal.SIGKILL)
                served.process.wait()
                with restarted(served, settings):
                    async with asyncio.timeout(90):
                        kinds = []
                        async for frame in first:
                            kinds.append(frame["type"])
                            seqs += [frame["seq"]] if "seq" in frame else []
                        seqs += await read(second)
            assert kinds.count("run_restarted") == 1
            assert first.last is not None
            assert second.last is not None
            assert [first.last["type"], second.last["type"]] == ["complete", "complete"]
            assert first.text == first.last["response"]
            assert second.text == second.last["response"]
            assert sorted(seqs) == list(range(1, len(seqs) + 1))
            assert waited


@contextmanager
def restarted(served: Served, settings: dict[str, str]) -> Iterator[None]:
    """A new process on the dead one's port and data, for the time of the block."""
    with served.log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "api", "serve", "--port", str(served.port)],
            cwd=ROOT,
            env=environment(served.data, **settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield
    finally:
        process.kill()
        process.wait()
