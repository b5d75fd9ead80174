"""Rows themselves, with the columns that are asked for."""

from msgspec.structs import replace

from agents.analyst.reading.cues import cues
from agents.analyst.reading.options import DAYS, NUMBERS, Unresolved, words_of
from agents.analyst.reading.persons import is_person, who
from agents.analyst.reading.plan import Field, Order, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.ranking import Rank
from agents.analyst.reading.reach import entity, label
from agents.analyst.reading.tokens import parts, stem

_LISTED = 10
"""Rows that are listed where "top" says no number."""
_READ_THROUGH = 200
_WIDE = 8
_FEW = 3
_UNIQUE = 0.8


def single(question: Question) -> bool:
    """Whether the filters leave a single row, or few: a value is named that is a name of rows."""
    scope, rows = question.scope, question.scope.table.rows or 0
    for _, item in question.filters:
        profile = scope.profile(item.field)
        if profile is None or item.operator != "in" or item.field.path or item.field.kind in NUMBERS:
            continue
        if rows > _FEW and profile.distinct > _UNIQUE * (rows - profile.missing):
            return True
    return False


def listed(question: Question, plan: Plan, rank: Rank | None) -> Plan | None:
    """The plan of a list; None where nothing says what is to be listed."""
    scope, cue = question.scope, question.all("list", "which", "distinct")
    rows = [mark for mark in question.marks if (mark.names and scope.own(mark)) or mark.cue == "rows"]
    asked = _asked(question)
    texts = any(item.operator in ("contains", "starts") for _, item in question.filters)
    if not (rank or asked or texts or (cue and (rows or question.filters))):
        return None
    question.use(*cue, *rows)
    if rank is not None:
        question.use_all("count")
    elif not cue and not single(question):
        scope.choices.doubt(f"whether {words_of(scope.table.name)} are to be listed")
    order, keys = _order(question, rank), _keys(question)
    limit = _READ_THROUGH
    if rank is not None:
        limit = rank.number or (_LISTED if question.has("top", "bottom") or _plural(question, rank) else 1)
    fields = _shown(question, asked, (*(item.field for item in order), *keys))
    skip = rank.skip if rank else 0
    return replace(plan, shown=fields, order=order, keys=keys, limit=limit, skip=skip, groups=())


def _plural(question: Question, rank: Rank) -> bool:
    """Whether several are asked for: "the most expensive repairs"."""
    nouns = (mark for mark in question.marks[rank.last + 1 :] if mark.names or mark.strange or mark.cue == "rows")
    word = next((mark.plain for mark in nouns), "")
    return word.endswith("s") and stem(word) != word and not question.has("which")


def _asked(question: Question) -> tuple[Field, ...]:
    """The columns of the rows that are named and not used for anything else, or that "where", "when", "who" ask for."""
    found: list[Field] = []
    scope = question.scope
    for mark in question.names():
        if scope.own(mark) and scope.score(mark, "thing", "figure", "day") < 0.95:
            continue
        sense = scope.sense(mark, "thing", "figure", "day", least=0.4)
        sought = question.cued(mark.place, -1, "which") is not None and not mark.plain.endswith(("d", "n"))
        if sense.kind == "day" and mark.cue == "" and sought:
            raise Unresolved(f"It is not known which {mark.text} it was.")  # but when one judged
        if sense:
            found.append(question.take(mark, "thing", "figure", "day"))
    days = any(field.kind in DAYS for field in found)
    wanted = {
        ("where",): None if any(scope.says(field, "place") for field in found) else scope.known_by("place"),
        ("when",): None if days else scope.day() or scope.calendar("year"),
        ("who", "whose"): None if any(is_person(scope, field) for field in found) else who(scope),
    }
    also = [field for words, field in wanted.items() if field is not None and question.says(*words)]
    return tuple(dict.fromkeys([*found, *also]))


def _order(question: Question, rank: Rank | None) -> tuple[Order, ...]:
    """By the figure of the rank; nothing where none is asked for. Raises Unresolved."""
    if rank is None:
        return ()
    if rank.figure is not None:
        return (Order(rank.figure, rank.end > 0),)
    by = _by_weight(question, rank)
    if not question.has("top", "bottom"):
        question.scope.choices.doubt(f"whether they are compared by {by[0].field.column}")
    return by


def _keys(question: Question) -> tuple[Field, ...]:
    """What tells rows apart: their key, or else what people know them by."""
    table = question.scope.table
    keys = [Field(column.name, column.kind) for column in table.columns if column.name in table.primary_key]
    known = label(table)
    return tuple(keys) if keys or known is None else (Field(known.name, known.kind),)


def _by_weight(question: Question, rank: Rank) -> tuple[Order, ...]:
    """By what matters most, where nobody says by what: severity before cost. Raises Unresolved."""
    scope = question.scope
    fields = [field for field in scope.own_columns if not scope.is_key(field)]
    for word in cues().ranking:
        for field in fields:
            if stem(word) not in {stem(part) for part in parts(field.column)}:
                continue
            if field.kind in NUMBERS:
                return (Order(field, rank.end > 0),)
            values = {value.casefold(): value for value in scope.lexicon.values.get((scope.source, field.column), ())}
            scale = next((scale for scale in cues().scales if values and values.keys() <= set(scale)), None)
            if scale is not None:
                by = Order(field, rank.end > 0, tuple(values[word] for word in scale if word in values))
                more = scope.said_of(("duration", "cost"))
                return (by, *([Order(more, rank.end > 0)] if more else []))
    raise Unresolved("I do not see by what they are to be sorted.")


def _shown(question: Question, asked: tuple[Field, ...], sorted_by: tuple[Field, ...]) -> tuple[Field, ...]:
    """What people know the row by, or the texts that are asked for, first; the figure that is asked for last."""
    scope, own = question.scope, question.scope.shown()
    keys = [item for item in own if item.column in scope.table.primary_key]
    texts = [field for field in asked if field.kind not in NUMBERS]
    figures = [field for field in asked if field.kind in NUMBERS]
    figures = figures or [item.field for _, item in question.filters if item.field.related]
    ranks = [field for field in sorted_by if field not in keys]
    ends = figures or [field for field in ranks[:1] if field not in texts]
    paths = (path for source in scope.paths if (path := scope.path(source)) and len(path) == 1)
    linked = [field for path in paths for field in entity(scope.lexicon.tables[path[-1].source], path)[-1:]]
    first = [*keys, *texts] if keys and not texts else [*texts, *keys]
    kept = [field for field in dict.fromkeys([*first, *own, *ranks, *linked[:2]]) if field not in ends][:_WIDE]
    return tuple(dict.fromkeys([*kept, *(field for field in sorted_by if field not in ends), *ends]))
