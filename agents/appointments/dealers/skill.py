"""Where the dealers are, when they are open, and their telephone numbers."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from types import MappingProxyType
from typing import Any

from pydantic import Field

from agents.appointments.dealers.hours import DAYS, Hours
from agents.appointments.dealers.workshops import Unbookable, Workshop, Workshops, parse
from agents.context import Case, Resources, ToolContext
from agents.dataset import Reader
from agents.language.words import content
from agents.passages.precedents import elsewhere
from agents.skill import Action, Handled
from agents.tool import Arguments, Result, Tool
from agents.topics.reader import About

_TOPICS = frozenset({"dealer_phone", "opening_hours", "dealer_address"})
_KINDS = ("contact", "date_time", "place", "extreme", "comparison", "existence", "confirmation")
_PROBABLE, _WANTED = 0.3, 0.4
_EXTREME = 0.5
_CALLED_FOR = 2
"""Earlier turns in which a dealer may have been named."""
_FEW_BESIDE = 2
"""Words of content beside a dealer's name of a message that asks who that is: "tell me about Ashby Motors"."""
_SURELY_ELSE = 0.6
"""The likeness of other customers' questions from which on what answers them is told, and no list of all dealers."""


class LookUpDealer(Arguments):
    """One dealer, or all."""

    dealer: str = Field("", description="The dealer's name or town, or a place near it; empty for all.", max_length=200)


async def _look_up(arguments: LookUpDealer, context: ToolContext) -> Result:
    known = await context.resources.reference.derived(parse)
    apart = tuple(row for mention in known.unbookable(arguments.dealer) for row in mention.found)
    found: Sequence[Workshop | Unbookable] = apart[:1] or known.named(arguments.dealer) or known.rows
    rows = [
        {
            "dealer": row.name,
            "town": row.town,
            "street": row.street,
            "telephone": row.telephone,
            "hours": _hours(row),
        }
        for row in found
    ]
    return Result({"dealers": rows}, tuple(row.evidence for row in found))


LOOK_UP_DEALER = Tool(
    "look_up_dealer", "A dealer's address, telephone number and opening hours.", LookUpDealer, _look_up
)


@dataclass(frozen=True, slots=True)
class Request:
    """The dealers that are asked about, by their keys; or one that can only be called, by its name."""

    keys: tuple[str, ...]
    unbookable: str = ""


@dataclass(frozen=True, slots=True)
class Dealers:
    """See `agents.skill.Skill`."""

    name: str = "dealers"
    guidance: str = (
        "look_up_dealer gives a dealer's address, telephone number and opening hours; never say them from memory."
    )
    tools: tuple[Tool[Any], ...] = (LOOK_UP_DEALER,)
    actions: Mapping[str, Action] = field(default_factory=lambda: MappingProxyType({}))

    async def takes_up(self, case: Case, resources: Resources) -> bool:
        """It asks nothing."""
        return False

    async def read(self, case: Case, resources: Resources) -> Request | None:
        """See `agents.skill.Skill`."""
        if resources.topics is None or case.act != "request":
            return None
        known = await resources.reference.derived(parse)
        if case.history and not (_named(case, known) or known.unbookable(case.message)):
            return None
        about = await asyncio.to_thread(resources.topics.read, case.question.text, case.question.context)
        share = sum(share for topic, share in about.topics if topic.name in _TOPICS)
        apart = known.unbookable(case.message)
        wanted = share >= _PROBABLE and about.kind(*_KINDS) >= _WANTED
        if not (known.rows or apart) or not (wanted or _introduces(case.message, known)):
            return None
        if apart:
            return Request((), apart[0].found[0].name)
        if not _named(case, known):
            places = await asyncio.to_thread(resources.asked, case.question.whole)
            if elsewhere(places, known.holds, _SURELY_ELSE):
                return None
        return _asked(case, about, known)

    async def act(self, request: Request, context: ToolContext) -> Handled:
        """See `agents.skill.Skill`."""
        known = await context.resources.reference.derived(parse)
        apart = [row for mention in known.unbookable(request.unbookable) for row in mention.found][:1]
        rows: Sequence[Workshop | Unbookable] = apart or [row for key in request.keys if (row := known.get(key))]
        only = rows[0].name if len(rows) == 1 else ""
        outcome = await context.call(LOOK_UP_DEALER, {"dealer": only})
        numbers = {citation.passage.chunk.id + str(citation.start): citation for citation in outcome.citations}
        cited = {row.name: numbers[row.evidence.passage.chunk.id + str(row.evidence.start)] for row in rows}
        lines = [f"{row.address}: {row.telephone}; {_hours(row)} [{cited[row.name].number}]." for row in rows]
        text = lines[0] if len(lines) == 1 else "\n".join(f"- {line}" for line in lines)
        return Handled(text, citations=tuple(cited.values()))


