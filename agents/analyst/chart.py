"""A result as a figure: a Vega-Lite specification with its data in it.

The data's fields are called `x`, `y` and `series` whatever the columns are called, so that no name of a column is read
as a path or an expression; the names stand in the titles.
"""

from collections.abc import Mapping, Sequence
from typing import Any

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
    y = measured[0]
    if plan is not None and plan.share:
        y = measured[-1]
    time = next((at for at in keys if _is_time(rows, at, plan)), None)
    others = [at for at in keys if at != time]
    if time is not None:
        return _over_time(rows, time, y, others[-1] if others else None)
    if (
        (plan is not None and len(plan.groups) == 1)
        or len(keys) == 1
        or (plan is None and len(_values(rows, keys[0])) == len(rows.rows))
    ):
        return _bars(rows, keys[-1], y)
    x, series = (keys[0], keys[-1]) if len(_values(rows, keys[-1])) <= MOST_SERIES else (keys[-1], keys[0])
    return _bars(rows, x, y, series)


def _measured(rows: Rows, plan: Plan | None) -> list[int]:
    """The columns that hold figures: the last ones, where a plan says how many."""
    numeric = [at for at in range(len(rows.columns)) if _numeric(rows, at)]
    if plan is None:
        return [
            at for at in numeric if not rows.columns[at].casefold().endswith(("id", "_key", "year", "month"))
        ] or numeric[-1:]
    if plan.measures or plan.part:
        count = 3 if plan.part else len(plan.measures) + plan.share
        figures = range(len(rows.columns) - count, len(rows.columns))
        return [at for at in figures if at in numeric]
    ordered = {item.field.column for item in plan.order[:-1]}
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


def _over_time(rows: Rows, x: int, y: int, series: int | None) -> Mapping[str, Any] | None:
    if series is not None and len(_values(rows, series)) > MOST_SERIES:
        return None
    encoding: dict[str, Any] = {
        "x": {"field": "x", "type": "ordinal", "title": _title(rows, x)},
        "y": {"field": "y", "type": "quantitative", "title": _title(rows, y)},
    }
    if series is not None:
        encoding["color"] = {"field": "series", "type": "nominal", "title": _title(rows, series)}
    mark = {"type": "line", "point": True, "tooltip": True}
    return _made(rows, mark, encoding, rows.rows[:MOST_POINTS], x, y, series)


def _bars(rows: Rows, x: int, y: int, series: int | None = None) -> Mapping[str, Any]:
    encoding: dict[str, Any] = {
        "y": {"field": "x", "type": "nominal", "sort": None, "title": _title(rows, x)},
        "x": {"field": "y", "type": "quantitative", "title": _title(rows, y)},
    }
    if series is not None:
        encoding["color"] = {"field": "series", "type": "nominal", "title": _title(rows, series)}
    return _made(rows, {"type": "bar", "tooltip": True}, encoding, rows.rows[:MOST_BARS], x, y, series)


def _made(
    rows: Rows,
    mark: Mapping[str, Any],
    encoding: Mapping[str, Any],
    kept: Sequence[Sequence[Any]],
    x: int,
    y: int,
    series: int | None,
) -> Mapping[str, Any]:
    values = [
        {"x": _plain(row[x]), "y": row[y], **({"series": _plain(row[series])} if series is not None else {})}
        for row in kept
    ]
    title = f"{_title(rows, y)} by {_title(rows, x)}"
    if len(rows.rows) > len(kept):
        title += f" (first {len(kept)} of {len(rows.rows)})"
    return {
        "$schema": SCHEMA,
        "title": title,
        "data": {"values": values},
        "mark": dict(mark),
        "encoding": dict(encoding),
        "width": "container",
    }


def _title(rows: Rows, at: int) -> str:
    return rows.columns[at].replace("_", " ").strip()[:_LONGEST_NAME]


def _plain(value: Any) -> str:
    return "(none)" if value is None else str(short(value, _LONGEST_NAME))
