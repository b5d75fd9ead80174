"""What is worked out: which aggregates of which columns, or how many rows."""

from agents.analyst.draft import Draft
from agents.analyst.plan import Field, Measure
from agents.analyst.sentence import Mark
from agents.analyst.view import DAYS, NUMBERS, Unresolved, words_of

AGGREGATES = ("average", "sum", "median", "minimum", "maximum", "deviation", "variance", "range")
_FAR = 6


def measured(draft: Draft, sought: Mark | None) -> tuple[Measure, ...]:
    """What the question wants worked out; empty where rows themselves are wanted. `sought` is what stands behind
    "which". Raises Unresolved."""
    if draft.given:
        return draft.given
    if (cue := draft.first("correlation")) is not None:
        return (_correlation(draft, cue),)
    span = draft.first("span")
    if span is not None and (day := draft.view.day() or draft.view.calendar("year")) is not None:
        draft.use(*(mark for mark in draft.marks if mark.cue == "span"))
        return Measure("minimum", day), Measure("maximum", day)
    if (found := _each(draft)) is not None:
        return (found,)
    found_measures = _aggregated(draft)
    if found_measures:
        return found_measures
    counted = _counted(draft)
    if counted is not None:
        return (counted,)
    if (figures := _plain(draft, sought)) is not None:
        return figures
    if sought is not None or draft.has("list", "which") and not draft.groups and len(draft.times) < 2:
        return ()
    if draft.groups or draft.filters or draft.times or any(draft.view.own(mark) for mark in draft.marks):
        return (Measure("count"),) if _about_rows(draft) else ()
    return ()


def _about_rows(draft: Draft) -> bool:
    """Whether the rows are named, or nothing else is left that could be asked for."""
    left = [mark for mark in draft.names() if not draft.view.own(mark)]
    return any(draft.view.own(mark) or mark.cue == "rows" for mark in draft.marks) or (bool(draft.groups) and not left)


def _correlation(draft: Draft, cue: Mark) -> Measure:
    figures = [mark for mark in draft.names() if draft.is_figure(mark)][:2]
    if len(figures) < 2:
        raise Unresolved("I do not see which two figures are to be related.")
    one, other = (draft.view.figure(mark) for mark in figures)
    draft.use(cue, *figures, *(mark for mark in draft.marks if mark.cue in ("and", "correlation")))
    return Measure("correlation", one, None, other)


def _each(draft: Draft) -> Measure | None:
    """ "The average number of orders per customer": how many rows there are for each."""
    average, count = draft.first("average"), draft.first("count")
    if average is None or count is None or count.place - average.place > 2 or len(draft.groups) != 1:
        if average is None or count is None or not draft.groups or average.place < count.place:
            return None
    target = next((mark for mark in [*draft.onward(count.place)][:2] if draft.free(mark)), None)
    if target is not None and draft.is_figure(target):
        return None
    group = draft.groups[0]
    if group.unit or len(draft.groups) > 1:
        raise Unresolved("I do not work out how many there are on average for each unit of time.")
    draft.groups.clear()
    draft.use(average, count)
    field = group.fields[0]
    draft.view.assume(f"for each {words_of(field.column)} that has any")
    return Measure("each", field)


def _aggregated(draft: Draft) -> tuple[Measure, ...]:
    """Each aggregate with the figures behind it, or else before it."""
    view = draft.view
    cues = [mark for mark in draft.marks if mark.cue in AGGREGATES and draft.free(mark)]
    if not cues:
        return ()
    found: list[Measure] = []
    waiting: list[Mark] = []
    done: list[Mark] = []
    for mark in draft.marks:
        if mark in cues and not (waiting and draft.is_figure(mark) and not _followed(draft, mark)):
            if done and not waiting:
                done = []
            waiting.append(mark)
        elif draft.is_figure(mark) and (waiting or done) and not _of_days(draft, mark):
            aggregates = waiting or done
            field = view.figure(mark)
            found += [Measure(item.cue, field) for item in aggregates]  # type: ignore[arg-type]
            draft.use(mark, *aggregates)
            done, waiting = aggregates, []
        elif mark.cue == "count" and waiting and waiting[-1].cue == "sum":
            draft.use(waiting.pop())  # "total number of"
        elif waiting and mark.names and draft.free(mark) and (days := _day(draft, mark)) is not None and {item.cue for item in waiting} <= {"minimum", "maximum", "range"}:
            found += [Measure(item.cue, days) for item in waiting]  # type: ignore[arg-type]
            draft.use(mark, *waiting)
            waiting = []
    for cue in waiting:  # "the price on average", "how many in total"
        figure = _lone(draft, cue)
        if figure is not None:
            found.append(Measure(cue.cue, figure))  # type: ignore[arg-type]
            draft.use(cue)
        elif cue.cue == "sum" and (draft.has("count") or found):
            draft.use(cue)
    if found and draft.has("count") and (count := draft.first("count")) is not None and _after_and(draft, count):
        draft.use(count)
        found.append(Measure("count"))
    if not found and any(cue.cue != "sum" and draft.free(cue) for cue in cues) and not draft.has("count"):
        raise Unresolved(f'I do not see which figure "{cues[0].text}" is said of.')
    return tuple(dict.fromkeys(found))


def _followed(draft: Draft, mark: Mark) -> bool:
    """Whether the figure that a word for an aggregate is said of comes right behind it."""
    behind = draft.after(mark.place)
    return behind is not None and draft.is_figure(behind)


def _after_and(draft: Draft, count: Mark) -> bool:
    before, behind = draft.after(count.place, -1), draft.after(count.place)
    return (before is not None and before.cue == "and") or (behind is not None and behind.cue == "and")


