"""Rows themselves, or the different values of a column."""

from msgspec.structs import replace

from agents.analyst.cues import cues
from agents.analyst.draft import Draft
from agents.analyst.measuring import single
from agents.analyst.options import DAYS, NUMBERS, Unresolved, words_of
from agents.analyst.plan import Field, Group, Measure, Order, Plan
from agents.analyst.ranking import Rank
from agents.analyst.reach import entity, label
from agents.analyst.tokens import parts, stem

_LISTED = 10
"""Rows that are listed where "top" says no number."""
_READ_THROUGH = 200
_WIDE = 8


def listed(draft: Draft, plan: Plan, rank: Rank | None, group: Group | None) -> Plan:
    """The plan of a list. Raises Unresolved where nothing says what is to be listed."""
    view = draft.view
    cue = [mark for mark in draft.marks if mark.cue in ("list", "which", "distinct")]
    rows = [mark for mark in draft.names() if view.own(mark)]
    if group is None and rank is None and (cue or not rows):
        group = _named_group(draft)
    if group is not None and rank is None and not view.told_apart(group) and not single(draft):
        draft.use(*cue, *rows)
        if group.unit is None and draft.groups:
            raise Unresolved("I list the values of one column at a time.")
        return replace(plan, groups=(group,), measures=(Measure("count"),))
    asked = _asked(draft)
    if group is not None:
        asked = (*group.fields[-1:], *(field for field in asked if field not in group.fields))
    sought = bool(cue or rank or rows or asked)
    if not sought or (
        not asked
        and not rank
        and not rows
        and not (draft.filters and cue)
        and not any(mark.cue == "rows" for mark in draft.marks)
    ):
        raise Unresolved("I do not see what is to be worked out.")
    draft.use(*cue, *rows, *(mark for mark in draft.marks if mark.cue == "rows"))
    if any(mark.plain == "who" and mark.cue == "which" for mark in draft.marks) and not any(
        view.says(field, "who") for field in (*asked, *view.shown())
    ):
        view.choices.doubt("who is meant")
    order = _order(draft, rank)
    shown = _shown(draft, asked, order)
    limit = None
    if rank is not None:
        plural = rank.number is None and (draft.has("top", "bottom") or _plural(draft, rank))
        limit = rank.number or (_LISTED if plural else 1)
    plan = replace(plan, shown=shown, order=order, limit=limit or _READ_THROUGH, skip=rank.skip if rank else 0)
    return plan if plan.order or not rank else replace(plan, limit=None)


def grouped(draft: Draft, plan: Plan) -> Plan:
    """With what rows are put together by, and what is said of the groups. Raises Unresolved."""
    draft.use_rows()
    plan = _divided(replace(plan, groups=tuple(dict.fromkeys((*plan.groups, *draft.groups)))))
    if draft.having is None:
        return plan
    having, measure = draft.having
    if not plan.groups:
        raise Unresolved("I do not see what is to have so many.")
    measures = plan.measures if measure in plan.measures else (measure, *plan.measures)
    return replace(plan, measures=measures, having=having)


def _divided(plan: Plan) -> Plan:
    """ "Orders per bay for each dealer": divided by a figure that is the same in all rows of a group."""
    for group in plan.groups:
        field = group.fields[0]
        others = tuple(other for other in plan.groups if other is not group)
        if group.unit is None and field.kind in NUMBERS and any(other.tells_apart(field) for other in others):
            measures = tuple(replace(measure, per=field) for measure in plan.measures)
            return replace(plan, groups=others, measures=measures)
    return plan


def _plural(draft: Draft, rank: Rank) -> bool:
    """Whether several are asked for: "the most expensive repairs"."""
    nouns = [mark for mark in draft.marks[rank.last + 1 :] if mark.names or mark.strange]
    word = nouns[0].plain if nouns else ""
    return word.endswith("s") and not word.endswith("ss") and stem(word) != word and not draft.has("which")


def _named_group(draft: Draft) -> Group | None:
    """The column whose different values are asked for."""
    for mark in draft.names():
        if draft.view.own(mark) and not any(item.weight >= 0.95 for item in mark.of("column")):
            return None
        if draft.named(mark, draft.view.groupable) and not draft.is_figure(mark):
            group = draft.view.group(mark)
            if group is not None:
                draft.use(mark)
                return group
    return None


