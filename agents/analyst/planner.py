"""A plan for the rows of one table, from the marks of a question."""

from itertools import pairwise

from msgspec.structs import replace

from agents.analyst.comparing import compared, told_apart
from agents.analyst.draft import Draft
from agents.analyst.filters import OPERATORS, read_filters
from agents.analyst.grouping import read_groups, unit_group
from agents.analyst.listing import listed
from agents.analyst.measuring import measured
from agents.analyst.plan import Condition, Group, Measure, Plan
from agents.analyst.ranking import Rank, by_figure, ranked
from agents.analyst.sentence import Mark
from agents.analyst.view import DAYS, Option, Unresolved, words_of

_SPLITTING = frozenset(("is are was were have has had do does did who that which whose can made").split())


_TRAILING = frozenset("score level value amount figure rating column type".split())
"""Nouns behind a name that say nothing more than it."""


def plan_of(draft: Draft, dataset: str) -> Plan:
    """The plan; the draft says which marks left their trace. Raises Unresolved where there is none."""
    plan = _planned(draft, dataset)
    _multiplied(draft, plan)
    for before, mark in pairwise(draft.marks):
        if mark.plain in _TRAILING and not draft.free(before) and before.names:
            draft.use(mark)
    joined = {hop.source for field in plan.fields for hop in field.path}
    draft.use(*(mark for mark in draft.names() if any(item.source in joined for item in mark.of("table", 0.95))))
    return plan


def _multiplied(draft: Draft, plan: Plan) -> None:
    """A figure of rows that are referred to comes as often as they are: it is not added up, and seldom averaged."""
    for measure in plan.measures:
        field = measure.field
        if field is None or not field.path or field.related:
            continue
        if measure.aggregate == "sum":
            raise Unresolved(f"{words_of(field.column)} stands in {words_of(field.path[-1].source.table)}, and would be counted several times.")
        if measure.aggregate == "distinct":
            others = [item for item in plan.fields if item != field]
            named = [mark for mark in draft.marks for item in mark.of("table", 0.65) if item.source in draft.view.paths and item.source != field.path[-1].source]
            if all(item.path[: len(field.path)] == field.path for item in others) and not named:
                raise Unresolved("They are counted where they stand.")
        elif measure.aggregate not in ("minimum", "maximum", "range"):
            draft.view.score -= 0.5


def _planned(draft: Draft, dataset: str) -> Plan:
    _wishes(draft)
    lapse = _lapse(draft)
    read_filters(draft)
    rank = ranked(draft) if lapse is None else None
    read_groups(draft, rank)
    if rank is not None and (rank.adjective or rank.figure is None) and rank.measure is None:
        by = next((mark for mark in draft.marks if mark.cue == "by" and draft.free(mark) and mark.place > rank.last), None)
        if by is not None and (not rank.adjective or draft.is_figure(draft.after(by.place))):
            measure, figure = by_figure(draft, by.place)
            if measure or figure:
                draft.use(by)
                rank = Rank(rank.end, rank.first, rank.last, rank.number, rank.skip, figure, measure, sum=True)
    plan = Plan(dataset, draft.view.source, when=draft.when, digits=draft.digits)
    shares = [mark for mark in draft.marks if mark.cue == "share" and draft.free(mark)] or _rate(draft)
    if shares:
        return _shared(draft, plan, shares[0])
    plan = replace(plan, conditions=merged(draft), spans=tuple(span for _, span in draft.times))
    if (sided := compared(draft, plan)) is not None:
        return sided
    thing = _thing(draft, rank)
    if rank is None:
        plan = told_apart(draft, plan)
    if lapse is not None:
        plan = replace(plan, measures=(lapse,))
        return _grouped(draft, plan)
    return _ranked(draft, plan, rank, thing) if rank is not None else _figures(draft, plan, thing)


def merged(draft: Draft, which: slice | None = None, *, after: int | None = None, before: int | None = None) -> tuple[Condition, ...]:
    """The conditions, in the order in which they were said; the values of one column together."""
    found: list[Condition] = []
    for place, item in sorted(draft.filters, key=lambda entry: entry[0]):
        if (after is not None and place < after) or (before is not None and place >= before):
            continue
        same = next((at for at, other in enumerate(found) if (other.field, other.operator) == (item.field, item.operator)), None)
        if same is not None and item.operator in ("in", "not in"):
            held = found[same]
            found[same] = replace(held, values=tuple(dict.fromkeys((*held.values, *item.values))), said=f"{held.said}, {item.said}")
        elif item not in found:
            found.append(item)
    if any(one.field == other.field and {one.operator, other.operator} == {"in", "not in"} and set(one.values) & set(other.values) for one in found for other in found):
        raise Unresolved("Nothing is both: please say which one counts.")
    return tuple(found)


