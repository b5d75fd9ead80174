"""How answers go, counted where they are published: how soon they begin, how they flow, how they end."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from cachetools import LRUCache

from api.observability.metrics import Metrics
from orchestrator.bus import Bus, Deliver, Lapsed, Live
from orchestrator.events import AnyEvent, Cancelled, Completed, Envelope, Failed, InputRequired, RunRestarted, Token

STREAMS = 10_000
"""Answers whose flow is watched at a time. Of one that another process takes over no end is heard here."""


@dataclass(frozen=True, slots=True)
class MeasuredBus:
    """Passes everything on to `bus`, and counts what this process publishes."""

    bus: Bus
    metrics: Metrics
    now: Callable[[], float] = time.perf_counter
    _last: LRUCache[str, float] = field(default_factory=lambda: LRUCache(STREAMS))

    async def publish(self, envelope: Envelope) -> None:
        """See `orchestrator.bus.Bus`."""
        await self.bus.publish(envelope)
        self._count(envelope.event)

    async def subscribe(
        self, conversation_id: str, deliver: Deliver, lapsed: Lapsed | None = None
    ) -> Callable[[], None]:
        """See `orchestrator.bus.Bus`."""
        return await self.bus.subscribe(conversation_id, deliver, lapsed)

    async def live(self, conversation_id: str) -> Live | None:
        """See `orchestrator.bus.Bus`."""
        return await self.bus.live(conversation_id)

    async def forget(self, conversation_id: str) -> None:
        """See `orchestrator.bus.Bus`."""
        await self.bus.forget(conversation_id)

    def _count(self, event: AnyEvent) -> None:
        metrics, now = self.metrics, self.now()
        match event:
            case Token(run_id):
                if (before := self._last.get(run_id)) is not None:
                    metrics.token_gap.observe(now - before)
                self._last[run_id] = now
                return
            case Completed():
                metrics.endings.labels(_outcome(event), event.agent, event.act).inc()
                if event.response:
                    metrics.first_token.observe(event.timing.first_token_ms / 1000)
            case Failed():
                metrics.endings.labels("failed", "", "").inc()
                metrics.failed_runs.labels(event.reason).inc()
            case Cancelled():
                metrics.endings.labels("cancelled", "", "").inc()
            case InputRequired():
                metrics.endings.labels("waiting", "", "").inc()
            case RunRestarted():
                metrics.restarts.inc()
            case _:
                return
        self._last.pop(event.run_id, None)


def _outcome(event: Completed) -> str:
    if event.declined:
        return "declined"
    return "hedged" if event.hedged else "answered"


class State(Protocol):
    """How a model does."""

    @property
    def label(self) -> str: ...

    @property
    def state(self) -> str: ...


class Guarded(Protocol):
    """A model behind a circuit breaker."""

    @property
    def state(self) -> State: ...


def watch_models(metrics: Metrics, models: Sequence[Guarded]) -> None:
    """A gauge of every model's breaker."""
    meaning = "Whether the model is asked: 1 yes, 0.5 as a trial, 0 no."
    worth = {"closed": 1.0, "half_open": 0.5, "open": 0.0}

    def look(model: Guarded) -> float:
        return worth[model.state.state]

    metrics.watch_each(
        "pitcrew_model_available", meaning, "model", {model.state.label: partial(look, model) for model in models}
    )
