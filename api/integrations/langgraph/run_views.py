"""A thread's events as its runs, and what it waits for. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never

from api.integrations.langgraph.assistants import PITCREW, assistant_id
from orchestrator.events import (
    Accepted,
    Cancelled,
    Completed,
    Ending,
    Envelope,
    Failed,
    InputRequired,
)

Status = Literal["pending", "running", "error", "success", "timeout", "interrupted"]
ThreadStatus = Literal["idle", "busy", "interrupted", "error"]
_TIMEOUTS = {"RUN_TIMEOUT", "LLM_TIMEOUT", "LLM_STALLED"}


@dataclass
class RunView:
    """One run: since when, the seq of the message that it answers now, how it ended, and what it waits for."""

    run_id: str
    created_at: str
    first: int
    ended: Ending | None = None
    asks: InputRequired | None = None
    active: bool = False

    @property
    def status(self) -> Status:
        match self.ended:
            case Completed():
                return "success"
            case Failed(reason=reason):
                return "timeout" if reason in _TIMEOUTS else "error"
            case Cancelled():
                return "interrupted"
            case None:
                return "interrupted" if self.asks else "running" if self.active else "pending"
            case other:
                assert_never(other)

    @property
    def over(self) -> bool:
        """Whether nothing more is said before somebody asks or answers."""
        return self.ended is not None or self.asks is not None

    @property
    def updated_at(self) -> str:
        if not isinstance(self.ended, Completed):
            return self.created_at
        took = timedelta(milliseconds=self.ended.timing.total_ms)
        ended = datetime.fromisoformat(self.created_at) + took
        return ended.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_views(stored: Iterable[Envelope], active: str | None) -> dict[str, RunView]:
    """The runs of a conversation's durable events, oldest first, by id; `active` is the one that has it now."""
    views: dict[str, RunView] = {}
    for envelope in stored:
        event, seq = envelope.event, envelope.seq or 0
        match event:
            case Accepted(run_id=None):
                pass  # a person answers
            case Accepted(run_id=str(run_id), sent_at=at) if run_id not in views:
                views[run_id] = RunView(run_id, at, seq)
            case Accepted(run_id=str(run_id)):
                views[run_id].asks, views[run_id].first = None, seq
            case InputRequired(run_id=run_id) if run_id in views:
                views[run_id].asks = event
            case Completed() | Failed() | Cancelled() if event.run_id in views:
                views[event.run_id].ended, views[event.run_id].asks = event, None
    if active is not None and active in views:
        views[active].active = True
    return views


def run_body(view: RunView, thread_id: str, assistant: str = PITCREW) -> dict[str, Any]:
    """A run as the SDK reads it."""
    return {
        "run_id": view.run_id,
        "thread_id": thread_id,
        "assistant_id": assistant_id(assistant),
        "created_at": view.created_at,
        "updated_at": view.updated_at,
        "status": view.status,
        "metadata": {},
        "kwargs": {},
        "multitask_strategy": "enqueue",
    }


def thread_status(views: dict[str, RunView]) -> ThreadStatus:
    """What a thread with these runs does."""
    latest = next(reversed(views.values()), None)
    if any(not view.over for view in views.values()):
        return "busy"
    if latest is None or latest.ended is None:
        return "interrupted" if latest else "idle"
    return "error" if latest.status in ("error", "timeout") else "idle"
