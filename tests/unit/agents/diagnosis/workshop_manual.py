"""The bundled knowledge base as guided diagnosis needs it, and a customer who talks to the skill turn by turn."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from agents.acts.reader import ActReader
from agents.context import Resources
from agents.diagnosis.guided_checks import GuidedChecks, parse
from agents.diagnosis.skill import SKILL
from agents.diagnosis.symptoms import telling
from agents.skill import Handled
from agents.types import Turn
from rag.types import Passage
from tests import bundled
from tests.tool_contexts import case, context
from tests.unit.rag.hashing import HashingEmbedder


async def search(text: str, *, subjects: Sequence[str] | None, k: int) -> tuple[Passage, ...]:
    """The chunks that share the most telling words with a text, for their length."""
    wanted = telling(text)
    found = []
    for chunk in bundled.chunks():
        if subjects is None or chunk.subject in subjects:
            words = telling(chunk.searchable)
            found.append(Passage(chunk, len(wanted & words) / max(len(words), 1) ** 0.5))
    return tuple(sorted(found, key=lambda passage: -passage.score)[:k])


RESOURCES = Resources(bundled.vehicles(), bundled.reference(), search, HashingEmbedder(), cast(Any, None))


@cache
def checks() -> GuidedChecks:
    return parse(bundled.chunks(), bundled.vehicles())


@dataclass
class Customer:
    """A conversation with the skill. Between two turns the note is only there as JSON, as after a reconnect."""

    resources: Resources = RESOURCES
    facts: Mapping[str, str] = field(default_factory=dict)
    note: str = "null"
    history: list[Turn] = field(default_factory=list)
    taken_up: bool = False
    acts: ActReader | None = None
    """What tells whether the customer is in danger; nobody is without it."""

    async def says(self, text: str, meanwhile: str = "Something else was answered.") -> Handled | None:
        """What the skill answers, None where it leaves the message to others; those answer `meanwhile`."""
        self.facts = bundled.vehicles().facts(text, self.facts)
        noted = json.loads(self.note) or {}
        danger = (self.acts.read(text).danger if self.acts else None) or ""
        asked = case(text, facts=self.facts, note=noted, history=self.history, danger=danger)
        self.taken_up = bool(noted) and await SKILL.takes_up(asked, self.resources)
        request = await SKILL.read(asked, self.resources)
        self.history.append(Turn("customer", text))
        if request is None:
            self.history.append(Turn("assistant", meanwhile))
            return None
        made, told = context(self.resources, asked)
        handled = await SKILL.act(request, made)
        assert all(told.passages[one.number - 1] == one.passage for one in handled.citations)
        assert all(one.passage.chunk.start <= one.start < one.end <= one.passage.chunk.end for one in handled.citations)
        self.note = json.dumps(handled.note)
        self.history.append(Turn("assistant", handled.text, "troubleshooting"))
        return handled
