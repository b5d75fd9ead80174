"""Things told by how many rows refer to them: "customers with more than two orders", "suppliers without any parts".

Such a question is two: one of the things, and one of the rows that refer to them, which are counted for each thing,
with 0 where there are none.
"""

from dataclasses import dataclass

from agents.analyst.draft import Draft, merged
from agents.analyst.numbers import OPERATORS
from agents.analyst.options import Unresolved
from agents.analyst.plan import Field, Hop, Measure, Operator, Plan, Related, Source
from agents.analyst.planner import plan_of, read_filters
from agents.analyst.reach import reach
from agents.analyst.sentence import Mark
from agents.analyst.view import View

_SURE = 0.65
_OFTEN = {"once": 1, "twice": 2}
_FAR = 3


@dataclass(frozen=True, slots=True)
class _Clause:
    """`marks` say of which rows there are to be so many."""

    operator: Operator
    number: int
    marks: tuple[Mark, ...]
    cues: tuple[Mark, ...]
    rows: Mark | None
    said: str


def related_plan(draft: Draft, dataset: str) -> Plan:
    """The plan of such a question over the things. Raises Unresolved where it is none."""
    things = next((mark for mark in draft.marks if mark.of("table", _SURE) and draft.view.own(mark)), None)
    if things is None:
        raise Unresolved("")
    averaged = _averaged(draft, things)
    if averaged is None and any(mark.of("table", _SURE) for mark in draft.marks[: things.place]):
        raise Unresolved("")
    clause = None if averaged else _clause(draft, things)
    rows = averaged or (clause.rows if clause else None)
    reaching = _referring(draft, rows) if averaged or clause else []
    if not reaching:
        raise Unresolved("")
    source, path = reaching[0]
    inner = Draft(draft.marks, View(draft.view.lexicon, source, draft.view.choices))
    within = {mark.place for mark in clause.marks} if clause else set()
    inner.used = outside = {mark.place for mark in draft.marks if mark.place not in within}
    inner.used = outside | {mark.place for mark in (rows, *(clause.cues if clause else ())) if mark is not None}
    read_filters(inner)
    keys = tuple(_key(draft, source, path[:-1], name) for name in path[-1].columns)
    related = Related(source, keys, path[-1].to_columns, merged(inner), inner.when, inner.spans)
    field = Field(source.table, "integer", related=related)
    draft.view.score += inner.view.score + 0.5
    if clause is None:
        draft.use(*draft.all("average", "count"), things, rows, draft.cued(things.place, -1, "by"))
        draft.given = (Measure("average", field),)
    else:
        draft.used |= inner.used - outside
        draft.use(*clause.cues, *(mark for mark in clause.marks if mark.cue in ("all", "more")))
        draft.keep(clause.marks[0].place, field, clause.operator, (clause.number,), clause.said)
    return plan_of(draft, dataset)


def _averaged(draft: Draft, things: Mark) -> Mark | None:
    """The rows in "average number of rows per thing"."""
    rows = next((mark for mark in draft.marks if mark.of("table", _SURE) and not draft.view.own(mark)), None)
    between = draft.after(rows.place) if rows is not None else None
    if rows is None or between is None or between.cue != "by" or draft.after(between.place) is not things:
        return None
    return rows if draft.has("average") and not draft.is_figure(rows) else None


def _clause(draft: Draft, things: Mark) -> _Clause | None:
    """How many rows there are to be, and which: those behind a number or "without", or before "twice"."""
    for mark in draft.marks[things.place + 1 :]:
        before, behind = draft.marks[things.place + 1 : mark.place + 1], draft.marks[mark.place :]
        follows = draft.after(mark.place)
        often = _OFTEN.get(follows.cue if follows is not None and mark.cue in OPERATORS else mark.cue)
        rows = next((item for item in behind if item.of("table", _SURE) and not draft.view.own(item)), None)
        if often is not None:
            operator = OPERATORS.get(mark.cue, "=")
            cues = (mark, follows) if follows is not None and mark.cue in OPERATORS else (mark,)
            said = " ".join(item.text for item in cues)
            return _Clause(operator, often, draft.marks[things.place + 1 : cues[-1].place + 1], cues, None, said)
        if mark.cue in OPERATORS and follows is not None and follows.number is not None:
            counted = draft.beside(follows.place)
            said, number = f"{mark.text} {follows.text}", int(follows.number)
            if counted is not None and counted is rows:
                return _Clause(OPERATORS[mark.cue], number, behind, (mark, follows), rows, said)
            if counted is not None and counted.plain == "times":
                return _Clause(OPERATORS[mark.cue], number, before, (mark, follows, counted), None, said)
        if (
            mark.cue in ("not", "without")
            and rows is not None
            and (rows.place - mark.place <= _FAR or mark.plain == "never")
        ):
            return _Clause("=", 0, behind, (mark,), rows, f"{mark.text} {rows.text}")
    return None


def _referring(draft: Draft, rows: Mark | None) -> list[tuple[Source, tuple[Hop, ...]]]:
    """The tables whose rows refer to the things: the one that is named, or else all that the question may mean."""
    lexicon, own = draft.view.lexicon, draft.view.source
    named = [item.source for item in rows.of("table", _SURE)] if rows is not None else []
    found = []
    for source in named or _valued(draft):
        paths = reach(lexicon.tables, source).get(own, ())
        if source != own and paths:
            found.append((source, paths[0]))
    return found


def _valued(draft: Draft) -> list[Source]:
    """The tables whose values are named."""
    return list(dict.fromkeys(item.source for mark in draft.marks for item in mark.of("value", 0.7)))


def _key(draft: Draft, source: Source, before: tuple[Hop, ...], name: str) -> Field:
    at = before[-1].source if before else source
    return Field(name, draft.view.lexicon.column(at, name).kind, before)