def _of_days(draft: Draft, mark: Mark) -> bool:
    return False


def _day(draft: Draft, mark: Mark) -> Field | None:
    option = draft.view.pick(mark, lambda item: item.column.kind in DAYS and not item.values, quiet=True)
    return option.field if option else None


def _lone(draft: Draft, cue: Mark) -> Field | None:
    """The figure of an aggregate that has none behind it: one before it, what an adjective is said of, or the only
    one there is."""
    view = draft.view
    before = next((mark for mark in draft.onward(cue.place, -1) if draft.is_figure(mark)), None)
    if before is not None:
        draft.use(before)
        return view.figure(before)
    adjective = next((mark for mark in draft.marks if mark.said and draft.free(mark) and mark.cue in ("adjective", "")), None)
    if adjective is not None and (field := view.said_of(adjective.said[1])) is not None:  # type: ignore[index]
        draft.use(adjective)
        return field
    asked = next((mark for mark in draft.marks if mark.plain == "cost"), None)
    return view.said_of(("cost", "price")) if asked is not None else None


def _counted(draft: Draft) -> Measure | None:
    """How many rows there are, or how many different values; None where a figure is counted or nothing is."""
    view = draft.view
    count, distinct = draft.first("count"), draft.first("distinct")
    cue = count or distinct
    if cue is None or (count is None and not draft.has("list", "which", "count") and distinct is None):
        return None
    if count is None and draft.has("which", "list"):
        return None
    place = distinct.place if distinct and count and distinct.place > count.place else cue.place
    for target in [*draft.onward(place)][:_FAR]:
        if not draft.free(target):
            continue
        if target.cue in ("missing", "all"):
            continue
        if view.own(target) or target.cue == "rows":
            if distinct is None or not draft.named(target, view.groupable):
                break
        if draft.is_figure(target) and not distinct and not draft.groups and not target.of("table", 0.9):
            field = view.figure(target, quiet=True)
            if field is not None and not view.told_apart_by(field):
                return None
        if draft.is_thing(target) and (target.cue in ("", "idle", "unit", "list")):
            if _noun_of_rows(draft, target) and distinct is None:
                break
            group = view.group(target)
            if group is not None:
                draft.use(target, *(mark for mark in (count, distinct) if mark))
                if view.told_apart(group):
                    return Measure("count")
                return Measure("distinct", group.fields[0])
        if target.unit in ("day", "year") and target.cue == "unit":
            unit = draft.view.day() if target.unit == "day" else draft.view.calendar("year")
            if unit is not None and unit.kind != "timestamp":
                draft.use(target, *(mark for mark in (count, distinct) if mark))
                return Measure("distinct", unit)
        if target.strange or target.cue not in ("adjective", ""):
            break
    draft.use(*(mark for mark in (count, distinct) if mark))
    return Measure("count")


def _noun_of_rows(draft: Draft, target: Mark) -> bool:
    """Whether a word that names a column as well is only what the rows are called here."""
    return draft.view.own(target) and not any(item.weight > 0.9 for item in target.of("column"))


def _plain(draft: Draft, sought: Mark | None) -> tuple[Measure, ...] | None:
    """Figures that are named without saying what is to be done with them: added up where that makes sense, averaged
    where it does not; None where no figure is named, empty where those of single rows are wanted."""
    view = draft.view
    figures = [mark for mark in draft.names() if draft.is_figure(mark) and not _of_class(draft, mark)]
    adjective = next((mark for mark in draft.marks if mark.said and draft.free(mark) and mark.cue in ("adjective", "", "most", "least") and mark.said[2] == ""), None)
    if not figures and adjective is not None and adjective.said is not None and _how(draft, adjective):
        field = view.said_of(adjective.said[1], lambda option: view.is_figure(option))
        if field is not None:
            draft.use(adjective)
            if single(draft):
                return ()
            view.assume(f"the average {words_of(field.column)} is meant")
            return (Measure("average", field),)
    if not figures or (single(draft) and not draft.groups) or (sought is not None and not draft.groups and sought not in figures):
        return () if figures or (adjective is not None and single(draft)) else None
    if draft.has("list") and not draft.groups:
        return ()
    found = []
    for mark in figures:
        if not draft.is_figure(mark):
            continue
        field = view.figure(mark)
        assert field is not None
        draft.use(mark)
        adds = view.adds_up(field)
        view.assume(f"{words_of(field.column)} is {'added up' if adds else 'averaged'}")
        found.append(Measure("sum" if adds else "average", field))
    draft.use(*(mark for mark in draft.marks if mark.cue == "count"))
    return tuple(found)


def _of_class(draft: Draft, mark: Mark) -> bool:
    field = draft.view.figure(mark, quiet=True)
    return field is not None and draft.view.is_class(field) and not _asked_how_many(draft, mark)


def _asked_how_many(draft: Draft, mark: Mark) -> bool:
    return draft.cued(mark.place, -1, "count") is not None


def _how(draft: Draft, adjective: Mark) -> bool:
    return adjective.place > 0 and draft.marks[adjective.place - 1].plain == "how"


def single(draft: Draft) -> bool:
    """Whether the filters leave a single row, or few: a value is named that is a name of rows."""
    view = draft.view
    for _, item in draft.filters:
        profile = view.profile(item.field)
        rows = view.table.rows or 0
        if item.operator == "in" and profile and not item.field.path and item.field.kind not in NUMBERS and rows > 3 and profile.distinct > 0.8 * (rows - profile.missing):
            return True
    return False
