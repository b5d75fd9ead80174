"""Two things, or two times, whose figures are compared; and shares: of rows, or of what a column adds up to, that meet
what is said behind the verb, or of every group."""

from msgspec.structs import replace

from agents.analyst.reading.contents import opposite
from agents.analyst.reading.grouping import group_left
from agents.analyst.reading.measuring import aggregates, counted
from agents.analyst.reading.options import NUMBERS, Unresolved
from agents.analyst.reading.plan import Aggregate, Change, Condition, Field, Group, Measure, Plan, Side
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import Mark
from agents.language.words import vocabulary

_COMPARING = ("compare", "difference", "change", "both", "more", "or", "over", "under", "percent_change")
_SIDES = ("difference", "percent_change", "percent", "change", "compare", "and", "both", "between", "share", "more")
_VERBS = vocabulary(
    """is are was were have has had do does did who that which whose can made got get gets took take takes chose
    used use uses won win wins came come comes bought paid with"""
)
"""Behind these stands what is true of the part."""
_RELATIVE = vocabulary("who that which whose")


def compared(question: Question, plan: Plan) -> Plan | None:
    """The plan where it is asked how far two figures are apart, or by how much one grew; None where it is not."""
    many = any(mark.plain in ("how many", "by how many") for mark in question.all("count"))
    much = many or question.word("much") is not None or question.has("percent")
    grown = question.first("change") if much or question.has("percent_change") else None
    cue = question.first("difference", "percent_change") or grown
    comparative, than = _comparative(question)
    if cue is None and not (comparative is not None and than is not None and much):
        return None
    sides, field = _sides(question, plan)
    if len(sides) != 2 and than is not None:
        sides, field = _other_side(question, than)
    if len(sides) != 2:
        return None
    percent = question.has("percent_change", "percent") or bool(question.first("share"))
    question.use(than, comparative, *question.all(*_SIDES))
    measure = _measure(question, comparative)
    change: Change = "percent" if percent else "distance"
    if than is not None and not percent:
        first_said = min(question.times)[0] if field is None and question.times else 0
        before = [span for place, span in question.times if place < than.place]
        first = before[0] if field is None and len(before) == 1 and first_said is not None else sides[0].span
        sides, change = (sides if first != sides[0].span else (sides[1], sides[0])), "difference"
        if comparative is not None and _less(comparative):
            sides = (sides[1], sides[0])
    elif not percent:
        signed = question.has("change") or (field is None and question.word("much") is not None)
        change = "difference" if signed else "distance"
    rest = tuple(item for item in plan.conditions if item.field != field)
    question.use(*(mark for mark in question.names() if question.scope.own(mark)), *question.all("count", "which"))
    return replace(
        plan, conditions=rest, spans=(), sides=sides, change=change, measures=(measure,), groups=(),
        when=question.when if field is None else plan.when,
    )  # fmt: skip


def _comparative(question: Question) -> tuple[Mark | None, Mark | None]:
    """The comparative and the "than" of a comparison."""
    spoken = (mark for mark in question.marks if mark.plain == "than" or mark.plain.endswith(" than"))
    than = next(filter(question.free, spoken), None)
    kinds = ("adjective", "over", "under", "")
    found = next((mark for mark in question.marks if mark.said and mark.said[2] == "er" and mark.cue in kinds), None)
    if found is None and than is not None:
        found = question.first("more", "difference")
    return found, than


def _less(mark: Mark) -> bool:
    words = set(mark.plain.split())
    return bool(words & {"less", "fewer", "lower"}) or (mark.said is not None and mark.said[0] < 0)


def _measure(question: Question, comparative: Mark | None) -> Measure:
    """What is worked out of both sides."""
    found = aggregates(question)
    if found:
        return found[0]
    if comparative is not None and comparative.said:
        field = question.scope.said_of(comparative.said[1])
        if field is not None:
            question.use(*question.all("average", "median"))
            return Measure("median" if question.has("median") else "average", field)
    if figures := question.figures():
        field = question.take(figures[0], "figure")
        ways: list[tuple[str, Aggregate]] = [("the total is meant", "sum"), ("the average is meant", "average")]
        return Measure(question.scope.choices.of("aggregate", ways), field)
    return counted(question) or Measure("count")


