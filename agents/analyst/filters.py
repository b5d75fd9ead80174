"""Which rows count: comparisons with numbers, values and their negation, what is missing, and when."""

import calendar
from datetime import date, timedelta

from msgspec.structs import replace

from agents.analyst.draft import Draft
from agents.analyst.plan import Condition, Field, Having, Measure, Operator, Span
from agents.analyst.sentence import Mark
from agents.analyst.time_spans import label
from agents.analyst.tokens import parts, stem
from agents.analyst.view import DAYS, NUMBERS, Option, Unresolved, words_of
from agents.dataset import Kind
from agents.language.dates.marks import month_of
from agents.language.figures import measures, unit_words
from agents.language.units import NotConvertible, convert
from agents.language.units import unit as unit_of

OPERATORS: dict[str, Operator] = {
    "over": ">", "at_least": ">=", "under": "<", "at_most": "<=", "equal": "=", "or_more": ">=", "or_less": "<=",
}  # fmt: skip
AGGREGATES = ("average", "sum", "median", "minimum", "maximum", "deviation", "variance", "range", "correlation")
_NEGATING = ("not", "without")
_JOINING = ("or", "and", "both")
_DAYS = {name.casefold(): name for name in calendar.day_name}
_FAR = 4
"""Marks between a comparison and its number."""


def read_filters(draft: Draft) -> None:
    """Put into the draft which rows count. Raises Unresolved."""
    _comparisons(draft)
    _equalities(draft)
    _texts(draft)
    _missing(draft)
    _values(draft)
    _times(draft)
    _happened(draft)


def _comparisons(draft: Draft) -> None:
    for mark in draft.marks:
        operator, said = OPERATORS.get(mark.cue), None
        if mark.said is not None and mark.cue in ("adjective", "") and _than(draft, mark):
            said = mark.said[1]
            more = (mark.said[0] > 0) != (mark.place > 0 and draft.marks[mark.place - 1].plain == "less")
            operator = ">" if more else "<"
        elif mark.cue in ("or_more", "or_less"):
            _bounded(draft, mark)
            continue
        if mark.cue == "between":
            _between(draft, mark)
        elif operator is not None and draft.free(mark):
            _compared(draft, mark, operator, said)


def _than(draft: Draft, mark: Mark) -> bool:
    following = draft.marks[mark.place + 1 : mark.place + 2]
    return bool(following) and following[0].plain == "than"


def _numbers(draft: Draft, place: int, most: int) -> tuple[list[Mark], list[Mark]]:
    """The numbers behind a place, and the names before the first of them."""
    found: list[Mark] = []
    passed: list[Mark] = []
    for mark in [*draft.onward(place)][:_FAR]:
        if mark.number is not None and mark.cue != "ordinal":
            found.append(mark)
            if len(found) == most:
                break
        elif mark.names and not found:
            passed.append(mark)
        elif mark.cue not in ("and", "or", "percent", "all", "equal", "adjective") and not (found and mark.cue == "at_most"):
            break
    return found, passed


