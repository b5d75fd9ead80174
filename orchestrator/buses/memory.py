"""The bus of a single process."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from orchestrator.bus import MOST_STEPS, Deliver, Live
from orchestrator.event.tenure import Tenure
from orchestrator.events import (
    Code,
    Durable,
    Envelope,
    InputRequired,
    Progress,
    Reasoning,
    RunRestarted,
    Terminal,
    Token,
    Upkeep,
)


@dataclass
class _Speech:
    """What one run says. Its pieces are put together only when somebody asks."""

    run_id: str
    pieces: list[str] = field(default_factory=list)
    progress: Progress | None = None
    steps: deque[Reasoning | Code] = field(default_factory=lambda: deque(maxlen=MOST_STEPS))
    tenure: Tenure | None = None


class MemoryBus:
    """See `orchestrator.bus.Bus`. Used from the event loop's thread only."""

    def __init__(self) -> None:
        self._subscribers: dict[str, dict[object, Deliver]] = {}
        self._speeches: dict[str, _Speech] = {}

    def publish(self, envelope: Envelope) -> None:
        self._keep(envelope)
        for deliver in tuple(self._subscribers.get(envelope.conversation_id, {}).values()):
            deliver(envelope)

    def _keep(self, envelope: Envelope) -> None:
        event, conversation_id = envelope.event, envelope.conversation_id
        match event:
            case Token(run_id, text, offset):
                speech = self._speech(conversation_id, run_id)
                speech.tenure = envelope.tenure
                if offset == 0:
                    speech.pieces.clear()
                speech.pieces.append(text)
            case Progress(run_id):
                self._speech(conversation_id, run_id).progress = event
            case Reasoning(run_id) | Code(run_id):
                self._speech(conversation_id, run_id).steps.append(event)
            case Terminal(run_id) | InputRequired(run_id) | RunRestarted(run_id):
                said = self._speeches.get(conversation_id)
                if said is not None and said.run_id == run_id:
                    del self._speeches[conversation_id]
            case Durable() | Upkeep():
                pass  # the store has it, or nobody misses it
            case _:
                assert_never(event)

    def _speech(self, conversation_id: str, run_id: str) -> _Speech:
        """What the run says, from its first word on."""
        speech = self._speeches.get(conversation_id)
        if speech is None or speech.run_id != run_id:
            speech = self._speeches[conversation_id] = _Speech(run_id)
        return speech

    def subscribe(self, conversation_id: str, deliver: Deliver) -> Callable[[], None]:
        key = object()
        self._subscribers.setdefault(conversation_id, {})[key] = deliver

        def unsubscribe() -> None:
            followers = self._subscribers.get(conversation_id)
            if followers is not None:
                followers.pop(key, None)
                if not followers:
                    del self._subscribers[conversation_id]

        return unsubscribe

    async def live(self, conversation_id: str) -> Live | None:
        speech = self._speeches.get(conversation_id)
        if speech is None:
            return None
        speech.pieces[:] = ["".join(speech.pieces)]
        return Live(speech.run_id, speech.pieces[0], speech.progress, tuple(speech.steps), speech.tenure)
