"""One run, as the engine hands it to the graph."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from agents.models.metering import Meter
from agents.skill import Skill
from agents.types import Found, Output, Question, Summarised
from orchestrator.events import HandOverReason
from rag.types import Passage


class Effect(msgspec.Struct, frozen=True):
    """Something that a run did, or was about to do, to the world."""

    name: str
    repeatable: bool = False
    done: bool = False


def side_effects(effects: Iterable[Effect]) -> tuple[str, ...]:
    """The effects as a customer reads them."""
    return tuple(effect.name if effect.done else f"{effect.name} (outcome unknown)" for effect in effects)


@dataclass(frozen=True, slots=True)
class Reply:
    """The customer's answer to a parked run; `parked` is what the run left behind when it was parked, and `said` what
    it had told the customer."""

    value: Any
    parked: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a run leaves in its conversation. `facts` are all that are known now; each of `notes` replaces the skill's
    one, or with None forgets it; `summary` replaces the earlier one. None and absent names change nothing."""

    facts: Mapping[str, str] | None = None
    notes: Mapping[str, Mapping[str, Any] | None] = field(default_factory=dict)
    summary: Summarised | None = None


@dataclass(frozen=True, slots=True)
class RunInput:
    """What is asked, by whom; with a `reply` the run goes on where it was parked. `started` is `time.perf_counter()`
    when the message was taken up."""

    run_id: str
    session_id: str
    question: Question
    role: str
    user_id: str = ""
    conversation_id: str = ""
    reply: Reply | None = None
    email: str = ""
    started: float = field(default_factory=time.perf_counter)


async def _unrecorded(effects: tuple[Effect, ...]) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Handing:
    """That a conversation is to wait for a person, and why. `notice` words what happens next, from the place in the
    queue and the customer's e-mail address, which may be "". `reason_text`: what the customer says of it."""

    reason: HandOverReason
    notice: Callable[[int, str], str]
    reason_text: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A skill's own reading of a part that it will do."""

    skill: Skill
    request: Any


@dataclass
class Desk:
    """What a run has on its desk besides the graph's state, which a saver would store whole.

    For each part, by number: the passages, the number of the first one's marker, the codes and numbers that no document
    has, and the skill that claims it. `cited` are all passages of the run in the order of their markers. `memory` is
    what the run leaves in its conversation, and `parked` what it needs to go on later. `record` commits the effects.
    With `handing` the conversation is to wait for a person from the run's end on. `meter` counts what the run takes,
    and says whether it may ask a model.
    """

    passages: dict[int, tuple[Passage, ...]] = field(default_factory=dict)
    first_numbers: dict[int, int] = field(default_factory=dict)
    unknown: dict[int, tuple[str, ...]] = field(default_factory=dict)
    unanswered: dict[int, bool] = field(default_factory=dict)
    claims: dict[int, Claim] = field(default_factory=dict)
    cited: list[Passage] = field(default_factory=list)
    memory: Memory = field(default_factory=Memory)
    parked: str | None = None
    handing: Handing | None = None
    effects: list[Effect] = field(default_factory=list)
    record: Callable[[tuple[Effect, ...]], Awaitable[None]] = _unrecorded
    meter: Meter = field(default_factory=Meter)

    def cite(self, passages: Sequence[Passage], write: Callable[[Output], None]) -> int:
        """Put passages behind those that are there, say so, and give the number of the first one's marker."""
        first = len(self.cited) + 1
        self.cited += passages
        self.report_passages(write)
        return first

    def report_passages(self, write: Callable[[Output], None], *, degraded: bool = False) -> None:
        """Say which passages there are now."""
        write(Found(tuple(self.cited), degraded))

    @asynccontextmanager
    async def effect(self, name: str, *, repeatable: bool = False) -> AsyncIterator[None]:
        """See `agents.specialist.LocalToolContext`. One whose block raised stays undone: nobody knows how far it
        got."""
        place = len(self.effects)
        self.effects.append(Effect(name, repeatable))
        await self.record(tuple(self.effects))
        yield
        self.effects[place] = Effect(name, repeatable, done=True)
        await self.record(tuple(self.effects))
