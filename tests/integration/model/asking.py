"""A question with its passages, and what an answerer makes of it."""

from collections.abc import Callable

import pytest

from agents.answerer import AnswerFailed
from agents.chat.answerer import ChatModelAnswerer
from agents.models.failover import Budget
from agents.models.openai_compatible import OpenAICompatible
from agents.types import Answered, Task
from rag.types import Chunk, Passage

CANARY = "sk-canary-7f3a91c0"
QUICK = Budget(first_token=10, gap=5, max_tokens=400, backoff=0.02)


def passage(title: str, text: str) -> Passage:
    return Passage(Chunk(title, f"{title}.md", "specs", title, ("Data",), None, 50, 50 + len(text), text), 0.9)


PASSAGES = (
    passage("Tyres", "The tyre pressure is 2.4 bar. Check it on cold tyres."),
    passage("Oil", "Use a new washer. The engine takes 4.5 litres of 5W-30 oil. Change it every year."),
)
OIL = Task("How much oil does the engine take?", "You are the specialist for data.", PASSAGES)

Build = Callable[..., ChatModelAnswerer]
BuildModel = Callable[..., OpenAICompatible]


async def collect(answering: ChatModelAnswerer, task: Task = OIL) -> tuple[str, Answered]:
    items = [item async for item in answering.answer(task)]
    end = items.pop()
    assert isinstance(end, Answered)
    assert all(isinstance(item, str) and item for item in items)
    return "".join(item for item in items if isinstance(item, str)), end


async def failed(answering: ChatModelAnswerer) -> tuple[AnswerFailed, str]:
    """How the answer failed, and what was said before."""
    said: list[str] = []

    async def listen() -> None:
        async for item in answering.answer(OIL):
            said.append(item if isinstance(item, str) else "<answered>")

    with pytest.raises(AnswerFailed) as caught:
        await listen()
    return caught.value, "".join(said)
