"""The cases of a question set, as they are written in JSON Lines."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Protocol

import msgspec

from agents.types import Turn

ROUTERS_OWN = ("out_of_scope", "human")
"""Routes, and kinds of cases, that lead to no specialist."""
UNANSWERABLE = ("absent", "out_of_scope")
"""Kinds of cases that no document answers."""

Gain = Annotated[float, msgspec.Meta(ge=0, le=1e6)]


@dataclass(frozen=True)
class Case:
    """One line of a question set. `routes`: the specialists that are to answer, or one of ROUTERS_OWN; empty where
    unknown. `documents` hold the answer; `contains` are texts that it must have. `relevant` is the gain of each
    relevant document by id, None where unknown. `id` is of any JSON type."""

    id: Any
    text: str
    history: tuple[Turn, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    routes: frozenset[str] = frozenset()
    kind: str = "plain"
    documents: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    relevant: Mapping[str, float] | None = None

    @cached_property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that stay while nothing of the case changes that is asked or expected."""
        request = (self.text, self.history, dict(self.facts))
        expected = (sorted(self.routes), self.kind, sorted(self.documents), sorted(self.contains))
        relevant = None if self.relevant is None else dict(self.relevant)
        whole = msgspec.json.encode((self.id, request, expected, relevant), order="deterministic")
        return hashlib.sha256(whole).hexdigest()[:16]


class Identified(Protocol):
    """What can be told apart, and found changed: a case, or a dialogue."""

    @property
    def id(self) -> Any: ...

    @property
    def fingerprint(self) -> str: ...


def identity(case_id: Any) -> str:
    """An id as a key: ids are the same when their JSON is."""
    return msgspec.json.encode(case_id, order="deterministic").decode()


class _Line(msgspec.Struct):
    """A line as it is written; every set uses some of the fields."""

    id: Any
    text: str | None = None
    question: str | None = None
    history: tuple[Turn, ...] | None = None
    facts: dict[str, str] | None = None
    route: str | None = None
    routes: tuple[str, ...] | None = None
    kind: str = "plain"
    documents: tuple[str, ...] | None = None
    contains: tuple[str, ...] | None = None
    relevant: dict[str, Gain] | list[str | int] | None = None


def parse_case(line: Mapping[str, Any]) -> Case:
    """The case of a line; unknown fields are ignored. Raises ValueError saying what is wrong with it."""
    try:
        read = msgspec.convert(line, _Line)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from error
    text = read.text if read.text is not None else read.question
    if text is None:
        raise ValueError("neither `text` nor `question` is given")
    routes = frozenset(read.routes or ((read.route,) if read.route else ()))
    if not routes and read.kind in ROUTERS_OWN:
        routes = frozenset({read.kind})
    documents = read.documents or ()
    relevant = read.relevant
    if relevant is None and (documents or read.kind in UNANSWERABLE):
        relevant = list(documents)
    if isinstance(relevant, list):
        relevant = {str(document_id): 1.0 for document_id in relevant}
    return Case(
        read.id,
        text,
        read.history or (),
        read.facts or {},
        routes,
        read.kind,
        documents,
        read.contains or (),
        relevant,
    )