def _compared(draft: Draft, mark: Mark, operator: Operator, said: tuple[str, ...] | None) -> None:
    numbers, passed = _numbers(draft, mark.place, 1)
    if not numbers:
        _with_column(draft, mark, operator)
        return
    field, names = _compared_column(draft, mark, numbers[-1], passed, said)
    if field is None:
        rows = next((item for item in names if draft.view.own(item)), None)
        if rows is not None or mark.cue == "equal":
            draft.use(mark, *numbers, *names)
            draft.having = Having(operator, _plain(numbers[0])), Measure("count")
            return
        raise Unresolved(f"I do not see which figure is to be {mark.text} {numbers[0].text}.")
    draft.use(mark, *numbers, *names)
    if not names and not draft.has(*AGGREGATES, "most", "least", "top", "bottom"):
        named = [item for item in draft.names() if draft.is_figure(item) and draft.view.figure(item, quiet=True) == field]
        draft.use(*named[:1])
    if field.kind in DAYS:
        year = _plain(numbers[0])
        if not 1000 < year < 2200:
            raise Unresolved(f"I do not see which day {numbers[0].text} is.")
        later, day = operator in (">", ">="), field
        span = Span("", date(int(year) + (operator == ">"), 1, 1), None) if later else Span("", None, date(int(year) - (operator == "<"), 12, 31))
        draft.when = day
        draft.times.append((mark.place, replace(span, label=label(span.first, span.last))))
        return
    value = _in_unit_of(draft, field, numbers[0])
    aggregate = next((item for item in draft.onward(names[0].place, -1)), None) if names else None
    if aggregate is not None and aggregate.cue in AGGREGATES and draft.free(aggregate) and names[0].place < mark.place:
        draft.use(aggregate)
        draft.having = Having(operator, value), Measure(aggregate.cue, field)  # type: ignore[arg-type]
        return
    text = " ".join(item.text for item in draft.marks[mark.place : numbers[-1].place + 1])
    draft.filters.append((mark.place, Condition(field, operator, (value,), text)))


def _compared_column(
    draft: Draft, mark: Mark, number: Mark, passed: list[Mark], said: tuple[str, ...] | None
) -> tuple[Field | None, list[Mark]]:
    """The column of a comparison, and the marks that name it."""
    view = draft.view
    for item in passed:
        if draft.is_figure(item):
            return view.figure(item), [item]
    if said is not None:
        before = next((item for item in [*draft.onward(mark.place, -1)][:1] if draft.is_figure(item)), None)
        field = view.said_of(said)
        if field is not None and field.kind in (*NUMBERS, *DAYS):
            return field, []
        if before is not None:
            return view.figure(before), [before]
    behind = next(iter(draft.onward(number.place)), None)
    beside = draft.marks[number.place + 1] if number.place + 1 < len(draft.marks) else None
    if behind is not None and draft.free(behind) and behind.place - number.place <= 2:
        if view.own(behind) and not draft.is_figure(behind):
            return None, [behind]
        if draft.is_figure(behind) and not behind.of("value", 0.9):
            option = view.figure(behind, quiet=True)
            assert option is not None
            return view.figure(behind), [behind]
    for item in [*draft.onward(mark.place, -1)][:2]:
        if draft.is_figure(item):
            return view.figure(item), [item]
        if item.cue not in ("not", "adjective", "which", "by"):
            break
        if item.cue == "by":
            draft.use(item)
    if beside is not None and (field := _measured_in(draft, beside.plain.split()[0])):
        return field, [beside]
    money = any(sign in number.text + mark.text for sign in "$€£") or "$€£".find(_sign_before(draft, number)) >= 0
    if money and (field := view.said_of(("cost", "price"))):
        return field, []
    if beside is not None and beside.plain in unit_words() and (field := view.said_of(tuple(_SAID.get(next(iter(measures(beside.plain)), ""), ())))):
        return field, [beside]
    if beside is None or unit_of(beside.plain) is None:
        aged = view.said_of(("age",))
        if aged is not None and (number.number or 0) < 130 and any(stem(part) == "age" for part in parts(aged.column)):
            return aged, []
    figures = [item for item in draft.names() if draft.is_figure(item) and not item.of("value", 0.9)]
    if len(figures) == 1 and not draft.has(*AGGREGATES):
        return view.figure(figures[0]), figures
    return None, [behind] if behind is not None and view.own(behind) else []


_SAID = {"money": ("cost", "price"), "time": ("duration", "time", "age"), "minutes": ("duration",), "mass": ("weight",), "length": ("length", "height", "distance")}


def _sign_before(draft: Draft, number: Mark) -> str:
    return draft.marks[number.place - 1].text[:1] if number.place and draft.marks[number.place - 1].text[:1] in "$€£" else "?"


