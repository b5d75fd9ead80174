"""The scripted model as the proofs use it: each question says how long its answer takes, and finds its marker in it.

A question that ends `mk1a2b3c4d-40x5` is answered `mk1a2b3c4d` and 40 words, 5 ms apart. Markers are secret to their
user, so a byte that goes astray is seen.
"""

import asyncio
import re
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.model_server.chat import Chat
from tests.model_server.faults import Fault
from tests.model_server.http import Reply, Request
from tests.model_server.reading import Prompt, text_of
from tests.model_server.running import Control
from tests.model_server.script import Script
from tests.model_server.server import ModelServer

KEY = "sk-canary-5d41402abc4b"
"""What the server shows the provider: it must stay between them."""
MARKER = re.compile(r"mk[0-9a-f]{8}")
_MARKED = re.compile(rf"({MARKER.pattern})-(\d+)x(\d+)(?:x(\d+))?")
QUESTIONS = (
    "What is the roof load of the Wren?",
    "How heavy may a trailer be that the Osprey tows?",
    "What is the towing limit of the Plover?",
    "How much weight may the roof of the Heron carry?",
)


def new_marker() -> str:
    return f"mk{secrets.token_hex(4)}"


def question(marker: str, pieces: int, gap_ms: int, about: int = 0, repeats: int = 1) -> str:
    """A question whose answer is the marker and `pieces` words, each said so often, with `gap_ms` between them."""
    return f"{QUESTIONS[about % len(QUESTIONS)]} {marker}-{pieces}x{gap_ms}x{repeats}"


def answer(marker: str, pieces: int) -> str:
    """What the model answers to that."""
    return "".join([f"{marker} ", *Script(pieces).words()])


class MarkedChat(Chat):
    """An answer that begins with the marker of its question, at its pace."""

    def _say(self, body: dict[str, Any], prompt: Prompt) -> list[str]:
        said = super()._say(body, prompt)
        marked = _marked(body)
        if marked is None or not self._streamed:
            return said
        return [f"{marked[1]} ", *(piece * int(marked[4] or 1) for piece in said)]


class Provider(ModelServer):
    """A model server that counts the answers asked for (`calls`) and under way (`speaking`) by their marker.
    `hasty`: says everything without pauses."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()
        self.speaking: Counter[str] = Counter()
        self.hasty = False

    async def _chat(self, request: Request, out: Reply) -> None:
        body = request.json()
        marked = _marked(body) if body.get("stream") else None
        marker = marked[1] if marked else ""
        model = f"script-{marked[2]}tok-{0 if self.hasty else marked[3]}ms" if marked else "scripted"
        self._stats.requests += 1
        fault: Fault | None = self._due.popleft() if self._due else self._always
        chat = MarkedChat(body | {"model": model}, f"chatcmpl-{next(self._ids)}", KEY, fault)
        self.calls[marker] += 1
        self.speaking[marker] += 1
        try:
            await chat.answer(out)
        finally:
            self.speaking[marker] -= 1


def _marked(body: dict[str, Any]) -> "re.Match[str] | None":
    """The last marker of the last message."""
    messages = body.get("messages") or [{}]
    found = list(_MARKED.finditer(text_of(messages[-1].get("content"))))
    return found[-1] if found else None


class Providing(Control):
    """A running provider and its control doors."""

    def __init__(self, provider: Provider) -> None:
        super().__init__(f"http://127.0.0.1:{provider.port}")
        self._provider = provider
        self.port = provider.port
        self.calls = provider.calls
        self.speaking = provider.speaking

    def always(self, fault: dict[str, Any] | None) -> None:
        """This fault for every answer from now on; None for none."""
        self.script(always=fault)

    def hurry(self, hasty: bool) -> None:
        """Say every answer without pauses, or at its own pace again."""
        self._provider.hasty = hasty

    async def fallen_silent(self, marker: str, seconds: float = 2.0) -> bool:
        """Whether no answer to this marker is under way, at once or within `seconds`."""
        for _ in range(int(seconds / 0.02)):
            if not self.speaking[marker]:
                return True
            await asyncio.sleep(0.02)
        return not self.speaking[marker]


@contextmanager
def providing() -> Iterator[Providing]:
    """A provider in a thread of its own for the time of the block."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="provider", daemon=True)
    thread.start()
    provider = Provider()
    asyncio.run_coroutine_threadsafe(provider.start(), loop).result(10)
    try:
        yield Providing(provider)
    finally:
        asyncio.run_coroutine_threadsafe(provider.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
