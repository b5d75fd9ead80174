"""A question read without a model: its plan over the catalogue, or why there is none."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from agents.analyst.accounting import unaccounted
from agents.analyst.choices import Choices
from agents.analyst.items import Itemised, Named, itemised
from agents.analyst.lexicon import Lexicon
from agents.analyst.plan import Plan
from agents.analyst.plan_builder import Builder
from agents.analyst.reader import read
from agents.analyst.relation_counts import Clause, clause, related_plan
from agents.analyst.request import Asked
from agents.analyst.resolve import Ambiguous, Rows, Unresolved, words_of

LONGEST = 1000
"""Characters that are read of a question."""
_CLEAR = 0.04
"""By how much the best reading has to be better than the next."""
_NEAR = 0.3
"""By how much a reading that is looked at as well may be worse."""
_MOST_OTHERS = 4
_SUBJECT = 1.0
_SURE = 0.65


@dataclass(frozen=True, slots=True)
class Other:
    """Another plan of the same question; `said` is when it is the one: 'if "cost" is orders.freight_cost'."""

    said: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Reading:
    """`assumed` is what was taken for granted, in words. `others` are what else the question can mean, and `doubts`
    what may well be otherwise: while either stands, the figure is not certain."""

    plan: Plan
    assumed: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a question has no plan: `unknown` words, or a `reason`; `understood` are the phrases that mean something."""

    reason: str
    unknown: tuple[str, ...] = ()
    understood: tuple[str, ...] = ()


def read_question(
    text: str, lexicon: Lexicon, dataset: str, now: datetime, before: Plan | None = None
) -> Reading | Unread:
    """The plan of a question; `before` is the plan of the question before it, which this one may build on."""
    items = itemised(text[:LONGEST], lexicon, now)
    understood = tuple(dict.fromkeys(item.text for item in items.items if isinstance(item, Named)))
    corrected = tuple(f'"{wrong}" is read as "{right}"' for wrong, right in items.corrected)
    if len(text) > LONGEST:
        return Unread(f"The question has more than {LONGEST} characters.", (), understood)
    found = _whole(items, lexicon, dataset, before)
    related = clause(items.items)
    if related is not None and (related.may_be_none or isinstance(found, Unread)):
        apart = _related(related, lexicon, dataset)
        found = apart if isinstance(apart, Reading) or not isinstance(found, Unread) else found
    if isinstance(found, Unread):
        return replace(found, understood=understood)
    return replace(found, assumed=(*corrected, *found.assumed))


def _whole(items: Itemised, lexicon: Lexicon, dataset: str, before: Plan | None) -> Reading | Unread:
    """The question read in one piece."""
    asked = read(items)
    if asked.beyond or asked.unknown:
        return Unread(_beyond(asked), tuple(dict.fromkeys(asked.unknown)))
    base = before if before and _follows(asked, before) else None
    if base is None and not _says_enough(asked):
        return Unread("I do not see which figures it is about.")
    found = _best(asked, lexicon, dataset, base)
    if isinstance(found, Reading) and (left := unaccounted(items.items, found.plan, lexicon)):
        return Unread("", left)
    return found


def _related(related: Clause, lexicon: Lexicon, dataset: str) -> Reading | Unread:
    """The question read as one of things, and one of the rows that refer to them."""
    try:
        plan, rows = related_plan(related, lexicon, dataset, Choices())
    except Unresolved as problem:
        return Unread(str(problem))
    others = _otherwise(rows.choices, lambda again: related_plan(related, lexicon, dataset, again)[0])
    return _reading(plan, rows, others)


def _beyond(asked: Asked) -> str:
    """What the question asks for that nothing here works out."""
    said: dict[str, list[str]] = {}
    for word in asked.beyond:
        said.setdefault(word.what, []).append(f'"{word.text}"')
    whats = [f"{what} ({', '.join(dict.fromkeys(words))})" for what, words in said.items()]
    return f"I do not work out {', or '.join(whats)}." if whats else ""


