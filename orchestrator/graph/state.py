"""Everything that the graph works with, and the state that it keeps: contracts between the graph's nodes."""

import operator
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict
from zoneinfo import ZoneInfo

from agents.acts.act import ActReading
from agents.answerer import Answerer
from agents.chat.translation import Translator
from agents.context import Case, Resources
from agents.models.metering import Meter
from agents.specialist import Catalogue, Job, Specialist, reader_of
from agents.types import Part, Question, Route, StandaloneQuestion, Summarised
from rag.types import Passage


@dataclass(frozen=True, slots=True)
class Understood:
    """The question as it stands alone, and all facts known now."""

    question: StandaloneQuestion
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found for one part. `degraded`: a part of the search did not work. `unknown`: codes and numbers that the
    part names and no document has; `unanswered`: it is about what no document is about."""

    passages: tuple[Passage, ...]
    degraded: bool = False
    unknown: tuple[str, ...] = ()
    unanswered: bool = False


async def nothing_to_sum_up(question: Question) -> Summarised | None:
    """For specialists whose conversations are short."""
    return None


async def read_as_request(question: Question) -> ActReading:
    """For specialists that every message is for."""
    return ActReading()


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything the graph works with.

    `read` tells what a message does; `understand` makes a follow-up stand alone and learns facts; `classify` routes it
    among the specialists it is given; `research` finds the passages for one part, by its specialist and the facts;
    `answerer` words the answer, `offline` in its place where the run may ask no model, and `verbatim` gives what was
    found as it stands, where no prose is wanted.
    `translator` is there where a model can put messages into English and fixed words into other languages.
    `resources` are there for skills and tools; without them no skill is used. `summarise` sums up what a long
    conversation has no room for. `zone` is the time zone of customers who have not said theirs; `now` the clock.
    """

    catalogue: Catalogue
    understand: Callable[[Question], Awaitable[Understood]]
    classify: Callable[[Question, Catalogue, StandaloneQuestion], Awaitable[Route]]
    research: Callable[[Part, Specialist, Mapping[str, str]], Awaitable[Gathered]]
    answerer: Answerer
    resources: Resources | None = None
    read: Callable[[Question], Awaitable[ActReading]] = read_as_request
    summarise: Callable[[Question], Awaitable[Summarised | None]] = nothing_to_sum_up
    verbatim: Answerer | None = None
    offline: Answerer | None = None
    translator: Translator | None = None
    zone: str = "UTC"
    now: Callable[[], datetime] = utc_now

    def answerer_for(self, meter: Meter) -> Answerer:
        """Who words the answers of a run with this meter: the same from the run's first question to its last."""
        return self.offline if meter.offline and self.offline is not None else self.answerer

    def worded_by_model(self, meter: Meter) -> bool:
        """Whether a model answers in this run, which may ask back in words of its own."""
        answerer = self.answerer_for(meter)
        return answerer.calls_tools or self.offline not in (None, answerer)

    def case(self, job: Job, skill: str) -> Case:
        """The job as the skill of this name sees it."""
        question = job["question"]
        return Case(
            act=job["act"],
            danger=job["danger"],
            question=job["standalone"],
            message=question.text,
            now=self.now().astimezone(ZoneInfo(question.zone or self.zone)),
            history=question.history,
            facts=job["facts"],
            note=question.notes.get(skill, {}),
            findings=job.get("findings", {}),
            dataset=question.wishes.dataset,
            reader=reader_of(job["asker"]),
            wished=question.wishes.agent == job["specialist"],
        )


class State(TypedDict, total=False):
    """The graph's state. `jobs` are to be done next; `passed` what specialists have passed on, ever; `rounds` counts
    how often all parts have met."""

    question: Question
    role: str
    user_id: str
    email: str
    conversation_id: str
    run_id: str
    facts: Mapping[str, str]
    reading: ActReading
    route: Route
    jobs: list[Job]
    passed: Annotated[list[Job], operator.add]
    rounds: int
    done: Annotated[list[int], operator.add]


Node = Callable[..., Awaitable[Any]]
"""A node of the graph, as LangGraph calls it: with the state, and by name the `runtime`."""
