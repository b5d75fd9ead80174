"""A reply as the bot would write it, for a member of staff to send, change or leave: grounded, and never stale."""

import uuid
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import structlog

from agents.types import Question, Turn
from orchestrator.errors import Conflict, NotFound, PitcrewError
from orchestrator.events import Completed, InputRequired
from orchestrator.execution.runs import Run
from orchestrator.run import Desk, RunInput

log = structlog.get_logger()


class Basis(msgspec.Struct, frozen=True):
    """What a draft is made from: the customer's last words, what was said before them, the facts, and where the
    conversation stood (`seq`)."""

    text: str
    history: tuple[Turn, ...]
    facts: dict[str, str]
    zone: str
    seq: int


class Quoted(msgspec.Struct, frozen=True):
    """The evidence behind a marker of the draft."""

    number: int
    source: str
    title: str
    text: str


class Draft(msgspec.Struct, frozen=True):
    """A reply to what was said last when the conversation stood at `seq`; `declined`: the documents do not hold it."""

    text: str
    citations: tuple[Quoted, ...]
    agent: str
    confidence: float
    declined: bool
    seq: int


Drafting = Callable[[Basis], Awaitable[Draft]]
"""See `draft`."""


async def draft(run: Run, basis: Basis) -> Draft:
    """Let the bot answer, for the staff's eyes alone. Nothing is kept of it and nothing is done: where the answer would
    ask before an effect there is none. Raises Conflict where it comes to no answer."""
    question = Question(basis.text, basis.history, basis.facts, zone=basis.zone)
    name = f"draft-{uuid.uuid4().hex}"
    completed: Completed | None = None
    try:
        async for event in run(RunInput(name[:36], "draft", question, "customer", name, ""), Desk()):
            if isinstance(event, Completed):
                completed = event
            elif isinstance(event, InputRequired):
                raise Conflict
    except PitcrewError:
        raise
    except Exception as error:
        log.warning("no_draft", reason=type(error).__name__)
        raise Conflict from error
    if completed is None:
        raise Conflict
    return Draft(
        completed.response,
        tuple(Quoted(one.number, one.source, one.title, one.text) for one in completed.citations),
        completed.agent,
        completed.confidence,
        completed.declined,
        basis.seq,
    )


def basis_of(turns: Sequence[Turn], facts: dict[str, str], zone: str, seq: int) -> Basis:
    """From the newest turns. Raises NotFound where the customer has said nothing."""
    last = max((place for place, turn in enumerate(turns) if turn.role == "customer"), default=-1)
    if last < 0:
        raise NotFound
    return Basis(turns[last].text, tuple(turns[:last]), facts, zone, seq)
