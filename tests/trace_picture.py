"""Draws a trace as it was received: `PITCREW_TRACE=trace.svg pytest tests/integration/test_traces.py -k two_parts`."""

from collections.abc import Sequence
from html import escape

from tests.collector import Received

LINE, LEFT, WIDTH, RIGHT, TOP = 22, 260, 560, 90, 34
COLOURS = {"chat": "#b45309", "execute_tool": "#7c3aed", "retrieval": "#0f766e", "commit": "#64748b"}
OTHER = "#2563eb"


def picture(spans: Sequence[Received]) -> str:
    """An SVG: a row for each span, in the order of the tree; drawn on white, so that it is readable on any page."""
    rows = list(_rows(spans, "", 0))
    begun = min(span.start for span in spans)
    whole = max(span.end for span in spans) - begun
    height = TOP + LINE * len(rows) + 12
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + RIGHT}" height="{height}" '
        f'font-family="system-ui, sans-serif" font-size="12" role="img" aria-label="A trace">',
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for step in range(5):
        x = LEFT + WIDTH * step / 4
        lines += [
            f'<line x1="{x}" x2="{x}" y1="{TOP - 8}" y2="{height - 8}" stroke="#e2e8f0"/>',
            f'<text x="{x}" y="{TOP - 14}" fill="#475569" text-anchor="middle">{whole * step / 4e6:.0f} ms</text>',
        ]
    for at, (span, depth) in enumerate(rows):
        y = TOP + LINE * at
        x = LEFT + WIDTH * (span.start - begun) / whole
        wide = max(2.0, WIDTH * (span.end - span.start) / whole)
        colour = COLOURS.get(span.name.partition(" ")[0], OTHER)
        event = span.attributes.get("pitcrew.event", "")
        name = f"{span.name} {event}".strip()
        took = f"{(span.end - span.start) / 1e6:.1f}"
        lines += [
            f'<text x="{12 + depth * 16}" y="{y + 13}" fill="#0f172a">{escape(name)}</text>',
            f'<rect x="{x:.1f}" y="{y + 3}" width="{wide:.1f}" height="{LINE - 9}" rx="2" fill="{colour}"/>',
            f'<text x="{LEFT + WIDTH + RIGHT - 12}" y="{y + 13}" fill="#475569" text-anchor="end">{took} ms</text>',
        ]
    return "\n".join([*lines, "</svg>", ""])


def _rows(spans: Sequence[Received], parent: str, depth: int) -> list[tuple[Received, int]]:
    rows: list[tuple[Received, int]] = []
    for span in sorted((span for span in spans if span.parent == parent), key=lambda span: span.start):
        rows += [(span, depth), *_rows(spans, span.id, depth + 1)]
    return rows
