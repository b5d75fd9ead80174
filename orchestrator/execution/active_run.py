"""A run that is being answered, what it is asked, and how it fails."""

import asyncio
import math
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from agents.answerer import AnswerFailed
from agents.types import Question
from orchestrator.bus import PLACES
from orchestrator.errors import REASON_TEXTS, ProcessingError, Reason
from orchestrator.event.tenure import Tenure
from orchestrator.events import Failed
from orchestrator.run import Desk, Effect, RunInput
from orchestrator.store import RunStart

log = structlog.get_logger()


@dataclass
class ActiveRun:
    """A run that this process is answering. `leaving`: how it ends is being committed. `halted` is set when the run may
    go on that stands still while a person takes over; if somebody has, or another process has the run, it was `taken`.
    `leased_until` is on the clock of `time.monotonic`. `said` is the place of the latest thing without a `seq`.
    `unfollow` ends listening for what other processes do with the run."""

    start: RunStart
    desk: Desk
    tenure: Tenure
    task: asyncio.Task[None] | None = None
    committing: asyncio.Task[None] | None = None
    cancelled: bool = False
    parked: str | None = None
    leaving: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    halted: asyncio.Event | None = None
    taken: bool = False
    leased_until: float = math.inf
    said: int = 0
    unfollow: Callable[[], None] = lambda: None

    @property
    def leased(self) -> bool:
        """Whether this process may still speak for the run."""
        return time.monotonic() < self.leased_until


def first_place(start: RunStart) -> int:
    """Where the places of an attempt begin: behind all of the attempts before, of which a late word may still come."""
    return (start.attempt - 1) * PLACES


def input_of(start: RunStart) -> RunInput:
    """What the graph is given of a run."""
    named = (start.role, start.owner, start.conversation_id, start.reply, start.email)
    return RunInput(start.run_id, start.session_id, question_of(start), *named)


def question_of(start: RunStart) -> Question:
    """What is asked; of a conversation that the client tells itself nothing stored is known."""
    history = start.wishes.history
    question = Question(start.message, history or (), start.facts, start.notes, start.zone, wishes=start.wishes)
    if history is not None:
        return question
    return replace(
        question, history=start.history, summary=start.summary, older=start.older, older_upto=start.older_upto
    )


def may_begin_again(effects: Sequence[Effect]) -> bool:
    """Whether a run that has done this can be run anew."""
    return all(effect.repeatable for effect in effects)


def failed(run_id: str, error: Exception) -> Failed:
    """How a run ends that the error has stopped."""
    reason, retry_after_ms = _reason(error)
    ref = uuid.uuid4().hex[:12]
    log.error("run_failed", run_id=run_id, ref=ref, reason=reason, error=str(error), exc_info=reason == "INTERNAL")
    return Failed(run_id, reason, REASON_TEXTS[reason], ref, True, retry_after_ms)


def _reason(error: Exception) -> tuple[Reason, int | None]:
    match error:
        case AnswerFailed():
            return error.reason, error.retry_after_ms
        case ProcessingError():
            return error.reason, error.retry_after_ms
        case TimeoutError():
            return "RUN_TIMEOUT", None
        case RecursionError():
            return "STEP_LIMIT", None
        case _:
            return "INTERNAL", None
