"""What would be put together that is not asked for together, and what would be counted several times."""

from agents.analyst.draft import Draft
from agents.analyst.options import Unresolved, words_of
from agents.analyst.plan import Plan

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