def _wishes(draft: Draft) -> None:
    """How the answer is to look: how many digits, in per cent, without what is missing (which never counts)."""
    for mark, following in pairwise((*draft.marks, Mark("", len(draft.marks)))):
        if mark.cue == "overall" and draft.named(following, draft.view.groupable):
            draft.use(mark, following)
        if mark.cue in ("ignore", "percent", "all", "round", "whole", "overall"):
            draft.use(mark)
            draft.digits = 0 if mark.cue == "whole" else draft.digits
        elif mark.number is not None and following.cue == "places":
            draft.use(mark, following)
            draft.digits = min(int(mark.number), 9)
        elif mark.plain == "one" and following.cue == "places":
            draft.use(mark, following)
            draft.digits = 1
    for mark in draft.marks:
        if mark.cue == "places" and draft.free(mark) and draft.has("round"):
            draft.use(mark)


def _lapse(draft: Draft) -> Measure | None:
    """The days from one date to another: what is worked out of them, unless they are compared with a number."""
    cue = draft.first("lapse")
    days = [mark for mark in draft.marks if draft.named(mark, _is_day)][:2]
    before = draft.after(cue.place, -1) if cue is not None else None
    if cue is None or not days:
        return None
    if before is not None and before.number is not None and len(days) == 0:
        return None
    options = [draft.view.pick(mark, _is_day) for mark in days]
    fields = [option.field for option in options if option]
    first = draft.view.day() if len(fields) == 1 else fields[0]
    if first is None or first == fields[-1]:
        return None
    lapse = replace(fields[-1], since=first, kind="integer")
    draft.use(cue, *days)
    compared = next((mark for mark in draft.marks if mark.cue in OPERATORS or (mark.said and mark.said[2] == "er")), None)
    number = draft.after(compared.place) if compared else None
    if compared is not None and number is not None and number.number is not None:
        draft.use(compared, number)
        said = f"{compared.text} {number.text}"
        operator = OPERATORS.get(compared.cue) or (">" if compared.said and compared.said[0] > 0 else "<")
        draft.filters.append((compared.place, Condition(lapse, operator, (int(number.number),), said)))
        return None
    kinds = {"most": "maximum", "least": "minimum", "average": "average", "median": "median", "sum": "sum"}
    aggregate = next((mark for mark in draft.marks if mark.cue in kinds), None)
    draft.use(*([aggregate] if aggregate else []))
    return Measure(kinds[aggregate.cue] if aggregate else "average", lapse)  # type: ignore[arg-type]


def _is_day(option: Option) -> bool:
    return option.column.kind in DAYS and not option.values and not option.field.path


def _rate(draft: Draft) -> list[Mark]:
    return [mark for mark in draft.marks if mark.cue == "rate" and draft.free(mark) and draft.filters]


def _shared(draft: Draft, plan: Plan, cue: Mark) -> Plan:
    """The share of the rows, or of what a column adds up to, that meets what is said behind the verb."""
    view = draft.view
    draft.use(*(mark for mark in draft.marks if mark.cue in ("share", "rate", "share_of_all", "count", "sum")))
    subject = [mark for mark in draft.names() if view.own(mark)]
    draft.use(*subject)
    figure = next((mark for mark in draft.names() if draft.is_figure(mark) and view.adds_up(view.figure(mark, quiet=True) or view.shown()[0])), None)
    measures: tuple[Measure, ...] = ()
    if figure is not None:
        measures = (Measure("sum", view.figure(figure)),)
        draft.use(figure)
    spans = tuple(span for _, span in draft.times)
    if not draft.filters:
        grouped = draft.groups or _group_left(draft)
        if not grouped:
            raise Unresolved("I do not see whose share is meant.")
        return replace(plan, measures=measures or (Measure("count"),), groups=tuple(grouped), share=True, spans=spans)
    if _as_groups(draft):
        return replace(plan, measures=measures or (Measure("count"),), groups=tuple(draft.groups), conditions=merged(draft), share=True, spans=spans)
    verbs = [mark.place for mark in draft.marks[cue.place :] if mark.plain in _SPLITTING and mark.place > cue.place]
    last = max(place for place, _ in draft.filters)
    split = next((place for place in verbs if place <= last), None)
    if split is not None and not any(place < split for place, _ in draft.filters) and cue.cue != "rate":
        split = split if any(place > split for place, _ in draft.filters) else None
    if split is None:
        flagged = [place for place, item in draft.filters if _is_flag(draft, item)]
        several = len(draft.filters) > 1 and len(merged(draft)) > 1
        split = None if not several or not flagged else -1
        part = tuple(item for place, item in draft.filters if place in flagged[-1:]) if split == -1 else merged(draft)
        whole = tuple(item for place, item in draft.filters if place not in flagged[-1:]) if split == -1 else ()
    else:
        part, whole = merged(draft, after=split), merged(draft, before=split)
    return replace(plan, measures=measures, part=part, conditions=whole, groups=tuple(draft.groups), spans=spans)


