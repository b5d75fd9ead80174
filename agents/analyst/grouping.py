"""What rows are put together by: columns, other tables' rows, units of time."""

from agents.analyst.draft import AGGREGATES, Draft, is_day
from agents.analyst.likeness import abbreviates
from agents.analyst.options import Unresolved, words_of
from agents.analyst.plan import Group, Unit
from agents.analyst.ranking import Rank
from agents.analyst.sentence import Mark
from agents.analyst.tokens import parts, stem
from agents.language.words import vocabulary

_CALLED = vocabulary("type kind method category level name group status class types kinds methods")
"""Nouns behind a name that say nothing more than it."""
_NAMING = vocabulary("idle list top rate count adjective sum range") | {""}
"""What a mark may do besides, that rows are put together by all the same."""
_TOLD = vocabulary("id ids name names number numbers reference")
"""What rows are told by."""
_MANY = 60
"""Different figures that are no classes."""
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
        if not any(group.unit for group in draft.groups) and not any(
            group.fields[0].column.casefold() == "year" for group in draft.groups
        ):
            draft.groups.append(unit_group(draft, "month"))


def _behind(draft: Draft, by: Mark, rank: Rank | None) -> None:
    """The things behind one "by", which may be several."""
    joint: Mark | None = by
    target = draft.after(by.place)
    ranked = rank is not None and rank.figure is not None and draft.is_figure(target)
    if ranked and target is not None and draft.view.figure(target, quiet=True) == rank.figure:  # type: ignore[union-attr]
        draft.use(by, target)  # "the longest show by running time"
        return
    if _in_the_name(draft, by):
        return
    while joint is not None:
        target = _target(draft, joint.place)
        group = _group(draft, target, rank) if target is not None else None
        if target is None or group is None:
            if target is not None and joint is by:
                _nothing(draft, by, target, rank)
            return
        draft.use(joint, target)
        draft.groups.append(group)
        joint = _joint(draft, target)


def _in_the_name(draft: Draft, by: Mark) -> bool:
    """Whether "per" and what follows belong to the name of the figure before: "price per bottle" of `Price/btl`."""
    before, behind = draft.after(by.place, -1), draft.after(by.place)
    if before is None or behind is None or not draft.is_figure(before):
        return False
    field = draft.view.figure(before, quiet=True)
    words = parts(field.column) if field is not None else ()
    if len(words) < 2 or not ("/" in field.column or "per" in words) or not abbreviates(words[-1], behind.plain):  # type: ignore[union-attr]
        return False
    draft.use(by, behind)
    return True


def _target(draft: Draft, place: int) -> Mark | None:
    """What stands behind "by": not an adjective, nor a value before a name ("by warranty cost")."""
    target = next((mark for mark in draft.onward(place) if mark.cue != "adjective"), None)
    behind = draft.after(target.place) if target is not None else None
    while target is not None and behind is not None and not draft.free(target) and behind in draft.names():
        if behind.place - target.place > 1:
            break
        target, behind = behind, draft.after(behind.place)
    of = draft.beside(target.place) if target is not None else None
    origin = target is not None and target.strange and of is not None and of.plain == "of"
    if origin and behind is not None and draft.free(behind) and _groups(draft, behind):  # "country of origin"
        draft.use(target)
        return behind
    return target


def _nothing(draft: Draft, by: Mark, target: Mark, rank: Rank | None) -> None:
    """What "by" means where nothing can be put together by what follows it."""
    if target.plain in _TOLD and draft.has("list", "which") and draft.free(target):
        draft.use(by, target)  # "list them by name"
    elif draft.free(target) and draft.view.own(target):
        draft.use(by, target)  # "average total per order"
    elif any(at == target.place for at, _ in draft.filters) or draft.has("compare"):
        draft.use(by)  # "reported by phone", "each of them"
    elif draft.free(target) and target.strange and (rank is None or rank.figure or rank.measure):
        raise _unknown(draft, target)


def _joint(draft: Draft, target: Mark) -> Mark | None:
    """The word that joins one more thing."""
    joint = draft.after(target.place)
    if joint is not None and joint.plain in _CALLED and draft.free(joint):
        draft.use(joint)
        joint = draft.after(joint.place)
    following = draft.after(joint.place) if joint is not None and joint.cue in _CHAINING else None
    if joint is None or following is None or not draft.free(joint) or not draft.free(following):
        return None
    if following.strange and joint.cue == "and" and draft.after(following.place) is None:
        raise _unknown(draft, following)
    return joint if _groups(draft, following) else None


def _unknown(draft: Draft, mark: Mark) -> Unresolved:
    name = words_of(draft.view.table.name)
    return Unresolved(f'The {name} have nothing called "{mark.text}" to be told apart by.')


def _groups(draft: Draft, mark: Mark) -> bool:
    return (mark.cue == "unit" and mark.unit is not None) or (
        not draft.view.own(mark) and draft.is_thing(mark) and not _measures(draft, mark)
    )


def _measures(draft: Draft, mark: Mark) -> bool:
    """Whether a column of many figures is named, which nothing is put together by."""
    field = draft.view.figure(mark, quiet=True)
    if field is None:
        return False
    profile = draft.view.profile(field)
    many = profile is not None and profile.distinct > _MANY and not draft.view.is_year(field)
    return field.kind == "number" or many


def _group(draft: Draft, target: Mark, rank: Rank | None) -> Group | None:
    if not draft.free(target) or (target.cue not in _NAMING and target.cue != "unit"):
        return None
    behind = draft.after(target.place)
    worked_out = target.cue in AGGREGATES and draft.is_figure(behind)
    figure = _measures(draft, target) and (rank is not None or draft.has("compare"))
    if target.cue != "unit" and (not target.names or worked_out or figure):
        return None
    if target.cue != "unit" and draft.is_figure(target) and _measures(draft, target):
        if draft.cued(target.place, -1, "by") is not None and draft.beside(target.place, -1).plain == "per":  # type: ignore[union-attr]
            raise Unresolved(f"I do not divide by {target.text}.")
        draft.view.choices.doubt(f'whether "{target.text}" tells groups apart')
    return named_group(draft, target)


def named_group(draft: Draft, mark: Mark) -> Group | None:
    """What a mark names as groups: a column of the rows, a unit of time, another table; None where it is the rows."""
    view = draft.view
    own = view.options(
        mark.names, lambda option: view.groupable(option) and not is_day(option) and not option.field.path
    )
    if mark.unit is not None and not (own and own[0].score >= 0.5):
        return unit_group(draft, mark.unit)
    return None if draft.only_rows(mark) else view.group(mark)


def group_left(draft: Draft) -> list[Group]:
    """A column that is named and told apart by: "share of each category"."""
    for mark in draft.names():
        figure = draft.is_figure(mark) and _measures(draft, mark)
        if not figure and draft.named(mark, draft.view.groupable) and (group := draft.view.group(mark)):
            draft.use(mark)
            return [group]
    return []


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
