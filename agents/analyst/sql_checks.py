"""What can be checked of a query that a model wrote, from its syntax tree and the schema: that joins multiply no row,
that groups add up to the whole, and that what the question names stands in it.

None of these shows that the query answers the question, so the confidence stays low; where the question can also be
read without a model, the result is compared with that reading instead.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.sentence import Mark, sentence
from agents.analyst.result_checks import Ask, Check, alike
from agents.dataset import QueryFailed, Rows

log = structlog.get_logger()

DIALECT = "duckdb"
MOST = 0.6
"""The confidence that these checks can give at most."""
_ADDS = (exp.Count, exp.Sum)
_WORKED_OUT: dict[str, tuple[type[exp.Expression], ...]] = {
    "count": (exp.Count, exp.Sum, exp.CountIf),
    "average": (exp.Avg, exp.Div),
    "median": (exp.Median, exp.PercentileCont, exp.Quantile),
    "share": (exp.Div,),
}


async def check_query(sql: str, rows: Rows, ask: Ask) -> list[Check]:
    """The checks of the query that could be made; none for a query of another shape."""
    try:
        tree = parse_one(sql, dialect=DIALECT)
    except (SqlglotError, RecursionError):
        return []
    if not isinstance(tree, exp.Select):
        return []
    steps: tuple[Callable[[exp.Select, Rows, Ask], Awaitable[list[Check]]], ...] = (_fan_out, _adds_up)
    checks: list[Check] = []
    for step in steps:
        try:
            checks += await step(tree, rows, ask)
        except (QueryFailed, SqlglotError) as failure:
            log.info("check_not_made", check=step.__name__, why=str(failure)[:200])
    return checks


def mentions(question: str, sql: str, lexicon: Lexicon, now: datetime) -> list[Check]:
    """Values, times, and what is to be worked out: where the question names them, they have to stand in the query."""
    try:
        tree = parse_one(sql, dialect=DIALECT)
    except (SqlglotError, RecursionError):
        return []
    literals = {str(entry.this).casefold() for entry in tree.find_all(exp.Literal)}
    return [
        Check("mentions", stands, f'"{said}" {"stands" if stands else "does not stand"} in the query.')
        for mark in sentence(question, lexicon, now).marks
        for said, stands in _mentioned(mark, tree, literals)
    ]


def _mentioned(mark: Mark, tree: exp.Expr, literals: set[str]) -> list[tuple[str, bool]]:
    if mark.span is not None:
        years = {str(day.year) for day in (mark.span.first, mark.span.last) if day is not None}
        relative = tree.find(exp.CurrentDate) is not None
        return [(mark.span.label, relative or any(year in literal for year in years for literal in literals))]
    if mark.cue in _WORKED_OUT:
        return [(mark.text, tree.find(*_WORKED_OUT[mark.cue]) is not None)]
    if mark.cue in ("most", "top", "least", "bottom"):
        order = tree.find(exp.Ordered)
        if tree.args.get("limit") is None or order is None:
            return []
        return [(mark.text, bool(order.args.get("desc")) == (mark.cue in ("most", "top")))]
    if mark.names and mark.names[0].weight == 1.0 and all(name.kind == "value" for name in mark.names):
        value = mark.names[0].value.casefold()
        return [(mark.names[0].value, any(value in literal or literal in value for literal in literals if literal))]
    return []


async def _fan_out(tree: exp.Select, rows: Rows, ask: Ask) -> list[Check]:
    """As many rows with the joined tables as without them, where the query counts, adds up or averages."""
    source, joins = tree.args.get("from_") or tree.args.get("from"), tree.args.get("joins") or []
    if (
        source is None
        or not joins
        or not any(tree.find_all(exp.AggFunc))
        or tree.args.get("with_")
        or tree.args.get("with")
    ):
        return []
    if not isinstance(source.this, exp.Table) or not all(isinstance(join.this, exp.Table) for join in joins):
        return []
    left = [join.copy() for join in joins]
    for candidate in left:
        candidate.set("side", "LEFT")
        candidate.set("kind", None)
    joined = exp.select("count(*)").from_(source.this.copy())
    joined.set("joins", left)
    alone = exp.select("count(*)").from_(source.this.copy())
    with_others = (await ask(joined.sql(DIALECT))).rows[0][0]
    by_itself = (await ask(alone.sql(DIALECT))).rows[0][0]
    said = f"{source.this.name} has {by_itself:,} rows, and {with_others:,} with the tables that it is joined to."
    return [Check("rows", with_others == by_itself, said)]


async def _adds_up(tree: exp.Select, rows: Rows, ask: Ask) -> list[Check]:
    """Groups that are counted or added up come to the same without grouping, where all of them are there once."""
    group = tree.args.get("group")
    if group is None or group.find(exp.Rollup, exp.Cube, exp.GroupingSets):
        return []
    if rows.total != len(rows.rows) or tree.args.get("limit") or tree.args.get("having") or tree.args.get("qualify"):
        return []
    place = next(
        (
            at
            for at, expression in enumerate(tree.expressions)
            if isinstance(expression.unalias(), _ADDS) and not expression.find(exp.Distinct)
        ),
        None,
    )
    if place is None:
        return []
    whole = tree.copy()
    whole.set("expressions", [tree.expressions[place].copy()])
    for part in ("group", "order"):
        whole.set(part, None)
    total = (await ask(whole.sql(DIALECT))).rows[0][0]
    values = [row[place] for row in rows.rows if row[place] is not None]
    if not all(isinstance(value, int | float) for value in (*values, total or 0)):
        return []
    added = sum(values)
    return [
        Check(
            "total",
            alike(float(added), float(total or 0)),
            f"The groups add up to {added:,}, without groups it is {total or 0:,}.",
        )
    ]
