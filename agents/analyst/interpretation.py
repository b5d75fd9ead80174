"""A question read without a model: its plan over the catalogue, or why there is none.

Every table is tried as the one whose rows count, and the plan whose names fit best is taken. Words that left no trace
in it are told: while there are any, the figure is not certain.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

import msgspec
from msgspec.structs import replace as changed

from agents.analyst.draft import AGGREGATES, Draft, merged
from agents.analyst.grouping import read_groups
from agents.analyst.lexicon import Lexicon
from agents.analyst.options import Choices, Unresolved, words_of
from agents.analyst.plan import Measure, Plan, Source
from agents.analyst.planner import plan_of, read_filters
from agents.analyst.ranking import ranked
from agents.analyst.related import related_plan
from agents.analyst.sentence import LONGEST, Mark, Sentence, sentence
from agents.analyst.view import View
from agents.language.words import vocabulary

_CLEAR = 0.04
"""By how much the best reading has to be better than that of another table."""
_SAME = 0.001
_MOST_OTHERS = 4
_SUBJECT = 2.0
_PASSED = vocabulary(
    "idle which list count all and or so rows known ignore both share_of_all distinct round "
    "places whole sum change range"
)
"""What may be left over without another figure being meant."""
_STILL = vocabulary("idle and or so all unit known") | {""}
_ASKING = frozenset({"count", "rows", "unit", "most", "least", "share", "span", "trend"})
_PLACES = frozenset({"in", "at", "from", "near", "on"})


@dataclass(frozen=True, slots=True)
class Other:
    """Another plan of the same question; `said` is when it is the one: 'if "cost" is orders.freight_cost'."""

    said: str
    plan: Plan


@dataclass(frozen=True, slots=True)
class Reading:
    """`assumed` is what was taken for granted, in words; `unused` are words that left no trace in the plan. `others`
    are what else the question can mean, and `doubts` what may well be otherwise: while any of these stands, the figure
    is not certain."""

    plan: Plan
    assumed: tuple[str, ...] = ()
    others: tuple[Other, ...] = ()
    doubts: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a question has no plan: `unknown` words, or a `reason`."""

    reason: str
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    score: float
    plan: Plan
    draft: Draft


def read_question(
    text: str, lexicon: Lexicon, dataset: str, now: datetime, before: Plan | None = None
) -> Reading | Unread:
    """The plan of a question; `before` is the plan of the question before it, which this one may build on."""
    read = sentence(text, lexicon, now)
    if len(text) > LONGEST:
        return Unread(f"The question has more than {LONGEST} characters.")
    beyond = [mark for mark in read.marks if mark.cue.startswith("beyond ")]
    if beyond:
        said = dict.fromkeys(f'{mark.cue.removeprefix("beyond ")} ("{mark.text}")' for mark in beyond)
        return Unread(f"I do not work out {', or '.join(said)}.")
    base = before if before is not None and before.source in lexicon.tables and _follows(read, before) else None
    if base is None and not any(mark.names or _asking(mark) for mark in read.marks):
        return Unread("I do not see which figures it is about.", tuple(m.text for m in read.marks if m.strange))
    return _best(read, lexicon, dataset, base)


def _asking(mark: Mark) -> bool:
    """Whether a mark asks for something of a table that is not named: "the oldest", but not "how happy are they"."""
    return mark.cue in _ASKING or (mark.said is not None and mark.said[2] == "est")


