"""The forms of questions after what comes first or last: groups, rows, or the highest figure itself."""

from msgspec.structs import replace

from agents.analyst.reading.grouping import group_left, groups, named_group
from agents.analyst.reading.listing import listed
from agents.analyst.reading.moments import unit_group
from agents.analyst.reading.options import DAYS, Unresolved, words_of
from agents.analyst.reading.persons import who
from agents.analyst.reading.plan import Group, Measure, Plan
from agents.analyst.reading.question import Question
from agents.analyst.reading.ranking import Rank, ranked, ranking_measure
from agents.analyst.reading.sentence import NOWHERE, Mark
from agents.analyst.reading.sides import grouped
from agents.analyst.reading.tokens import stem

_FAR = 3
_HOLDING = frozenset({"with", "having"})


def first_rows(question: Question, plan: Plan) -> Plan | None:
    """The rows that come first or last, with the columns that are asked for."""
    rank = ranked(question)
    if rank is None or rank.measure is not None or question.groups:
        return None
    _check_single(question, rank)
    groups_meant = rank.more and rank.number is None and not _rows_wanted(question, rank)
    return None if groups_meant or _figure_itself(question, rank) else listed(question, plan, rank)


def first_ones(question: Question, plan: Plan) -> Plan | None:
    """What comes first or last: groups, rows, or the highest figure itself."""
    rank = ranked(question)
    if rank is None:
        return None
    _check_single(question, rank)
    row = rank.figure is not None and _rows_wanted(question, rank)
    group = None if row else _sought(question, rank)
    if group and rank.figure and group.unit is None and question.scope.told_apart_by(group.fields[-1]):
        group = None  # every row is a group of its own
    if rank.figure is None and rank.measure is None and group is not None:
        if rank.best:
            raise Unresolved(f'I do not see by what "{question.marks[rank.first].text}" is to be judged.')
        rank.measure = Measure("count")
        question.scope.choices.doubt(f"whether {words_of(question.scope.table.name)} are counted")
    if group is None and rank.counts:
        group = group_left(question)
    if group is None and question.groups:
        group = question.groups.pop(0)
        if rank.figure is not None:  # "the dearest of each"
            return grouped(question, replace(plan, groups=(group,), measures=(rank.extreme,)))
    if group is not None and (rank.measure or rank.figure):
        measure = ranking_measure(question, rank, group)
        question.use_all("count", "list", "which")
        question.use_rows()
        return replace(
            plan, groups=(group, *question.groups), measures=(measure,), descending=rank.end > 0,
            limit=rank.number or 1, skip=rank.skip,
        )  # fmt: skip
    if rank.measure is not None:
        return None if rank.counts else replace(plan, measures=(rank.measure,), groups=tuple(question.groups))
    if rank.figure is not None and rank.number is None and not rank.skip and _figure_itself(question, rank):
        question.use_all("which")
        return grouped(question, replace(plan, measures=(rank.extreme,)))
    return listed(question, plan, rank)


def _rows_wanted(question: Question, rank: Rank) -> bool:
    """Whether the row with the highest figure is wanted, and not the group: "which was the biggest single sale", "what
    breed is the heaviest dog", "which farm grew the lot with the highest score"."""
    if question.word("single", "individual", "ever") is not None:
        return True
    holding = question.beside(question.marks[rank.first].place, -1)
    holding = question.beside(holding.place, -1) if holding.plain == "the" else holding
    if holding.plain in _HOLDING:
        return _row(question, rank, question.beside(holding.place, -1))
    that = question.beside(holding.place, -1)
    if that.plain == "that" and question.scope.own(question.beside(that.place, -1)):  # "the museum that had the most"
        return True
    head = NOWHERE
    for mark in question.marks[rank.last + 1 :] if not rank.named else ():
        if not mark.names and mark.cue != "rows":
            break
        head = mark
    return _row(question, rank, head)


def _row(question: Question, rank: Rank, mark: Mark) -> bool:
    """Whether a noun stands for a row: its name, or a value that it has; several rows may be a group as well."""
    valued = any(place == mark.place for place, _ in question.filters)
    row = mark is not NOWHERE and (valued or mark.cue == "rows" or question.scope.own(mark))
    several = row and rank.number is None and _several(mark)
    which = (item for cue in question.all("which")[:1] for item in question.near(cue.place, 1))
    if several and any(groups(question, item) for item in which):  # "which town has the oldest houses"
        question.scope.choices.doubt("whether single rows are meant")
    return row


