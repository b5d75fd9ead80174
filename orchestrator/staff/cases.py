"""Answers that were wrong, frozen with all that they were made from, so that the same question can be answered again
without a model, a database or a search. Pure."""

import msgspec

from agents.types import Turn
from orchestrator.event.ownership import Member
from orchestrator.events import SourcePassage


class State(msgspec.Struct, frozen=True):
    """What the conversation knew when the question was asked."""

    history: tuple[Turn, ...]
    facts: dict[str, str]
    zone: str


class Frozen(msgspec.Struct, frozen=True):
    """A question with its state and the passages that were found; `answer` is what was said to it."""

    question: str
    answer: str
    agent: str
    state: State
    passages: tuple[SourcePassage, ...]


class Case(msgspec.Struct, frozen=True):
    """A frozen answer and what it should have said."""

    case_id: str
    message_id: str
    conversation_id: str
    question: str
    answer: str
    expected: str
    comment: str | None
    author: Member
    created_at: str


class CaseLine(msgspec.Struct, frozen=True, omit_defaults=True):
    """A case as a line of a file, with all that is needed to answer it again."""

    id: str
    question: str
    answer: str
    expected: str
    agent: str
    state: State
    passages: tuple[SourcePassage, ...]
    comment: str | None = None
