"""What can be checked of a query that a model wrote, from its syntax tree and the schema: that joins multiply no row,
that groups add up to the whole, and that what the question names stands in it.

None of these shows that the query answers the question, so the confidence stays low; where the question can also be
read without a model, the result is compared with that reading instead.
"""

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


def _parsed(sql: str) -> exp.Expr | None:
    try:
        return parse_one(sql, dialect=DIALECT)
    except (SqlglotError, RecursionError):
        return None


async def check_query(sql: str, rows: Rows, ask: Ask) -> list[Check]:
    """The checks of the query that could be made; none for a query of another shape."""
    tree = _parsed(sql)
    if not isinstance(tree, exp.Select):
        return []
    checks: list[Check] = []
    for step in (_fan_out, _adds_up):
        try:
            checks += await step(tree, rows, ask)
        except (QueryFailed, SqlglotError) as failure:
            log.info("check_not_made", check=step.__name__, why=str(failure)[:200])
    return checks


def mentions(question: str, sql: str, lexicon: Lexicon, now: datetime) -> list[Check]:
    """Values, times, and what is to be worked out: where the question names them, they have to stand in the query."""
    tree = _parsed(sql)
    if tree is None:
        return []
    literals = {str(entry.this).casefold() for entry in tree.find_all(exp.Literal)}
    found = (_mentioned(mark, tree, literals) for mark in sentence(question, lexicon, now).marks)
    return [
        Check("mentions", stands, f'"{said}" {"stands" if stands else "does not stand"} in the query.')
        for said, stands in filter(None, found)
    ]


def _mentioned(mark: Mark, tree: exp.Expr, literals: set[str]) -> tuple[str, bool] | None:
    """What a mark names, and whether it stands in the query; None where that cannot be told."""
    if mark.span is not None:
        years = {str(day.year) for day in (mark.span.first, mark.span.last) if day is not None}
        relative = tree.find(exp.CurrentDate) is not None
        return mark.span.label, relative or any(year in literal for year in years for literal in literals)
    if mark.cue in _WORKED_OUT:
        return mark.text, tree.find(*_WORKED_OUT[mark.cue]) is not None
    order = tree.find(exp.Ordered)
    if mark.cue in ("most", "top", "least", "bottom") and order is not None and tree.args.get("limit") is not None:
        return mark.text, bool(order.args.get("desc")) == (mark.cue in ("most", "top"))
    if mark.names and mark.names[0].weight == 1.0 and all(name.kind == "value" for name in mark.names):
        value = mark.names[0].value.casefold()
        return mark.names[0].value, any(value in literal or literal in value for literal in literals if literal)
    return None


async def _fan_out(tree: exp.Select, rows: Rows, ask: Ask) -> list[Check]:
    """As many rows with the joined tables as without them, where the query counts, adds up or averages."""
    source, joins = tree.args.get("from_"), tree.args.get("joins") or []
    tables = [source, *joins] if source is not None and not tree.args.get("with_") and tree.find(exp.AggFunc) else []
    if source is None or len(tables) < 2 or not all(isinstance(table.this, exp.Table) for table in tables):
        return []
    alone = exp.select("count(*)").from_(source.this.copy())
    joined = alone.copy()
    for join in joins:
        left = join.copy()
        left.set("side", "LEFT")
        left.set("kind", None)
        joined.append("joins", left)
    with_others, by_itself = [(await ask(query.sql(DIALECT))).rows[0][0] for query in (joined, alone)]
    said = f"{source.this.name} has {by_itself:,} rows, and {with_others:,} with the tables that it is joined to."
    return [Check("rows", with_others == by_itself, said)]


async def _adds_up(tree: exp.Select, rows: Rows, ask: Ask) -> list[Check]:
    """Groups that are counted or added up come to the same without grouping, where all of them are there once."""
    group, cut = tree.args.get("group"), any(tree.args.get(part) for part in ("limit", "having", "qualify"))
    if group is None or group.find(exp.Rollup, exp.Cube, exp.GroupingSets) or cut or rows.total != len(rows.rows):
        return []
    worked = (isinstance(item.unalias(), _ADDS) and not item.find(exp.Distinct) for item in tree.expressions)
    place = next((at for at, adds in enumerate(worked) if adds), None)
    if place is None:
        return []
    whole = tree.copy()
    whole.set("expressions", [tree.expressions[place].copy()])
    whole.set("group", None)
    whole.set("order", None)
    total = (await ask(whole.sql(DIALECT))).rows[0][0] or 0
    values = [row[place] for row in rows.rows if row[place] is not None]
    if not all(isinstance(value, int | float) for value in (*values, total)):
        return []
    said = f"The groups add up to {sum(values):,}, without groups it is {total:,}."
    return [Check("total", alike(float(sum(values)), float(total)), said)]