def _measured_in(draft: Draft, word: str) -> Field | None:
    """The only column of figures that measures what a unit does."""
    wanted = measures(word)
    named = unit_of(word)
    fitting = []
    for column in draft.view.table.columns:
        if column.kind not in NUMBERS or draft.view.is_key(draft.view.source, column.name):
            continue
        own = _unit(column.name)
        if (wanted and measures(column.name.replace("_", " ")) & wanted) or (named and own and own.measure == named.measure):
            fitting.append(column)
    whole = [column for column in fitting if "total" in column.name.casefold()]
    fitting = whole if len(whole) == 1 else fitting
    return Field(fitting[0].name, fitting[0].kind) if len(fitting) == 1 else None


def _unit(name: str):  # type: ignore[no-untyped-def]
    words = name.replace("(", " ").replace(")", " ").replace("_", " ").split()
    return next((found for word in reversed(words[1:]) if (found := unit_of(word))), None)


def _in_unit_of(draft: Draft, field: Field, number: Mark) -> int | float:
    """The number in the unit that stands in the column's name, where another one is said: "over 2 hours"."""
    value = _plain(number)
    beside = draft.marks[number.place + 1].plain if number.place + 1 < len(draft.marks) else ""
    beside = beside.split()[0] if beside else ""  # "2 days to"
    said, own = unit_of(beside), _unit(field.column)
    if beside and said is not None and len(beside) > 1 or (said and own):
        draft.used.add(number.place + 1)
    if said is None or own is None or said == own:
        return value
    try:
        converted = round(convert(float(value), said, own), 9)
    except NotConvertible:
        return value
    return int(converted) if converted == int(converted) else converted


def _plain(mark: Mark) -> int | float:
    assert mark.number is not None
    return int(mark.number) if mark.number == int(mark.number) else mark.number


def _with_column(draft: Draft, mark: Mark, operator: Operator) -> None:
    """A comparison of two columns of a row."""
    left = next(iter(draft.onward(mark.place, -1)), None)
    right = next(iter(draft.onward(mark.place)), None)
    if left and right and draft.is_figure(left) and draft.is_figure(right) and mark.cue in OPERATORS:
        one, other = draft.view.figure(left), draft.view.figure(right)
        if one is not None and other is not None and one != other:
            draft.use(mark, left, right)
            draft.filters.append((mark.place, Condition(one, operator, (), mark.text, other)))


def _bounded(draft: Draft, mark: Mark) -> None:
    """ "8 or more", "aged 65 and over"."""
    before = draft.after(mark.place, -1)
    if before is not None and before.names and draft.is_figure(before):  # "4 doors or more"
        before = draft.after(before.place, -1)
    if before is None or before.number is None or not draft.free(before):
        return
    field, names = _compared_column(draft, before, before, [], None)
    if field is None:
        raise Unresolved(f"I do not see which figure is to be {before.text} {mark.text}.")
    draft.use(mark, before, *names)
    text = f"{before.text} {mark.text}"
    draft.filters.append((mark.place, Condition(field, OPERATORS[mark.cue], (_in_unit_of(draft, field, before),), text)))


def _between(draft: Draft, mark: Mark) -> None:
    numbers, passed = _numbers(draft, mark.place, 2)
    if len(numbers) < 2:
        return
    field, names = _compared_column(draft, mark, numbers[1], passed, None)
    if field is None:
        raise Unresolved(f"I do not see which figure is to be between {numbers[0].text} and {numbers[1].text}.")
    draft.use(mark, *numbers, *names)
    for operator, number in ((">=", numbers[0]), ("<=", numbers[1])):
        said = f"between {numbers[0].text} and {numbers[1].text}"
        draft.filters.append((mark.place, Condition(field, operator, (_plain(number),), said)))  # type: ignore[arg-type]


