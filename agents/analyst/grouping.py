"""What rows are put together by: columns, other tables' rows, units of time."""

from agents.analyst.draft import Draft
from agents.analyst.plan import Group, Unit
from agents.analyst.ranking import Rank
from agents.analyst.sentence import Mark
from agents.analyst.tokens import stem
from agents.analyst.view import DAYS, Unresolved, words_of

_CALLED = frozenset("type kind method category level name group status class types kinds methods".split())
"""Nouns behind a name that say nothing more than it."""
_CHAINING = ("and", "by", "or")


def read_groups(draft: Draft, rank: Rank | None) -> None:
    """Put into the draft what stands behind "by", "per" and the like, and units of time said otherwise. Raises
    Unresolved."""
    for mark in draft.marks:
        if mark.cue == "by" and draft.free(mark):
            _behind(draft, mark, rank)
        elif mark.cue == "unit" and mark.unit and draft.free(mark) and mark.plain.endswith(("ly", "ual")):
            draft.use(mark)
            draft.groups.append(unit_group(draft, mark.unit))
    trends = [mark for mark in draft.marks if mark.cue == "trend"]
    if trends:
        draft.use(*trends)
        if not any(group.unit for group in draft.groups) and not any(group.fields[0].column.casefold() == "year" for group in draft.groups):
            draft.groups.append(unit_group(draft, "month"))


def _behind(draft: Draft, by: Mark, rank: Rank | None) -> None:
    """The things behind one "by", which may be several."""
    place: int | None = by.place
    first = True
    while place is not None:
        target = draft.after(place)
        while target is not None and target.cue == "adjective":
            target = draft.after(target.place)
        while target is not None and not draft.free(target) and (behind := draft.after(target.place)) is not None and draft.free(behind) and behind.names and behind.place - target.place == 1:
            target = behind  # "by warranty cost"
        if target is None:
            return
        behind = draft.after(target.place)
        if target.strange and behind is not None and draft.free(behind) and _groups(draft, behind) and draft.marks[target.place + 1].plain == "of":
            draft.use(target)  # "country of origin"
            target = behind
        group = _group(draft, target, rank)
        if group is None:
            if draft.view.own(target) and draft.free(target) and first:
                draft.use(by, target)  # "average total per order"
            elif first and not draft.free(target) and any(at == target.place for at, _ in draft.filters):
                draft.use(by)  # "reported by phone", "each of them"
            elif first and draft.free(target) and target.strange and (rank is None or rank.figure or rank.measure):
                raise Unresolved(f'The {words_of(draft.view.table.name)} have nothing called "{target.text}" to be told apart by.')
            return
        draft.use(by, target)
        draft.groups.append(group)
        joined = draft.after(target.place)
        if joined is not None and joined.plain in _CALLED and draft.free(joined):
            draft.use(joined)
            joined = draft.after(joined.place)
        place, first = None, False
        if joined is not None and joined.cue in _CHAINING and draft.free(joined):
            following = draft.after(joined.place)
            if following is not None and following.strange and joined.cue == "and" and draft.after(following.place) is None:
                raise Unresolved(f'The {words_of(draft.view.table.name)} have nothing called "{following.text}" to be told apart by.')
            if following is not None and draft.free(following) and _groups(draft, following):
                draft.use(joined)
                place = joined.place


def _groups(draft: Draft, mark: Mark) -> bool:
    return (mark.cue == "unit" and mark.unit is not None) or (not draft.view.own(mark) and draft.is_thing(mark) and not _measures(draft, mark))


def _measures(draft: Draft, mark: Mark) -> bool:
    """Whether a column of many figures is named, which nothing is put together by."""
    field = draft.view.figure(mark, quiet=True)
    if field is None:
        return False
    profile = draft.view.profile(field)
    return field.kind == "number" or (profile is not None and profile.distinct > 60 and field.column.casefold() != "year")


def _group(draft: Draft, target: Mark, rank: Rank | None) -> Group | None:
    view = draft.view
    if not draft.free(target):
        return None
    if target.cue == "unit" and target.unit is not None:
        columns = view.options(target.names, lambda option: view.groupable(option) and option.score >= 0.5 and option.column.kind not in DAYS and not option.field.path)
        if columns:
            return view.group(target)
        return unit_group(draft, target.unit)
    if target.cue not in ("", "idle", "list", "top", "rate", "count", "adjective", "sum", "range") or not target.names:
        return None
    if rank is not None and _measures(draft, target):
        return None
    days = view.pick(target, lambda option: option.column.kind in DAYS and not option.values, quiet=True)
    if days is not None and days.score >= 0.5 and target.unit:
        return unit_group(draft, target.unit)
    if view.own(target) and not any(item.weight >= 0.95 for item in target.of("column")):
        return None
    return view.group(target)


def unit_group(draft: Draft, unit: Unit) -> Group:
    """Rows by a unit of time, or by the column that holds it as a number. Raises Unresolved."""
    view = draft.view
    for column in view.table.columns:  # a column called so: the weekday, the quarter
        if column.name.casefold() == unit and column.kind in ("text", "integer"):
            option = view.options(view.lexicon.meanings((stem(unit),)), view.groupable)
            if option:
                return Group((option[0].field,))
    day = draft.when or view.day()
    if day is None:
        field = view.calendar("year")
        if field is None:
            raise Unresolved(f"The {words_of(view.table.name)} have no date.")
        return Group((field,))
    draft.when = day
    return Group((day,), unit)
