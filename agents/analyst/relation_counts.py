"""Things told by how many rows refer to them: "customers with more than two orders", "suppliers without any parts".

Such a question is two: one of the things, and one of the rows that refer to them, which are counted for each thing,
with 0 where there are none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as changed

from msgspec.structs import replace

from agents.analyst.accounting import unaccounted
from agents.analyst.choices import Choices
from agents.analyst.comparisons import OPERATORS
from agents.analyst.items import Beyond, Cue, Item, Itemised, Named, Number, Time, Word
from agents.analyst.lexicon import Lexicon
from agents.analyst.measures import COUNT
from agents.analyst.plan import Condition, Field, Operator, Plan, Related, Source
from agents.analyst.plan_builder import Builder
from agents.analyst.reader import read
from agents.analyst.request import Asked
from agents.analyst.resolve import Ambiguous, Rows, Unresolved, words_of
from agents.analyst.vocabulary import vocabulary

_SURE = 0.65
_CALLED = 0.95
_READ_THROUGH = 50
"""Things that are listed where nobody says whether to list or to count them."""
_OFTEN: dict[str, tuple[Operator, int, bool]] = {
    "more than once": (">", 1, True), "at least once": (">=", 1, True), "only once": ("=", 1, True),
    "exactly once": ("=", 1, True), "twice": ("=", 2, True), "at least twice": (">=", 2, True),
    "more than twice": (">", 2, True), "more than one": (">", 1, False),
}  # fmt: skip
"""How often, and whether that is said of what was done, and not of a thing that follows."""


_NONE = frozenset(
    {"no", "never", "without", "lacking", "with no", "without any", "without a", "without an", "have no", "has no"}
    | {f"{verb} not{have}" for verb in ("do", "does", "did") for have in ("", " have")}
    | {f"{verb}n't{have}" for verb in ("do", "does", "did") for have in ("", " have")}
)


@dataclass(frozen=True, slots=True)
class Clause:
    """`head` asks for `things`; of what `inner` names there are to be so many for each of them. `often`: it is said how
    many times, and not how many of what."""

    head: tuple[Item, ...]
    things: Named
    operator: Operator
    number: int
    inner: tuple[Item, ...]
    said: str
    often: bool

    @property
    def may_be_none(self) -> bool:
        """Whether things that no row refers to may be among those that are sought: no grouping of rows finds them."""
        named = next(
            (item for item in self.inner if isinstance(item, Named) and item.meanings[0].kind != "value"), None
        )
        return self.operator in ("<", "<=") and named is not None and named.meanings[0].kind == "table"


def clause(items: Sequence[Item]) -> Clause | None:
    """The first comparison with a number of rows in a question; None where there is none."""
    things = [at for at, entry in enumerate(items) if isinstance(entry, Named) and entry.of("table", _SURE)]
    for at, item in enumerate(items):
        found = _compared(items, at)
        before = [entry for entry in things if entry < at]
        if found is None or not before:
            continue
        operator, number, end, often = found
        thing = items[before[-1]]
        assert isinstance(thing, Named)
        start = before[-1] + 1 if often else at
        while start > before[-1] + 1 and _links(items[start - 1]):
            start -= 1
        inner = [*items[start:at], *items[end:]] if often else list(items[end:])
        while inner and _links(inner[0]):
            inner.pop(0)
        if inner:
            return Clause(tuple(items[:start]), thing, operator, number, tuple(inner), item.text, often)
    return None


def _compared(items: Sequence[Item], at: int) -> tuple[Operator, int, int, bool] | None:
    """The comparison at a place: with how many, where it ends, and whether it says how often."""
    item, after, last = (*items[at : at + 3], None, None)[:3]
    if isinstance(item, Beyond) and item.text.casefold() in _OFTEN:
        operator, number, often = _OFTEN[item.text.casefold()]
        return operator, number, at + 1, often
    if isinstance(item, Cue) and item.kind in ("negation", "missing") and _none(item, items[at - 1] if at else None):
        return "=", 0, at + 1, False
    if isinstance(item, Cue) and item.kind in OPERATORS and isinstance(after, Number) and after.value.is_integer():
        often = isinstance(last, Word) and last.text.casefold() == "times"
        return OPERATORS[item.kind], int(after.value), at + 2 + often, often
    return None


def _none(item: Cue, before: Item | None) -> bool:
    """Whether it says that there are none, and not what something is not."""
    had = isinstance(before, Cue) and before.text.casefold() in ("have", "has", "had")
    return item.text.casefold() in _NONE or (item.text.casefold() == "not" and had)


def _links(item: Item) -> bool:
    """Whether it only says that there is something: "that had", "who bought"."""
    if isinstance(item, Cue):
        return item.kind in ("verb", "which") or item.text.casefold() == "that"
    if isinstance(item, Word) and item.idle:
        return True
    if isinstance(item, Named) and item.of("table", _SURE):
        return False
    return isinstance(item, Word | Named) and item.text.casefold() in vocabulary().relating


def related_plan(clause: Clause, lexicon: Lexicon, dataset: str, choices: Choices) -> tuple[Plan, Rows]:
    """The plan of a question with such a comparison. Raises Unresolved where it cannot be told what is meant."""
    if isinstance(clause.head[0], Time):
        raise Unresolved("I do not see what the time belongs to.")
    source = _source(clause.things)
    rows = Rows(lexicon, source, choices)
    inner = _inner(clause, lexicon, rows)
    asked = _whole(clause.head)
    if not (asked.counted or asked.share or asked.which or asked.end or asked.listing):
        asked.listing = 0 < (rows.table.rows or 0) <= _READ_THROUGH
    if asked.share and (asked.values or asked.limits or asked.nulls or asked.spans):
        raise Unresolved("I do not see what the share is of.")
    there = Condition(inner, clause.operator, (clause.number,), clause.said)
    plan = Builder(asked, rows, dataset, more=(there,)).plan()
    alone = _without(plan, there)
    if left := unaccounted(clause.head, alone, lexicon):
        raise Unresolved(f"I do not see what is meant by {', '.join(left)}.")
    return plan, rows


def _without(plan: Plan, without: Condition) -> Plan:
    """The plan without one of its conditions."""
    return replace(
        plan,
        conditions=tuple(condition for condition in plan.conditions if condition != without),
        part=tuple(item for item in plan.part if item != without) or plan.part,
    )


def _source(things: Named) -> Source:
    tables = things.of("table", _SURE)
    best = [item.source for item in tables if item.weight == tables[0].weight]
    if any(column.source in best and column.of == "text" for column in things.of("column", _CALLED)):
        raise Ambiguous(f"I do not see whether {things.text} go by their rows or by their name.")
    if len(set(best)) > 1:
        raise Ambiguous(f"{things.text} can be {' or '.join(words_of(candidate.table) for candidate in best)}.")
    return best[0]


def _whole(items: tuple[Item, ...]) -> Asked:
    asked = read(Itemised(items, ()))
    if asked.unknown or asked.beyond:
        raise Unresolved(
            f"I do not see what is meant by {', '.join([*asked.unknown, *(b.text for b in asked.beyond)])}."
        )
    return asked


def _inner(clause: Clause, lexicon: Lexicon, things: Rows) -> Field:
    """How many rows refer to a thing, of those that the clause names."""
    asked = _whole(clause.inner)
    if asked.groups or asked.units or asked.end or asked.share or asked.compare or asked.aggregates or asked.counted:
        raise Unresolved(f"I do not see what belongs to {clause.said}.")
    found: list[tuple[Plan, Rows]] = []
    for source in lexicon.tables:
        rows = Rows(lexicon, source, things.choices)
        named = rows.own(asked.tables[0]) if asked.tables else clause.often
        if source == things.source or len(rows.paths.get(things.source, ())) != 1 or not named:
            continue
        try:
            plan = Builder(changed(asked), rows, "").plan()
        except Unresolved:
            continue
        if plan.measures == (COUNT,) and not (plan.groups or plan.limit) and (asked.tables or plan.conditions):
            found.append((plan, rows))
    nearest = min((_hops(match) for match, _ in found), default=0)
    found = found if asked.tables else [match for match in found if _hops(match[0]) == nearest]
    if len(found) != 1:
        raise Unresolved(f"I cannot tell of what {words_of(things.table.name)} are to have so many.")
    ((plan, rows),) = found
    if left := unaccounted(clause.inner, plan, lexicon):
        raise Unresolved(f"I do not see what is meant by {', '.join(left)}.")
    things.assumed += [assumption for assumption in rows.assumed if assumption not in things.assumed]
    (path,) = rows.paths[things.source]
    keys = tuple(Field(name, "other", path[:-1]) for name in path[-1].columns)
    related = Related(plan.source, keys, path[-1].to_columns, plan.conditions, plan.when, plan.spans)
    return Field(plan.source.table, "integer", related=related)


def _hops(plan: Plan) -> int:
    return sum(len(field.path) for field in plan.fields)
