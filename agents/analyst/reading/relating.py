"""Things told by how many rows refer to them: "customers with more than two orders", "suppliers without any parts".

Such a question is two: one of the things, and one of the rows that refer to them, which are counted for each thing,
with 0 where there are none.
"""

from collections.abc import Callable
from dataclasses import dataclass

from agents.analyst.reading.comparisons import OPERATORS
from agents.analyst.reading.plan import Field, Hop, Measure, Operator, Related, Source
from agents.analyst.reading.question import Question
from agents.analyst.reading.reach import reach
from agents.analyst.reading.scope import Scope
from agents.analyst.reading.sentence import NOWHERE, Mark

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


def relate(question: Question, read: Callable[[Question], None]) -> bool:
    """Put into the question how many rows of another table refer to each of its things; False where that is not what it
    asks. `read` reads the conditions of those rows. Raises Unresolved."""
    things = next((mark for mark in question.marks if mark.of("table", _SURE) and question.scope.own(mark)), None)
    if things is None:
        return False
    averaged = _averaged(question, things)
    if averaged is None and any(mark.of("table", _SURE) for mark in question.marks[: things.place]):
        return False
    clause = None if averaged else _clause(question, things)
    rows = averaged or (clause.rows if clause else None)
    reaching = _referring(question, rows) if averaged or clause else []
    if not reaching:
        return False
    source, path = reaching[0]
    inner = Question(question.marks, Scope(question.scope.lexicon, source, question.scope.choices))
    within = {mark.place for mark in clause.marks} if clause else set()
    outside = {mark.place for mark in question.marks if mark.place not in within}
    inner.used = outside | {mark.place for mark in (rows, *(clause.cues if clause else ())) if mark is not None}
    read(inner)
    keys = tuple(_key(question, source, path[:-1], name) for name in path[-1].columns)
    counted = Related(source, keys, path[-1].to_columns, inner.conditions(), inner.when, inner.spans)
    field = Field(source.table, "integer", related=counted)
    if clause is None:
        question.use(*question.all("average", "count"), things, rows, question.cued(things.place, -1, "by"))
        question.given = Measure("average", field)
    else:
        question.used |= inner.used - outside
        question.use(*clause.cues, *(mark for mark in clause.marks if mark.cue in ("all", "more")))
        question.keep(clause.marks[0].place, field, clause.operator, (clause.number,), clause.said)
    return True


def _averaged(question: Question, things: Mark) -> Mark | None:
    """The rows in "average number of rows per thing"."""
    tables = (mark for mark in question.marks if mark.of("table", _SURE) and not question.scope.own(mark))
    rows = next(tables, None)
    between = question.after(rows.place) if rows is not None else NOWHERE
    if rows is None or between.cue != "by" or question.after(between.place) is not things:
        return None
    return rows if question.has("average") and not question.is_figure(rows) else None


def _clause(question: Question, things: Mark) -> _Clause | None:
    """How many rows there are to be, and which: those behind a number or "without", or before "twice"."""
    for mark in question.marks[things.place + 1 :]:
        before, behind = question.marks[things.place + 1 : mark.place + 1], question.marks[mark.place :]
        follows, bound = question.after(mark.place), OPERATORS.get(mark.cue)
        rows = next((item for item in behind if item.of("table", _SURE) and not question.scope.own(item)), None)
        cues = (mark, follows) if bound else (mark,)
        said = " ".join(item.text for item in cues)
        if cues[-1].cue in _OFTEN:
            marks = question.marks[things.place + 1 : cues[-1].place + 1]
            return _Clause(bound or "=", _OFTEN[cues[-1].cue], marks, cues, None, said)
        if bound and follows.number is not None:
            counted = question.beside(follows.place)
            if counted is rows:
                return _Clause(bound, int(follows.number), behind, cues, rows, said)
            if counted.plain == "times":
                return _Clause(bound, int(follows.number), before, (*cues, counted), None, said)
        near = rows is not None and (rows.place - mark.place <= _FAR or mark.plain == "never")
        if mark.cue in ("not", "without") and rows is not None and near:
            return _Clause("=", 0, behind, (mark,), rows, f"{mark.text} {rows.text}")
    return None


def _referring(question: Question, rows: Mark | None) -> list[tuple[Source, tuple[Hop, ...]]]:
    """The tables whose rows refer to the things: the one that is named, or else all that the question may mean."""
    lexicon, own = question.scope.lexicon, question.scope.source
    named = [item.source for item in rows.of("table", _SURE)] if rows is not None else []
    valued = dict.fromkeys(item.source for mark in question.marks for item in mark.of("value", 0.7))
    paths = [(source, reach(lexicon.tables, source).get(own, ())) for source in named or valued if source != own]
    return [(source, ways[0]) for source, ways in paths if ways]


def _key(question: Question, source: Source, before: tuple[Hop, ...], name: str) -> Field:
    at = before[-1].source if before else source
    return Field(name, question.scope.lexicon.column(at, name).kind, before)
