"""Questions that work on a dataset, made from its schema."""

from agents.analyst.lexicon import Lexicon
from agents.analyst.options import NUMBERS, words_of
from agents.analyst.plan import Source
from agents.analyst.reach import is_key
from agents.analyst.tokens import parts
from agents.dataset import Column, Table
from agents.language.figures import unit_words

_MOST_GROUPS = 30


def examples(lexicon: Lexicon, most: int = 4) -> tuple[str, ...]:
    """Of the largest tables that others do not refer to; none where nothing can be asked."""
    referred = {(table.dataset, key.to_table) for table in lexicon.schema.tables for key in table.foreign_keys}
    tables = sorted(
        lexicon.schema.tables,
        key=lambda item: ((item.dataset, item.name) in referred and bool(item.primary_key), -(item.rows or 0)),
    )
    found: list[str] = []
    for table in sorted(tables, key=lambda item: -len(item.foreign_keys)):
        found += _of(lexicon, table)
        if len(found) >= most:
            break
    return tuple(found[:most])


def _of(lexicon: Lexicon, table: Table) -> list[str]:
    name = words_of(table.name)
    group = next((column for column in table.columns if _groups(lexicon, table, column)), None)
    figure = next(
        (column for column in table.columns if column.kind in NUMBERS and not _numbers(lexicon, table, column)), None
    )
    found = [f"How many {name} are there?"]
    if group is not None:
        found.append(f"Number of {name} by {_bare(group)}")
    if figure is not None and group is not None:
        found.append(f"Average {_bare(figure)} of {name} by {_bare(group)}")
    if any(column.kind in ("date", "timestamp") for column in table.columns):
        found.append(f"{name.capitalize()} over time")
    return found


def _groups(lexicon: Lexicon, table: Table, column: Column) -> bool:
    values = lexicon.values.get((Source(table.dataset, table.name), column.name), ())
    return 2 <= len(values) <= _MOST_GROUPS


def _numbers(lexicon: Lexicon, table: Table, column: Column) -> bool:
    """Whether a column only numbers the rows."""
    profile = lexicon.profiles.get((Source(table.dataset, table.name), column.name))
    return is_key(table, column.name) or (
        profile is not None and column.kind == "integer" and profile.distinct == table.rows
    )


def _bare(column: Column) -> str:
    """The column's name without its unit."""
    words = list(parts(column.name))
    while len(words) > 1 and words[-1] in unit_words():
        words.pop()
    return " ".join(words)
