"""A result as a figure: a Vega-Lite specification with its data in it.

The data's fields are called `x`, `y` and `series` whatever the columns are called, so that no name of a column is read
as a path or an expression; the names stand in the titles.
"""

from collections.abc import Mapping
from typing import Any

from agents.analyst.plan_sql import columns
from agents.analyst.preview import short
from agents.analyst.reading.plan import Plan
from agents.dataset import Rows

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
MOST_BARS = 30
MOST_POINTS = 1000
MOST_SERIES = 12
_LONGEST_NAME = 80
_TIMES = ("day", "week", "month", "quarter", "year")


def figure(rows: Rows, plan: Plan | None = None) -> Mapping[str, Any] | None:
    """What can sensibly be drawn of a result: a line over time, bars otherwise; None of one row, or without figures."""
    if len(rows.rows) < 2 or len(rows.columns) < 2:
        return None
    measured = _measured(rows, plan)
    keys = [at for at in range(len(rows.columns)) if at not in measured and _names(rows, at)]
    if not measured or not keys:
        return None
    y = measured[-1] if plan is not None and plan.share else measured[0]
    time = next((at for at in keys if _is_time(rows, at, plan)), None)
    others = [at for at in keys if at != time]
    if time is not None:
        return _drawn(rows, time, y, others[-1] if others else None, over_time=True)
    alone = len(plan.groups) == 1 if plan is not None else len(_values(rows, keys[0])) == len(rows.rows)
    if alone or len(keys) == 1:
        return _drawn(rows, keys[-1], y, None, over_time=False)
    x, series = (keys[0], keys[-1]) if len(_values(rows, keys[-1])) <= MOST_SERIES else (keys[-1], keys[0])
    return _drawn(rows, x, y, series, over_time=False)


def _measured(rows: Rows, plan: Plan | None) -> list[int]:
    """The columns that hold figures: the last ones, where a plan says how many."""
    numeric = [at for at in range(len(rows.columns)) if _numeric(rows, at)]
    if plan is None:
        return [
            at for at in numeric if not rows.columns[at].casefold().endswith(("id", "_key", "year", "month"))
        ] or numeric[-1:]
    if plan.measures or plan.part:
        keys, _ = columns(plan)
        return [at for at in numeric if at >= len(keys)]
    ordered = {item.field.column for item in plan.order}
    return [at for at in numeric if rows.columns[at] in ordered][:1]


def _numeric(rows: Rows, at: int) -> bool:
    values = [row[at] for row in rows.rows if row[at] is not None]
    return bool(values) and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _names(rows: Rows, at: int) -> bool:
    return all(isinstance(row[at], str | int | bool | None) for row in rows.rows)


def _values(rows: Rows, at: int) -> set[Any]:
    return {row[at] for row in rows.rows}


def _is_time(rows: Rows, at: int, plan: Plan | None) -> bool:
    name = rows.columns[at].casefold()
    if plan is not None:
        return name in _TIMES and any(group.unit == name for group in plan.groups)
    return rows.kinds[at] in ("date", "timestamp") or name in _TIMES


def _drawn(rows: Rows, x: int, y: int, series: int | None, *, over_time: bool) -> Mapping[str, Any] | None:
    if over_time and series is not None and len(_values(rows, series)) > MOST_SERIES:
        return None
    title = [column.replace("_", " ").strip()[:_LONGEST_NAME] for column in rows.columns]
    kept = rows.rows[: MOST_POINTS if over_time else MOST_BARS]
    named = {
        "field": "x",
        "title": title[x],
        **({"type": "ordinal"} if over_time else {"type": "nominal", "sort": None}),
    }
    figures = {"field": "y", "type": "quantitative", "title": title[y]}
    encoding: dict[str, Any] = {"x": named, "y": figures} if over_time else {"y": named, "x": figures}
    values = [{"x": _plain(row[x]), "y": row[y]} for row in kept]
    if series is not None:
        encoding["color"] = {"field": "series", "type": "nominal", "title": title[series]}
        values = [{**value, "series": _plain(row[series])} for value, row in zip(values, kept, strict=True)]
    cut = f" (first {len(kept)} of {len(rows.rows)})" if len(rows.rows) > len(kept) else ""
    return {
        "$schema": SCHEMA,
        "title": f"{title[y]} by {title[x]}{cut}",
        "data": {"values": values},
        "mark": {"type": "line", "point": True, "tooltip": True} if over_time else {"type": "bar", "tooltip": True},
        "encoding": encoding,
        "width": "container",
    }


def _plain(value: Any) -> str:
    return "(none)" if value is None else str(short(value, _LONGEST_NAME))
