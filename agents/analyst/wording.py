"""A plan and its result in words: what is asked, how it is worked out, and what comes out, with figures of the result
alone. Markdown."""

from collections.abc import Sequence
from typing import Any

from agents.analyst.plan_sql import columns, query
from agents.analyst.reading.options import words_of
from agents.analyst.reading.plan import Condition, Field, Group, Measure, Plan
from agents.analyst.result_checks import Verdict
from agents.dataset import Rows
from agents.datasets.identifiers import prose

_OPERATORS = {"<": "below", "<=": "at most", ">": "over", ">=": "at least", "=": "exactly"}
_WORKED_OUT = {
    "sum": "total", "average": "average", "median": "median", "minimum": "lowest", "maximum": "highest",
    "deviation": "standard deviation of", "variance": "variance of", "range": "range of",
}  # fmt: skip
_CHANGES = {
    "difference": "by how much it changes from",
    "distance": "the difference of",
    "percent": "by what per cent it changes from",
    "": "",
}
_LISTED, _LONGEST = 10, 120
_NO_AMOUNT = frozenset({"id", "key", "no", "number", "nr", "code", "year", "page"})
"""The last word of columns whose whole numbers are names, not amounts."""
_YEARS = frozenset({"year", "yr"})


def number(value: Any) -> str:
    """A value of a result as people write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        digits = 2 if abs(value) >= 0.1 or value == 0 else 4
        return f"{value:,.{digits}f}".rstrip("0").rstrip(".") if "." in f"{value:,.{digits}f}" else f"{value:,.0f}"
    return prose(str(value)[:_LONGEST])


def rows_of(plan: Plan) -> str:
    return words_of(plan.source.table)


def measure(item: Measure, plan: Plan) -> str:
    """ "number of incidents", "average downtime hours"."""
    per = f", divided by {_column(item.per)}" if item.per else ""
    if item.field is None:
        return f"number of {rows_of(plan)}{per}"
    if item.aggregate == "distinct":
        return f"number of different {_column(item.field)}{per}"
    if item.aggregate == "each":
        return f"number of {rows_of(plan)} for each {_column(item.field)} on average"
    if item.other is not None:
        return f"correlation between {_column(item.field)} and {_column(item.other)}"
    return f"{_WORKED_OUT[item.aggregate]} {_column(item.field)}{per}"


def _column(field: Field) -> str:
    return f"number of {words_of(field.column)}" if field.related else words_of(field.name)


def group(item: Group) -> str:
    """ "month", "dealer", "severity"."""
    if item.unit:
        return item.unit
    field = item.fields[-1]
    if field.path and len(item.fields) > 1:
        return words_of(field.path[-1].source.table)
    return _column(field)


def condition(item: Condition) -> str:
    """ "severity is critical"."""
    column = item.field.column
    values = [words_of(number(value)) if isinstance(value, bool) else _cell(column, value) for value in item.values]
    table = f"{words_of(item.field.path[-1].source.table)} " if item.field.path else ""
    name = f"{table}{_column(item.field)}"
    match item.operator:
        case "in" | "not in":
            return f"{name} is {'' if item.operator == 'in' else 'not '}{' or '.join(values)}"
        case "is null" | "is not null":
            return f"{name} is {'missing' if item.operator == 'is null' else 'there'}"
        case "contains" | "starts":
            return f'{name} {"contains" if item.operator == "contains" else "starts with"} "{values[0]}"'
        case _:
            return f"{name} is {_OPERATORS[item.operator]} {_column(item.than) if item.than else values[0]}"


def filters(plan: Plan) -> list[str]:
    """Which rows count, in words."""
    found = [condition(item) for item in plan.conditions]
    if plan.when and plan.spans:
        found.append(f"{_column(plan.when)}: {', '.join(span.label for span in plan.spans)}")
    if plan.having:
        found.append(f"only groups with {_OPERATORS[plan.having.operator]} {number(plan.having.value)}")
    return found


def _asked(plan: Plan) -> str:
    """What is worked out: "median price", "the share of orders whose status is open"."""
    asked = ", ".join(measure(item, plan) for item in plan.measures) or f"the {rows_of(plan)} themselves"
    if plan.part:
        whole = f"the {measure(plan.measures[0], plan)}" if plan.measures else rows_of(plan)
        asked = f"the share of {whole} whose {' and '.join(condition(item) for item in plan.part)}"
    if plan.sides:
        asked += f": {_CHANGES[plan.change]} {' to '.join(side.label for side in plan.sides)}"
    return asked


def _by(plan: Plan) -> list[str]:
    return [group(item) for item in plan.groups] + (["period"] if len(plan.spans) > 1 else [])


def _first(plan: Plan) -> str:
    """Which of them are listed, "" for all."""
    if not plan.limit or (not plan.order and not plan.groups):
        return ""
    highest = plan.order[0].descending if plan.order else bool(plan.descending)
    by = f" by {_column(plan.order[0].field)}" if plan.order else ""
    place = f", behind the first {number(plan.skip)}" if plan.skip else ""
    return f"the {'highest' if highest else 'lowest'} {number(plan.limit)}{by}{place}"


def _facts(plan: Plan) -> dict[str, str]:
    """What is asked, by what each part of it is."""
    facts = {
        "Asked for": _asked(plan), "For each": " and ".join(_by(plan)), "Only where": " and ".join(filters(plan)),
        "Listed": _first(plan),
    }  # fmt: skip
    return {name: said for name, said in facts.items() if said}


def reading(plan: Plan) -> str:
    """The question as it was read, in one line: "median price for each brand, where city is Oslo"."""
    words = {"Asked for": "", "For each": " for each ", "Only where": " where ", "Listed": "; "}
    return "".join(words[name] + said for name, said in _facts(plan).items())


def taken_apart(plan: Plan) -> str:
    """The question in its parts, as a short list."""
    facts = {"Data": f"{rows_of(plan)} ({plan.source.dataset})", **_facts(plan)}
    return "# What is asked\n" + "".join(f"- {name}: {said}\n" for name, said in facts.items())


def approach(plan: Plan) -> str:
    """How it is worked out, in one sentence."""
    tables = dict.fromkeys(words_of(hop.source.table) for field in plan.fields for hop in field.path)
    others = f" together with {' and '.join(tables)}" if tables else ""
    if not plan.measures and not plan.part:
        todo = f"sort them by {_column(plan.order[0].field)} and list the first" if plan.order else "list them"
    else:
        each = " and ".join(_by(plan))
        counted = not any(measure.field for measure in plan.measures)
        todo = ("count" if counted else "work it out") + (f" for each {each}" if each else " over all of them")
    return f"I take the {rows_of(plan)}{others}, keep those that are asked about, and {todo}."


def findings(plan: Plan, rows: Rows) -> list[str]:
    """What comes out, as the points of a list."""
    if not rows.rows:
        return [f"No {rows_of(plan)} fit what is asked."]
    if plan.part:
        return [_part(plan, rows, row) for row in rows.rows[:_LISTED]]
    if plan.sides:
        return _sides(plan, rows)
    if not plan.measures:
        return _listed(plan, rows)
    if not plan.groups and len(plan.spans) < 2:
        return [
            f"**{measure(item, plan).capitalize()}: {_figure(item, value)}**"
            for item, value in zip(plan.measures, rows.rows[0], strict=True)
        ]
    return _grouped(plan, rows)


def _sides(plan: Plan, rows: Rows) -> list[str]:
    """The difference of two figures, and the figures."""
    one, other, change = rows.rows[0][-3:]
    said = measure(plan.measures[0], plan)
    percent = " %" if plan.change == "percent" else ""
    sign = "+" if plan.change in ("difference", "percent") and isinstance(change, int | float) and change > 0 else ""
    told = [f"{side.label}: {number(value)}" for side, value in zip(plan.sides, (one, other), strict=True)]
    return [f"**Difference in {said}: {sign}{number(change)}{percent}**", *told]


def _part(plan: Plan, rows: Rows, row: Sequence[Any]) -> str:
    some, whole, share = row[-3:]
    name = _key(plan, row)
    head = f"{name}: " if name else ""
    meant = " and ".join(condition(item) for item in plan.part)
    if plan.measures and share is not None:
        asked = measure(plan.measures[0], plan)
        return f"**{head}{number(share)} %** of the {asked}, {number(whole)}: {number(some)} where {meant}"
    if share is None:
        return f"{head}there are no {rows_of(plan)} to take a share of."
    return f"**{head}{number(share)} %** of {number(whole)} {rows_of(plan)}: {number(some)} whose {meant}"


def _figure(item: Measure, value: Any) -> str:
    """What one measure comes to; the first or last year is no amount."""
    itself = item.field is not None and item.aggregate in ("minimum", "maximum", "median")
    return _cell(item.field.column, value) if item.field is not None and itself else number(value)


def _listed(plan: Plan, rows: Rows) -> list[str]:
    found: list[str] = []
    for place, row in enumerate(rows.rows[:_LISTED], start=1):
        told = [
            f"{words_of(name)} {_cell(name, value)}"
            for name, value in zip(rows.columns, row, strict=True)
            if value is not None
        ]
        shown = [told[-1], *told[1:4]] if len(told) > 1 else []  # what is asked for stands last
        found.append(f"{place}. {told[0]}: {', '.join(dict.fromkeys(shown))}" if shown else f"{place}. {told[0]}")
    return [*found, *_more(rows.rows)]


def _more(rows: Sequence[Any], what: str = "more") -> list[str]:
    """How many are not listed."""
    return [f"and {len(rows) - _LISTED:,} {what} in the table"] if len(rows) > _LISTED else []


def _cell(column: str, value: Any) -> str:
    """A value of a listed row; what only tells rows apart, or is a year, is no amount."""
    names = words_of(column).split()
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    year = "per" not in names and not _YEARS.isdisjoint(names) and whole and 1000 < value < 2200
    name = isinstance(value, int) and whole and names and names[-1] in _NO_AMOUNT
    return str(int(value)) if name or year else number(value)


def _key(plan: Plan, row: Sequence[Any]) -> str:
    """What a group is called: the last column of each thing that is grouped by."""
    names: list[str] = []
    at = 0
    for size in [*(len(group.fields) for group in plan.groups), *([1] if len(plan.spans) > 1 else [])]:
        names.append(number(row[at + size - 1]) if not isinstance(row[at + size - 1], int) else str(row[at + size - 1]))
        at += size
    return ", ".join("(none)" if name == "none" else name for name in names)


def _grouped(plan: Plan, rows: Rows) -> list[str]:
    width = len(columns(plan)[0])
    lines = [(_key(plan, row), row[width:]) for row in rows.rows]
    said = measure(plan.measures[0], plan)
    known = [(name, figures) for name, figures in lines if isinstance(figures[0], int | float)]
    found = []
    if len(known) > 1:
        highest, lowest = max(known, key=lambda entry: entry[1][0]), min(known, key=lambda entry: entry[1][0])
        down = plan.limit is not None and plan.descending is False
        first = lowest if down else highest
        found.append(f"**{'Lowest' if down else 'Highest'} {said}: {first[0]} with {number(first[1][0])}**")
        if plan.limit is None:
            found.append(f"Lowest {said}: {lowest[0]} with {number(lowest[1][0])}")
    if len(known) == 2 and len(plan.spans) == 2 and known[0][1][0]:
        found.append(_change(known))
    elif len(known) == 2 and len(lines) == 2 and plan.limit is None:
        found.append(f"Difference: {number(abs(known[0][1][0] - known[1][1][0]))}")
    if plan.measures[0].adds_up and plan.limit is None and plan.having is None and len(known) > 2:
        found.append(f"All together: {number(sum(figures[0] for _, figures in known))}")
    over_time = len(plan.groups) == 1 and plan.groups[0].unit is not None and plan.descending is None
    listed = lines[-_LISTED:] if over_time else lines[:_LISTED]
    found += [f"{name}: {_figures(plan, figures)}" for name, figures in listed]
    return [*found, *_more(lines, "earlier ones" if over_time else "more")]


def _change(known: Sequence[tuple[str, Sequence[Any]]]) -> str:
    (before, one), (after, other) = known
    difference = other[0] - one[0]
    percent = 100 * difference / one[0]
    sign = "+" if difference > 0 else ""
    return f"From {before} to {after}: {sign}{number(difference)} ({sign}{number(float(percent))} %)"


def _figures(plan: Plan, figures: Sequence[Any]) -> str:
    shown = [number(value) for value in figures]
    if plan.share:
        return f"{shown[0]} ({shown[-1]} %)"
    if len(plan.measures) == 1:
        return shown[0]
    return ", ".join(
        f"{_WORKED_OUT.get(measure.aggregate, 'number')} {value}"
        for measure, value in zip(plan.measures, shown, strict=True)
    )


def open_questions(verdict: Verdict | None) -> list[str]:
    """What the question leaves open and the figure depends on."""
    checks = verdict.checks if verdict else ()
    return [f"**Please check**: {check.text}" for check in checks if check.kind == "reading" and not check.agreed]


def notes(plan: Plan | None, assumed: Sequence[str], verdict: Verdict, rows: Rows, more: Sequence[str] = ()) -> str:
    """How the figures came about: what counts, what was taken for granted, how they were checked, what is left out."""
    lines = ["## How it was worked out"]
    if plan is not None:
        lines.append(f"- Read as: {reading(plan)}")
        if plan.groups and (plan.limit or plan.having):
            lines.append("- Left out: rows that belong to none of the groups")
        elif plan.limit and rows.total is not None and rows.total >= plan.limit:
            lines.append("- Left out: all rows behind the last one that is listed")
    lines += [f"- Taken for granted: {assumption}" for assumption in assumed]
    state = f"yes, confidence {verdict.confidence:.2f}" if verdict.valid else "**no: take these figures with care**"
    lines.append(f"- Verified: {state}")
    lines += [f"  - {check.text}" for check in verdict.checks]
    if not verdict.checks:
        lines.append("  - nothing could be checked independently")
    lines += [f"- {item}" for item in more]
    return "\n".join(lines) + "\n"


def bullets(points: Sequence[str]) -> str:
    """Points as a list; those that are numbered keep their numbers."""
    return "\n".join(point if point[:1].isdigit() and ". " in point[:4] else f"- {point}" for point in points) + "\n"


def plain_findings(rows: Rows) -> list[str]:
    """The first rows of a result that nothing more is known of."""
    if not rows.rows:
        return ["The query found nothing."]
    names = [words_of(name) for name in rows.columns]
    found = [
        ", ".join(f"{name} {number(value)}" for name, value in zip(names, row, strict=True))
        for row in rows.rows[:_LISTED]
    ]
    return [*found, *_more(rows.rows)]


def coverage(plan: Plan) -> str:
    """The query for the first and the last day that there is data of."""
    assert plan.when is not None
    ends = (Measure("minimum", plan.when), Measure("maximum", plan.when))
    return query(Plan(plan.dataset, plan.source, ends))
