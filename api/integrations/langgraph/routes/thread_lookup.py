"""A thread of the caller's as it stands in the store."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api.compose.app_state import AppState
from api.integrations.langgraph.assistants import PITCREW, assistant_id
from api.integrations.langgraph.messages import Message, Transcript, interrupt, stored
from api.integrations.langgraph.routes.caller import check_uuid
from api.integrations.langgraph.run_views import RunView, run_views, thread_status
from orchestrator.commands import Caller, check_metadata, check_session_id
from orchestrator.errors import NotFound
from orchestrator.events import InputRequired
from orchestrator.execution.engine import Engine
from orchestrator.store import SessionSummary, StoredMessage

STATE_CHARS = 2 * 1024 * 1024
"""What the messages of a state hold together: those of a longer conversation are its latest."""


@dataclass(frozen=True)
class Thread:
    """A conversation: its runs, oldest first, and its messages."""

    thread_id: str
    conversation_id: str
    runs: dict[str, RunView]
    messages: Sequence[StoredMessage]

    @cached_property
    def message_bodies(self) -> list[Message]:
        """The messages as the SDK reads them."""
        return [stored(message) for message in self.messages]

    def run(self, run_id: str) -> RunView:
        """One of its runs. Raises NotFound."""
        if run_id not in self.runs:
            raise NotFound(field="run_id")
        return self.runs[run_id]

    @property
    def waits_for(self) -> InputRequired | None:
        """What its parked run asks."""
        return next((view.asks for view in self.runs.values() if view.asks is not None), None)

    @property
    def active(self) -> RunView | None:
        """The oldest run that is not over."""
        return next((view for view in self.runs.values() if not view.over), None)

    @property
    def interrupts(self) -> list[dict[str, Any]]:
        asks = self.waits_for
        return [interrupt(asks)] if asks is not None else []

    @property
    def values(self) -> dict[str, Any]:
        """The state of the thread."""
        waiting = {"__interrupt__": self.interrupts} if self.interrupts else {}
        return {"messages": self.message_bodies, **waiting}

    def before(self, seq: int) -> Transcript:
        """Its messages as they stood before an event."""
        return Transcript.before(seq, self.messages)


async def find(engine: Engine, caller: Caller, thread_id: str) -> Thread:
    """The caller's thread. Raises NotFound for one that is not there or is somebody else's, BadRequest for a name that
    no thread can have."""
    check_session_id(thread_id)
    store = engine.store
    conversation_id = await store.conversation(caller, thread_id)
    active = await store.current_run(conversation_id)
    events = await store.events(conversation_id, 0)
    messages = _latest(await store.messages(caller, thread_id))
    return Thread(thread_id, conversation_id, run_views(events, active), messages)


def _latest(messages: Sequence[StoredMessage]) -> Sequence[StoredMessage]:
    """The latest of them, as many as STATE_CHARS hold, but one at least."""
    left = STATE_CHARS
    for place in range(len(messages) - 1, -1, -1):
        left -= len(messages[place].text)
        if left < 0 and place < len(messages) - 1:
            return messages[place + 1 :]
    return messages


async def open_thread(
    state: AppState, caller: Caller, thread_id: str, metadata: Mapping[str, Any] | None = None
) -> bool:
    """Open a thread with what is noted of it; whether it was not there before. Raises BadRequest, RateLimited."""
    check_uuid("thread_id", thread_id)
    check_metadata(metadata or {})
    store = state.gateway.engine.store
    try:
        await store.conversation(caller, thread_id)
    except NotFound:
        await state.gateway.rates.thread(caller.user_id)
        await store.open(caller, thread_id, metadata)
        return True
    return False


def ran_by(assistant: str) -> dict[str, str]:
    """What the protocol's server notes of a thread by itself: the assistant that answered last in it."""
    return {"graph_id": assistant, "assistant_id": assistant_id(assistant)}


def thread_body(thread: Thread, summary: SessionSummary) -> dict[str, Any]:
    """A thread as the SDK reads it."""
    return {
        "thread_id": thread.thread_id,
        "created_at": summary.created_at,
        "updated_at": summary.updated_at,
        "state_updated_at": summary.updated_at,
        "metadata": {**ran_by(PITCREW), "title": summary.title, **summary.metadata},
        "config": {},
        "status": thread_status(thread.runs),
        "values": thread.values,
        "interrupts": {thread.conversation_id: thread.interrupts} if thread.interrupts else {},
    }


def checkpoint_id(seq: int) -> str:
    """The name of the state after the event `seq`: a UUID that sorts by time and says the seq."""
    return str(uuid.UUID(int=seq))


def state_body(thread: Thread, upto: int | None = None) -> dict[str, Any]:
    """The thread's state, or what it was after its first `upto` messages."""
    number = len(thread.messages) if upto is None else upto
    messages = thread.messages[:number]
    waiting = thread.interrupts if upto is None else []
    values = thread.values if upto is None else {"messages": thread.message_bodies[:number]}
    at = [_checkpoint(thread.thread_id, messages[:count]) for count in (number, number - 1) if count >= 0]
    pending = [] if upto is not None else [view for view in thread.runs.values() if view.ended is None]
    tasks = [
        {
            "id": view.run_id,
            "name": "pitcrew",
            "error": None,
            "interrupts": [interrupt(view.asks)] if view.asks else [],
            "checkpoint": None,
            "state": None,
            "result": None,
        }
        for view in pending
    ]
    return {
        "values": values,
        "next": ["pitcrew" for _ in tasks],
        "tasks": tasks,
        "interrupts": waiting,
        "checkpoint": at[0],
        "parent_checkpoint": at[1] if len(at) > 1 else None,
        "metadata": {"source": "loop", "step": number - 1, "run_id": messages[-1].run_id if messages else None},
        "created_at": messages[-1].created_at if messages else None,
    }


def _checkpoint(thread_id: str, messages: Sequence[StoredMessage]) -> dict[str, Any]:
    seq = messages[-1].seq if messages else 0
    return {"thread_id": thread_id, "checkpoint_ns": "", "checkpoint_id": checkpoint_id(seq), "checkpoint_map": {}}
