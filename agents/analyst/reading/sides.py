"""Two things, or two times, whose figures are compared; and shares: of rows, or of what a column adds up to, that meet
what is said behind the verb, or of every group."""

from msgspec.structs import replace

from agents.analyst.reading.contents import opposite
from agents.analyst.reading.grouping import group_left
from agents.analyst.reading.measuring import aggregates, counted
from agents.analyst.reading.options import NUMBERS, Unresolved
from agents.analyst.reading.plan import Aggregate, Change, Condition, Field, Group, Measure, Plan, Side
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.ranking import takes_time
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
_LESS = vocabulary("less fewer lower")


def compared(question: Question, plan: Plan) -> Plan | None:
    """The plan where it is asked how far two figures are apart, or by how much one grew; None where it is not."""
    many = any(mark.plain in ("how many", "by how many") for mark in question.all("count"))
    much = many or question.word("much") is not None or question.has("percent")
    by = many and any(question.cued(mark.place, -1, "by") for mark in question.all("count"))  # "by how many kilos"
    grown = question.first("change") if much or question.has("percent_change") else None
    cue = question.first("difference", "percent_change") or grown or (question.first("more") if by else None)
    comparative, than = _comparative(question)
    if cue is None and not (comparative is not None and than is not None and much):
        return None
    sides, field = _sides(question, plan)
    if len(sides) != 2 and than is not None:
        sides, field = _other_side(question, than)
    if len(sides) != 2:
        return None
    percent = question.has("percent_change", "percent") or bool(question.first("share"))
    question.use(than, comparative)
    question.use_all(*_SIDES)
    measure = _measure(question, comparative)
    signed = field is None and question.word("much") is not None
    change: Change = "percent" if percent else "difference" if question.has("change") or signed else "distance"
    if than is not None and not percent:  # the first is how much more than the second
        change = "difference"
        before = [span for place, span in question.times if place < than.place] if field is None else []
        sides = sides if len(before) == 1 and before[0] != sides[0].span else sides[::-1]
        less = comparative is not None and (set(comparative.plain.split()) & _LESS or (comparative.said or (1,))[0] < 0)
        turned = comparative is not None and takes_time(measure.field, comparative.said[1] if comparative.said else ())
        sides = sides[::-1] if less != turned else sides
    question.use_rows()
    number = question.first("count")
    question.use(question.cued(number.place, -1, "by") if number is not None else None)  # "by how many pounds"
    question.use_all("count", "which")
    return replace(
        plan, conditions=tuple(item for item in plan.conditions if item.field != field), spans=(), sides=sides,
        change=change, measures=(measure,), groups=(), when=question.when if field is None else plan.when,
    )  # fmt: skip


def _comparative(question: Question) -> tuple[Mark | None, Mark | None]:
    """The comparative and the "than" of a comparison."""
    spoken = (mark for mark in question.marks if mark.plain == "than" or mark.plain.endswith(" than"))
    than = next(filter(question.free, spoken), None)
    kinds = ("adjective", "over", "under", "")
    found = next((mark for mark in question.marks if mark.said and mark.said[2] == "er" and mark.cue in kinds), None)
    return found or (question.first("more", "difference") if than is not None else None), than


def _measure(question: Question, comparative: Mark | None) -> Measure:
    """What is worked out of both sides."""
    if found := aggregates(question):
        return found[0]
    if comparative is not None and comparative.said:
        field = question.scope.said_of(comparative.said[1])
        if field is not None:
            question.use_all("average", "median")
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
            sides = tuple(_side(question, one) for one in said)
            if sides[0].label != sides[1].label:
                return sides, item.field
    return (), None


def _side(question: Question, condition: Condition) -> Side:
    label = ", ".join(map(str, condition.values))
    return Side(f"{condition.field.column} {label}" if question.is_flag(condition) else label, (condition,))


def _other_side(question: Question, than: Mark) -> tuple[tuple[Side, ...], Field | None]:
    """What a yes or no is compared with is the other of both: "for an evening show than for a matinee"."""
    flags = [(place, item) for place, item in question.filters if question.is_flag(item) and item.operator == "in"]
    if len(flags) != 1 or len(flags[0][1].values) != 1:
        return (), None
    place, item = flags[0]
    sides = tuple(_side(question, one) for one in (item, replace(item, values=opposite(question, item))))
    return sides if place < than.place else sides[::-1], item.field


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
            question.use_all(*_COMPARING)
            return _by_values(plan, item, whole=whole)
    flags = [item for item in plan.conditions if question.is_flag(item) and item.field not in grouped]
    compare = question.first("compare")
    if compare is not None and len(flags) == 1 and not plan.groups:  # "members against the others"
        question.use(question.after(compare.place))
        question.use_all(*_COMPARING)
        return _by_values(plan, flags[0], whole=True)
    if len(plan.spans) > 1:
        question.use_all(*_COMPARING)
    return plan


