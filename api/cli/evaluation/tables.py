"""Figures as aligned text."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.evaluation.comparison import Comparison

_MOST_COLUMNS = 16
_MOST_NAMED = 30
_DRAWN = ("intervals", "confusion", "coverage", "failed", "overall")
"""What has a form of its own, or stands in another table."""


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """Single figures first, each with its interval; then each group, one row for each of its names; then the confusion
    and the coverage."""
    yield from _headline(figures)
    for group, breakdown in figures.items():
        if group not in _DRAWN and isinstance(breakdown, Mapping):
            yield ""
            yield from _group(group.removeprefix("by_"), breakdown, figures.get("overall"))
    if figures.get("confusion"):
        yield ""
        yield from _confusion(figures["confusion"])
    if figures.get("coverage"):
        yield ""
        yield from _coverage(figures["coverage"])


def changes(comparison: "Comparison") -> Iterator[str]:
    """What became of every figure since the baseline, and of which cases."""
    common = comparison.common
    yield ""
    head = (f"since the baseline ({len(common.shared)} cases)", ["old", "new", "difference", "", "verdict"])
    rows = [
        (
            name,
            [
                _cell(figure.old),
                _cell(figure.new),
                f"{figure.difference.value:+.4f}",
                f"[{figure.difference.low:+.4f}, {figure.difference.high:+.4f}]",
                figure.verdict,
            ],
        )
        for name, figure in comparison.figures.items()
    ]
    yield from aligned([head, *rows])
    named = {
        "worse cases": comparison.worse,
        "better cases": comparison.better,
        "missing here, so not compared": common.missing,
        "new here, so not compared": common.added,
        "changed since, so not compared": common.changed,
    }
    for title, ids in named.items():
        if ids:
            more = f" and {len(ids) - _MOST_NAMED} more (--json names all)" if len(ids) > _MOST_NAMED else ""
            yield f"{title} ({len(ids)}): {' '.join(map(str, ids[:_MOST_NAMED]))}{more}"


def _headline(figures: Mapping[str, Any]) -> Iterator[str]:
    intervals = figures.get("intervals", {})
    everything = {**figures.get("overall", {}), **figures}
    single = {
        name: value for name, value in everything.items() if name not in _DRAWN and not isinstance(value, Mapping)
    }
    rows = aligned([(name, [_cell(value)]) for name, value in single.items()])
    yield from (row + _interval(intervals.get(name)) for name, row in zip(single, rows, strict=True))


def _group(title: str, breakdown: Mapping[str, Any], overall: Any) -> Iterator[str]:
    rows = ({"all": overall} if overall else {}) | {name: _row(value) for name, value in breakdown.items()}
    columns = list(next(iter(rows.values()), {}))
    yield from aligned(
        [(title, columns), *((name, [_cell(row[column]) for column in columns]) for name, row in rows.items())]
    )


def aligned(rows: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Names to the left, cells to the right, every column as wide as it must be."""
    width = max((len(name) for name, _ in rows), default=0)
    columns = max((len(cells) for _, cells in rows), default=0)
    widths = [
        max((len(cells[column]) for _, cells in rows if column < len(cells)), default=0) for column in range(columns)
    ]
    for name, cells in rows:
        padded = (f"{cell:>{size}}" for cell, size in zip(cells, widths, strict=False))
        yield f"{name:<{width}}  {'  '.join(padded)}".rstrip()


def _confusion(confusion: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Rows are expected, columns predicted; where there are too many for a line, the most frequent mistakes."""
    names = sorted({*confusion, *(name for row in confusion.values() for name in row)})
    if len(names) <= _MOST_COLUMNS:
        numbers = [str(number) for number, _ in enumerate(names, start=1)]
        rows = [
            (f"{number:>2} {name}", [str(confusion.get(name, {}).get(other, "") or ".") for other in names])
            for number, name in zip(numbers, names, strict=True)
        ]
        yield from aligned([("expected (rows), predicted (columns)", numbers), *rows])
        return
    wrong = sorted(
        ((count, name, other) for name, row in confusion.items() for other, count in row.items() if name != other),
        key=lambda mistake: (-mistake[0], mistake[1], mistake[2]),
    )
    mistakes = [(f"{name} -> {other}", [str(count)]) for count, name, other in wrong[:_MOST_COLUMNS]]
    yield from aligned([(f"expected -> predicted, most frequent of {len(wrong)} mistakes", ["cases"]), *mistakes])


def _coverage(points: Sequence[Mapping[str, float]]) -> Iterator[str]:
    tenths = points[1::2]
    rows = [(f"{tenth['coverage']:.0%}", [_cell(tenth["accuracy"])]) for tenth in tenths]
    yield from aligned([("coverage", ["accuracy"]), *rows])


def _row(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"accuracy": value}


def _interval(interval: Mapping[str, float] | None) -> str:
    return f" [{interval['low']:.2f}, {interval['high']:.2f}]" if interval else ""


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
