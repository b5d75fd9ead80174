"""What is worked out: which aggregates of which columns, or how many rows."""

from msgspec.structs import replace

from agents.analyst.draft import AGGREGATES, Draft, is_day
from agents.analyst.lexicon import BESIDE
from agents.analyst.numbers import measured_in
from agents.analyst.options import NUMBERS, Unresolved, words_of
from agents.analyst.plan import Aggregate, Field, Measure
from agents.analyst.sentence import Mark
from agents.language.units import unit as unit_of

_FAR = 6
_FEW = 3
_UNIQUE = 0.8
_SURE = 0.5


def measured(draft: Draft, sought: Mark | None) -> tuple[Measure, ...]:
    """What the question wants worked out; empty where rows themselves are wanted. `sought` is what stands behind
    "which". Raises Unresolved."""
    if draft.given:
        return draft.given
    if (cue := draft.first("correlation")) is not None:
        return (_correlation(draft, cue),)
    day = draft.view.day() or draft.view.calendar("year")
    if draft.has("span") and day is not None:
        draft.use(*draft.all("span"))
        return Measure("minimum", day), Measure("maximum", day)
    one = _each(draft) or in_units(draft)
    found = (one,) if one else _aggregated(draft)
    if not found and (counted := _counted(draft)) is not None:
        found = (counted,)
    if found:
        return found
    if (figures := _plain(draft, sought)) is not None:
        return figures
    if any(mark.plain == "much" for mark in draft.marks):
        raise Unresolved("I do not see of what it is asked how much there is.")
    listed = sought is not None or (draft.has("list", "which") and not draft.groups and len(draft.times) < 2)
    return (Measure("count"),) if not listed and _about_rows(draft) else ()


def _about_rows(draft: Draft) -> bool:
    """Whether the rows are named, or nothing else is left that could be asked for."""
    left = [mark for mark in draft.names() if not draft.view.own(mark)]
    named = draft.has("rows") or any(draft.view.own(mark) for mark in draft.marks)
    noun = draft.near(-1, 1)  # "games with more than five goals": a noun that nobody else explains
    apart = bool(draft.groups) or len(draft.times) > 1 or any(mark.strange for mark in noun)
    return named or (apart and not left)


def _correlation(draft: Draft, cue: Mark) -> Measure:
    figures = draft.figures()[:2]
    if len(figures) < 2:
        raise Unresolved("I do not see which two figures are to be related.")
    one, other = map(draft.figure, figures)
    draft.use(cue, *draft.all("and", "between", "correlation"))
    return Measure("correlation", one, None, other)


def _each(draft: Draft) -> Measure | None:
    """ "The average number of orders per customer": how many rows there are for each."""
    average, count = draft.first("average"), draft.first("count")
    if average is None or count is None or not draft.groups:
        return None
    timed = draft.groups[0].unit is not None and not draft.figures()
    if count.place - average.place not in (1, 2) and not timed:
        return None
    target = next((mark for mark in draft.near(count.place, 2) if draft.free(mark)), None)
    if draft.is_figure(target):
        return None
    group = draft.groups[0]
    if len(draft.groups) > 1:
        raise Unresolved("I work out how many there are on average for each of one thing only.")
    draft.groups.clear()
    draft.use(average, count)
    if group.unit is None:
        draft.view.assume(f"for each {words_of(group.fields[0].column)} that has any")
        return Measure("each", group.fields[0])
    draft.view.choices.doubt(f"whether a {group.unit} without any counts as well")
    return Measure("each", replace(group.fields[0], part=group.unit, kind="text"))


