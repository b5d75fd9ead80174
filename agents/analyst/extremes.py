"""Plans of what comes first or last: groups, rows, or the highest figure itself."""

from msgspec.structs import replace

from agents.analyst.draft import Draft, is_column
from agents.analyst.grouping import named_group
from agents.analyst.listing import grouped, listed
from agents.analyst.measuring import how_much
from agents.analyst.options import DAYS, Unresolved, words_of
from agents.analyst.plan import Group, Measure, Plan
from agents.analyst.ranking import Rank
from agents.analyst.sentence import Mark
from agents.language.words import vocabulary

_FAR = 3
_BETWEEN = vocabulary("single one particular individual")


def thing_of(draft: Draft, rank: Rank | None) -> Mark | None:
    """What is sought: behind "which", behind the superlative, or before it."""
    for which in draft.all("which")[:1]:
        for mark in draft.marks[which.place + 1 :]:
            if draft.free(mark) and (mark.cue == "unit" or (draft.is_thing(mark) and _no_figure(draft, mark))):
                head = draft.beside(mark.place)  # "booking channel"
                column = draft.view.own(mark) and head is not None and not draft.view.own(head) and head.cue == ""
                return head if column and draft.named(head, draft.view.groupable) else mark
            empty = mark.cue == "adjective" or mark.plain in _BETWEEN
            if draft.free(mark) and not empty and not (mark.names and mark.cue == ""):
                break
    if rank is None:
        return None
    for mark in filter(draft.free, draft.near(rank.last, _FAR)):
        fits = mark.cue == "unit" or (mark.cue in ("", "idle") and draft.is_thing(mark))
        if fits and not draft.is_figure(mark):
            return mark
        if mark.cue not in ("adjective", ""):
            break
    before = (mark for mark in draft.names() if mark.place < rank.first)
    return next((mark for mark in before if draft.is_thing(mark) and not draft.is_figure(mark)), None)


def _no_figure(draft: Draft, mark: Mark) -> bool:
    field = draft.view.figure(mark, quiet=True) if draft.is_figure(mark) else None
    return field is None or draft.view.is_class(field) or draft.view.own(mark)


def thing_group(draft: Draft, thing: Mark | None) -> Group | None:
    """What is sought as groups; None where it is rows."""
    if thing is None:
        return None
    which = draft.cued(thing.place, -1, "which", "list")
    group = named_group(draft, thing)
    draft.use(thing, which)
    return group


def first_of(draft: Draft, plan: Plan, rank: Rank, thing: Mark | None) -> Plan:
    """What comes first, among groups or among rows. Raises Unresolved."""
    view = draft.view
    day = view.day()
    if thing is not None and thing.unit == "day" and day and rank.figure is not None and not view.adds_up(rank.figure):
        draft.use(thing)
        return listed(draft, plan, rank, Group((day,)))
    group = thing_group(draft, thing) or (_who(draft) if rank.measure is not None else None)
    rows = group is None or view.told_apart(group)
    measure = rank.measure or (_measure(draft, rank, group) if group is not None and not rows else None)
    groups = (*draft.groups, *([group] if group else []))
    if measure is not None and groups:
        draft.use_rows()
        number = rank.number or _number_before(draft, thing) or 1
        return replace(plan, measures=(measure,), groups=groups, descending=rank.end > 0, limit=number, skip=rank.skip)
    if measure is not None and measure.field is not None:
        return grouped(draft, replace(plan, measures=(measure,)))
    if rank.figure is None and thing is None and (figures := draft.figures()):
        rank = replace_figure(rank, draft, figures[0])
    if rank.figure is None or not (draft.groups or _alone(draft, rank, thing)):
        return listed(draft, plan, rank, group)
    return grouped(draft, replace(plan, measures=(Measure("maximum" if rank.end > 0 else "minimum", rank.figure),)))


def replace_figure(rank: Rank, draft: Draft, mark: Mark) -> Rank:
    """The rank by a figure that stands further off."""
    return Rank(rank.end, rank.first, rank.last, rank.number, rank.skip, draft.figure(mark))


def _alone(draft: Draft, rank: Rank, thing: Mark | None) -> bool:
    """Whether the highest figure itself is asked for, and not the row that has it."""
    others = [mark for mark in draft.names() if not draft.view.own(mark)]
    shown = any(draft.named(mark, lambda option: is_column(option) and option.score >= 0.5) for mark in others)
    how = next((mark for mark in draft.marks if how_much(draft, mark)), None)
    if how is not None and rank.figure is not None and rank.adjective:  # "how old was the oldest"
        draft.use(how)
        return True
    rows = (
        rank.adjective
        or rank.number
        or rank.skip
        or draft.has("list", "top", "bottom")
        or draft.says("who", "which", "whose", "where", "when")
    )
    return thing is None and not shown and not rows


def _measure(draft: Draft, rank: Rank, group: Group) -> Measure | None:
    """What decides among groups, where only a figure of their rows is named; None where the rows decide."""
    view, figure = draft.view, rank.figure
    if figure is None:
        if not rank.sum:
            view.choices.doubt("whether the number of rows decides")
        return Measure("count")
    if figure.kind in DAYS:
        if group.unit is not None:
            raise Unresolved("I do not see what is to come first.")
        return None
    if (average := draft.first("average")) is not None:
        draft.use(average)
        return Measure("average", figure)
    if view.adds_up(figure) or (rank.sum and not rank.number and not view.never_adds(figure)):
        view.assume(f"{words_of(figure.column)} is added up")
        return Measure("sum", figure)
    if rank.adjective or rank.number or group.fields[0].path:
        view.choices.doubt(f"whether the average {words_of(figure.column)} decides")
        return Measure("average", figure)
    return None


def _who(draft: Draft) -> Group | None:
    """The column of people, where "who" asks for one of them."""
    if not draft.says("who"):
        return None
    texts = [field for field in draft.view.shown() if field.kind == "text" and draft.view.says(field, "who")]
    draft.use(*(draft.all("which") if texts else ()))
    return Group((texts[0],)) if texts else None


def _number_before(draft: Draft, thing: Mark | None) -> int | None:
    """ "Which five variants were sold the most"."""
    before = draft.after(thing.place, -1) if thing is not None else None
    if before is None or before.number is None or before.cue == "ordinal" or not draft.free(before):
        return None
    draft.use(before)
    return int(before.number)
