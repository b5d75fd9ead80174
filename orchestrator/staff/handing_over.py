"""Runs at whose end a conversation is handed over: asked for, in danger, or unanswered for the second time.

The words that say what happens next are the end of the answer itself, so that every wire tells them.
"""

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable

from msgspec.structs import replace

from orchestrator.event.ownership import Standing
from orchestrator.events import AnyEvent, Completed, HandOverReason, Token
from orchestrator.execution.runs import Run
from orchestrator.run import Desk, RunInput
from orchestrator.staff import notices
from orchestrator.staff.reception import Reception

SEPARATOR = "\n\n"


class HandingOver:
    """A `Run`. `standing` tells who has a conversation; only customers of our own chats are handed over."""

    def __init__(self, run: Run, standing: Callable[[str], Awaitable[Standing]], reception: Reception) -> None:
        self._run = run
        self._standing = standing
        self._reception = reception

    async def __call__(self, run: RunInput, desk: Desk) -> AsyncGenerator[AnyEvent]:
        async with contextlib.aclosing(self._run(run, desk)) as events:
            async for event in events:
                if not isinstance(event, Completed):
                    yield event
                    continue
                words = await self._words(run, desk, event)
                if words:
                    yield Token(run.run_id, SEPARATOR + words, len(event.response))
                    event = replace(event, response=event.response + SEPARATOR + words)
                yield event

    async def _words(self, run: RunInput, desk: Desk, answer: Completed) -> str:
        """What is said of a person behind the answer; with it `desk.handing` is set where one is to come."""
        reason = _reason(answer)
        if reason is None or run.role != "customer" or run.question.wishes.channel:
            return ""
        standing = await self._standing(run.conversation_id)
        if standing.state == "waiting":
            return notices.still_waiting(standing.place or 1) if reason == "request" else ""
        if standing.state != "bot" or (reason == "unanswered" and not standing.declined):
            return ""
        desk.handing = self._reception.handing(reason)
        return self._reception.words(reason, standing.queue + 1, standing.email)


def _reason(answer: Completed) -> HandOverReason | None:
    """Why somebody is to come after this answer; `unanswered` only if the one before was none either."""
    if answer.act == "person" or answer.agent == "human":
        return "request"
    if answer.act == "danger":
        return "danger"
    return "unanswered" if answer.declined else None
