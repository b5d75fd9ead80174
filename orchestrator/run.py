"""One run, as the engine hands it to the graph."""

import time
from dataclasses import dataclass, field

from agents.types import Question
from rag.types import Passage


@dataclass(frozen=True, slots=True)
class RunInput:
    """What is asked, by whom. `started` is `time.perf_counter()` when the message was taken up."""

    run_id: str
    session_id: str
    question: Question
    role: str
    started: float = field(default_factory=time.perf_counter)


@dataclass
class Desk:
    """What a run has on its desk besides the graph's state: the passages of each part, by its number. A saver stores
    whole states, so what is bulky stays out of them."""

    passages: dict[int, tuple[Passage, ...]] = field(default_factory=dict)