def _sides(question: Question, plan: Plan) -> tuple[tuple[Side, ...], Field | None]:
    """The two that are compared, in the order in which they are said (times in their own), and the column that they
    are values of; None where they are times."""
    if len(plan.spans) == 2:
        return tuple(Side(span.label, (), span) for span in plan.spans), None
    for item in plan.conditions:
        said = [one for _, one in sorted(question.filters, key=lambda pair: pair[0]) if one.field == item.field]
        if item.operator == "in" and len(said) == 2:
            if question.scope.is_year(item.field):
                said.sort(key=lambda one: str(one.values[0]))
            labels = [", ".join(map(str, one.values)) for one in said]
            if question.is_flag(item):
                labels = [f"{item.field.column} {label}" for label in labels]
            if labels[0] != labels[1]:
                return tuple(Side(label, (one,)) for label, one in zip(labels, said, strict=True)), item.field
    return (), None


def _other_side(question: Question, than: Mark) -> tuple[tuple[Side, ...], Field | None]:
    """What a yes or no is compared with is the other of both: "for an evening show than for a matinee"."""
    flags = [(place, item) for place, item in question.filters if question.is_flag(item) and item.operator == "in"]
    if len(flags) != 1 or len(flags[0][1].values) != 1:
        return (), None
    place, item = flags[0]
    other = replace(item, values=opposite(question, item))
    sides = [Side(f"{item.field.column} {one.values[0]}", (one,)) for one in (item, other)]
    return tuple(sides if place < than.place else sides[::-1]), item.field


def told_apart(question: Question, plan: Plan) -> Plan:
    """The plan with what is compared as groups: values, where "compare" or "versus" says so, where both sides of a yes
    or no are named, and where an average is asked of several."""
    grouped = {field for group in question.groups for field in group.fields}
    for item in plan.conditions:
        said = [one for _, one in question.filters if one.field == item.field]
        if item.operator != "in" or len(said) < 2 or len(item.values) < 2 or item.field in grouped:
            continue
        whole = question.is_flag(item)
        if question.has("and") and not question.has("or", "compare", "difference", "change", "more") and not whole:
            question.scope.choices.doubt(f"whether {' and '.join(one.said for one in said)} are taken together")
        if whole or _apart(question, plan, item):
            question.use(*question.all(*_COMPARING))
            conditions = tuple(one for one in plan.conditions if not (whole and one is item))
            return replace(plan, groups=(Group((item.field,)), *plan.groups), conditions=conditions)
    flags = [item for item in plan.conditions if question.is_flag(item) and item.field not in grouped]
    if question.first("compare") is not None and len(flags) == 1 and not plan.groups:  # "members against the others"
        compare = question.first("compare")
        question.use(*question.all(*_COMPARING), question.after(compare.place) if compare is not None else None)
        rest = tuple(item for item in plan.conditions if item is not flags[0])
        return replace(plan, groups=(Group((flags[0].field,)),), conditions=rest)
    if len(plan.spans) > 1:
        question.use(*question.all(*_COMPARING))
    pass
    return plan


def _apart(question: Question, plan: Plan, condition: Condition) -> bool:
    """Whether the values of a condition are told apart, and not taken together."""
    figure = bool(question.figures() or any(measure.field for measure in plan.measures)) and not question.has(
        "count", "list", "share"
    )
    averaged = (question.has(*AGGREGATES) or figure) and not question.has("or")
    more = question.has("more") or (question.has("or") and question.has("which", "most", "least"))
    year = question.scope.is_year(condition.field)
    return averaged or more or year or question.has("compare", "difference", "change")