def _aggregated(draft: Draft) -> tuple[Measure, ...]:
    """Each aggregate with the figures behind it, or else before it."""
    cues = [mark for mark in draft.all(*AGGREGATES) if draft.free(mark)]
    found: list[Measure] = []
    waiting: list[Mark] = []
    done: list[Mark] = []
    for mark in draft.marks:
        behind = draft.after(mark.place)
        if mark in cues and (not waiting or not draft.is_figure(mark) or draft.is_figure(behind)):
            done = done if waiting else []
            waiting.append(mark)
        elif _modifies(draft, mark):
            continue
        elif (waiting or done) and (field := _figure(draft, mark, waiting or done)) is not None:
            waiting, done = [], waiting or done
            draft.use(*done)
            found += [Measure(item.cue, field) for item in done]  # type: ignore[arg-type]
        elif mark.cue == "count" and waiting and waiting[-1].cue == "sum":
            draft.use(waiting.pop())  # "total number of"
    for cue in waiting:  # "the price on average", "how many in total"
        if (field := _lone(draft, cue)) is not None:
            found.append(Measure(cue.cue, field))  # type: ignore[arg-type]
        if field is not None or (cue.cue == "sum" and (found or draft.has("count"))):
            draft.use(cue)
    count = draft.first("count")
    if found and count is not None and (draft.cued(count.place, -1, "and") or draft.cued(count.place, 1, "and")):
        draft.use(count)
        found.append(Measure("count"))
    if not found and any(cue.cue != "sum" and draft.free(cue) for cue in cues) and not draft.has("count"):
        raise Unresolved(f'I do not see which figure "{cues[0].text}" is said of.')
    return tuple(dict.fromkeys(found))


def _modifies(draft: Draft, mark: Mark) -> bool:
    """Whether a name only tells more of the figure right behind it: "ticket revenue"."""
    head = draft.beside(mark.place)
    if head is None or not draft.is_figure(mark) or not draft.is_figure(head):
        return False
    return bool(mark.names) and head.names[0].weight > mark.names[0].weight


def _figure(draft: Draft, mark: Mark, aggregates: list[Mark]) -> Field | None:
    """What the aggregates are said of, if a mark names it: a figure, or the first and last of days."""
    if draft.is_figure(mark):
        return draft.figure(mark)
    if {item.cue for item in aggregates} <= {"minimum", "maximum", "range"} and draft.named(mark, is_day):
        option = draft.view.pick(mark, is_day)
        draft.use(mark)
        return option.field if option else None
    return None


def _lone(draft: Draft, cue: Mark) -> Field | None:
    """The figure of an aggregate that has none behind it: one before it, or what an adjective is said of."""
    before = next(filter(draft.is_figure, draft.onward(cue.place, -1)), None)
    if before is not None:
        return draft.figure(before)
    for mark in draft.marks:
        field = draft.view.said_of(mark.said[1]) if mark.said and draft.free(mark) and not mark.names else None
        if field is not None:
            draft.use(mark)
            return field
    return draft.view.said_of(("cost", "price")) if any(mark.plain == "cost" for mark in draft.marks) else None


def in_units(draft: Draft) -> Measure | None:
    """ "How many tonnes": the total of the only column that is in this unit."""
    count = draft.first("count")
    unit = draft.beside(count.place) if count is not None else None
    if count is None or unit is None or not draft.free(unit) or draft.has(*AGGREGATES):
        return None
    if (not unit.strange and any(name.kind != "table" or name.weight > BESIDE for name in unit.names)) or unit.cue:
        return None
    field = measured_in(draft, unit.plain)
    if field is None and len(unit.plain) > 2 and unit_of(unit.plain) is not None:
        raise Unresolved(f"I see no figures in {unit.plain}.")
    if field is None:
        return None
    draft.use(count, unit)
    draft.view.assume(f"the total {words_of(field.column)} is meant")
    return Measure("sum", field)


def _counted(draft: Draft) -> Measure | None:
    """How many rows there are, or how many different values; None where a figure is counted or nothing is."""
    count, distinct = draft.first("count"), draft.first("distinct")
    cue = count or distinct
    if cue is None or (count is None and draft.has("which", "list")):
        return None
    before = draft.beside(cue.place, -1)
    if before is not None and cue.plain.startswith("number") and (before.names or before.strange):
        draft.view.choices.doubt(f'what "{before.text} {cue.text}" is')  # "the phone number of"
    behind = distinct if distinct is not None and distinct.place > cue.place else cue
    for target in draft.near(behind.place, _FAR):
        if not draft.free(target) or target.cue in ("missing", "all"):
            continue
        if draft.is_figure(target) and not distinct and not draft.groups and not draft.view.own(target):
            return None
        field = _different(draft, target, distinct=distinct is not None)
        if field is not None:
            draft.use(target, count, distinct)
            return Measure("distinct", field)
        if draft.view.own(target) and not any(item.weight > BESIDE for item in target.of("table")):
            draft.view.choices.doubt(f'whether "{target.text}" are the rows')
        if draft.view.own(target) or target.strange or target.cue not in ("adjective", ""):
            break
    if len(draft.view.lexicon.tables) > 1 and not any(
        draft.view.own(mark) or mark.cue == "rows" for mark in draft.marks
    ):
        draft.view.choices.doubt(f"whether {words_of(draft.view.table.name)} are counted")
    draft.use(count, distinct)
    return Measure("count")