def _equalities(draft: Draft) -> None:
    """A number beside a column: "4 cylinders", "class 3", "second class"."""
    for mark in draft.marks:
        ordinal = mark.cue == "ordinal" or (mark.cue == "top" and mark.plain == "first" and not mark.of("value", 0.9))
        if (mark.number is None and not ordinal) or not draft.free(mark):
            continue
        before, behind = draft.after(mark.place, -1), draft.after(mark.place)
        if before is not None and before.cue in ("top", "bottom", "round", "places"):
            continue
        for beside in (before, behind):
            if beside is None or abs(beside.place - mark.place) > 3 or not draft.free(beside) or (ordinal and beside is not behind):
                continue
            if beside is behind and (behind.cue in ("most", "least", "common", "rare") or abs(behind.place - mark.place) > 1):
                continue
            field = _numbered(draft, beside, mark, ordinal=ordinal)
            if field is not None:
                draft.use(mark, beside)
                value: int | float | str = 1 if mark.cue == "top" else _plain(mark)
                value = str(value) if field.kind == "text" else value
                negated = draft.cued(min(mark.place, beside.place), -1, *_NEGATING)
                if negated:
                    draft.use(negated)
                draft.filters.append((mark.place, Condition(field, "not in" if negated else "in", (value,), f"{words_of(field.column)} {mark.text}")))
                break


def _numbered(draft: Draft, beside: Mark, number: Mark, *, ordinal: bool) -> Field | None:
    """The column beside a number whose value it is."""
    view = draft.view
    if draft.cued(beside.place, -1, "by", *AGGREGATES) or beside.cue not in ("", "unit", "idle"):
        return None
    if view.own(beside) and not any(item.weight >= 0.95 for item in beside.of("column")):
        return None
    option = view.pick(beside, lambda item: not item.values and item.column.kind in ("integer", "number", "text") and item.score >= 0.5, quiet=True)
    if option is None:
        return None
    if option.column.kind == "text":
        texts = view.lexicon.values.get((option.source, option.column.name), ())
        value = 1 if number.cue == "top" else number.number
        return option.field if str(int(value or 0)) in texts else None
    profile = view.profile(option.field)
    if ordinal and (profile is None or profile.distinct > 12 or (profile.high or 99) > 12):
        return None
    return option.field


def _texts(draft: Draft) -> None:
    """ "whose title contains 'love'", "names starting with A"."""
    for mark in draft.marks:
        if mark.cue not in ("contain", "start") or not draft.free(mark):
            continue
        column = next((item for item in draft.onward(mark.place, -1) if draft.named(item, _of_text)), None)
        behind = next((item for item in draft.marks[mark.place + 1 :] if item.cue != "idle" or len(item.text) == 1), None)
        if column is None or behind is None:
            continue
        option = draft.view.pick(column, _of_text)
        assert option is not None
        draft.use(mark, column, behind)
        operator: Operator = "contains" if mark.cue == "contain" else "starts"
        draft.filters.append((mark.place, Condition(option.field, operator, (behind.text,), f"{mark.text} {behind.text}")))


def _happened(draft: Draft) -> None:
    """A day that is named to say that it has come, or has not: "discontinued parts", "not shipped"."""
    for mark in [*draft.names()]:
        negation = _negation(draft, mark)
        option = draft.view.pick(mark, lambda item: (item.column.kind in DAYS or negation is not None) and not item.values, quiet=True)
        if option is None or option.score < (0.6 if option.column.kind in DAYS else 0.45) or draft.when == option.field or draft.view.own(mark):
            continue
        profile = draft.view.profile(option.field)
        if profile is None or not profile.missing or not mark.plain.endswith(("d", "n", "t")):
            continue
        if draft.has("most", "least", "top", "bottom", "lapse", "minimum", "maximum", "span") or draft.cued(mark.place, -1, "by", "which", "list", *AGGREGATES):
            continue
        draft.use(mark, *([negation] if negation else []))
        draft.filters.append((mark.place, Condition(option.field, "is null" if negation else "is not null", (), mark.text)))