def _by_values(plan: Plan, condition: Condition, *, whole: bool) -> Plan:
    """Put together by the column of a condition, which a `whole` column no longer restricts."""
    kept = tuple(item for item in plan.conditions if not (whole and item is condition))
    return replace(plan, groups=(Group((condition.field,)), *plan.groups), conditions=kept)


def _apart(question: Question, plan: Plan, condition: Condition) -> bool:
    """Whether the values of a condition are told apart, and not taken together."""
    figure = bool(question.figures() or any(measure.field for measure in plan.measures))
    figure = figure and not question.has("count", "list", "share")
    averaged = (question.has(*AGGREGATES) or figure) and not question.has("or")
    chosen = question.has("or") and question.has("which", "most", "least")
    told = question.has("more", "compare", "difference", "change")
    return averaged or chosen or told or question.scope.is_year(condition.field)


def shared(question: Question, plan: Plan) -> Plan | None:
    """The plan of a share: of what is true of a part, or of every group."""
    if any(itself(question, mark) for mark in question.all("share")):
        return None
    rate = question.first("rate") if question.filters else None
    asked = next((mark for mark in question.all("percent") if _alone(question, mark)), None)
    cue = question.first("share") or rate or (asked if question.has("count", "which", "span") else None)
    if cue is None:
        return None
    question.use_all("share", "rate", "share_of_all", "count", "sum", "percent", "which")
    question.use_rows()
    adding = (mark for mark in question.figures() if (field := question.scope.field_of(mark, "figure"))
              and question.scope.adds_up(field))  # fmt: skip
    figure = next(adding, None)  # "share of bottles"
    measures = (Measure("sum", question.take(figure, "figure")),) if figure is not None else ()
    each = question.after(cue.place)
    of_groups = bool(question.groups) and cue.cue == "share" and each.plain.endswith("each")
    if question.filters and not of_groups:
        part, whole = _split(question, cue)
        return replace(plan, measures=measures, part=part, conditions=whole, groups=tuple(question.groups))
    found = group_left(question) if not question.groups else None
    groups = (found,) if found is not None else tuple(question.groups)
    if not groups:
        raise Unresolved("I do not see whose share is meant.")
    return replace(plan, measures=measures or (Measure("count"),), groups=groups, share=True)


def itself(question: Question, mark: Mark) -> bool:
    """Whether a share is a figure of each row, and not worked out: "the average share of foreign visitors"."""
    return question.cued(mark.place, -1, *AGGREGATES) is not None and question.is_figure(question.after(mark.place))


def _alone(question: Question, mark: Mark) -> bool:
    return question.free(mark) and question.beside(mark.place, -1).number is None


def _split(question: Question, cue: Mark) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """What is true of the part, and what of the whole: behind and before the verb; without one a yes or no is of the
    part, or else everything is."""
    places = [place for place, _ in question.filters]
    behind = question.marks[cue.place + 1 : max(places) + 1]
    verbs = [mark for mark in behind if mark.plain in _VERBS]
    main = [mark for mark in verbs if mark.plain not in _RELATIVE and min(places) < mark.place]
    other = [mark for mark in behind if mark.strange and min(places) < mark.place < max(places)]
    verb = main[-1] if main else next(iter([*verbs, *other]), None)
    whole = question.conditions()
    if verb is not None and any(place > verb.place for place in places):
        at = verb.place
        return question.conditions(lambda place: place >= at), question.conditions(lambda place: place < at)
    if len({item.field for item in whole}) > 1:
        question.scope.choices.doubt("which of the conditions the whole meets as well")
    flags = [place for place, item in question.filters if question.is_flag(item)]
    if flags and len(whole) > 1:
        return question.conditions(lambda place: place == flags[-1]), question.conditions(lambda p: p != flags[-1])
    return whole, ()


def grouped(question: Question, plan: Plan) -> Plan:
    """With what rows are put together by; names of the rows mean what is counted."""
    plan = told_apart(question, plan)
    question.use_rows()
    question.use_all("which", "count", "overall")
    plan = replace(plan, groups=tuple(dict.fromkeys((*plan.groups, *question.groups))))
    if not plan.groups and question.has("which", "list") and not question.has("count", *AGGREGATES):
        group = group_left(question)
        plan = replace(plan, groups=(group,)) if group is not None else plan
    for group in plan.groups:  # "orders per bay for each dealer": by a figure that is the same in all rows of a group
        field, others = group.fields[0], tuple(other for other in plan.groups if other is not group)
        if group.unit is None and field.kind in NUMBERS and any(other.tells_apart(field) for other in others):
            return replace(plan, groups=others, measures=tuple(replace(item, per=field) for item in plan.measures))
    return plan