def _best(read: Sentence, lexicon: Lexicon, dataset: str, base: Plan | None) -> Reading | Unread:
    """The reading whose names fit best, of all tables whose rows could be counted."""
    attempt = partial(_attempt, read, lexicon, dataset, base)
    candidates: list[tuple[_Candidate, bool]] = []
    reasons: list[tuple[float, str]] = []
    for source in [base.source] if base is not None else list(lexicon.tables):
        for related in (False, True) if base is None and len(lexicon.tables) > 1 else (False,):
            try:
                candidates.append((attempt(source, Choices(), related=related), related))
            except Unresolved as problem:
                said = [item.weight for mark in read.marks for item in mark.of("table") if item.source == source]
                reasons.append((max(said, default=0.0), str(problem)))
    if not candidates:
        unknown = tuple(dict.fromkeys(mark.text for mark in read.marks if mark.strange))
        told = max((reason for reason in reasons if reason[1]), default=(0.0, "There is no table to answer it from."))
        return Unread(told[1], unknown)
    candidates.sort(key=lambda item: -item[0].score)
    best, related = candidates[0]
    if not _asks(best) and _left(best.draft):
        return Unread("I do not see what is to be worked out.", tuple(mark.text for mark in _left(best.draft)))
    if strange := _strange(best):
        return Unread(_lacks(best.draft.view, strange), strange)
    near = [other for other, _ in candidates[1:] if best.score - other.score < _CLEAR]
    near = [other for other in near if other.plan.source != best.plan.source]
    if near and best.score - near[0].score < _SAME:
        return Unread(f"It can be about {_either(best.plan.source, near[0].plan.source)}: please say which.")
    if base is None:
        _check_subject(read, best, [other.plan.source for other, _ in candidates])
    others = [Other(f"if it is about {words_of(other.plan.source.table)}", other.plan) for other in near]
    for taken, said_otherwise in best.draft.view.choices.otherwise()[:_MOST_OTHERS]:
        try:
            again = attempt(best.plan.source, Choices(taken), related=related)
            others.append(Other(said_otherwise, again.plan))
        except Unresolved:  # it cannot be meant so
            continue
    return _reading(read, best, others)


def _attempt(
    read: Sentence,
    lexicon: Lexicon,
    dataset: str,
    base: Plan | None,
    source: Source,
    choices: Choices,
    *,
    related: bool,
) -> _Candidate:
    """The plan over the rows of one table. Raises Unresolved."""
    draft = Draft(read.marks, View(lexicon, source, choices))
    plan = _following(draft, base) if base is not None else (related_plan if related else plan_of)(draft, dataset)
    subject = _subject(read)
    bonus = next((item.weight for item in subject.of("table") if item.source == source), 0.0) if subject else 0.0
    cues = {mark.cue for mark in read.marks}
    if "count" in cues or not cues & {"sum", "average", "median"}:
        bonus *= _SUBJECT  # figures are where they stand, but rows are what they are called
    return _Candidate(draft.view.score + bonus - sum(map(_worth, _left(draft))), plan, draft)


def _either(one: Source, other: Source) -> str:
    if one.table == other.table:
        return f"{one.dataset}.{one.table} or {other.dataset}.{other.table}"
    return f"{words_of(one.table)} or {words_of(other.table)}"


def _check_subject(read: Sentence, best: _Candidate, sources: list[Source]) -> None:
    """Doubt a plan that leaves out the table that the question names as its subject."""
    subject = _subject(read)
    meant = {item.source for item in subject.of("table", 0.95)} if subject is not None else set()
    joined = {hop.source for field in best.plan.fields for hop in field.path}
    if meant and not meant & {*joined, *sources}:
        best.draft.view.choices.doubt(f"whether it is about {words_of(best.plan.source.table)}")


def _subject(read: Sentence) -> Mark | None:
    """The mark that says what rows are asked about: behind "how many", or else the first that is not grouped by."""
    tables = [mark for mark in read.marks if mark.of("table", 0.35) and not mark.unit]
    for count in (mark.place for mark in read.marks if mark.cue == "count"):
        if counted := [mark for mark in tables if count < mark.place <= count + 3]:
            return counted[0]
    return next(
        (
            mark
            for mark in tables
            if not any(other.cue == "by" for other in read.marks[max(0, mark.place - 2) : mark.place])
        ),
        None,
    )


def _reading(read: Sentence, best: _Candidate, others: list[Other]) -> Reading:
    corrected = tuple(f'"{wrong}" is read as "{right}"' for wrong, right in read.corrected)
    different = {other.plan: other for other in reversed(others) if other.plan != best.plan}
    listed = not best.plan.measures and not best.plan.part
    left = [*_left(best.draft), *(mark for mark in best.draft.all("count") if listed and best.draft.free(mark))]
    unused = tuple(dict.fromkeys(mark.text for mark in left))
    view = best.draft.view
    return Reading(
        best.plan, (*corrected, *view.assumed), tuple(different.values()), tuple(view.choices.doubts), unused
    )


def _left(draft: Draft) -> list[Mark]:
    """The marks that say something and left no trace."""
    return [
        mark
        for mark in draft.marks
        if draft.free(mark)
        and (mark.names or mark.cue not in _PASSED)
        and not (mark.cue == "idle" and not _telling(mark))
    ]


