"""What rows are put together by: columns, other tables' rows, units of time."""

from agents.analyst.reading.likeness import abbreviates
from agents.analyst.reading.moments import unit_group
from agents.analyst.reading.options import Unresolved
from agents.analyst.reading.plan import Field, Group
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import NOWHERE, Mark
from agents.analyst.reading.tokens import parts
from agents.analyst.reading.unit_names import is_per, units_of_time
from agents.language.units import unit as unit_of
from agents.language.words import vocabulary

_CALLED = vocabulary("type kind method category level name group status class types kinds methods")
"""Nouns behind a name that say nothing more than it."""
_NAMING = vocabulary("idle list top rate count adjective sum range unit rows") | {""}
_TOLD = vocabulary("id ids name names number numbers reference ref title")
_MANY = 60
"""Different figures that are no classes."""
_CHAINING = ("and", "by", "or")


def read_groups(question: Question) -> None:
    """Put into the question what stands behind "by", "per" and the like, and units of time said otherwise. Raises
    Unresolved."""
    for mark in question.marks:
        if mark.cue == "by" and question.free(mark):
            _behind(question, mark)
        elif mark.unit and question.free(mark) and mark.plain.endswith(("ly", "ual")):
            question.use(mark)
            if not _modifying(question, mark):
                question.groups.append(unit_group(question, mark.unit))
    trends = question.all("trend")
    question.use(*trends)
    timed = any(group.unit or question.scope.is_year(group.fields[0]) for group in question.groups)
    if trends and not timed:
        question.groups.append(unit_group(question, "month"))


def _modifying(question: Question, mark: Mark) -> bool:
    """Whether a unit of time belongs to a figure that is no amount: "average monthly rent"."""
    behind, before = question.after(mark.place), question.after(mark.place, -1)
    field = question.scope.field_of(behind, "figure") if question.is_figure(behind) else None
    if field is None or (before.cue not in AGGREGATES and mark.unit not in units_of_time(field)):
        return False
    if mark.unit in units_of_time(field):
        return True
    if before.cue == "sum" and not question.scope.adds_up(field):
        question.scope.choices.doubt(f"whether it is wanted for each {mark.unit}")
    return not question.scope.adds_up(field)


def _behind(question: Question, by: Mark) -> None:
    """The things behind one "by", which may be several."""
    if _in_the_name(question, by) or _ranked_by(question, by):
        return
    joint: Mark | None = by
    while joint is not None:
        target = _target(question, joint.place)
        group = _group(question, target) if target is not None else None
        if target is None or group is None:
            if target is not None:
                question.use(joint if not question.free(target) else None)
                _nothing(question, by, target)
            return
        question.use(joint, target)
        done = question.beside(joint.place, -1)
        if joint.plain == "by" and len(group.fields) > 1 and done.plain.endswith(("d", "n")):
            question.scope.choices.doubt(f'whether "{joint.text} {target.text}" says who did it')
        if group not in question.groups:
            question.groups.append(group)
        joint = _joint(question, target)


def _ranked_by(question: Question, by: Mark) -> bool:
    """Whether things are ranked by a figure, and not told apart by it: "top 2 species by number of nests"."""
    top = next((mark for mark in question.marks[: by.place] if mark.cue in ("top", "bottom")), None)
    target = question.after(by.place)
    field = question.scope.field_of(target, "figure") if question.is_figure(target) else None
    things = question.marks[top.place + 1 : by.place] if top is not None else ()
    return field is not None and not question.scope.is_year(field) and any(map(question.is_thing, things))


def _in_the_name(question: Question, by: Mark) -> bool:
    """Whether "per" and what follows belong to the name of the figure before: "price per bottle" of `Price/btl`."""
    before, behind = question.after(by.place, -1), question.after(by.place)
    if not question.is_figure(before):
        return behind.strange and any(is_rate(field, behind) for field in question.scope.own_columns)
    field = question.scope.field_of(before, "figure")
    if field is None or not is_rate(field, behind):
        return False
    question.use(by, behind)
    return True


