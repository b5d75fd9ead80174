"""How much is tried: a little in every run of the tests, the same each time; with `PITCREW_FUZZ_SECONDS`, which `make
fuzz` sets, something new for so long."""

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

SECONDS = float(os.environ.get("PITCREW_FUZZ_SECONDS", "0"))
LONG = SECONDS > 0
COST_S = 1.0
"""The processor time of this thread that reading one text of at most 64 KiB may take: a hundred times the usual."""

executions: Counter[str] = Counter()
"""What was tried, by what it was tried on."""


def tried(
    name: str,
    strategy: SearchStrategy[Any],
    attempt: Callable[[Any], object],
    share: float,
    *,
    examples: int = 150,
    smallest: bool = True,
) -> None:
    """Try values of the strategy: so many `examples`, and again for its `share` of the whole time. Fails as the attempt
    does, or where one takes too long; with the `smallest` value that does it, or the first one that was found."""

    def once(value: Any) -> None:
        executions[name] += 1
        begun = time.thread_time()
        attempt(value)
        assert time.thread_time() - begun < COST_S, f"{name} took too long"

    chosen = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not LONG,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if smallest else [Phase.generate],
    )
    ends = time.monotonic() + SECONDS * share
    while True:
        chosen(given(strategy)(once))()
        if time.monotonic() >= ends:
            return
