"""A question read without a model: its plan over the catalogue, or why there is none.

Every table is tried as the one whose rows count, in every form that a question can take; the plan is taken that leaves
the fewest words without a trace and whose names fit best. Words that left no trace are told: while there are any, the
figure is not certain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec.structs import replace as changed

from agents.analyst.reading.comparisons import read_comparisons
from agents.analyst.reading.contents import (
    check_joined,
    read_events,
    read_having,
    read_missing,
    read_texts,
    read_values,
)
from agents.analyst.reading.coverage import Candidate, asks, is_unit, left, score, strange, subject_bonus
from agents.analyst.reading.echoes import echoed
from agents.analyst.reading.following import following, follows
from agents.analyst.reading.frames import FRAMES, Frame
from agents.analyst.reading.grouping import read_groups
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.measuring import read_lapse
from agents.analyst.reading.moments import read_times
from agents.analyst.reading.options import Choices, Unresolved, words_of
from agents.analyst.reading.persons import names_nobody
from agents.analyst.reading.plan import Condition, Measure, Plan, Source
from agents.analyst.reading.question import Question
from agents.analyst.reading.ranking import ENDS, superlative
from agents.analyst.reading.relating import relate
from agents.analyst.reading.scope import Scope
from agents.analyst.reading.sentence import LONGEST, Mark, Sentence, sentence
from agents.analyst.reading.tokens import parts
from agents.language.words import vocabulary

_CLEAR = 0.04
"""By how much the best reading has to be better than that of another table."""
_SAME = 0.001
_MOST_OTHERS = 4
_MOST_DIGITS = 9
_PERSONS = vocabulary("people persons everyone everybody person")
_PIECES = vocabulary("quantity qty units pieces guests passengers people persons visitors attendance participants")
_RELATED = 0.5


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


def read_question(
    text: str, lexicon: Lexicon, dataset: str, now: datetime, before: Plan | None = None
) -> Reading | Unread:
    """The plan of a question; `before` is the plan of the question before it, which this one may build on."""
    if len(text) > LONGEST:
        return Unread(f"The question has more than {LONGEST} characters.")
    read = sentence(text, lexicon, now)
    beyond = [mark for mark in read.marks if mark.cue.startswith("beyond ")]
    if beyond:
        said = dict.fromkeys(f'{mark.cue.removeprefix("beyond ")} ("{mark.text}")' for mark in beyond)
        return Unread(f"I do not work out {', or '.join(said)}.")
    if before is not None and before.source in lexicon.tables and follows(read, before):
        return _followed(read, lexicon, before)
    return _best(read, lexicon, dataset)


def _followed(read: Sentence, lexicon: Lexicon, before: Plan) -> Reading | Unread:
    question = Question(read.marks, Scope(lexicon, before.source))
    try:
        _read_conditions(question)
        plan = following(question, before)
    except Unresolved as problem:
        return Unread(str(problem))
    return _reading(read, Candidate(0.0, plan, question), [])


def _best(read: Sentence, lexicon: Lexicon, dataset: str) -> Reading | Unread:
    """The reading that fits best, of all tables whose rows could be counted."""
    found: list[Candidate] = []
    reasons: list[tuple[float, str]] = []
    for source in lexicon.tables:
        made = list(_candidates(read, lexicon, dataset, source, Choices(), reasons))
        found += sorted(made, key=lambda item: -item.score)[:1]
    unknown = tuple(dict.fromkeys(mark.text for mark in read.marks if mark.strange))
    if not found:
        told = max(
            (reason for reason in reasons if reason[1]), default=(0.0, "I do not see which figures it is about.")
        )
        return Unread(told[1], unknown)
    found.sort(key=lambda item: -item.score)
    best = found[0]
    lost = [mark.text for mark in left(best.question) if asks(best.question, mark) and not mark.names]
    if lost:
        return Unread(f'I do not see what "{lost[0]}" is said of.', unknown)
    plan, asked = best.plan, best.question.has("count", "list", "which")
    nothing = plan.measures == (Measure("count"),) and not (plan.conditions or plan.spans or plan.groups or plan.part)
    if nothing and not asked and left(best.question):
        words = tuple(dict.fromkeys(mark.text for mark in left(best.question)))
        return Unread("I do not see what is to be worked out.", words)
    if missing := strange(best):
        name = words_of(best.question.scope.table.name)
        return Unread(f"The {name} hold nothing called {' or '.join(missing)}.", missing)
    near = [other for other in found[1:] if best.score - other.score < _CLEAR]
    if near and best.score - near[0].score < _SAME:
        one, other = best.plan.source, near[0].plan.source
        same = one.table == other.table
        names = [f"{item.dataset}.{item.table}" if same else words_of(item.table) for item in (one, other)]
        return Unread(f"It can be about {names[0]} or {names[1]}: please say which.")
    others = [Other(f"if it is about {words_of(other.plan.source.table)}", other.plan) for other in near]
    for taken, said_otherwise in best.question.scope.choices.otherwise()[:_MOST_OTHERS]:
        again = sorted(
            _candidates(read, lexicon, dataset, best.plan.source, Choices(taken), []), key=lambda item: -item.score
        )
        others += [Other(said_otherwise, again[0].plan)] if again else []
    return _reading(read, best, others)


def _candidates(
    read: Sentence, lexicon: Lexicon, dataset: str, source: Source, choices: Choices,
    reasons: list[tuple[float, str]],
) -> Iterator[Candidate]:  # fmt: skip
    """The plans over the rows of one table, in every form that fits; `reasons` says why others do not."""
    told = max((i.weight for mark in read.marks for i in mark.of("table") if i.source == source), default=0.0)
    hints = {mark.span.label for mark in read.marks if mark.span}
    hints |= {word for mark in read.marks if mark.said and mark.said[2] for word in mark.said[1]}
    base = Question(read.marks, Scope(lexicon, source, choices, hints))
    for related in (False, True) if len(lexicon.tables) > 1 else (False,):
        question = base.fork()
        try:
            if related and not relate(question, _read_conditions):
                return
            _read_conditions(question)
        except Unresolved as problem:
            reasons.append((told, str(problem)))
            continue
        bonus = subject_bonus(read.marks, source) + related * (_RELATED + (question.given is not None))
        for frame, prior in FRAMES:
            formed = question.fork()
            formed.scope = question.scope.with_choices(choices.fork())
            try:
                plan = _formed(formed, dataset, frame)
            except Unresolved as problem:
                reasons.append((told, str(problem)))
                continue
            if plan is not None:
                yield Candidate(score(formed, plan) + prior + bonus, plan, formed)


def _formed(question: Question, dataset: str, frame: Frame) -> Plan | None:
    """The plan of a question whose conditions are read, in one form. Raises Unresolved."""
    read_groups(question)
    plan = Plan(dataset, question.scope.source, conditions=question.conditions(), spans=question.spans,
                when=question.when, digits=question.digits)  # fmt: skip
    made = frame(question, plan)
    if made is None:
        return None
    echoed(question, made)
    made = _told_only(question, changed(made, when=question.when, digits=question.digits))
    if _contradicts_itself(made):
        raise Unresolved("These conditions cannot both hold.")
    ordered = made.groups and made.descending is None and question.descending is not None
    return changed(made, descending=question.descending) if ordered else made


def _read_conditions(question: Question) -> None:
    """Put into the question how the answer is to look, and which rows count. Raises Unresolved."""
    _wishes(question)
    read_having(question)
    read_lapse(question)
    read_comparisons(question)
    read_texts(question)
    read_missing(question)
    read_values(question)
    read_times(question)
    read_events(question)
    check_joined(question)


def _wishes(question: Question) -> None:
    """How the answer is to look: how many digits, in per cent, without what is missing (which never counts)."""
    for mark in question.marks:
        behind = question.beside(mark.place)
        if mark.plain == "first" and behind.text in ",.;":
            _ordered(question, mark)
        if mark.cue == "ignored":
            found = question.scope.chosen(mark, "figure", "thing", "day")
            profile = question.scope.profile(found.field)
            if found.field is not None and profile is not None and profile.missing:
                question.keep(mark.place, found.field, "is not null", (), f"without missing {mark.text}")
        if mark.cue in ("ignore", "ignored", "all", "round", "whole", "overall"):
            question.use(mark)
            question.digits = 0 if mark.cue == "whole" else question.digits
        if is_unit(behind) and (mark.cue == "round" or mark.plain == "whole"):  # "to the nearest dollar"
            question.use(mark, behind)
            question.digits = 0
        number = 1 if mark.plain == "one" else mark.number
        if number is not None and behind.cue == "places":
            question.use(mark, behind)
            question.digits = min(int(number), _MOST_DIGITS)


def _ordered(question: Question, first: Mark) -> None:
    """ "Most expensive first", "lowest first": an order, and nothing that is sought."""
    said = [mark for mark in question.near(first.place, 2, -1) if mark.said or mark.cue in ENDS]
    if any(superlative(question, mark) for mark in said):
        question.use(first, *said)
        question.descending = -1 not in [ENDS.get(mark.cue, mark.said[0] if mark.said else 1) for mark in said]


def _told_only(question: Question, plan: Plan) -> Plan:
    """Without groups of what is missing, and without rows in a share of which nobody knows whether they belong to the
    part, where what is missing is not to count."""
    if not question.has("ignore"):
        return plan
    groups = [group.fields[-1] for group in plan.groups if group.unit is None]
    fields = dict.fromkeys([*groups, *(item.field for item in plan.part if item.operator != "is null")])
    known = (Condition(field, "is not null", (), "known") for field in fields)
    return changed(plan, conditions=tuple(dict.fromkeys((*plan.conditions, *known))))


def _contradicts_itself(plan: Plan) -> bool:
    """Whether a row would have to have a value and lack it, which no row does; and a figure that is lacking everywhere
    is none."""
    lacking = {item.field for item in plan.conditions if item.operator == "is null"}
    known = {item.field for item in plan.conditions if item.operator == "is not null"}
    return not lacking.isdisjoint(known | {item.field for item in plan.measures if item.field is not None})


def _reading(read: Sentence, best: Candidate, others: list[Other]) -> Reading:
    plan, question = best.plan, best.question
    choices, scope = question.scope.choices, question.scope
    counted = plan.measures == (Measure("count"),)
    if counted and (pieces := _pieces(question)):
        choices.doubt(f"whether {pieces} is to be added up")
    figures = {measure.field: measure.aggregate for measure in plan.measures if measure.field is not None}
    if any(aggregate in ("average", "sum") and scope.is_year(field) for field, aggregate in figures.items()):
        choices.doubt("whether years are worked out like figures")
    year = scope.calendar("year")
    dated = any(word.isdecimal() for field in figures for word in parts(field.column))  # of one year each
    things = any(field.kind == "text" and scope.told_apart_by(field) for field in scope.own_columns)  # of one year each
    if year is not None and "sum" in figures.values() and year not in plan.fields and not (dated or things):
        choices.doubt("whether all years are to be added up")
    if names_nobody(question, plan):
        choices.doubt("who is meant")
    named = any(scope.own(mark) or mark.cue == "rows" for mark in question.marks)
    if counted and len(scope.lexicon.tables) > 1 and not named:
        choices.doubt(f"whether {words_of(scope.table.name)} are counted")
    corrected = (f'"{wrong}" is read as "{right}"' for wrong, right in read.corrected)
    different = {other.plan: other for other in reversed(others) if other.plan != plan}
    unused = tuple(dict.fromkeys(mark.text for mark in left(question)))
    return Reading(plan, (*corrected, *choices.assumed), tuple(different.values()), tuple(choices.doubts), unused)


def _pieces(question: Question) -> str:
    """The column that says how many a row stands for, where the question does not call the rows by their name."""
    rows = [mark for mark in question.marks if mark.cue == "rows" and mark.plain not in _PERSONS]
    if rows or not question.has("count") or any(question.scope.own(mark) for mark in question.marks):
        return ""
    fields = [field for field in question.scope.own_columns if field.kind == "integer"]
    return next((words_of(field.column) for field in fields if _PIECES & set(parts(field.column))), "")


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
