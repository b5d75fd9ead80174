"""Things told by how many rows refer to them: "customers with more than two orders", "suppliers without any parts".

Such a question is two: one of the things, and one of the rows that refer to them, which are counted for each thing,
with 0 where there are none.
"""

from dataclasses import dataclass

from agents.analyst.draft import Draft
from agents.analyst.filters import OPERATORS, read_filters
from agents.analyst.plan import Condition, Field, Hop, Measure, Operator, Plan, Related, Source
from agents.analyst.planner import merged, plan_of
from agents.analyst.reach import reach
from agents.analyst.sentence import Mark
from agents.analyst.view import Unresolved, View

_SURE = 0.65
_OFTEN: dict[str, tuple[Operator, int]] = {"once": ("=", 1), "twice": ("=", 2)}


@dataclass(frozen=True, slots=True)
class _Clause:
    """`marks` say of which rows there are to be so many."""

    operator: Operator
    number: int
    marks: tuple[Mark, ...]
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
    if averaged is None and clause is None:
        raise Unresolved("")
    rows = averaged or (clause.rows if clause else None)
    reaching = [(source, path) for source, path in _referring(draft, rows) if path]
    if not reaching:
        raise Unresolved("")
    source, path = reaching[0]
    inner = Draft(draft.marks, View(draft.view.lexicon, source, draft.view.choices))
    within = {mark.place for mark in clause.marks} if clause else set()
    inner.used = {mark.place for mark in draft.marks if mark.place not in within}
    outside = set(inner.used)
    if rows is not None:
        inner.use(rows)
    read_filters(inner)
    before = [hop for hop in path[:-1]]
    keys = tuple(_key(draft, source, tuple(before), name) for name in path[-1].columns)
    related = Related(source, keys, path[-1].to_columns, merged(inner), inner.when, tuple(span for _, span in inner.times))
    field = Field(source.table, "integer", related=related)
    draft.view.score += inner.view.score + 0.5
    if clause is None:
        by = draft.cued(things.place, -1, "by")
        draft.use(*(mark for mark in draft.marks if mark.cue in ("average", "count")), things, *([rows] if rows else []), *([by] if by else []))
        draft.given = (Measure("average", field),)
        return plan_of(draft, dataset)
    draft.used |= inner.used - outside
    draft.use(*(mark for mark in clause.marks if mark.cue in (*OPERATORS, "not", "without", *_OFTEN, "all", "more") or mark.number is not None))
    draft.filters.append((clause.marks[0].place, Condition(field, clause.operator, (clause.number,), clause.said)))
    return plan_of(draft, dataset)


def _averaged(draft: Draft, things: Mark) -> Mark | None:
    """The rows in "average number of rows per thing"."""
    rows = next((mark for mark in draft.marks if mark.of("table", _SURE) and not draft.view.own(mark)), None)
    between = draft.after(rows.place) if rows is not None else None
    if rows is None or between is None or between.cue != "by" or draft.after(between.place) is not things:
        return None
    return rows if draft.has("average") and not draft.is_figure(rows) else None


def _clause(draft: Draft, things: Mark) -> _Clause | None:
    for mark in draft.marks[things.place + 1 :]:
        behind = draft.marks[mark.place :]
        if mark.cue in OPERATORS:
            number = draft.after(mark.place)
            rows = draft.after(number.place) if number is not None and number.number is not None else None
            if mark.cue in ("over", "at_least", "under", "at_most", "equal") and number is not None and number.cue in _OFTEN:
                return _Clause(OPERATORS[mark.cue], _OFTEN[number.cue][1], draft.marks[things.place + 1 :], None, f"{mark.text} {number.text}")
            if rows is not None and number is not None and number.number is not None:
                if rows.of("table", _SURE) and not draft.view.own(rows):
                    return _Clause(OPERATORS[mark.cue], int(number.number), behind, rows, f"{mark.text} {number.text}")
                if rows.plain == "times":
                    return _Clause(OPERATORS[mark.cue], int(number.number), draft.marks[things.place + 1 :], None, f"{mark.text} {number.text}")
        elif mark.cue in ("not", "without"):
            rows = next((item for item in behind if item.of("table", _SURE) and not draft.view.own(item)), None)
            if rows is not None and (rows.place - mark.place <= 3 or mark.plain == "never"):
                return _Clause("=", 0, behind, rows, f"{mark.text} {rows.text}")
        elif mark.cue in _OFTEN:
            operator, number_of = _OFTEN[mark.cue]
            return _Clause(operator, number_of, draft.marks[things.place + 1 : mark.place + 1], None, mark.text)
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