def _as_groups(draft: Draft) -> bool:
    """Whether the shares are those of groups among rows that are filtered: nothing stands behind a verb."""
    return bool(draft.groups) and all(not _is_flag(draft, item) for _, item in draft.filters) and draft.has("each") and False


def _is_flag(draft: Draft, condition: Condition) -> bool:
    return draft.view.lexicon.flag(draft.view.at(condition.field), condition.field.column) is not None


def _group_left(draft: Draft) -> list[Group]:
    """A column that is named and told apart by: "share of each category"."""
    for mark in draft.names():
        if draft.named(mark, draft.view.groupable) and (group := draft.view.group(mark)):
            draft.use(mark)
            return [group]
    return []


def _thing(draft: Draft, rank: Rank | None) -> Mark | None:
    """What is sought: behind "which", behind the superlative, or before it."""
    which = next((mark for mark in draft.marks if mark.cue == "which"), None)
    if which is not None:
        for mark in draft.marks[which.place + 1 :]:
            if (mark.cue == "unit" or (draft.is_thing(mark) and _no_figure(draft, mark))) and draft.free(mark):
                return mark
            if draft.free(mark) and (mark.cue not in ("adjective",)) and not (mark.names and mark.cue == ""):
                break
    if rank is None:
        return None
    behind = [mark for mark in [*draft.onward(rank.last)][:3]]
    for mark in behind:
        if draft.free(mark) and (mark.cue in ("", "idle", "unit")) and (draft.is_thing(mark) or mark.cue == "unit") and not draft.is_figure(mark):
            return mark
        if draft.free(mark) and mark.cue not in ("adjective", ""):
            break
    return next((mark for mark in draft.marks[: rank.first] if draft.free(mark) and mark.names and draft.is_thing(mark) and not draft.is_figure(mark)), None)


def _no_figure(draft: Draft, mark: Mark) -> bool:
    field = draft.view.figure(mark, quiet=True) if draft.is_figure(mark) else None
    return field is None or draft.view.is_class(field) or draft.view.own(mark)


def _thing_group(draft: Draft, thing: Mark | None) -> Group | None:
    """What is sought as groups; None where it is rows."""
    if thing is None:
        return None
    draft.use(thing)
    which = draft.after(thing.place, -1)
    if which is not None and which.cue in ("which", "list"):
        draft.use(which)
    if thing.cue == "unit" and thing.unit is not None and not draft.named(thing, draft.view.groupable):
        return unit_group(draft, thing.unit)
    if draft.view.own(thing) and not any(item.weight >= 0.95 for item in thing.of("column")):
        return None
    draft.used.discard(thing.place)
    group = draft.view.group(thing)
    draft.use(thing)
    return group