def _check_single(question: Question, rank: Rank) -> None:
    """Doubt whether one of several is meant, or all together: "which club has the fastest runners"."""
    behind = question.after(rank.last)
    which = (item for cue in question.all("which")[:1] for item in question.near(cue.place, 1))
    things = rank.measure is None and not rank.named and question.is_thing(behind) and _several(behind)
    if things and any(groups(question, item) for item in which):
        question.scope.choices.doubt("whether single rows are meant")


def _several(mark: Mark) -> bool:
    return mark.plain.endswith("s") and stem(mark.plain) != mark.plain


def _figure_itself(question: Question, rank: Rank) -> bool:
    """Whether the highest figure is asked for, and not whose it is: "what was the longest downtime"."""
    if rank.figure is None:
        return False
    if rank.figure.kind in DAYS:
        sought = (item for cue in question.all("which") for item in question.near(cue.place, 1))
        return question.says("when", "what") and not any(groups(question, item) for item in sought)
    if question.says("which", "who", "where", "when") or question.has("list"):
        return False
    nouns = any(question.scope.own(mark) or mark.cue == "rows" for mark in question.near(rank.last, 2))
    asked = (mark for mark in question.names() if mark.place > rank.last and not question.scope.own(mark))
    others = any(not question.scope.sense(mark, "value") for mark in asked)
    return any(mark.plain == "how" for mark in question.marks) or (rank.named and not nouns and not others)


def _sought(question: Question, rank: Rank) -> Group | None:
    """The groups that are sought: behind "which", behind the superlative, or before it."""
    scope = question.scope
    for mark in filter(question.free, _heads(question, rank)):
        if mark.unit is not None:
            question.use(mark)
            if mark.unit == "day" and rank.named and rank.figure is not None and not scope.adds_up(rank.figure):
                return None
            months = mark.unit == "month" and question.has("average") and not question.times
            return unit_group(question, "season") if months else named_group(question, mark)
        if groups(question, mark) and not scope.rather_value(mark):
            ranked_by = (rank.figure, rank.measure.field if rank.measure else None)
            if scope.field_of(mark, "thing", "figure") not in ranked_by:
                number = question.beside(mark.place, -1)
                if rank.number is None and number.number and question.free(number):
                    question.use(number)
                    rank.number = int(number.number)
                return question.group(mark)
    known = who(scope) if question.says("who") and rank.measure is not None else None
    return Group((known,)) if known is not None else None


def _verb(question: Question, rank: Rank, noun: Mark, head: Mark) -> Mark:
    """What rows do, where a column is called so: "which bridge carries the most", in one mark with the rows or two."""
    scope = question.scope
    rows = scope.lexicon.meanings((stem(noun.first),))
    alone = scope.own(noun) or any(item.kind == "table" and item.source == scope.source for item in rows)
    for mark in (noun, head) if alone else ():
        between = [item.plain for item in question.marks[mark.place + 1 : rank.first]]
        if between == ["the"] and (mark is head or " " in mark.text):
            return mark
    return NOWHERE


def _heads(question: Question, rank: Rank) -> list[Mark]:
    """The nouns that may say what is sought, the likeliest first."""
    scope, found = question.scope, []
    behind = question.after(rank.last)
    if scope.own(behind) and rank.figure is not None and not rank.more:
        return []
    for which in question.all("which")[:1]:
        nouns = (mark for mark in question.marks[which.place + 1 : which.place + 4] if mark.names or mark.cue == "unit")
        for noun in list(nouns)[:1]:
            head = question.beside(noun.place)
            verb = _verb(question, rank, noun, head)
            if verb is not NOWHERE and rank.figure is not None:
                question.use(verb)
                return []
            both = scope.own(noun) and groups(question, head)
            if not both and scope.own(noun) and rank.figure is not None:
                return []
            found.append(head if both else noun)
    for mark in question.near(rank.last, _FAR):
        if mark.names and scope.own(mark) and not groups(question, mark):
            break
        found.append(mark)
        if mark.names:
            break
    before = [mark for mark in question.names() if mark.place < rank.first]
    return [*found, *before[::-1]]
