"""A circuit breaker as a value: when calls to a failing model stop, and how they start again.

Closed, calls pass. After FAILURES failures in a row, or one that leaves no doubt, it opens and calls are refused. When
the cool-down is over it is half open: one call goes first as a probe. The first text of the probe closes it, on
probation: one more failure opens it again, for longer, until an answer has come to its end.
(M. Nygard, Release It!, 2nd edition, "Circuit Breaker".)
"""

from dataclasses import dataclass, replace
from typing import Literal, Self

from agents.answerer import Reason
from agents.model import ModelFailed

State = Literal["closed", "open", "half_open"]

FAILURES = 5
"""One question makes up to three calls, so that it takes the bad luck of two customers to open the circuit."""

COOL_DOWN_SECONDS = 5.0
LONGEST_COOL_DOWN_SECONDS = 60.0
"""The cool-down doubles with every opening up to this, which also bounds what a provider may wish by Retry-After."""

ACCESS_COOL_DOWN_SECONDS = 300.0
"""After a refused key or an empty account: a person has to do something, which takes minutes."""


@dataclass(frozen=True, slots=True)
class Circuit:
    """`failures` in a row; `openings` since the last whole answer; `until`: the end of the cool-down, on the caller's
    clock in seconds; `reason` and `detail` of the last failure. Half open means that a probe is under way."""

    state: State = "closed"
    failures: int = 0
    openings: int = 0
    until: float = 0.0
    reason: Reason = "LLM_UNAVAILABLE"
    detail: str = ""

    def cool_down(self, now: float) -> float:
        """Seconds until a call may go first; 0 when it may."""
        return max(0.0, self.until - now) if self.state == "open" else 0.0

    def admits(self, now: float) -> bool:
        return self.state == "closed" or (self.state == "open" and now >= self.until)

    def entered(self) -> Self:
        """A call has been admitted; out of the open state it is the probe."""
        return self if self.state == "closed" else replace(self, state="half_open")

    def left(self) -> Self:
        """A call has ended without telling anything of the provider; where it was the probe, the next may be it."""
        return replace(self, state="open") if self.state == "half_open" else self

    def began(self) -> Self:
        """A call has brought its first text."""
        return replace(self, state="closed", failures=FAILURES - 1) if self.state == "half_open" else self

    def succeeded(self) -> Self:
        """A call has come to a good end."""
        return type(self)()

    def failed(self, failure: ModelFailed, now: float) -> Self:
        """A call has failed. While the cool-down lasts it is one from before, and changes nothing."""
        if failure.fault == "request":
            return self.left()
        if self.state == "open" and now < self.until:
            return self
        failures, rest, openings = self.failures + 1, 0.0, self.openings
        if failure.fault == "access":
            rest = ACCESS_COOL_DOWN_SECONDS
        elif failure.retry_after:
            rest = min(failure.retry_after, LONGEST_COOL_DOWN_SECONDS)
        elif self.state != "closed" or failures >= FAILURES:
            rest = min(COOL_DOWN_SECONDS * 2.0**openings, LONGEST_COOL_DOWN_SECONDS)
            openings += 1
        state: State = "open" if rest else "closed"
        return type(self)(state, failures, openings, now + rest, failure.reason, failure.detail)
