"""What is said about an analysis besides its result: what is asked and how it is done, or why it cannot be done and
which questions work instead."""

from collections.abc import Sequence

from agents.analyst import wording
from agents.analyst.progress import Work
from agents.analyst.reading.candidates import Unread
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.likeness import without
from agents.analyst.reading.options import DAYS, NUMBERS, words_of
from agents.analyst.reading.plan import Field, Source
from agents.analyst.reading.scope import Scope
from agents.analyst.reading.tokens import parts
from agents.dataset import ALL, Registered
from agents.language.figures import unit_words
from agents.types import Thought

_MOST_NAMED, _MOST_GROUPS = 20, 30
UNASKED = "The language model could not be asked, so the question was read by rules."
NO_QUERY = "The language model found no query for it, so the question was read by rules."
REJECTED = "The language model's queries were rejected, so the question was read by rules."


def thoughts(work: Work) -> tuple[Thought, ...]:
    """The question taken apart, and the way chosen; of no part yet."""
    plan = f"# What is asked\n- {' '.join(work.text.split())[:300]}\n- Data: {work.dataset}\n"
    approach = "the language model writes a query, and I check its result."
    if work.plan is not None:
        plan, approach = wording.taken_apart(work.plan), wording.approach(work.plan)
    return Thought(0, plan, "plan"), Thought(0, f"Approach: {approach}", "approach")


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


def examples(lexicon: Lexicon, most: int = 4) -> tuple[str, ...]:
    """Of the tables that refer to most others, the largest first; none where nothing can be asked."""
    found: list[str] = []
    for table in sorted(lexicon.schema.tables, key=lambda item: (-len(item.foreign_keys), -(item.rows or 0))):
        scope, name = Scope(lexicon, Source(table.dataset, table.name)), words_of(table.name)
        fields = [field for field in scope.own_columns if not scope.is_key(field)]
        values = {field: len(lexicon.values.get((scope.source, field.column), ())) for field in fields}
        groups = [_bare(field) for field in fields if 2 <= values[field] <= _MOST_GROUPS]
        figures = [_bare(field) for field in fields if field.kind in NUMBERS]
        found.append(f"How many {name} are there?")
        found += [f"Number of {name} by {group}" for group in groups[:1]]
        found += [f"Average {figures[0]} of {name} by {group}" for group in groups[:1] if figures]
        found += [f"{name.capitalize()} over time"] if any(field.kind in DAYS for field in fields) else []
    return tuple(found[:most])


def _bare(field: Field) -> str:
    """The column's name without its unit."""
    words = parts(field.column)
    return " ".join(without(words, (), unit_words())) if words else field.column