def _best(asked: Asked, lexicon: Lexicon, dataset: str, base: Plan | None) -> Reading | Unread:
    """The reading whose names fit best, of all tables whose rows could be counted."""
    readings: list[tuple[float, Plan, Rows]] = []
    reasons: list[tuple[float, str]] = []
    unclear = (0.0, "")
    sources = [base.source] if base and base.source in lexicon.tables else list(lexicon.tables)
    for source in sources:
        rows = Rows(lexicon, source, Choices())
        subjects = [*asked.tables, *([asked.thing] if asked.thing else [])]
        bonus = max(
            (item.weight for named in subjects for item in named.of("table") if item.source == source), default=0
        )
        try:
            plan = Builder(asked, rows, dataset, base).plan()
        except Unresolved as problem:
            reasons.append((bonus * _SUBJECT + rows.score, str(problem)))
            unclear = max(unclear, (bonus if isinstance(problem, Ambiguous) else 0.0, str(problem)))
            continue
        readings.append((rows.score + bonus * _SUBJECT, plan, rows))
    if not readings:
        return Unread(max(reasons, default=(0.0, "There is no table to answer it from."))[1])
    if unclear[0] >= _SURE and not any(rows.source == _subject(asked) for _, _, rows in readings):
        return Unread(unclear[1])
    readings.sort(key=lambda reading: -reading[0])
    score, plan, rows = readings[0]
    if len(readings) > 1 and score - readings[1][0] < _CLEAR:
        both = [reading[1].source for reading in readings[:2]]
        same = both[0].table == both[1].table
        names = " or ".join(words_of(f"{item.dataset}.{item.table}" if same else item.table) for item in both)
        return Unread(f"It can be about {names}: please say which.")
    others = [
        Other(f"if it is about {words_of(other.source.table)}", other)
        for near, other, _ in readings[1:]
        if score - near < _NEAR and other.source != plan.source and _hops(other) <= _hops(plan)
    ]
    others += _otherwise(
        rows.choices, lambda again: Builder(asked, Rows(lexicon, plan.source, again), dataset, base).plan()
    )
    return _reading(plan, rows, others)


def _otherwise(choices: Choices, plan: Callable[[Choices], Plan]) -> list[Other]:
    """The plans of the other ways to read what can be meant in several."""
    found = []
    for taken, said in choices.otherwise()[:_MOST_OTHERS]:
        try:
            found.append(Other(said, plan(Choices(taken))))
        except Unresolved:  # it cannot be meant so
            continue
    return found


def _reading(plan: Plan, rows: Rows, others: list[Other]) -> Reading:
    different = {other.plan: other for other in reversed(others) if other.plan != plan}
    return Reading(plan, tuple(rows.assumed), tuple(different.values()), tuple(rows.choices.doubts))


def _hops(plan: Plan) -> int:
    """How far what a plan needs lies from the rows that it counts: rows that have it themselves are meant before rows
    that lead to it."""
    return sum(len(field.path) for field in plan.fields)


def _subject(asked: Asked) -> object:
    """The table that the question is about by its name, if there is one."""
    named = asked.thing or next(iter(asked.tables), None)
    tables = named.of("table", _SURE) if named else ()
    return tables[0].source if tables else None


def _follows(asked: Asked, before: Plan) -> bool:
    """Whether the question leaves open what it is about, or points back."""
    subjects = [table for named in asked.tables for table in named.of("table", 0.7)]
    if asked.refers and all(subject.source == before.source for subject in subjects[:1]):
        return not asked.columns or not subjects
    return not asked.tables and not asked.columns and not asked.thing and not (asked.which and asked.end)


def _says_enough(asked: Asked) -> bool:
    return bool(
        asked.tables
        or asked.columns
        or asked.thing
        or asked.lapse
        or asked.values
        or asked.groups
        or asked.nulls
        or asked.limits
    )


def as_note(reading: Reading) -> dict[str, object]:
    """The reading as plain data, to be kept in the conversation."""
    plain: dict[str, object] = msgspec.json.decode(msgspec.json.encode({"plan": reading.plan}))
    return plain


def from_note(note: object) -> Plan | None:
    """The plan in a note; None where there is none that can be read."""
    try:
        return msgspec.convert(note["plan"], Plan) if isinstance(note, dict) and "plan" in note else None
    except msgspec.ValidationError:
        return None