def _ranked(draft: Draft, plan: Plan, rank: Rank, thing: Mark | None) -> Plan:
    """What comes first, among groups or among rows."""
    view = draft.view
    day = thing is not None and thing.unit == "day" and rank.figure is not None and not view.adds_up(rank.figure)
    group = _thing_group(draft, thing) if not day else None
    if group is None and rank.measure is not None and any(mark.plain == "who" for mark in draft.marks):
        texts = [field for field in view.shown() if field.kind == "text" and view.says(field, "who")]
        group = Group((texts[0],)) if texts else None
        draft.use(*(mark for mark in draft.marks if mark.plain == "who"))
    if day and thing is not None and view.day() is not None:
        draft.use(thing)
        return listed(draft, plan, rank, Group((view.day(),)))  # type: ignore[arg-type]
    rows = group is None or view.told_apart(group)
    number = rank.number or _number_before(draft, thing) or 1
    measure = rank.measure
    if measure is None and rank.figure is not None and not rows and rank.figure.kind not in DAYS:
        if view.adds_up(rank.figure) or (rank.sum and not rank.number and not view.never_adds(rank.figure)):
            measure = Measure("sum", rank.figure)
            view.assume(f"{words_of(rank.figure.column)} is added up")
        elif rank.adjective or rank.number:
            measure = Measure("average", rank.figure)
            view.choices.doubt(f"whether the average {words_of(rank.figure.column)} decides")
    if measure is None and rank.figure is None:
        if group is not None and not rows:
            measure = Measure("count")
        elif thing is None and (found := _figures_of(draft, rank)):
            return _grouped(draft, replace(plan, measures=found))
    groups = (*draft.groups, *([group] if group else []))
    if measure is not None and groups:
        draft.use(*(mark for mark in draft.names() if view.own(mark)))
        skip = rank.skip
        return replace(plan, measures=(measure,), groups=groups, descending=rank.end > 0, limit=number, skip=skip)
    if measure is not None and measure.field is not None and rows:
        return _grouped(draft, replace(plan, measures=(measure,)))
    if rank.figure is not None and thing is None and not _shows(draft) and not draft.has("list", "top", "bottom") and not rank.number:
        who = any(mark.cue == "which" and mark.plain in ("who", "which", "whose") for mark in draft.marks)
        if who or rank.adjective:
            return listed(draft, plan, rank, group)
        worked = Measure("maximum" if rank.end > 0 else "minimum", rank.figure)
        return _grouped(draft, replace(plan, measures=(worked,)))
    if draft.groups and rank.figure is not None:
        worked = Measure("maximum" if rank.end > 0 else "minimum", rank.figure)
        return replace(plan, measures=(worked,), groups=tuple(draft.groups))
    return listed(draft, plan, rank, group)


def _number_before(draft: Draft, thing: Mark | None) -> int | None:
    """ "Which five variants were sold the most"."""
    before = draft.after(thing.place, -1) if thing is not None else None
    if before is None or before.number is None or before.cue == "ordinal" or not draft.free(before):
        return None
    draft.use(before)
    return int(before.number)


def _shows(draft: Draft) -> bool:
    """Whether another column of the row that comes first is asked for."""
    return any(draft.named(mark, lambda option: not option.values and option.score >= 0.5) for mark in draft.names() if not draft.view.own(mark))


def _figures_of(draft: Draft, rank: Rank) -> tuple[Measure, ...]:
    """ "the biggest number of", where a figure stands further off."""
    mark = next((mark for mark in draft.names() if draft.is_figure(mark)), None)
    if mark is None:
        return ()
    draft.use(mark)
    return (Measure("maximum" if rank.end > 0 else "minimum", draft.view.figure(mark)),)


def _grouped(draft: Draft, plan: Plan) -> Plan:
    """With what rows are put together by."""
    draft.use(*(mark for mark in draft.names() if draft.view.own(mark)))
    groups = tuple(dict.fromkeys((*plan.groups, *draft.groups)))
    if draft.having is not None:
        having, measure = draft.having
        if not groups:
            raise Unresolved("I do not see what is to have so many.")
        measures = plan.measures if any(item == measure for item in plan.measures) else (measure, *plan.measures)
        return replace(plan, groups=groups, measures=measures, having=having)
    return replace(plan, groups=groups)


def _figures(draft: Draft, plan: Plan, thing: Mark | None) -> Plan:
    """One figure, or one for each group; or rows, where nothing is to be worked out."""
    if draft.having is not None:
        measures = measured(draft, sought=None) if draft.has("average", "median") else ()
        group = _thing_group(draft, thing) or (draft.groups[0] if draft.groups else None)
        if group is None:
            left = _group_left(draft)
            group = left[0] if left else None
        if group is None:
            raise Unresolved("I do not see what is to have so many.")
        draft.use(*(mark for mark in draft.marks if mark.cue in ("count", "list", "which")))
        return _grouped(draft, replace(plan, groups=(group,), measures=measures))
    measures = measured(draft, sought=thing)
    if measures:
        draft.use(*(mark for mark in draft.marks if mark.cue in ("which", "list")))
        return _grouped(draft, replace(plan, measures=measures))
    return listed(draft, plan, None, _thing_group(draft, thing) if thing is not None else None)
