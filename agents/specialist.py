"""What a specialist is: a value. One file in `agents/specialists/` per specialist, each exporting `SPECIALIST`.

The graph's node, the classifier's choice and the documentation row all derive from the catalogue of these values.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, NotRequired, Protocol, TypedDict

from agents.context import Resources
from agents.dataset import Reader
from agents.skill import Skill
from agents.types import Question, StandaloneQuestion

CUSTOMER = "customer"
STAFF = "staff"
ADMIN = "admin"
"""Whom everything is open to that is open to the staff."""


class Asker(TypedDict):
    """Whose run it is, as the server knows it; `email` is that of the token, "" where it tells none."""

    user_id: str
    role: str
    email: NotRequired[str]
    conversation_id: str
    run_id: str


def reader_of(asker: Asker) -> Reader:
    """Who reads figures in this run."""
    return Reader(asker["role"], asker["user_id"], asker.get("email", ""))


class Job(TypedDict):
    """What a specialist's node is sent: its part, by number, what it asks, and the run's question. `specialist`
    is who is to work on it; `label` heads the part where several are answered; `act` is what the message does, and
    `danger` the kind of danger that it tells of, or "". `path` names the specialists that passed it on, in their order,
    and `findings` is what the last of them found."""

    part: int
    specialist: str
    standalone: StandaloneQuestion
    question: Question
    facts: Mapping[str, str]
    asker: Asker
    label: str
    act: str
    danger: str
    path: list[str]
    findings: Mapping[str, Any]


class Done(TypedDict, total=False):
    """What it gives back: the number of its part, and where it goes on with another specialist, the `passed` job."""

    done: list[int]
    passed: list[Job]


class LocalToolContext(Protocol):
    """What a specialist's own graph has at hand besides its state: its runtime context."""

    def effect(self, name: str, *, repeatable: bool = False) -> AbstractAsyncContextManager[None]:
        """Around whatever changes the world (a booking, a mail): recorded before and after, so that a run is never
        begun again over it and a cancelled customer hears of it. `repeatable`: doing it twice is doing it once."""


@dataclass(frozen=True, slots=True)
class Specialist:
    """An expert for one kind of question.

    `audience`: the roles it is open to, and beside them the dialects (`channel("explorer")`) on which it is open to
    everyone. `description`: one sentence for people and models. `utterances`: example messages that train the
    classifier; `topics`, a few words each, what else it is about; `fields` those of `agents.topics` that are its
    own, which count where the classifier is not sure; `beyond`, messages that come near and are for nobody.
    `knowledge`: the subjects whose documents it may read, its own first. `instructions`: how it answers, put before
    a chat model. `label` heads its part of an answer that several share. `skills`: the jobs that it can do itself,
    in the order in which they are offered a message. `acts`: what messages do that are for it, whatever they are
    about (`agents.acts.act`). `heeds`: acts aside of what its skills had asked that may yet reply to it. `claims`:
    whether a message is surely for it: of a specialist for customers it is asked also where the classifier is sure
    of another or of none; of others, which the classifier does not know, where that is not sure. `graph`: builds a
    LangGraph state graph of its own, from `Job` to `Done` with a `LocalToolContext` as its context, that works in
    the place of searching and answering. Its nodes write `Answering`, `Delta` and `PartDone`; to ask before an
    effect, a node does nothing but `interrupt(Asks(...))`, because a resumed node runs again from its top.
    """

    name: str
    label: str
    description: str
    utterances: tuple[str, ...]
    knowledge: tuple[str, ...]
    instructions: str
    audience: frozenset[str] = frozenset({CUSTOMER, STAFF})
    skills: tuple[Skill, ...] = ()
    acts: frozenset[str] = frozenset()
    heeds: frozenset[str] = frozenset()
    claims: Callable[[str, Reader, Resources], Awaitable[bool]] | None = None
    graph: Callable[[Resources], Any] | None = None
    topics: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    beyond: tuple[str, ...] = ()


Catalogue = tuple[Specialist, ...]


def channel(name: str) -> str:
    """What stands in an audience for the dialect of this name."""
    return f"channel:{name}"


def open_to(catalogue: Catalogue, role: str, by: str = "") -> Catalogue:
    """The specialists that `role` may be routed to over the dialect `by`, in catalogue order."""
    roles = {role, STAFF} if role == ADMIN else {role}
    return tuple(one for one in catalogue if roles & one.audience or channel(by) in one.audience)