def _key_to(draft: Draft, mark: Mark) -> Field | None:
    """The column by which rows refer to those of a table that is named."""
    for item in mark.of("table", 0.65):
        path = draft.view.path(item.source) if item.source in draft.view.paths else ()
        if len(path) == 1:
            column = draft.view.lexicon.column(draft.view.source, path[0].columns[0])
            return Field(column.name, column.kind)
    return None


def _of_text(option: Option) -> bool:
    return option.column.kind == "text" and not option.values


def _missing(draft: Draft) -> None:
    for mark in draft.marks:
        article = mark.cue == "not" and draft.marks[mark.place + 1 : mark.place + 2] and draft.marks[mark.place + 1].plain in ("a", "an", "any")
        if (mark.cue not in ("missing", "without", "known") and not article) or not draft.free(mark):
            continue
        place = mark.place
        if mark.cue in ("without", "not"):
            targets = [item for item in [*draft.onward(place)][:1] if item.cue in ("", "unit", "idle")]
        else:
            targets = [item for item in (*[*draft.onward(place)][:2], *[*draft.onward(place, -1)][:2]) if item.names]
        for target in targets:
            option = draft.view.pick(target, lambda item: not item.values, quiet=True)
            value = draft.view.pick(target, lambda item: bool(item.values), quiet=True)
            key = _key_to(draft, target) if mark.cue != "known" or mark.place < target.place else None
            if key is not None and draft.free(target) and (option is None or option.score < 0.9):
                draft.use(mark, target)
                operator = "is not null" if mark.cue == "known" else "is null"
                draft.filters.append((place, Condition(key, operator, (), f"{mark.text} {target.text}")))
                option = None
            if option is None or not draft.free(target) or (value and value.score > option.score and mark.cue in ("without", "not")):
                continue
            draft.use(mark, target)
            draft.view.pick(target, lambda item: not item.values)
            flag = draft.view.flag(option)
            if mark.cue in ("without", "not") and flag is not None:
                draft.filters.append((place, Condition(option.field, "in", (flag[1],), f"{mark.text} {target.text}")))
            else:
                operator: Operator = "is not null" if mark.cue == "known" else "is null"
                draft.filters.append((place, Condition(option.field, operator, (), f"{mark.text} {target.text}")))
            for other in [*draft.onward(target.place)][:2]:  # "neither a dealer nor a trouble code"
                if draft.cued(other.place, -1, "or", "not") and draft.named(other, lambda item: not item.values) and mark.cue == "without":
                    found = draft.view.pick(other, lambda item: not item.values)
                    assert found is not None
                    joined = draft.after(other.place, -1)
                    draft.use(other, *([joined] if joined else []))
                    draft.filters.append((other.place, Condition(found.field, "is null", (), f"{mark.text} {other.text}")))
            break


def _values(draft: Draft) -> None:
    negated_field: Field | None = None
    last = -9
    for mark in [*draft.names()]:
        if not draft.free(mark) or mark.cue not in ("", "top", "bottom", "idle", "adjective", "known", "most", "least", "unit", "list", "count", "without", "over", "under"):
            continue
        if not _is_value(draft, mark):
            continue
        negation = _negation(draft, mark)
        beside, column = _beside(draft, mark)
        known = [*draft.onward(mark.place, -1)][:1]
        joined = known and known[0].cue in _JOINING and mark.place - last <= 3
        found = draft.view.condition(mark, negated=bool(negation) or bool(joined and negated_field), beside=beside)
        if found is None:
            continue
        if joined and negated_field and not negation and found.field != negated_field:
            found = replace(found, operator="in") if found.operator == "not in" else found
            negated_field = None
        elif negation:
            negated_field = found.field
        elif not joined:
            negated_field = None
        draft.use(mark, *([negation] if negation else []), *([column] if column else []))
        for other in [*draft.onward(mark.place, -1)][:1]:  # "sold on a Sunday", where days are another table's rows
            if found.field.path and draft.named(other, lambda item: item.column.name in found.field.path[0].columns):
                draft.use(other)
        if joined:
            draft.use(known[0])
        last = mark.place
        draft.filters.append((mark.place, found))


