"""A plan for the rows of one table, from the marks of a question; and what would be put together that is not asked for
together, or counted several times."""

from dataclasses import replace as changed
from itertools import pairwise

from msgspec.structs import replace

from agents.analyst.comparing import compared, share_cue, shared, told_apart
from agents.analyst.draft import Draft, is_column, is_day, merged
from agents.analyst.extremes import first_of, thing_group, thing_of
from agents.analyst.grouping import group_left, read_groups
from agents.analyst.listing import grouped, listed
from agents.analyst.measuring import how_much, measured
from agents.analyst.numbers import OPERATORS, read_numbers
from agents.analyst.options import Option, Unresolved, words_of
from agents.analyst.plan import Condition, Measure, Plan
from agents.analyst.ranking import Rank, by_figure, ranked
from agents.analyst.reach import days
from agents.analyst.sentence import Mark
from agents.analyst.times import read_times
from agents.analyst.tokens import parts
from agents.analyst.values import read_events, read_having, read_missing, read_texts, read_values
from agents.language.words import vocabulary

_TRAILING = vocabulary("score level value amount figure rating column type")
"""Nouns behind a name that say nothing more than it."""
_MOST_DIGITS = 9


def plan_of(draft: Draft, dataset: str) -> Plan:
    """The plan; the draft says which marks left their trace. Raises Unresolved where there is none."""
    _wishes(draft)
    lapse = _lapse(draft)
    read_filters(draft)
    rank = ranked(draft) if lapse is None else None
    read_groups(draft, rank)
    plan = _plan(draft, Plan(dataset, draft.view.source, when=draft.when, digits=draft.digits), rank, lapse)
    plan = _told_only(draft, plan)
    check_not_multiplied(draft, plan)
    check_one_question(draft, plan)
    joined = {hop.source for field in plan.fields for hop in field.path}
    draft.use(*(mark for mark in draft.names() if any(item.source in joined for item in mark.of("table", 0.95))))
    trailing = (
        mark for one, mark in pairwise(draft.marks) if mark.plain in _TRAILING and one.names and not draft.free(one)
    )
    draft.use(*trailing)
    year = draft.view.calendar("year")
    if year is not None and year not in plan.fields and any(measure.aggregate == "sum" for measure in plan.measures):
        draft.view.choices.doubt("whether all years are to be added up")
    said = {word for measure in plan.measures if measure.field for word in parts(measure.field.column)}
    draft.use(*(mark for mark in draft.marks if mark.plain in said and mark.cue in ("", "unit")))
    return plan


def read_filters(draft: Draft) -> None:
    """Put into the draft which rows count. Raises Unresolved."""
    for read in (read_having, read_numbers, read_texts, read_missing, read_values, read_times, read_events):
        read(draft)


def _plan(draft: Draft, plan: Plan, rank: Rank | None, lapse: Measure | None) -> Plan:
    rank = _by(draft, rank) if rank is not None else None
    if (cue := share_cue(draft)) is not None:
        return shared(draft, replace(plan, when=draft.when), cue)
    plan = replace(plan, conditions=merged(draft), spans=draft.spans, when=draft.when)
    if (sided := compared(draft, plan)) is not None:
        return sided
    thing = thing_of(draft, rank)
    if rank is not None:
        found = first_of(draft, plan, rank, thing)
    elif lapse is not None:
        found = grouped(draft, replace(told_apart(draft, plan), measures=(lapse,)))
    else:
        found = _figures(draft, told_apart(draft, plan), thing)
    return replace(found, when=draft.when)


def _by(draft: Draft, rank: Rank) -> Rank:
    """The rank by the figure behind "by": "top 5 countries by population", "longest flight by distance"."""
    by = next((mark for mark in draft.all("by") if draft.free(mark) and mark.place > rank.last), None)
    if by is None or rank.measure is not None or (rank.figure is not None and not rank.adjective):
        return rank
    if rank.adjective and not draft.is_figure(draft.after(by.place)):
        return rank
    measure, figure = by_figure(draft, by.place)
    if measure is None and figure is None:
        return rank
    draft.use(by)
    return changed(rank, figure=figure, measure=measure, adjective=False, sum=True)


