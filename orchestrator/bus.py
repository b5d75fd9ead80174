"""The contract of the bus: live delivery of a conversation's events to whoever follows it, and what its active run has
said so far.

Durable events are in the store; the bus holds what no durable event tells yet, for as long as that is so. It promises
order per conversation, and that an event published after `subscribe` returned is delivered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from orchestrator.event.tenure import Tenure
from orchestrator.events import Code, Envelope, Progress, Reasoning

MOST_STEPS = 200
PLACES = 1_000_000
"""Places that each attempt of a run has for what it says."""

Deliver = Callable[[Envelope], None]
"""Takes an event at once and must not block, raise or wait: a slow reader has its own queue behind it."""
Lapsed = Callable[[], None]
"""Told that events may have been missed; bound like `Deliver`."""


@dataclass(frozen=True, slots=True)
class Live:
    """A run that is being answered: its text so far, its last progress, and the latest MOST_STEPS of its steps; said
    under this `tenure`, up to what it said at this `place`."""

    run_id: str
    text: str = ""
    progress: Progress | None = None
    steps: tuple[Reasoning | Code, ...] = ()
    tenure: Tenure | None = None
    place: int = 0


class Bus(Protocol):
    async def publish(self, envelope: Envelope) -> None:
        """Hand the event to every subscriber of its conversation. Never waits for one of them. What is published after
        this has returned, in whatever process, comes after it."""

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        """Start delivery; the returned function ends it and may be called twice. `lapsed` is called whenever events may
        have been missed: what is durable is in the store."""

    async def live(self, conversation_id: str) -> Live | None:
        """What the active run has said; None before its first word and after the event that ended or parked it. What
        it holds was delivered to subscribers before, or will not be: the rest comes after."""

    async def forget(self, conversation_id: str) -> None:
        """Keep nothing of what was said in a conversation that is gone."""