def is_rate(field: Field, behind: Mark) -> bool:
    """Whether what stands behind "per" is what a column's figures are for one of."""
    words = parts(field.column)
    if behind.unit is not None and behind.unit in units_of_time(field):
        return True  # "per day" of `daily_traffic`
    if f"{behind.plain}ly" in words:
        return True
    if len(words) < 2 or not is_per(field):
        return False
    unit = unit_of(behind.plain)
    return (unit is not None and unit == unit_of(words[-1])) or abbreviates(words[-1], behind.plain)


def _target(question: Question, place: int) -> Mark | None:
    """What stands behind "by": not an adjective, nor a value before a name ("by warranty cost")."""
    target = next((mark for mark in question.onward(place) if mark.cue != "adjective"), None)
    if target is None:
        return None
    behind = question.after(target.place)
    if not question.free(target) and behind.place - target.place == 1:
        return behind if behind.names and question.free(behind) else target
    of = question.beside(target.place)
    if target.strange and of.plain == "of" and groups(question, behind):
        question.use(target)  # "country of origin"
        return behind
    return target


def _nothing(question: Question, by: Mark, target: Mark) -> None:
    """What "by" means where nothing can be put together by what follows it."""
    free = question.free(target)
    if free and (target.plain in _TOLD or question.scope.own(target) or target.cue == "rows"):
        question.use(by, target)  # "list them by name", "average total per order"
        ranked = by.plain == "per" and question.has("most", "least", "top")  # "the most nests per tree"
        if target.plain not in _TOLD and not question.has(*AGGREGATES) and (ranked or not question.figures()):
            question.scope.choices.doubt(f"what {by.text} {target.text} is")
    elif by.plain == "per" and question.is_figure(target):
        raise Unresolved(f"I do not divide by {target.text}.")
    elif target.strange and free:
        raise Unresolved(f'There is nothing called "{target.text}" to be told apart by.')
    elif any(at == target.place for at, _ in question.filters) or question.has("compare"):
        question.use(by)  # "reported by phone", "each of them"


def _joint(question: Question, target: Mark) -> Mark | None:
    """The word that joins one more thing."""
    joint = question.after(target.place)
    if joint.plain in _CALLED and question.free(joint):
        question.use(joint)
        joint = question.after(joint.place)
    if joint.cue not in _CHAINING or not question.free(joint):
        return None
    following = question.after(joint.place)
    if following.strange and joint.cue == "and" and question.after(following.place) is NOWHERE:
        raise Unresolved(f'There is nothing called "{following.text}" to be told apart by.')
    return joint if groups(question, following) else None


def groups(question: Question, mark: Mark) -> bool:
    """Whether rows can be put together by what a mark names."""
    return not question.scope.own(mark) and question.is_thing(mark) and not many(question, mark)


def many(question: Question, mark: Mark) -> bool:
    """Whether a column of many figures is named, which nothing is put together by."""
    found = question.scope.sense(mark, "figure")
    if found.field is None or found.score < question.scope.score(mark, "thing"):
        return False
    profile = question.scope.profile(found.field)
    several = profile is not None and profile.distinct > _MANY and not question.scope.is_year(found.field)
    return found.field.kind == "number" or several


def _group(question: Question, target: Mark) -> Group | None:
    """The group that a mark behind "by" names; None where it is none."""
    if not question.free(target) or target.cue not in _NAMING:
        return None
    if target.cue != "unit" and (not target.names or many(question, target)):
        return None
    return named_group(question, target)


def named_group(question: Question, mark: Mark) -> Group | None:
    """What a mark names as groups: a column of the rows, a unit of time, another table; None where it is the rows."""
    scope = question.scope
    thing = scope.sense(mark, "thing", "figure", least=0.45)
    if mark.unit is not None and (thing.score < 0.5 or thing.field is None or thing.field.path):
        return unit_group(question, mark.unit)
    if scope.own(mark) and scope.score(mark, "thing", "figure") < 0.95:
        return None
    if not thing.group and scope.told_apart_by(thing.field):
        question.use(mark)
        return None
    if not scope.sense(mark, "thing", "figure"):
        day = scope.field_of(mark, "day")
        return Group((day,), "day") if day is not None else None
    return question.group(mark)


def group_left(question: Question) -> Group | None:
    """A column that is named and told apart by: "share of each category"."""
    marks = (mark for mark in question.names() if groups(question, mark) and not question.scope.rather_value(mark))
    return next((question.group(mark) for mark in marks), None)
