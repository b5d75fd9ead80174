"""The contract of an answerer: passages in, streamed and cited answer out. See `agents/extractive/` and
`agents/chat/`."""

from collections.abc import AsyncIterator
from typing import Literal, Protocol

from agents.types import Answered, Task

Reason = Literal["LLM_TIMEOUT", "LLM_STALLED", "LLM_RATE_LIMITED", "LLM_UNAVAILABLE", "LLM_BAD_STREAM"]


class AnswerFailed(Exception):
    """An answer that could not be finished. `reason` is one of the protocol's; the message is for the log only."""

    def __init__(self, reason: Reason, detail: str, retry_after_ms: int | None = None) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.retry_after_ms = retry_after_ms


class Answerer(Protocol):
    """Answers a task from its passages alone.

    Laws: it yields any number of pieces of the text, none empty, and then exactly one Answered; the text cites with
    `[n]` markers only passages that it was given; without passages, or with ones that do not hold the answer, it says
    so and sets `declined` (it may still point to the nearest passages); closing the iterator early releases every
    resource (a model's connection is closed).
    """

    @property
    def name(self) -> str:
        """Shown in metadata and at start: `offline`, or provider and model."""

    @property
    def calls_tools(self) -> bool:
        """Whether it calls a task's tools itself. For one that does not, skills read what is asked of them."""

    def answer(self, task: Task) -> AsyncIterator[str | Answered]:
        """Stream the answer. Raises AnswerFailed."""
        ...
