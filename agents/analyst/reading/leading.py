"""The forms of questions after what comes first or last: groups, rows, or the highest figure itself."""

from msgspec.structs import replace

from agents.analyst.reading.grouping import group_left, groups, named_group
from agents.analyst.reading.listing import listed
from agents.analyst.reading.moments import unit_group
from agents.analyst.reading.options import DAYS, words_of
from agents.analyst.reading.plan import Group, Measure, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.ranking import Rank, ranked, ranking_measure
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.sides import grouped

_FAR = 3


def first_rows(question: Question, plan: Plan) -> Plan | None:
    """The rows that come first or last, with the columns that are asked for."""
    rank = ranked(question)
    if rank is None or (rank.measure is not None and rank.measure.aggregate == "count"):
        return None
    if (
        rank.measure is not None
        or question.groups
        or (rank.more and rank.number is None and not _rows_wanted(question))
    ):
        return None
    return None if _figure_itself(question, rank) else listed(question, plan, rank)


def first_ones(question: Question, plan: Plan) -> Plan | None:
    """What comes first or last: groups, rows, or the highest figure itself."""
    rank = ranked(question)
    if rank is None:
        return None
    group = _sought(question, rank)
    if group is not None and rank.figure is not None and single_rows(question, group):
        group = None
    if rank.figure is None and rank.measure is None and group is not None:
        rank.measure = Measure("count")
        question.scope.choices.doubt(f"whether {words_of(question.scope.table.name)} are counted")
    by_groups = rank.measure is not None or (group is not None and rank.figure is not None)
    if group is None and rank.measure is not None and rank.measure.aggregate == "count":
        group = group_left(question)
    if rank.figure is not None and group is None and question.groups:  # "the dearest of each"
        group = question.groups.pop(0)
        ends = (Measure("minimum", rank.figure), Measure("maximum", rank.figure))
        return grouped(question, replace(plan, groups=(group,), measures=(ends[rank.end > 0],)))
    if by_groups and group is None and question.groups:
        group = question.groups.pop(0)
    if by_groups and group is not None and not (rank.figure is not None and _rows_wanted(question)):
        measure = ranking_measure(question, rank)
        question.use(*question.all("count", "list", "which"), *(m for m in question.names() if question.scope.own(m)))
        limit = rank.number or (None if rank.skip else 1)
        return replace(
            plan, groups=(group, *question.groups), measures=(measure,), descending=rank.end > 0,
            limit=limit or 1, skip=rank.skip,
        )  # fmt: skip
    if rank.measure is not None:
        if rank.measure.aggregate == "count":
            return None
        return replace(plan, measures=(rank.measure,), groups=tuple(question.groups))
    if rank.figure is not None and rank.number is None and not rank.skip and _figure_itself(question, rank):
        question.use(*question.all("which"))
        ends = (Measure("minimum", rank.figure), Measure("maximum", rank.figure))
        return grouped(question, replace(plan, measures=(ends[rank.end > 0],)))
    return listed(question, plan, rank)


def single_rows(question: Question, group: Group) -> bool:
    """Whether every row is a group of its own, so that groups of them say nothing."""
    return group.unit is None and question.scope.told_apart_by(group.fields[-1])


def _rows_wanted(question: Question) -> bool:
    """Whether the row with the highest figure is wanted, and not the group: "which was the biggest single sale"."""
    return question.word("single", "individual", "ever") is not None


def _figure_itself(question: Question, rank: Rank) -> bool:
    """Whether the highest figure is asked for, and not whose it is: "what was the longest downtime"."""
    if rank.figure is None or (rank.figure.kind in DAYS and not question.says("when", "what")):
        return False
    if rank.figure.kind in DAYS:
        return True
    if question.says("which", "who", "where", "when") or question.has("list"):
        return False
    how = any(mark.plain == "how" for mark in question.marks)
    nouns = [mark for mark in question.near(rank.last, 2) if question.scope.own(mark) or mark.cue == "rows"]
    asked = [mark for mark in question.names() if mark.place > rank.last and not question.scope.sense(mark, "value")]
    asked = [mark for mark in asked if not question.scope.own(mark)]
    return how or (rank.named and not nouns and not asked)


def _sought(question: Question, rank: Rank) -> Group | None:
    """The groups that are sought: behind "which", behind the superlative, or before it."""
    for mark in _heads(question, rank):
        if mark.cue == "unit" and mark.unit is not None and question.free(mark):
            row = rank.named and not rank.more and rank.figure is not None and not question.scope.adds_up(rank.figure)
            question.use(mark)
            if row and mark.unit == "day":
                return None
            months = mark.unit == "month" and question.has("average") and not question.times
            return unit_group(question, "season") if months else named_group(question, mark)
        if question.free(mark) and groups(question, mark) and not question.scope.rather_value(mark):
            found = question.scope.sense(mark, "thing", "figure")
            ranked_by = (rank.figure, rank.measure.field if rank.measure else None)
            if found is not None and found.field not in ranked_by:
                number = question.beside(mark.place, -1)
                if rank.number is None and number is not None and number.number and question.free(number):
                    question.use(number)
                    rank.number = int(number.number)
                return question.group(mark)
    if question.says("who") and rank.measure is not None:
        return _known(question, "who")
    return None


def _known(question: Question, kind: str) -> Group | None:
    fields = [
        field for field in question.scope.own_columns if field.kind == "text" and question.scope.says(field, kind)
    ]
    return Group((fields[0],)) if fields else None


def _heads(question: Question, rank: Rank) -> list[Mark]:
    """The nouns that may say what is sought, the likeliest first."""
    found: list[Mark] = []
    behind = question.after(rank.last)
    if behind is not None and question.scope.own(behind) and rank.figure is not None and not rank.more:
        return found
    for which in question.all("which")[:1]:
        for mark in question.marks[which.place + 1 : which.place + 4]:
            if mark.names or mark.cue == "unit":
                head = question.beside(mark.place)
                both = head is not None and question.scope.own(mark) and groups(question, head)
                if not both and question.scope.own(mark) and rank.figure is not None:
                    return []
                found.append(head if both and head is not None else mark)
                break
    for mark in question.near(rank.last, _FAR):
        if mark.names and question.scope.own(mark) and not groups(question, mark):
            break
        found.append(mark)
        if mark.names:
            break
    before = [mark for mark in question.names() if mark.place < rank.first]
    return [*found, *before[::-1]]
