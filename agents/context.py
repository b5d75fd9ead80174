"""What skills and tools work with: the tool context of one part of one run, and what stands around it for all of
them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

from agents.appointment_store import AppointmentStore
from agents.dataset import ANYBODY, DatasetSource, Reader
from agents.language.reading import Reading, reading
from agents.learning.choice import Choices
from agents.model import ChatModel
from agents.tool import A, Result, Tool
from agents.topics.reader import TopicReader
from agents.types import Citation, StandaloneQuestion, Turn
from agents.vehicles.range import Vehicles
from rag.embedder import Embedder
from rag.types import Chunk, Passage, Place

T = TypeVar("T")


class Reference(Protocol):
    """What the knowledge base says, as data. Follows what is ingested."""

    async def derived(self, parse: Callable[[Sequence[Chunk], Vehicles], T]) -> T:
        """What `parse` makes of all chunks that are shown (by document, in the order of the text) and the maker's
        vehicles; made once for each state of the knowledge base, in a thread. `parse` is a module's function."""


class Search(Protocol):
    """Finds passages for a text, best first, in the documents of some subjects."""

    def __call__(self, text: str, *, subjects: Sequence[str] | None, k: int) -> Awaitable[tuple[Passage, ...]]: ...


@dataclass(frozen=True, slots=True)
class Resources:
    """What all tool contexts share. `datasets` are there where the server has figures to ask about, `model` where there
    is a key for one: it falls back and keeps time itself, and what it takes is counted. `topics` tells what a question
    is about; `choices` are what skills have learnt from their examples, by name. `asked` tells where the answers to the
    customers' questions stand that are like a text, the likest first, and `unanswered` whether a question is about what
    no document is about; both block."""

    vehicles: Vehicles
    reference: Reference
    search: Search
    embedder: Embedder
    appointment_store: AppointmentStore
    datasets: DatasetSource | None = None
    model: ChatModel | None = None
    topics: TopicReader | None = None
    choices: Choices = field(default_factory=lambda: MappingProxyType({}))
    asked: Callable[[str], Sequence[Place]] = lambda text: ()
    unanswered: Callable[[StandaloneQuestion], bool] = lambda question: False


@dataclass(frozen=True, slots=True)
class Case:
    """One part of a message, as a skill sees it. `question` stands on its own; `message` is all of it in the
    customer's own words; `history` oldest first; `facts` known of the customer; `note` what this skill noted in this
    conversation before, empty if nothing; `findings` what another specialist passed on; `now` is aware and in the
    customer's time zone. `dataset` is the one that figures are wished from, None for all, and `reader` whoever reads
    them; `wished`: this specialist was asked for by name, so that whatever is said is for it. `act` is what the message
    does (`agents.acts.act`), and `danger` the kind of danger that it tells of, "" where it tells of none."""

    question: StandaloneQuestion
    message: str
    now: datetime
    history: tuple[Turn, ...] = ()
    facts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    note: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    findings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    dataset: str | None = None
    reader: Reader = ANYBODY
    wished: bool = False
    act: str = "request"
    danger: str = ""

    @property
    def reading(self) -> Reading:
        """What the message says, read once."""
        return reading(self.message)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call of a tool that came to an end. `error` says why it did not do what was asked, and what to do instead;
    otherwise `result` is there, and `result.evidence[i]` is cited as `[first_number + i]`."""

    result: Result | None
    first_number: int = 0
    error: str | None = None

    @property
    def citations(self) -> tuple[Citation, ...]:
        """A citation of each piece of the result's evidence."""
        evidence = self.result.evidence if self.result else ()
        return tuple(
            Citation(number, piece.passage, piece.start, piece.end)
            for number, piece in enumerate(evidence, self.first_number)
        )


class ToolContext(Protocol):
    """What one part of one run works with. Whose run it is was settled by the server."""

    @property
    def user_id(self) -> str: ...

    @property
    def role(self) -> str:
        """`customer` or `staff`."""

    @property
    def conversation_id(self) -> str: ...

    @property
    def run_id(self) -> str: ...

    @property
    def part(self) -> int: ...

    @property
    def case(self) -> Case: ...

    @property
    def resources(self) -> Resources: ...

    async def call(self, tool: Tool[A], arguments: A | Mapping[str, Any]) -> Outcome:
        """Call a tool: arguments are checked, time and result limited, the call and its result told as they happen.
        Never raises for what the tool does wrong."""

    def effect(self, name: str, *, repeatable: bool = False) -> AbstractAsyncContextManager[None]:
        """Around whatever changes the world (a booking, a mail): recorded before and after, so that a run is never
        begun again over it and a cancelled customer hears of it. `repeatable`: doing it twice is doing it once."""