def _wishes(draft: Draft) -> None:
    """How the answer is to look: how many digits, in per cent, without what is missing (which never counts)."""
    for mark in draft.marks:
        following = draft.beside(mark.place)
        if mark.cue == "overall" and draft.named(following, draft.view.groupable):
            draft.use(following)
        before = draft.beside(mark.place, -1)
        if mark.cue == "percent" and before is not None and before.number is not None:
            draft.use(mark)
        if mark.cue == "ignored":
            _known_only(draft, mark)
        if mark.cue in ("ignore", "ignored", "all", "round", "whole", "overall"):
            draft.use(mark)
            draft.digits = 0 if mark.cue == "whole" else draft.digits
        number = 1 if mark.plain == "one" else mark.number
        if number is not None and following is not None and following.cue == "places":
            draft.use(mark, following)
            draft.digits = min(int(number), _MOST_DIGITS)


def _known_only(draft: Draft, mark: Mark) -> None:
    """Only rows that have what is not to be missing."""
    option = draft.view.pick(mark, is_column)
    profile = draft.view.profile(option.field) if option is not None else None
    if option is not None and profile is not None and profile.missing:
        draft.keep(mark.place, option.field, "is not null", (), f"without missing {mark.text}")


def _told_only(draft: Draft, plan: Plan) -> Plan:
    """Without groups of what is missing, and without rows in a share of which nobody knows whether they belong to the
    part, where what is missing is not to count."""
    if not draft.has("ignore"):
        return plan
    groups = [field for group in plan.groups if group.unit is None for field in group.fields[-1:]]
    fields = dict.fromkeys([*groups, *(item.field for item in plan.part if item.operator != "is null")])
    known = [Condition(field, "is not null", (), "known") for field in fields]
    return replace(plan, conditions=(*plan.conditions, *(item for item in known if item not in plan.conditions)))


def _lapse(draft: Draft) -> Measure | None:
    """The days from one date to another: what is worked out of them, unless they are compared with a number."""
    cue = draft.first("lapse")
    named = [mark for mark in draft.names() if draft.named(mark, _own_day)][:2]
    if cue is None and (whole := _whole_lapse(draft)) is not None:
        return whole
    if cue is None or not named:
        return None
    fields = [option.field for mark in named if (option := draft.view.pick(mark, _own_day))]
    first = draft.view.day() if len(fields) == 1 else fields[0]
    if first is None or first == fields[-1]:
        return None
    lapse = replace(fields[-1], since=first, kind="integer")
    draft.use(cue, *named)
    for mark in draft.marks:
        comparative = mark.said[0] if mark.said and mark.said[2] == "er" else 0
        number = draft.after(mark.place)
        if (mark.cue in OPERATORS or comparative) and number is not None and number.number is not None:
            draft.use(mark, number)
            operator = OPERATORS.get(mark.cue) or (">" if comparative > 0 else "<")
            draft.keep(mark.place, lapse, operator, (int(number.number),), f"{mark.text} {number.text}")
            return None
    kinds = {"most": "maximum", "least": "minimum", "average": "average", "median": "median", "sum": "sum"}
    aggregate = next(iter(draft.all(*kinds)), None)
    draft.use(aggregate)
    return Measure(kinds[aggregate.cue] if aggregate else "average", lapse)  # type: ignore[arg-type]


def _whole_lapse(draft: Draft) -> Measure | None:
    """ "How long is a loan on average", where nothing but two days says how long."""
    how = next((mark for mark in draft.marks if mark.plain == "long" and how_much(draft, mark)), None)
    average, own = draft.first("average", "median"), days(draft.view.table)
    if how is None or average is None or len(own) != 2 or (how.said and draft.view.said_of(how.said[1])):
        return None
    draft.use(how, average)
    draft.view.choices.doubt(
        f"whether it is about the days from {words_of(own[0].column)} to {words_of(own[1].column)}"
    )
    return Measure(average.cue, replace(own[1], since=own[0], kind="integer"))  # type: ignore[arg-type]


