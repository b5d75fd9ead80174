"""What is said about an analysis besides its result: what is asked and how it is done, or why it cannot be done and
which questions work instead."""

from collections.abc import Sequence

from agents.analyst import wording
from agents.analyst.progress import Work
from agents.analyst.reading.candidates import Unread
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.options import NUMBERS, words_of
from agents.analyst.reading.plan import Source
from agents.analyst.reading.reach import is_key
from agents.analyst.reading.tokens import parts
from agents.dataset import ALL, Column, Registered, Table
from agents.language.figures import unit_words
from agents.types import Thought

_MOST_NAMED = 20
UNASKED = "The language model could not be asked, so the question was read by rules."
NO_QUERY = "The language model found no query for it, so the question was read by rules."
REJECTED = "The language model's queries were rejected, so the question was read by rules."


def thoughts(work: Work) -> tuple[Thought, ...]:
    """The question taken apart, and the way chosen; of no part yet."""
    if work.plan is not None:
        return Thought(0, wording.taken_apart(work.plan), "plan"), Thought(
            0, f"Approach: {wording.approach(work.plan)}", "approach"
        )
    plan = f"# What is asked\n- {' '.join(work.text.split())[:300]}\n- Data: {work.dataset}\n"
    return Thought(0, plan, "plan"), Thought(
        0, "Approach: the language model writes a query, and I check its result.", "approach"
    )


def no_data(name: str = ALL, registered: Sequence[Registered] = ()) -> str:
    """There is no dataset, or none of that name."""
    if not registered:
        return "There is no data to ask about yet. A dataset is added with `pitcrew datasets add`."
    listed = "\n".join(f"- **{dataset.name}**: {dataset.description}" for dataset in registered[:_MOST_NAMED])
    if name == ALL:
        return f"The datasets hold no tables yet:\n\n{listed}"
    unknown = f"I know no dataset of the name {wording.number(name)}."
    return f"{unknown} There are:\n\n{listed}\n\nOr ask about **{ALL}** of them."


def cannot(unread: Unread, lexicon: Lexicon, notices: Sequence[str] = ()) -> str:
    """Why there is no answer and what the data has, in a sentence; then what would work instead."""
    unknown = ", ".join(wording.number(word) for word in unread.unknown[:_MOST_NAMED])
    reason = unread.reason or "I do not see which figures it is about."
    about = f" (not understood: {unknown})" if unknown and not all(word in reason for word in unread.unknown) else ""
    lines = [f"I cannot work that out from the data: {reason.rstrip('.')}{about}. {_held(lexicon)}"]
    lines += [f"- {notice}" for notice in notices]
    if found := examples(lexicon):
        lines += ["", "These questions work here:", "", *(f"- {match}" for match in found)]
    return "\n".join(lines)


def _held(lexicon: Lexicon) -> str:
    """What there is: the columns of the only table, or the tables."""
    tables = lexicon.schema.tables
    if len(tables) == 1:
        names = [words_of(column.name) for column in tables[0].columns]
        return f"There are {words_of(tables[0].name)} with {', '.join(map(wording.number, names[:_MOST_NAMED]))}."
    return f"There are {', '.join(wording.number(words_of(table.name)) for table in tables[:_MOST_NAMED])}."


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
