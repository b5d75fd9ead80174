"""Questions whose answers stand beside them as data, and a judge of what the analyst makes of them.

An answer is None where the data holds none, or one of these: `figure`, one number; `date`, one day; `series`, the
figures in their order; `ranking`, names and figures in their order; `names`, in any order; `groups`, the figure of each
name, or of names joined by " / "; `among`, rows that are listed, all of these numbers; `any`, one of several answers.
"""

import json
from collections.abc import Mapping
from typing import Any

from tests.bundled import ROOT
from tests.integration.analyst_running import Analysed, plain, same

SECOND = [
    json.loads(line)
    for line in (ROOT / "datasets" / "operations" / "questions-second.jsonl").read_text(encoding="utf-8").splitlines()
]
Row = list[Any]


def stated(answer: Mapping[str, Any] | None, analysed: Analysed) -> bool:
    """Whether the analysis shows this answer."""
    shown = analysed.computed
    if answer is None:
        return shown is None and analysed.done.answered.declined
    ((kind, wanted),) = answer.items()
    if kind == "any":
        return any(stated(one, analysed) for one in wanted)
    if shown is None:
        return False
    rows = [[*row.values()] for row in shown.rows]
    if kind == "figure":  # or as many rows, where they are listed
        return same(rows[0][-1], wanted) if len(rows) == 1 else shown.total == wanted
    if kind == "among":
        return all(row[0] in wanted for row in rows) and f"{len(wanted):,} rows" in analysed.text
    return shown.total == len(wanted) and _JUDGES[kind](wanted, rows)


def _date(wanted: list[str], rows: list[Row]) -> bool:
    return any(plain(value)[:10] == wanted[0] for value in rows[0])


def _series(wanted: list[float], rows: list[Row]) -> bool:
    return all(same(row[-1], figure) for row, figure in zip(rows, wanted, strict=True))


def _ranking(wanted: list[tuple[str, float]], rows: list[Row]) -> bool:
    pairs = zip(rows, wanted, strict=True)
    return all(name in map(plain, row) and any(same(value, figure) for value in row) for row, (name, figure) in pairs)


def _names(wanted: list[str], rows: list[Row]) -> bool:
    return all(any(name in map(plain, row) for row in rows) for name in wanted)


def _groups(wanted: Mapping[str, float], rows: list[Row]) -> bool:
    return all(
        any(set(name.split(" / ")) <= {*map(plain, row)} and same(row[-1], figure) for row in rows)
        for name, figure in wanted.items()
    )


_JUDGES = {"date": _date, "series": _series, "ranking": _ranking, "names": _names, "groups": _groups}
