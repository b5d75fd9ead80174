"""A chat model behind a circuit breaker: while its provider is down or wants a rest, calls fail at once and unasked.

Written here because the libraries (purgatory, pybreaker, aiobreaker) guard a call, not a stream: they know no
Retry-After, let every caller probe at once, and take a cancelled call for a failure or a success.
"""

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from agents.model import ChatModel, CircuitOpen, Filled, Finish, Message, ModelFailed, Streamed
from agents.models.circuit import Circuit, State
from agents.tool import Tool

log = logging.getLogger(__name__)

PROBE_SECONDS = 1.0
"""What the others are told to wait while a probe is under way."""


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What is known of the model `label` without asking it. `retry_in_s`: seconds until it is tried again; `reason` of
    the last failure, empty without one. Half open: the cool-down is over and no answer has come yet."""

    label: str
    state: State
    failures: int
    retry_in_s: float
    reason: str


class Breaker:
    """Passes calls on to `model`, which it owns, as long as its circuit admits them. Used from one event loop."""

    def __init__(self, model: ChatModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._circuit = Circuit()
        self._opened = 0

    @property
    def label(self) -> str:
        return self._model.label

    @property
    def calls_tools(self) -> bool:
        return self._model.calls_tools

    @property
    def state(self) -> BreakerState:
        circuit, left = self._circuit, self._circuit.cool_down(self._clock())
        state: State = "half_open" if circuit.state == "open" and not left else circuit.state
        return BreakerState(self.label, state, circuit.failures, left, circuit.detail)

    async def stream(
        self, messages: Sequence[Message], max_tokens: int, tools: Sequence[Tool[Any]] = ()
    ) -> AsyncGenerator[Streamed, None]:
        """Say the answer. Raises ModelFailed, of which CircuitOpen is one."""
        turn, begun = self._enter(), False
        try:
            async with aclosing(self._model.stream(messages, max_tokens, tools)) as stream:
                async for event in stream:
                    if isinstance(event, Finish):
                        self._settle(turn, Circuit.succeeded)
                    elif not begun:
                        begun = True
                        self._settle(turn, Circuit.began)
                    yield event
        except ModelFailed as failure:
            self._fail(turn, failure)
            raise
        finally:
            self._settle(turn, Circuit.left)

    async def fill(self, messages: Sequence[Message], schema: Mapping[str, Any]) -> Filled:
        """An object made to the schema. Raises ModelFailed, of which CircuitOpen is one."""
        turn = self._enter()
        try:
            filled = await self._model.fill(messages, schema)
            # No more than a beginning: a provider that fills schemas may still break off every stream.
            self._settle(turn, Circuit.began)
        except ModelFailed as failure:
            self._fail(turn, failure)
            raise
        finally:
            self._settle(turn, Circuit.left)
        return filled

    def report(self, failure: ModelFailed) -> None:
        """Count a failure that only the caller saw, whose call has ended."""
        if self._circuit.state != "half_open":
            self._fail(self._opened, failure)

    async def aclose(self) -> None:
        await self._model.aclose()

    def _enter(self) -> int:
        """Take a turn, which counts the openings before it. Raises CircuitOpen."""
        circuit, now = self._circuit, self._clock()
        if not circuit.admits(now):
            probing = circuit.state == "half_open"
            limited = circuit.reason == "LLM_RATE_LIMITED"
            raise CircuitOpen(
                "LLM_RATE_LIMITED" if limited else "LLM_UNAVAILABLE",
                f"not asked, because it failed before ({circuit.detail})",
                transient=probing or limited,
                retry_after=PROBE_SECONDS if probing else circuit.cool_down(now),
            )
        self._circuit = circuit.entered()
        return self._opened

    def _settle(self, turn: int, change: Callable[[Circuit], Circuit]) -> None:
        """Change the circuit for a call of this turn; one from before the last opening has no say any more."""
        if turn == self._opened:
            before, self._circuit = self._circuit, change(self._circuit)
            if before.state != "closed" and self._circuit.state == "closed":
                log.info("%s answers again", self.label)

    def _fail(self, turn: int, failure: ModelFailed) -> None:
        now, before = self._clock(), self._circuit
        self._settle(turn, lambda circuit: circuit.failed(failure, now))
        if self._circuit is not before and self._circuit.until > now:
            self._opened += 1
            log.warning("%s is left alone for %.0f s: %s", self.label, self._circuit.cool_down(now), failure)