def _telling(mark: Mark) -> bool:
    return bool(mark.names) and mark.names[0].weight >= 0.95


def _worth(mark: Mark) -> float:
    """How much it tells against a reading that a mark means nothing in it."""
    if mark.names:
        return 0.5 + 0.5 * mark.names[0].weight
    return 0.2 if mark.strange else 0.4


def _strange(best: _Candidate) -> tuple[str, ...]:
    """Words that name something that the data does not hold: names, and what is to be worked out."""
    draft, found = best.draft, []
    left = [mark for mark in _left(draft) if mark.strange]
    counted = best.plan.measures in ((), (Measure("count"),)) and not draft.has("count", "list", "share", "distinct")
    anchors = [mark.place for mark in draft.marks if mark.place in draft.used]
    for mark in left:
        name = mark.text[0].isupper() and not mark.initial and not mark.text.isupper()
        placed = mark.place > 0 and draft.marks[mark.place - 1].plain in _PLACES
        lead = [other for other in draft.marks[: mark.place] if other.cue != "idle"]
        asked = [other.plain for other in lead] in (["what"], ["what's"], ["whats"]) and mark.place <= 3
        rows = mark.initial and mark.plain.endswith("s") and bool(draft.filters)  # "games with more than five goals"
        head = asked or (counted and not rows and bool(best.plan.measures) and mark.place < min(anchors, default=0))
        sought = draft.beside(mark.place, -1), draft.beside(mark.place)
        worked = sought[0] is not None and sought[0].cue in AGGREGATES and sought[1] is not None
        if name or placed or head or (worked and sought[1].plain in ("of", "for", "among")):  # type: ignore[union-attr]
            found.append(mark.text)
    return tuple(dict.fromkeys(found))


def _asks(best: _Candidate) -> bool:
    """Whether a word of the question asks for what the plan works out or lists."""
    draft, plan = best.draft, best.plan
    asked = any(mark.cue not in _STILL for mark in draft.marks if mark.place in draft.used)
    return asked or any(measure.field for measure in plan.measures) or bool(plan.conditions or plan.spans)


def _lacks(view: View, words: tuple[str, ...]) -> str:
    return f"The {words_of(view.table.name)} hold nothing called {' or '.join(words)}."


def _follows(read: Sentence, before: Plan) -> bool:
    """Whether the question leaves open what it is about, or points back."""
    tables = [mark for mark in read.marks if mark.of("table", 0.7)]
    points = any(mark.cue == "so" for mark in read.marks)
    if tables and not (points and any(item.source == before.source for item in tables[0].of("table", 0.7))):
        return False
    if any(mark.cue in ("count", "share", "average", "sum", "median", "correlation") for mark in read.marks):
        return False
    figures = [
        mark for mark in read.marks if mark.of("column", 0.8) and mark.of("column")[0].of in ("integer", "number")
    ]
    short = len([mark for mark in read.marks if mark.cue != "idle"]) <= 5
    return (
        (points or short)
        and not figures
        and not any(mark.cue == "which" and mark.initial for mark in read.marks if not points)
    )


def _following(draft: Draft, base: Plan) -> Plan:
    """The plan before with what the question says instead, or besides."""
    draft.when = base.when
    read_filters(draft)
    rank = ranked(draft)
    read_groups(draft, rank)
    fields = {item.field for _, item in draft.filters}
    kept = tuple(item for item in base.conditions if item.field not in fields)
    plan = changed(base, conditions=(*kept, *merged(draft)), when=draft.when or base.when)
    draft.use(*(mark for mark in draft.names() if draft.view.own(mark)))
    if draft.times:
        plan = changed(plan, spans=tuple(span for _, span in draft.times))
    if draft.groups:
        measures = plan.measures or (Measure("count"),)
        plan = changed(
            plan, groups=tuple(draft.groups), measures=measures, shown=(), order=(), limit=None, skip=0, descending=None
        )
    if rank is not None and plan.groups:
        plan = changed(plan, limit=rank.number or 1, descending=rank.end > 0, skip=rank.skip)
    elif rank is not None and plan.order:
        plan = changed(plan, limit=rank.number or 1)
    if plan == base:
        raise Unresolved("I do not see what is to be different from before.")
    return plan


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
