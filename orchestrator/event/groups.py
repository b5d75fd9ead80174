"""What events are: their groups, and the values that they are made of."""

import msgspec

from agents.types import Status


class Event(msgspec.Struct, frozen=True, tag_field="event"):
    """The root: what happened, in one conversation, mostly within one run."""


class Durable(Event, frozen=True):
    """An event that is stored."""


class Terminal(Durable, frozen=True):
    """The one durable event that ends a run."""

    run_id: str


class Detail(Event, frozen=True):
    """An event on the way to an answer: where a dialect has no word for it, the answer is whole without it."""


class Upkeep(Event, frozen=True):
    """An event about the conversation, not about an answer."""


class RoutedAgent(msgspec.Struct, frozen=True):
    """A specialist, and how sure the router is of it (0..1)."""

    name: str
    confidence: float


class SourcePassage(msgspec.Struct, frozen=True):
    """A passage an answer may cite. `id` is the chunk's, `source` the document's path, `section` its headings joined by
    ` > `, `page` a printed page from 1; `start` and `end` are offsets in the text of the document's `version`; `score`
    is in 0..1."""

    id: str
    title: str
    source: str
    section: str
    start: int
    end: int
    text: str
    score: float
    page: int | None = None
    version: int = 1


class CitedSpan(msgspec.Struct, frozen=True):
    """Passage `number` of the sources, which the answer cites, and the evidence in it: `text` is what stands from
    `start` to `end` in that `version` of the document."""

    number: int
    passage_id: str
    source: str
    title: str
    start: int
    end: int
    page: int | None = None
    version: int = 1
    text: str = ""


class AnswerPart(msgspec.Struct, frozen=True):
    """What one specialist did for one part of the answer: `response[start:end]` with its label left out. A part that
    was passed on is there once for each specialist that had it. `confidence` is the router's, `sources` are the
    documents that it cites."""

    part: int
    agent: str
    status: Status
    confidence: float
    start: int
    end: int
    sources: tuple[str, ...] = ()


class UsageFigures(msgspec.Struct, frozen=True):
    """What the whole run took of models, whatever they were asked for; `model` worded the answer. `cached_tokens` are
    among the input's; `cost_micros` are millionths of the currency, None where a price is not known."""

    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_micros: int | None = None


class Timing(msgspec.Struct, frozen=True):
    """Milliseconds since the message was accepted."""

    first_token_ms: float
    total_ms: float
