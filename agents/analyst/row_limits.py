"""The rows that a comparison is about: which column it compares, and with what."""

from msgspec.structs import replace

from agents.analyst.candidates import GENERAL
from agents.analyst.items import Named
from agents.analyst.plan import Condition, Field, Group, Unit
from agents.analyst.request import Asked, Lapse, Limit, Pair
from agents.analyst.resolve import CALENDAR, DAYS, NUMBERS, Rows, Unresolved, is_key, measured, plain_number, words_of
from agents.analyst.tokens import parts
from agents.dataset import Column
from agents.language.figures import measures

_PLAIN = 0.45
"""From this weight on a column is named by its name, and not just by a word of its description."""
_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}


def compared(asked: Asked, rows: Rows, apart: Limit | None) -> list[Condition]:
    """All comparisons of a question but the one that stands `apart`. Raises Unresolved."""
    found = [limited(rows, limit, asked.lapse) for limit in asked.limits if limit is not apart]
    found += [_paired(rows, pair) for pair in asked.pairs]
    for item in asked.hours:
        field = clock(rows)
        bounds = ((">=", item.first), ("<=", item.last))
        found += [Condition(field, operator, (hour,), item.text) for operator, hour in bounds]  # type: ignore[arg-type]
    return found


def clock(rows: Rows) -> Field:
    """The hour at which rows came to be. Raises Unresolved where only their day is known."""
    times = [column for column in rows.table.columns if column.kind == "timestamp"]
    if len(times) != 1:
        raise Unresolved(f"I do not see at which hour {words_of(rows.table.name)} came to be.")
    return Field(times[0].name, times[0].kind, hour=True)


def by_unit(rows: Rows, day: Field, unit: Unit) -> Group:
    """What rows are put together by over time. Raises Unresolved where only their day is known, and hours are asked."""
    return Group((replace(clock(rows), hour=False),), unit) if unit == "hour" else Group((day,), unit)


def lasting(rows: Rows, lapse: Lapse) -> Field:
    """The days from one day of a row to another. Raises Unresolved."""
    since, until = _day(rows, lapse.since), _day(rows, lapse.until)
    if since == until:
        raise Unresolved(f"{words_of(rows.table.name)} have no days {lapse.said}.")
    return Field(until.name, until.kind, since=Field(since.name, since.kind))


def _day(rows: Rows, named: Named) -> Column:
    meant = sorted(
        (item for item in named.of("column") if item.source == rows.source and item.of in DAYS),
        key=lambda item: -item.weight,
    )
    if not meant:
        raise Unresolved(f'"{named.text}" is no day of {words_of(rows.table.name)}.')
    rows.score += meant[0].weight
    return rows.lexicon.column(rows.source, meant[0].column)


def _whole_time(rows: Rows, limit: Limit) -> Field:
    """The days from the first to the last day of a row, where it has no more than these two. Raises Unresolved."""
    days = [column for column in rows.table.columns if column.kind == "date"]
    known, later = [day for day in days if not day.nullable], [day for day in days if day.nullable]
    if len(known) != 1 or len(later) != 1:
        raise Unresolved(f'I do not see what "{limit.said}" is about.')
    rows.assume(f"it takes from {words_of(known[0].name)} to {words_of(later[0].name)}")
    return Field(later[0].name, later[0].kind, since=Field(known[0].name, known[0].kind))


def limited(rows: Rows, limit: Limit, lapse: Lapse | None = None) -> Condition:
    """The rows that a comparison with a number is about. Raises Unresolved."""
    dimension = measures(limit.unit) if limit.unit else frozenset()

    def accept(column: Column) -> bool:
        return column.kind in NUMBERS and (not dimension or not measured(column) or bool(dimension & measured(column)))

    if limit.named and limit.named.of("table", 0.7):
        raise Unresolved(f'"{limit.said} {limit.named.text}" counts something else than {words_of(rows.table.name)}.')
    values = tuple(map(plain_number, limit.values))
    field = rows.field(limit.named, accept) if limit.named else None
    if field is None and limit.named is None and dimension:
        field = lasting(rows, lapse) if lapse and limit.unit in _DAYS else _of_unit(rows, limit, dimension)
        if field is None and limit.unit in _DAYS:
            field = _whole_time(rows, limit)
        if field is not None and field.since is not None:
            values = tuple(plain_number(value * _DAYS[limit.unit]) for value in limit.values)
    if field is None:
        raise Unresolved(f'I do not see what "{limit.said}" is about.')
    return Condition(field, limit.operator, values, limit.said)


def _of_unit(rows: Rows, limit: Limit, dimension: frozenset[str]) -> Field | None:
    """The only column with a unit: of the rows themselves, or else of what they refer to. Raises Unresolved."""
    for length in sorted({len(paths[0]) for paths in rows.paths.values()}):
        fitting = [
            (column, source)
            for source, paths in rows.paths.items()
            if len(paths[0]) == length
            for column in rows.lexicon.tables[source].columns
            if column.kind in NUMBERS and dimension & measured(column) and parts(column.name)[-1] not in CALENDAR
            and not is_key(rows.lexicon.tables[source], column.name)
        ]  # fmt: skip
        if len(fitting) > 1:
            fitting = [item for item in fitting if GENERAL & set(parts(item[0].name))] or fitting
        if len(fitting) > 1:
            names = ", ".join(item.name for item, _ in fitting)
            raise Unresolved(f'"{limit.said}" can be of {names}: please say which.')
        if fitting:
            ((column, source),) = fitting
            rows.assume(f'"{limit.said}" is about {words_of(source.table)}.{column.name}')
            return Field(column.name, column.kind, rows.path(source) or ())
    return None


def _paired(rows: Rows, pair: Pair) -> Condition:
    """The rows in which one column is more, or less, than another one of the same measure. Raises Unresolved."""
    named = Named(
        pair.than.text,
        tuple(meaning for meaning in pair.than.meanings if meaning.kind == "column" and meaning.weight >= _PLAIN),
    )
    kinds = {measured(candidate.column) for candidate in rows.candidates(named, _numeric)}
    if pair.named is not None:
        first = rows.field(pair.named, _numeric)
        if first is None:
            raise Unresolved(f'"{pair.named.text}" is no number of {words_of(rows.table.name)}.')
        kind = measured(rows.lexicon.column(rows.at(first), first.column))
        than = rows.field(named, lambda column: _numeric(column) and measured(column) == kind)
    else:
        than, first = rows.field(named, _numeric), None
        own = [item for item in rows.table.columns if _numeric(item) and kinds == {measured(item)} and measured(item)]
        own = [item for item in own if than is None or than.path or item.name != than.column]
        if len(own) == 1:
            first = Field(own[0].name, own[0].kind)
            rows.assume(f'"{pair.said}" is said of {words_of(own[0].name)}')
    if first is None or than is None or first == than:
        raise Unresolved(f'I do not see what is to be compared in "{pair.said}".')
    return Condition(first, pair.operator, (), pair.said, than)


def _numeric(column: Column) -> bool:
    return column.kind in NUMBERS
