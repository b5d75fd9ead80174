"""Values of a result as they are shown and stored: the first rows, and of long texts the beginning."""

from collections.abc import Mapping
from typing import Any

from agents.dataset import Rows

ROWS = 50
LONGEST = 500
"""Characters of one value."""


def preview(rows: Rows) -> tuple[Mapping[str, Any], ...]:
    """The first rows by column name."""
    return tuple({name: short(value) for name, value in row.items()} for row in rows.dicts(ROWS))


def short(value: Any, longest: int = LONGEST) -> Any:
    """A value of at most so many characters; figures stay what they are, lists and structures become text if they are
    longer."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else str(value)
    return value if len(text) <= longest else f"{text[: longest - 1]}…"
