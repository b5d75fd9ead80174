"""Two things, or two times, whose figures are compared; and shares: of rows, or of what a column adds up to, that meet
what is said behind the verb, or of every group."""

from msgspec.structs import replace

from agents.analyst.draft import AGGREGATES, Draft, is_flag, merged
from agents.analyst.grouping import group_left
from agents.analyst.measuring import measured
from agents.analyst.options import Unresolved
from agents.analyst.plan import Change, Condition, Field, Group, Measure, Plan, Side
from agents.analyst.sentence import Mark
from agents.language.words import vocabulary

_COMPARING = ("compare", "difference", "change", "both", "more", "or", "over", "under")


def compared(draft: Draft, plan: Plan) -> Plan | None:
    """The plan where it is asked how far two figures are apart, or by how much one grew; None where it is not."""
    grown = draft.first("change") if draft.has("percent") or any(mark.plain == "much" for mark in draft.marks) else None
    cue = draft.first("difference", "percent_change") or grown
    percent = draft.has("percent_change", "percent")
    comparative = next(
        (
            mark
            for mark in draft.marks
            if mark.said and mark.said[2] == "er" and mark.cue in ("adjective", "over", "under", "")
        ),
        None,
    )
    than = next((mark for mark in draft.marks if mark.plain == "than" or mark.plain.endswith(" than")), None)
    if comparative is None and than is not None and draft.has("more") and draft.has("count"):
        comparative = next(mark for mark in draft.marks if mark.cue == "more")
    asked = draft.has("count", "more") or any(mark.plain == "much" for mark in draft.marks)
    if cue is None and not (comparative and than and asked):
        return None
    sides, field = _sides(draft, plan)
    if len(sides) != 2 and than is not None:
        sides, field = _other_side(draft, plan, than)
    if len(sides) != 2:
        return None
    used = [
        mark
        for mark in draft.marks
        if mark.cue in ("difference", "percent_change", "percent", "change", "compare", "and", "both", "between")
    ]
    draft.use(*used, *([than] if than else []))
    measures: tuple[Measure, ...] = ()
    if comparative is not None and comparative.said:
        said = draft.view.said_of(comparative.said[1])
        if said is not None:
            draft.use(comparative)
            measures = (Measure("average", said),)
    draft.use(*draft.all("more"))
    measures = measures or _counted_more(draft, cue)
    measures = measures or measured(draft, sought=None) or (Measure("count"),)
    measure = measures[0]
    if draft.has("average") and measure.aggregate == "sum" and len(draft.all("average")) == 1:
        measure = Measure("average", measure.field)
        draft.use(*draft.all("average"))
    if measure.aggregate == "correlation" or len(measures) > 1:
        raise Unresolved("I compare one figure at a time.")
    draft.use(*(mark for mark in draft.names() if draft.view.own(mark)))
    change: Change = "percent" if percent else "distance"
    if than is not None and not percent:
        before = [span for place, span in draft.times if place < than.place]
        first = before[0] if field is None and len(before) == 1 else sides[0].span
        sides, change = (sides if first != sides[0].span else (sides[1], sides[0])), "difference"
        if comparative is not None and comparative.said and comparative.said[0] < 0:
            sides = (sides[1], sides[0])
    elif field is None and not percent:
        change = (
            "difference"
            if draft.has("change") or any(mark.plain == "by how much" for mark in draft.marks)
            else "distance"
        )
    rest = tuple(item for item in plan.conditions if item.field != field)
    return replace(
        plan,
        conditions=rest,
        spans=(),
        sides=sides,
        change=change,
        measures=(measure,),
        when=draft.when if field is None else plan.when,
    )


def _sides(draft: Draft, plan: Plan) -> tuple[tuple[Side, ...], Field | None]:
    """The two that are compared, in the order in which they are said (times in their own), and the column that they
    are values of; None where they are times."""
    if len(plan.spans) == 2:
        return tuple(Side(span.label, (), span) for span in plan.spans), None
    for item in plan.conditions:
        said = [entry for entry in sorted(draft.filters, key=lambda pair: pair[0]) if entry[1].field == item.field]
        if item.operator == "in" and len(said) == 2:
            pair = [entry[1] for entry in said]
            if item.field.kind == "integer" and item.field.column.casefold().endswith("year"):
                pair.sort(key=lambda one: str(one.values[0]))
            labels = [", ".join(map(str, one.values)) for one in pair]
            if is_flag(draft, item) and labels[0] != labels[1]:
                labels = [f"{item.field.column} {label}" for label in labels]
            return tuple(Side(label, (one,)) for label, one in zip(labels, pair, strict=True)), item.field
    return (), None


def _counted_more(draft: Draft, cue: Mark | None) -> tuple[Measure, ...]:
    """ "How many more tickets": the figure that stands right behind."""
    behind = draft.after(cue.place) if cue is not None and cue.plain.startswith("how many ") else None
    if behind is None or not draft.is_figure(behind):
        return ()
    field = draft.figure(behind)
    average = draft.first("average")
    draft.use(average)
    return (Measure("average" if average is not None or not draft.view.adds_up(field) else "sum", field),)


def _other_side(draft: Draft, plan: Plan, than: Mark) -> tuple[tuple[Side, ...], Field | None]:
    """What a yes or no is compared with is the other of both: "for an evening show than for a matinee"."""
    flags = [(place, item) for place, item in draft.filters if is_flag(draft, item) and item.operator == "in"]
    if len(flags) != 1 or len(flags[0][1].values) != 1:
        return (), None
    place, item = flags[0]
    yes_no = draft.view.lexicon.flag(draft.view.at(item.field), item.field.column) or ()
    other = replace(item, values=tuple(value for value in yes_no if value not in item.values))
    name = item.field.column
    sides = [Side(f"{name} {one.values[0]}", (one,)) for one in (item, other)]
    return tuple(sides if place < than.place else sides[::-1]), item.field