def shared(question: Question, plan: Plan) -> Plan | None:
    """The plan of a share: of what is true of a part, or of every group."""
    rate = question.first("rate") if question.filters else None
    asked = [mark for mark in question.all("percent") if mark.cue == "percent" and _alone(question, mark)]
    cue = question.first("share") or rate or (asked[0] if asked and question.has("count", "which", "span") else None)
    if cue is None:
        return None
    question.use(*question.all("share", "rate", "share_of_all", "count", "sum", "percent", "which"))
    question.use(*(mark for mark in question.names() if question.scope.own(mark)))
    figures = [mark for mark in question.figures() if _shares(question, cue, mark)]
    measures = (Measure("sum", question.take(figures[0], "figure")),) if figures else ()
    each = question.after(cue.place)
    of_groups = bool(question.groups) and cue.cue == "share" and each is not None and each.plain.endswith("each")
    if not question.filters or of_groups:
        found = group_left(question) if not question.groups else None
        groups = (found,) if found is not None else tuple(question.groups)
        if not groups:
            raise Unresolved("I do not see whose share is meant.")
        return replace(plan, measures=measures or (Measure("count"),), groups=groups, share=True)
    part, whole = _split(question, cue)
    return replace(plan, measures=measures, part=part, conditions=whole, groups=tuple(question.groups))


def _alone(question: Question, mark: Mark) -> bool:
    before = question.beside(mark.place, -1)
    return question.free(mark) and (before is None or before.number is None)


def _shares(question: Question, cue: Mark, mark: Mark) -> bool:
    """Whether a share may be one of what a figure adds up to: "share of bottles"."""
    found = question.scope.sense(mark, "figure")
    return found is not None and found.field is not None and question.scope.adds_up(found.field)


def _split(question: Question, cue: Mark) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """What is true of the part, and what of the whole: behind and before the verb; without one a yes or no is of the
    part, or else everything is."""
    places = [place for place, _ in question.filters]
    behind = question.marks[cue.place + 1 :]
    verbs = [mark.place for mark in behind if mark.plain in _VERBS and mark.place <= max(places)]
    main = [place for place in verbs if question.marks[place].plain not in _RELATIVE and min(places) < place]
    other = [mark.place for mark in behind if mark.strange and min(places) < mark.place < max(places)]
    verb = main[-1] if main else next(iter([*verbs, *other]), None)
    whole = question.conditions()
    if verb is not None and any(place > verb for place in places):
        return question.conditions(lambda place: place >= verb), question.conditions(lambda place: place < verb)
    if len({item.field for item in whole}) > 1:
        question.scope.choices.doubt("which of the conditions the whole meets as well")
    flags = [place for place, item in question.filters if question.is_flag(item)]
    if flags and len(whole) > 1:
        return question.conditions(lambda place: place == flags[-1]), question.conditions(lambda p: p != flags[-1])
    return whole, ()


def grouped(question: Question, plan: Plan) -> Plan:
    """With what rows are put together by; names of the rows mean what is counted."""
    plan = told_apart(question, plan)
    scope = question.scope
    question.use(*(mark for mark in question.names() if scope.own(mark)))
    question.use(*(mark for mark in question.all("which", "count", "overall")))
    plan = replace(plan, groups=tuple(dict.fromkeys((*plan.groups, *question.groups))))
    if not plan.groups and question.has("which", "list") and not question.has("count", *AGGREGATES):
        group = group_left(question)
        plan = replace(plan, groups=(group,)) if group is not None else plan
    return _divided(plan)


def _divided(plan: Plan) -> Plan:
    """ "Orders per bay for each dealer": divided by a figure that is the same in all rows of a group."""
    for group in plan.groups:
        field = group.fields[0]
        others = tuple(other for other in plan.groups if other is not group)
        if group.unit is None and field.kind in NUMBERS and any(other.tells_apart(field) for other in others):
            measures = tuple(replace(measure, per=field) for measure in plan.measures)
            return replace(plan, groups=others, measures=measures)
    return plan
