"""What the active run of a conversation has said so far that no durable event tells yet: the sum of what it said."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import assert_never

from orchestrator.bus import MOST_STEPS, Live
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
class Speech:
    """What one run says. Its pieces are put together only when somebody asks."""

    run_id: str
    pieces: list[str] = field(default_factory=list)
    progress: Progress | None = None
    steps: deque[Reasoning | Code] = field(default_factory=lambda: deque(maxlen=MOST_STEPS))
    tenure: Tenure | None = None
    place: int = 0

    @property
    def live(self) -> Live:
        """All of it."""
        self.pieces[:] = ["".join(self.pieces)]
        return Live(self.run_id, self.pieces[0], self.progress, tuple(self.steps), self.tenure, self.place)


def heard(speech: Speech | None, envelope: Envelope) -> Speech | None:
    """What is being said in a conversation after this event, where that much was said before it."""
    event = envelope.event
    match event:
        case Token() | Progress() | Reasoning() | Code():
            return _more(speech, envelope, event)
        case Terminal(run_id) | InputRequired(run_id) | RunRestarted(run_id):
            return None if speech is not None and speech.run_id == run_id else speech
        case Durable() | Upkeep():
            return speech  # the store has it, or nobody misses it
        case _:
            assert_never(event)


def _more(speech: Speech | None, envelope: Envelope, event: Token | Progress | Reasoning | Code) -> Speech:
    if speech is None or speech.run_id != event.run_id:
        speech = Speech(event.run_id)
    if 0 < envelope.place < speech.place:
        return speech  # a late word of an earlier attempt
    speech.place = max(speech.place, envelope.place)
    if isinstance(event, Progress):
        speech.progress = event
    elif isinstance(event, Token):
        speech.tenure = envelope.tenure
        if event.offset == 0:
            speech.pieces.clear()
        speech.pieces.append(event.text)
    else:
        speech.steps.append(event)
    return speech


def summed(envelopes: Iterable[Envelope]) -> Live | None:
    """What is being said after these events of one conversation. A process that has not yet heard that its run was
    ended by another may have said more."""
    speech: Speech | None = None
    ended: set[str] = set()
    for envelope in envelopes:
        if isinstance(envelope.event, Terminal):
            ended.add(envelope.event.run_id)
        elif isinstance(envelope.event, Token | Progress | Reasoning | Code) and envelope.event.run_id in ended:
            continue
        speech = heard(speech, envelope)
    return speech.live if speech is not None else None