def _own_day(option: Option) -> bool:
    return is_day(option) and not option.field.path


def _figures(draft: Draft, plan: Plan, thing: Mark | None) -> Plan:
    """One figure, or one for each group; or rows, where nothing is to be worked out."""
    if draft.having is not None:
        measures = measured(draft, None) if draft.has("average", "median") else ()
        group = thing_group(draft, thing) or next(iter([*draft.groups, *group_left(draft)]), None)
        if group is None:
            raise Unresolved("I do not see what is to have so many.")
        draft.use(*draft.all("count", "list", "which"))
        return grouped(draft, replace(plan, groups=(group,), measures=measures))
    measures = measured(draft, thing)
    if measures:
        draft.use(*(mark for mark in draft.all("which", "list") if not mark.names))
        return grouped(draft, replace(plan, measures=measures))
    return listed(draft, plan, None, thing_group(draft, thing))


_NEAR = 3
_REPEATED = 0.5
"""What it takes from a reading that rows are averaged that are referred to, each as often as it is."""


def check_one_question(draft: Draft, plan: Plan) -> None:
    """Raises Unresolved where there are two questions in one, or conditions that no plan can join."""
    two = len(draft.all("count")) > 1 and len(plan.measures) < 2 and not plan.sides
    said = [*((place, item.field) for place, item in draft.filters), *((place, None) for place, _ in draft.times)]
    fields = [field for _, field in sorted(said, key=lambda item: item[0])]
    crossed = zip(fields, fields[1:], fields[2:], fields[3:], strict=False)
    if two or any(a == c != b == d for a, b, c, d in crossed):
        raise Unresolved("Those are two questions: please ask one at a time.")
    for mark in draft.all("or"):
        before = [field for place, field in said if -_NEAR <= place - mark.place < 0]
        behind = [field for place, field in said if 0 < place - mark.place <= _NEAR]
        ranges = [
            item
            for place, item in draft.filters
            if abs(place - mark.place) <= _NEAR and not item.operator.endswith("in")
        ]
        if before and behind and (ranges or not set(before) & set(behind)):
            raise Unresolved(f'I cannot put "{mark.text}" between two different columns.')
    refused = [item.field for item in plan.conditions if item.operator == "not in" and item.values]
    negated = bool(refused)
    for measure in plan.measures:
        path = measure.field.path if measure.field is not None and measure.aggregate == "distinct" else ()
        if path and any(field.path[: len(path)] != path for field in refused):
            raise Unresolved("I cannot tell which never had one.")
    if any(mark.plain == "never" for mark in draft.marks) and plan.groups and draft.says("which", "who", "what"):
        raise Unresolved("I cannot tell which never had one.")
    things = any(group.fields[0].path for group in plan.groups) and not plan.having and plan.descending is None
    if negated and things and draft.says("which", "who"):
        raise Unresolved("I cannot tell which never had one.")


def check_not_multiplied(draft: Draft, plan: Plan) -> None:
    """A figure of rows that are referred to comes as often as they are: it is not added up, and seldom averaged. Raises
    Unresolved."""
    for measure in plan.measures:
        field = measure.field
        if field is None or not field.path or field.related:
            continue
        own = field.path[-1].source
        if measure.aggregate == "sum":
            raise Unresolved(
                f"{words_of(field.column)} stands in {words_of(own.table)}, and would count several times."
            )
        if measure.aggregate == "distinct":
            others = [item for item in plan.fields if item.path[: len(field.path)] != field.path]
            named = {item.source for mark in draft.marks for item in mark.of("table", 0.65)} & draft.view.paths.keys()
            if not others and not named - {own}:
                raise Unresolved("They are counted where they stand.")
        elif measure.aggregate not in ("minimum", "maximum", "range"):
            draft.view.score -= _REPEATED