async def claims(text: str, reader: Reader, resources: Resources) -> bool:
    """See `agents.specialist.Specialist`: whether a text asks for nothing but a dealer, whose name the classifier never
    saw."""
    return _introduces(text, await resources.reference.derived(parse))


def _introduces(text: str, known: Workshops) -> bool:
    """Whether a text says hardly more than a dealer's own name: "where is Ashby Motors"."""
    places = [(one.start, one.end, [row.name for row in one.found]) for one in known.mentions(text)]
    places += [(one.start, one.end, [row.name for row in one.found]) for one in known.unbookable(text)]
    return any(
        len(content(f"{text[:start]} {text[end:]}")) <= _FEW_BESIDE
        for start, end, names in places
        if text[start:end].casefold() in map(str.casefold, names)
    )


def _asked(case: Case, about: About, known: Workshops) -> Request | None:
    """The dealers of the message, or of what was said last; all where none was named."""
    named = _named(case, known)
    if about.kind("extreme", "comparison") >= _EXTREME and len(named) != 1:
        best = max(named or known.rows, key=_open_minutes)
        earliest = min(named or known.rows, key=_opens)
        rows = tuple(dict.fromkeys((best, earliest)))
        return Request(tuple(row.key for row in rows))
    rows = tuple(named) or known.rows
    return Request(tuple(row.key for row in rows))


def _named(case: Case, known: Workshops) -> tuple[Workshop, ...]:
    """The dealers that the message names, or else what was said before it."""
    spoken = [case.message, *(turn.text for turn in reversed(case.history[-_CALLED_FOR:]))]
    return next((found for text in spoken if (found := known.named(text))), ())


def _opens(row: Workshop) -> time:
    return min((hours.opens for day in row.hours for hours in day), default=time.max)


def _open_minutes(row: Workshop) -> int:
    return sum(_minutes(hours.closes) - _minutes(hours.opens) for day in row.hours for hours in day)


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _hours(row: Workshop | Unbookable) -> str:
    return row.hours if isinstance(row, Unbookable) else _week(row)


def _week(row: Workshop) -> str:
    """The opening hours with days alike put together: `Monday to Friday 08:00–18:00, Saturday to Sunday closed`."""
    spans: list[tuple[int, int, tuple[Hours, ...]]] = []
    for day, hours in enumerate(row.hours):
        if spans and spans[-1][2] == hours:
            spans[-1] = (spans[-1][0], day, hours)
        else:
            spans.append((day, day, hours))
    return ", ".join(f"{_days(first, last)} {_times(hours)}" for first, last, hours in spans)


def _days(first: int, last: int) -> str:
    return DAYS[first].capitalize() + (f" to {DAYS[last].capitalize()}" if last > first else "")


def _times(hours: Sequence[Hours]) -> str:
    return " and ".join(f"{span.opens:%H:%M}–{span.closes:%H:%M}" for span in hours) or "closed"


SKILL = Dealers()