def told_apart(draft: Draft, plan: Plan) -> Plan:
    """The plan with what is compared as groups: values, where "compare" or "versus" says so, where both sides of a yes
    or no are named, and where an average is asked of several; or a column that is named. Raises Unresolved."""
    grouped = {field for group in draft.groups for field in group.fields}
    for item in plan.conditions:
        said = [one for _, one in draft.filters if one.field == item.field]
        if item.operator != "in" or len(said) < 2 or len(item.values) < 2 or item.field in grouped:
            continue
        whole = is_flag(draft, item)
        if draft.has("and") and not draft.has("or", "compare", "difference", "change", "more") and not whole:
            draft.view.choices.doubt(f"whether {' and '.join(one.said for one in said)} are taken together")
        if whole or _apart(draft, item):
            draft.use(*draft.all(*_COMPARING))
            conditions = tuple(one for one in plan.conditions if not (whole and one is item))
            return replace(plan, groups=(Group((item.field,)),), conditions=conditions)
    compare = draft.first("compare")
    if len(plan.spans) > 1:
        draft.use(*draft.all(*_COMPARING))
    elif compare is not None:
        if any(abs(place - compare.place) == 1 for place, _ in draft.filters):
            raise Unresolved("I do not see which two things are compared.")
        groups = draft.groups or _things(draft)
        draft.use(*([compare] if groups else []))
        return replace(plan, groups=tuple(groups[:1])) if not draft.groups else plan
    return plan


def _apart(draft: Draft, condition: Condition) -> bool:
    """Whether the values of a condition are told apart, and not taken together."""
    field = condition.field
    figure = bool(draft.figures()) and not draft.has("count", "list", "share")
    averaged = (draft.has(*AGGREGATES) or figure) and not draft.has("or")
    more = draft.has("more") or (draft.has("or") and draft.has("which", "most", "least"))
    year = field.kind == "integer" and field.column.casefold().endswith("year")
    return averaged or more or year or draft.has("compare", "difference", "change")


def _things(draft: Draft) -> list[Group]:
    """ "Compare the average price of the brands"."""
    for mark in draft.names():
        if draft.named(mark, draft.view.groupable) and not draft.is_figure(mark) and (group := draft.view.group(mark)):
            draft.use(mark)
            return [group]
    return []


_VERBS = vocabulary(
    """is are was were have has had do does did who that which whose can made got get gets took take takes chose
    used use uses won win wins came bought paid"""
)
"""Behind these stands what is true of the part."""
_RELATIVE = vocabulary("who that which whose")


def share_cue(draft: Draft) -> Mark | None:
    """The word that asks for a share, if there is one: "rate" only beside a yes or no."""
    return draft.first("share") or (draft.first("rate") if draft.filters else None)


def shared(draft: Draft, plan: Plan, cue: Mark) -> Plan:
    """The plan of a share. Raises Unresolved."""
    draft.use(*draft.all("share", "rate", "share_of_all", "count", "sum", "percent"))
    draft.use_rows()
    figures = [mark for mark in draft.figures() if _shares(draft, cue, mark)]
    measures = (Measure("sum", draft.figure(figures[0])),) if figures else ()
    plan = replace(plan, spans=draft.spans)
    if not draft.filters:
        groups = draft.groups or group_left(draft)
        if not groups:
            raise Unresolved("I do not see whose share is meant.")
        return replace(plan, measures=measures or (Measure("count"),), groups=tuple(groups), share=True)
    part, whole = _split(draft, cue)
    return replace(plan, measures=measures, part=part, conditions=whole, groups=tuple(draft.groups))


def _shares(draft: Draft, cue: Mark, mark: Mark) -> bool:
    """Whether a share may be one of what a figure adds up to: "share of bottles"."""
    field = draft.view.figure(mark, quiet=True)
    behind = draft.after(cue.place) is mark and field is not None and field.kind == "integer"
    return field is not None and (draft.view.adds_up(field) or (behind and not draft.view.never_adds(field)))


def _split(draft: Draft, cue: Mark) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """What is true of the part, and what of the whole: behind and before the verb; without one a yes or no is of the
    part, or else everything is."""
    places = [place for place, _ in draft.filters]
    behind = draft.marks[cue.place + 1 :]
    verbs = [mark.place for mark in behind if mark.plain in _VERBS and mark.place <= max(places)]
    main = [place for place in verbs if draft.marks[place].plain not in _RELATIVE and min(places) < place]
    main = [place for place in main if draft.cued(place, -1, "and", "or") is None]
    other = [mark.place for mark in behind if mark.strange and min(places) < mark.place < max(places)]
    verb = main[-1] if main else next(iter([*verbs, *other]), None)
    if verb is not None and any(place > verb for place in places):
        return merged(draft, lambda place: place >= verb), merged(draft, lambda place: place < verb)
    if cue.cue == "share" and min(places) < cue.place < max(places):
        return merged(draft, lambda place: place > cue.place), merged(draft, lambda place: place < cue.place)
    flags = [place for place, item in draft.filters if is_flag(draft, item)]
    if flags and len(merged(draft)) > 1:
        return merged(draft, lambda place: place == flags[-1]), merged(draft, lambda place: place != flags[-1])
    return merged(draft), ()