def _is_value(draft: Draft, mark: Mark) -> bool:
    view = draft.view
    values = view.options(mark.names, lambda item: bool(item.values))
    columns = view.options(mark.names, lambda item: not item.values)
    tables = max((item.weight for item in mark.of("table") if item.source in view.paths), default=0.0)
    grouped = draft.cued(mark.place, -1, "by", "distinct")
    before = draft.after(mark.place, -1)
    if before is not None and before.cue in AGGREGATES and draft.is_figure(mark):
        return False
    if values and _beside(draft, mark)[0] is not None:
        return True
    if values and values[0].score >= (columns[0].score if columns else 0.0) - 0.01 and values[0].score > tables:
        return not (grouped and columns and columns[0].score > 0.7)
    flags = [item for item in columns if view.flag(item) is not None]
    if not flags or flags[0] is not columns[0] or grouped or flags[0].score < 0.35:
        return False
    following = draft.after(mark.place)
    return draft.cued(mark.place, -1, "which", *AGGREGATES) is None or bool(following and following.cue == "rate") or mark.plain.endswith("ers")


def _negation(draft: Draft, mark: Mark) -> Mark | None:
    """The word before a value that says that it is not that one."""
    for item in [*draft.onward(mark.place, -1)][:3]:
        if item.cue in _NEGATING:
            return item if draft.free(item) or item.cue == "not" else None
        if item.number is not None or item.span or item.cue not in ("", "which", "all", "adjective", "known") or (item.names and item.of("value", 0.7)):
            return None
    return None


def _beside(draft: Draft, mark: Mark) -> tuple[Field | None, Mark | None]:
    """The column that is named next to a value of it."""
    fields = {item.field for item in draft.view.options(mark.names, lambda item: bool(item.values))}
    for step in (-1, 1):
        for other in [*draft.onward(mark.place, step)][: 2 if step < 0 else 1]:
            if other.cue in ("not", "equal", "known"):
                continue
            if not other.names or not draft.free(other) or other.cue not in ("", "idle", "unit"):
                break
            columns = draft.view.options(other.names, lambda item: not item.values and item.score >= 0.5)
            grouped = draft.cued(other.place, -1, "by", "which", "distinct")
            match = next((item.field for item in columns if item.field in fields), None)
            if match is not None and not grouped:
                return match, other
            break
    before = draft.marks[mark.place - 1].plain if mark.place else ""
    if before in ("from", "to") and len(fields) > 1:
        way = [field for field in fields if draft.view.says(field, before)]
        return (way[0], None) if len(way) == 1 else (None, None)
    return None, None


def _times(draft: Draft) -> None:
    view = draft.view
    spans = [(mark, span) for mark in draft.marks if draft.free(mark) and (span := mark.span or _decade(mark)) is not None]
    days = [mark for mark in draft.marks if mark.strange and _weekdays(mark)]
    if not spans and not days:
        return
    kinds: tuple[Kind, ...] = DAYS
    timed = None
    for mark, _ in spans[:1]:
        near = [item for step in (-1, 1) for item in [*draft.onward(mark.place, step)][:1]]
        timed = next((item for item in near if draft.named(item, lambda option: option.column.kind in kinds)), None)
        year = next((item for item in near if draft.is_figure(item) and draft.view.is_year(draft.view.figure(item, quiet=True) or Field("", "text"))), None)
        if timed is None and year is not None and (field := draft.view.figure(year)) is not None:
            draft.use(year)
            _by_year(draft, spans, field)
            return
    timed = timed or next((item for item in draft.names() if draft.named(item, lambda option: option.column.kind in kinds and option.score > 0.5) and not _is_value(draft, item)), None)
    day = view.day(timed)
    if day is None:
        _by_year(draft, spans)
        return
    if timed is not None:
        draft.use(timed)
    draft.when = day
    spans = _split(draft, spans)
    for mark, span in spans:
        draft.use(mark)
        draft.times.append((mark.place, span))
    for mark in days:
        draft.use(mark)
        names = tuple(_weekdays(mark))
        negated = draft.cued(mark.place, -1, *_NEGATING)
        field = replace(day, part="weekday", kind="text")
        draft.filters.append((mark.place, Condition(field, "not in" if negated else "in", names, mark.text)))
    _one_or_many(draft)


