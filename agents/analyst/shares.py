"""Shares: of rows, or of what a column adds up to, that meet what is said behind the verb; or of every group."""

from msgspec.structs import replace

from agents.analyst.conditions import is_flag, merged
from agents.analyst.draft import Draft
from agents.analyst.grouping import group_left
from agents.analyst.options import Unresolved
from agents.analyst.plan import Condition, Measure, Plan
from agents.analyst.sentence import Mark
from agents.language.words import vocabulary

_VERBS = vocabulary("is are was were have has had do does did who that which whose can made got get gets took take takes chose used use uses won win wins came bought paid")
"""Behind these stands what is true of the part."""
_RELATIVE = vocabulary("who that which whose")


def share_cue(draft: Draft) -> Mark | None:
    """The word that asks for a share, if there is one: "rate" only beside a yes or no."""
    return draft.first("share") or (draft.first("rate") if draft.filters else None)


def shared(draft: Draft, plan: Plan, cue: Mark) -> Plan:
    """The plan of a share. Raises Unresolved."""
    view = draft.view
    draft.use(*draft.all("share", "rate", "share_of_all", "count", "sum", "percent"))
    draft.use_rows()
    figures = [mark for mark in draft.figures() if view.adds_up(view.figure(mark, quiet=True) or view.shown()[0])]
    measures = (Measure("sum", draft.figure(figures[0])),) if figures else ()
    plan = replace(plan, spans=draft.spans)
    if not draft.filters:
        groups = draft.groups or group_left(draft)
        if not groups:
            raise Unresolved("I do not see whose share is meant.")
        return replace(plan, measures=measures or (Measure("count"),), groups=tuple(groups), share=True)
    part, whole = _split(draft, cue)
    return replace(plan, measures=measures, part=part, conditions=whole, groups=tuple(draft.groups))


def _split(draft: Draft, cue: Mark) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """What is true of the part, and what of the whole: behind and before the verb; without one a yes or no is of the
    part, or else everything is."""
    places = [place for place, _ in draft.filters]
    behind = draft.marks[cue.place + 1 :]
    verbs = [mark.place for mark in behind if mark.plain in _VERBS and mark.place <= max(places)]
    main = [place for place in verbs if draft.marks[place].plain not in _RELATIVE and min(places) < place]
    main = [place for place in main if draft.cued(place, -1, "and", "or") is None]
    verb = main[-1] if main else next(iter(verbs), None)
    if verb is not None and any(place > verb for place in places):
        return merged(draft, lambda place: place >= verb), merged(draft, lambda place: place < verb)
    if cue.cue == "share" and min(places) < cue.place < max(places):
        return merged(draft, lambda place: place > cue.place), merged(draft, lambda place: place < cue.place)
    flags = [place for place, item in draft.filters if is_flag(draft, item)]
    if flags and len(merged(draft)) > 1:
        return merged(draft, lambda place: place == flags[-1]), merged(draft, lambda place: place != flags[-1])
    return merged(draft), ()
