"""The contract between the protocol and who answers it: here in this process, or a server elsewhere."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

Tell = Callable[[str], Awaitable[None]]
"""Says to whoever waits what is being done."""


class Unanswerable(Exception):
    """Why a call cannot be answered, in words for its caller: a name that is not known, a server that is away."""


def no_such(kind: str, name: str, names: Iterable[str]) -> Unanswerable:
    """There is no `kind` of this name; `names` are those that there are."""
    return Unanswerable(f"There is no {kind} {name!r}. There are: {', '.join(sorted(filter(None, names))) or 'none'}.")


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage of the knowledge base. `source` is the document's id, `section` its headings joined by ` > `; `start`
    and `end` are offsets in its text; `score` is in 0..1."""

    id: str
    title: str
    source: str
    section: str
    text: str
    score: float
    page: int | None = None
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class CitedSource:
    """What marker `[number]` of the answer stands for, and the words that bear it out."""

    number: int
    title: str
    source: str
    page: int | None = None
    text: str = ""


@dataclass(frozen=True)  # no slots: the SDK takes them for defaults
class Said:
    """An answer. `agent` is the specialist that gave it; `declined`: the documents do not hold it; `asks`: it ends with
    a question to the customer, and nothing was done. `session_id` goes on with the conversation."""

    answer: str
    agent: str
    session_id: str
    citations: list[CitedSource] = field(default_factory=list)
    confidence: float = 0.0
    declined: bool = False
    asks: bool = False
    diagram: str | None = None


@dataclass(frozen=True, slots=True)
class Expert:
    """A specialist: its name, what it is for, and the subjects that it may read."""

    name: str
    description: str
    subjects: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """A document: its id and title."""

    id: str
    title: str
    subject: str


class Knowing(Protocol):
    """Every method raises Unanswerable."""

    async def search(self, query: str, k: int, subject: str | None) -> list[FoundPassage]:
        """At most `k` passages, best first."""

    async def ask(
        self, question: str, agent: str | None, dataset: str | None, session_id: str | None, tell: Tell
    ) -> Said:
        """The answer to a question; None for a session: a new one."""

    async def specialists(self) -> list[Expert]:
        """Who can be asked by name."""

    async def documents(self) -> list[Listed]:
        """The documents that are shown."""

    async def document(self, document_id: str) -> str | None:
        """The text of one; None where there is none."""