def _split(draft: Draft, spans: list[tuple[Mark, Span]]) -> list[tuple[Mark, Span]]:
    """The two ends of a time over which something is said to change, as years or months of their own."""
    if len(spans) != 1 or not draft.has("difference", "percent_change", "change"):
        return spans
    mark, span = spans[0]
    first, last = span.first, span.last
    if first is None or last is None or first.day != 1 or (last + timedelta(days=1)).day != 1 or (first.year, first.month) == (last.year, last.month):
        return spans
    if (first.month, last.month) == (1, 12):
        if first.year == last.year:
            return spans
        ends = ((first, date(first.year, 12, 31)), (date(last.year, 1, 1), last))
    else:
        ends = (month_of(first.year, first.month), month_of(last.year, last.month))
    return [(mark, Span(label(*end), *end)) for end in ends]


def _one_or_many(draft: Draft) -> None:
    """Times that are not to overlap: they are told apart."""
    ordered = sorted(draft.times, key=lambda item: item[1].first or date.min)
    for (_, one), (_, other) in zip(ordered, ordered[1:], strict=False):
        if (one.last or date.max) >= (other.first or date.min):
            if one.first is None and other.last is None:  # "before 2010 and after 2000"
                draft.times = [(ordered[0][0], Span(label(other.first, one.last), other.first, one.last))]
                return
            raise Unresolved("The times overlap: please say which one counts.")
    draft.times = ordered


def _decade(mark: Mark) -> Span | None:
    """ "the 1990s", "90s"."""
    digits = mark.plain.removeprefix("'").removesuffix("s")
    if not mark.plain.endswith("0s") or not digits.isdigit() or len(digits) not in (2, 4):
        return None
    year = int(digits) if len(digits) == 4 else (2000 if int(digits) < 30 else 1900) + int(digits)
    return Span(f"{year}s", date(year, 1, 1), date(year + 9, 12, 31)) if 1000 < year < 2100 else None


def _weekdays(mark: Mark) -> list[str]:
    word = mark.plain.removesuffix("s")
    if word == "weekend":
        return ["Saturday", "Sunday"]
    return [_DAYS[word]] if word in _DAYS else []


def _by_year(draft: Draft, spans: list[tuple[Mark, Span]], named_year: Field | None = None) -> None:
    """Without a date, a column that holds the number of the year can do."""
    field = named_year or draft.view.calendar("year")
    if field is None:
        raise Unresolved(f"The {words_of(draft.view.table.name)} have no date.")
    spans = _split(draft, spans)
    several = len(spans) > 1
    for mark, span in spans:
        whole = (span.first is None or (span.first.month, span.first.day) == (1, 1)) and (
            span.last is None or (span.last.month, span.last.day) == (12, 31)
        )
        if not whole:
            raise Unresolved(f"The {words_of(draft.view.table.name)} have only the year, and no date.")
        draft.use(mark)
        first, last = span.first, span.last
        if several or (first and last and first.year == last.year):
            year = (first or last or date.min).year
            draft.filters.append((mark.place, Condition(field, "in", (year,), span.label)))
            continue
        if first:
            draft.filters.append((mark.place, Condition(field, ">=", (first.year,), span.label)))
        if last:
            draft.filters.append((mark.place, Condition(field, "<=", (last.year,), span.label)))
    named = next((item for item in draft.names() if draft.named(item, lambda option: option.field == field)), None)
    if named is not None and not draft.cued(named.place, -1, "by", "which"):
        draft.use(named)