def _different(draft: Draft, target: Mark, *, distinct: bool) -> Field | None:
    """The column whose different values are counted."""
    view = draft.view
    if target.cue == "unit" and target.unit in ("day", "year") and not draft.is_thing(target):
        unit = view.day() if target.unit == "day" else view.calendar("year")
        return unit if unit is not None and unit.kind != "timestamp" else None
    named = target.cue in ("", "idle", "unit", "list") or (distinct and target.cue == "rows")
    if not named or not draft.is_thing(target) or (not distinct and draft.named(target, is_day)):
        return None
    if view.own(target) and not (distinct and draft.named(target, view.groupable)):
        return None
    group = view.group(target)
    return group.fields[0] if group is not None and not view.told_apart(group) else None


def _plain(draft: Draft, sought: Mark | None) -> tuple[Measure, ...] | None:
    """Figures that are named without saying what is to be done with them: added up where that makes sense, averaged
    where it does not; None where no figure is named, empty where those of single rows are wanted."""
    view = draft.view
    figures = [mark for mark in draft.figures() if not _is_class(draft, mark)]
    sure = [mark for mark in figures if mark.names[0].weight >= _SURE]
    figures = sure or figures
    how = next((mark for mark in draft.marks if how_much(draft, mark)), None)
    alone = single(draft)
    if not figures and how is not None and not alone:
        field = view.said_of(how.said[1], view.is_figure) if how.said else None
        if field is None:
            raise Unresolved(f'I do not see which figure "how {how.text}" is about.')
        draft.use(how)
        view.assume(f"the average {words_of(field.column)} is meant")
        return (Measure("average", field),)
    if not figures:
        return () if how is not None else None
    if not draft.groups and (alone or draft.has("list") or (sought is not None and sought not in figures)):
        return ()
    found = []
    for mark in filter(draft.is_figure, figures):
        field = draft.figure(mark)
        name = words_of(field.column)
        ways: list[tuple[str, Aggregate]] = [(f"the total {name} is meant", "sum")]
        counted = field.kind == "integer" and draft.cued(mark.place, -1, "count") is not None
        if not view.adds_up(field) and not (counted and not view.never_adds(field)):
            ways.insert(0, (f"the average {name} is meant", "average"))
        aggregate = view.choices.of(f"{mark.place} aggregate", ways)
        view.assume(f"{name} is {'added up' if aggregate == 'sum' else 'averaged'}")
        found.append(Measure(aggregate, field))
    draft.use(*draft.all("count"))
    return tuple(dict.fromkeys(found))


def _is_class(draft: Draft, mark: Mark) -> bool:
    field = draft.view.figure(mark, quiet=True)
    return field is not None and draft.view.is_class(field) and draft.cued(mark.place, -1, "count") is None


def how_much(draft: Draft, mark: Mark) -> bool:
    """ "How heavy"."""
    before = draft.beside(mark.place, -1)
    said = mark.said is not None and mark.said[2] == "" and mark.cue in ("adjective", "", "most", "least")
    return said and draft.free(mark) and before is not None and before.plain == "how"


def single(draft: Draft) -> bool:
    """Whether the filters leave a single row, or few: a value is named that is a name of rows."""
    view, rows = draft.view, draft.view.table.rows or 0
    for _, item in draft.filters:
        profile = view.profile(item.field)
        if profile is None or item.operator != "in" or item.field.path or item.field.kind in NUMBERS:
            continue
        if rows > _FEW and profile.distinct > _UNIQUE * (rows - profile.missing):
            return True
    return False