def _asked(draft: Draft) -> tuple[Field, ...]:
    """The columns of the rows that are named, and not used for anything else."""
    found: list[Field] = []
    for mark in draft.names():
        if draft.view.own(mark) and not any(item.weight >= 0.95 for item in mark.of("column")):
            continue
        option = draft.view.pick(
            mark, lambda item: not item.values and item.column.kind != "other" and item.score >= 0.4
        )
        if option is not None:
            draft.use(mark)
            found.append(option.field)
    for mark in draft.marks:
        if mark.said and mark.said[2] == "" and draft.free(mark) and mark.cue in ("adjective", ""):
            field = draft.view.said_of(mark.said[1])
            if field is not None:
                draft.use(mark)
                found.append(field)
    if draft.says("where") and not any(draft.view.says(field, "place") for field in found):
        places = [field for field in draft.view.shown() if field.kind == "text" and draft.view.says(field, "place")]
        found += places[:1]
        draft.use(*(mark for mark in draft.all("which") if "where" in mark.plain and places))
    if draft.says("when") and not any(field.kind in DAYS for field in found):
        day = draft.view.day() or draft.view.calendar("year")
        found += [day] if day is not None else []
    return tuple(dict.fromkeys(found))


def _order(draft: Draft, rank: Rank | None) -> tuple[Order, ...]:
    """By the figure of the rank, then by what tells rows apart."""
    view = draft.view
    table = view.table
    keys = [Field(column.name, column.kind) for column in table.columns if column.name in table.primary_key]
    known = label(table)
    if not keys and known is not None:
        keys = [Field(known.name, known.kind)]
    by: tuple[Order, ...] = ()
    if rank is not None and rank.figure is not None:
        by = (Order(rank.figure, rank.end > 0),)
    elif rank is not None and not draft.has("top", "bottom"):
        raise Unresolved("I do not see by which figure they are compared.")
    elif rank is not None:
        by = _by_weight(draft, rank)
    return (*by, *(Order(key, False) for key in keys if not any(item.field == key for item in by)))


def _by_weight(draft: Draft, rank: Rank) -> tuple[Order, ...]:
    """By what matters most, where nobody says by what: severity before cost."""
    columns = draft.view.table.columns
    for word in cues().ranking:
        for column in columns:
            if stem(word) not in {stem(part) for part in parts(column.name)}:
                continue
            field = Field(column.name, column.kind)
            if column.kind in NUMBERS and not draft.view.is_key(draft.view.source, column.name):
                draft.view.assume(f"sorted by {words_of(column.name)}")
                return (Order(field, rank.end > 0),)
            values = {
                value.casefold(): value for value in draft.view.lexicon.values.get((draft.view.source, column.name), ())
            }
            scale = next((scale for scale in cues().scales if values and values.keys() <= set(scale)), None)
            if scale is not None:
                draft.view.assume(f"sorted by {words_of(column.name)}")
                by = Order(field, rank.end > 0, tuple(values[word] for word in scale if word in values))
                more = next(
                    (
                        Field(item.name, item.kind)
                        for item in columns
                        if item.kind in NUMBERS
                        and not draft.view.is_key(draft.view.source, item.name)
                        and draft.view.said_of(("duration", "cost")) == Field(item.name, item.kind)
                    ),
                    None,
                )
                return (by, *([Order(more, rank.end > 0)] if more else []))
    raise Unresolved("I do not see by what they are to be sorted.")


def _shown(draft: Draft, asked: tuple[Field, ...], order: tuple[Order, ...]) -> tuple[Field, ...]:
    """What people know the row by, or the texts that are asked for, first; the figure that is asked for last."""
    view = draft.view
    own = view.shown()
    keys = [item for item in own if item.column in view.table.primary_key]
    texts = [field for field in asked if field.kind not in NUMBERS]
    figures = [field for field in asked if field.kind in NUMBERS]
    ranks = [item.field for item in order if item.field not in keys]
    ends = figures or [field for field in ranks[:1] if field not in texts]
    figures = figures or [item.field for _, item in draft.filters if item.field.related]
    ends = figures or ends
    linked = [field for path in view.paths.values() for field in entity_of(draft, path[0]) if len(path) == 1]
    first = [*keys, *texts] if keys and not texts else [*texts, *keys]
    middle = [field for field in (*own, *ranks, *linked[:2]) if field not in ends]
    ordered = dict.fromkeys([*first, *middle])
    shown = [field for field in ordered if field not in ends][:_WIDE]
    return tuple(dict.fromkeys([*shown, *[item.field for item in order if item.field not in ends], *ends]))


def entity_of(draft: Draft, path: tuple) -> tuple[Field, ...]:  # type: ignore[type-arg]
    """What people know a row by that is referred to."""
    if len(path) != 1:
        return ()
    return entity(draft.view.lexicon.tables[path[-1].source], path)[-1:]
