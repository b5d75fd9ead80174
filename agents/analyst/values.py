"""Rows that count by the values in them: "open orders", "not paid by card", "titles containing Lost", "without a
weight"."""

from msgspec.structs import replace

from agents.analyst.cues import cues
from agents.analyst.draft import AGGREGATES, Draft, is_column, is_day, is_text
from agents.analyst.options import DAYS, NUMBERS, Option
from agents.analyst.plan import Field, Operator
from agents.analyst.sentence import Mark
from agents.analyst.tokens import stem
from agents.language.words import vocabulary

_NEGATING = ("not", "without")
_NAMING = vocabulary(
    "top bottom idle adjective known most least unit list count without over under maximum minimum"
) | {""}
"""What a mark may do besides, that is a value all the same."""
_DOERS = ("ers", "ors")
_DONE = ("d", "n", "t")
"""What a participle ends with."""
_UNLIKELIER = 0.15
"""By how much less surely a value may be meant that is one of the column beside it."""
_WAY = 3
"""Marks before a value that may say where it leads."""
_GIVING = vocabulary(
    "give gave given provide provided state stated say report reported leave left enter entered fill filled have"
)
_HAVING = vocabulary("have has had having with")
_COMPARED = ("over", "at_least", "under", "at_most", "equal", "between", "or_more", "or_less")
_RANKING = ("most", "least", "top", "bottom", "lapse", "minimum", "maximum", "span")


def read_texts(draft: Draft) -> None:
    """ "Whose title contains Lost", "names starting with A"."""
    for mark in draft.all("contain", "start"):
        column = next((item for item in draft.onward(mark.place, -1) if draft.named(item, is_text)), None)
        behind = next((it for it in draft.marks[mark.place + 1 :] if it.cue != "idle" or len(it.text) == 1), None)
        option = draft.view.pick(column, is_text) if column is not None else None
        if option is not None and behind is not None:
            draft.use(mark, column, behind)
            operator: Operator = "contains" if mark.cue == "contain" else "starts"
            draft.keep(mark.place, option.field, operator, (behind.text,), f"{mark.text} {behind.text}")


def read_missing(draft: Draft) -> None:
    """What rows lack, or do not lack."""
    for mark in draft.marks:
        following = draft.beside(mark.place)
        none_of = mark.cue == "not" and following is not None and following.plain in {"a", "an", "any"} | _GIVING
        if not draft.free(mark) or not (mark.cue in ("missing", "without", "known") or none_of):
            continue
        lacking = mark.cue in _NEGATING
        if none_of and following is not None and following.plain in _GIVING:
            near = (item for item in draft.near(following.place, 3) if item.names and item.cue in ("", "unit"))
            targets = [item for item in [next(near, None)] if item is not None and _may_lack(draft, item)]
        elif lacking:
            targets = [item for item in draft.near(mark.place, 2) if item.cue != "rows"][:1]
        else:
            targets = [*draft.near(mark.place, 2), *draft.near(mark.place, 2, -1)]
        for target in targets:
            if (
                target.names
                and target.cue in ("", "unit", "idle", "list")
                and _lacks(draft, mark, target, lacking=lacking)
            ):
                for other in draft.near(target.place, 2):  # "neither a dealer nor a trouble code"
                    joined = draft.cued(other.place, -1, "or")
                    if lacking and joined and _lacks(draft, mark, other, lacking=True):
                        draft.use(joined)
                break


def read_having(draft: Draft) -> None:
    """ "The samples that have a result": what only some rows have."""
    for mark in draft.marks if draft.has("count", "share") else ():
        target, article = draft.after(mark.place), draft.beside(mark.place)
        if mark.plain in _HAVING and target and article and article.plain in ("a", "an", "any"):
            behind = [item for item in draft.marks[target.place + 1 : target.place + 3] if item.cue != "idle"][:1]
            compared = any(item.number is not None or item.cue in _COMPARED or item.of("value", 0.7) for item in behind)
            if not compared and draft.free(target) and not target.of("value", 0.9) and _may_lack(draft, target):
                option = draft.view.pick(target, is_column, quiet=True)
                if option is None or option.score < 0.5 or option.field.path or draft.view.flag(option):
                    continue
                draft.keep(target.place, option.field, "is not null", (), f"{mark.text} {target.text}")
                draft.use(*([] if draft.has(*_COMPARED) else [target]))


def _may_lack(draft: Draft, mark: Mark) -> bool:
    """Whether a mark names a column that some rows have nothing in."""
    option = draft.view.pick(mark, is_column, quiet=True)
    profile = draft.view.profile(option.field) if option is not None else None
    return profile is not None and bool(profile.missing)


def _lacks(draft: Draft, mark: Mark, target: Mark, *, lacking: bool) -> bool:
    """Whether the target is what rows lack; then it is kept."""
    view = draft.view
    option = view.pick(target, is_column, quiet=True)
    value = view.pick(target, lambda item: bool(item.values), quiet=True)
    key = _key_to(draft, target) if option is None or option.score < 0.9 else None
    if not draft.free(target) or (option is None and key is None):
        return False
    if key is None and lacking and option and value and value.score > option.score:
        return False
    draft.use(mark, target)
    zeros = view.profile(option.field) if option is not None and key is None and option.column.kind in NUMBERS else None
    if lacking and option is not None and zeros is not None and zeros.low == 0:  # "no discount"
        if zeros.missing:
            view.choices.doubt(f'whether "{mark.text} {target.text}" is 0 or missing')
        else:
            draft.keep(target.place, option.field, "in", (0,), f"{mark.text} {target.text}")
            return True
    flag = view.flag(option) if option is not None and key is None else None
    said = f"{mark.text} {target.text}"
    if lacking and flag is not None and option is not None:
        draft.keep(target.place, option.field, "in", (flag[1],), said)
        return True
    chosen = view.pick(target, is_column) if key is None else None
    field = key or (chosen.field if chosen else None)
    assert field is not None
    draft.keep(target.place, field, "is not null" if mark.cue == "known" else "is null", (), said)
    return True


def _key_to(draft: Draft, mark: Mark) -> Field | None:
    """The column by which rows refer to those of a table that is named."""
    for item in mark.of("table", 0.65):
        path = draft.view.path(item.source) if item.source in draft.view.paths else ()
        if len(path) == 1:
            column = draft.view.lexicon.column(draft.view.source, path[0].columns[0])
            return Field(column.name, column.kind)
    return None


def read_values(draft: Draft) -> None:
    """The values that are named, with what negates and joins them."""
    negated: Field | None = None
    last = -9
    for mark in draft.names():
        if not draft.free(mark) or mark.cue not in _NAMING or not is_value(draft, mark) or _come_too(draft, mark):
            continue
        negation = _negation(draft, mark)
        column_field, column = _beside(draft, mark)
        before = draft.after(mark.place, -1)
        joined = (
            before if before is not None and before.cue in ("or", "and", "both") and mark.place - last <= 3 else None
        )
        carried = joined is not None and negated is not None
        found = draft.view.condition(mark, negated=bool(negation) or carried, beside=column_field)
        if found is None:
            continue
        if mark.cue in ("maximum", "minimum"):
            draft.view.choices.doubt(f'whether "{mark.text}" is {found.field.column}')
        if carried and not negation and found.field != negated:  # a new column begins anew
            found = replace(found, operator="in") if found.operator == "not in" else found
            negated = None
        elif negation or not joined:
            negated = found.field if negation else None
        draft.use(mark, negation, column, joined)
        if found.field.path and draft.named(before, lambda item: item.column.name in found.field.path[0].columns):  # noqa: B023
            draft.use(before)  # "sold on a Sunday", where days are another table's rows
        last = mark.place
        draft.filters.append((mark.place, found))


def is_value(draft: Draft, mark: Mark) -> bool:
    """Whether a mark names values, or a yes or no, rather than a column or a table."""
    view = draft.view
    values = view.options(mark.names, lambda item: bool(item.values))
    columns = view.options(mark.names, is_column)
    column = columns[0].score if columns else 0.0
    table = max((item.weight for item in mark.of("table") if item.source in view.paths), default=0.0)
    by = draft.cued(mark.place, -1, "by", "distinct")
    done = draft.beside(by.place, -1) if by is not None else None
    doer = done is not None and done.plain.endswith(_DONE) and mark.plain.endswith(_DOERS)  # "paid by survivors"
    grouped = by is not None and not doer
    worked_out = draft.cued(mark.place, -1, *AGGREGATES) is not None
    if worked_out and draft.is_figure(mark):
        return False
    if values and (_beside(draft, mark)[0] is not None or values[0].score >= max(column - 0.01, table + 0.001)):
        return not (grouped and column > 0.7)
    if not columns or column < 0.5 or grouped or view.flag(columns[0]) is None:
        return False
    asked = worked_out or draft.cued(mark.place, -1, "which") is not None
    return not asked or draft.cued(mark.place, 1, "rate") is not None or mark.plain.endswith("ers")


def _come_too(draft: Draft, mark: Mark) -> bool:
    """Whether a word such as "shipped" is about a day that has come as well, whatever the status is called then."""
    days = draft.view.options(mark.names, lambda item: is_day(item) and item.score >= 0.9 and not item.field.path)
    return mark.plain.endswith(_DONE) and any(_may_miss(draft, option) for option in days)


def _may_miss(draft: Draft, option: Option) -> bool:
    profile = draft.view.profile(option.field)
    return option.column.nullable if profile is None else profile.missing > 0


def _negation(draft: Draft, mark: Mark) -> Mark | None:
    """The word before a value that says that it is not that one."""
    for item in draft.near(mark.place, 3, -1):
        if item.cue in _NEGATING:
            return item if draft.free(item) else None
        other = item.number is not None or item.span is not None or item.of("value", 0.7)
        if other or item.cue not in ("", "which", "all", "adjective", "known"):
            return None
    return None


def _beside(draft: Draft, mark: Mark) -> tuple[Field | None, Mark | None]:
    """The column that is named next to a value of it, or that "from" and "to" choose."""
    view = draft.view
    options = view.options(mark.names, lambda item: bool(item.values))
    fields = {item.field for item in options if item.score >= options[0].score - _UNLIKELIER}
    for step, far in ((-1, 2), (1, 1)):
        others = [item for item in draft.near(mark.place, far, step) if item.cue not in ("not", "equal", "known")]
        for other in others[:1]:
            if not other.names or not draft.free(other) or other.cue not in ("", "idle", "unit"):
                continue
            columns = view.options(other.names, lambda item: is_column(item) and item.score >= 0.5)
            match = next((item.field for item in columns if item.field in fields), None)
            if match is not None and not draft.cued(other.place, -1, "by", "which", "distinct"):
                return match, other
    for before in draft.marks[max(mark.place - _WAY, 0) : mark.place][::-1] if len(fields) > 1 else ():
        for way in ("from", "to"):  # "from Leeds", "ended at the Lido"
            leading = [field for field in fields if view.says(field, way)]
            if len(leading) == 1 and stem(before.plain) in cues().columns[way]:
                return leading[0], None if before.cue == "idle" else before
    return None, None


def read_events(draft: Draft) -> None:
    """A day that is named to say that it has come, or has not: "discontinued parts", "not shipped", "not sold"."""
    for mark in draft.names():
        negation = _negation(draft, mark)
        option = draft.view.pick(mark, lambda item: is_column(item), quiet=True)
        if negation is None or (option is not None and option.column.kind in DAYS):
            option = draft.view.pick(mark, is_day, quiet=True)
        least = 0.6 if option is not None and option.column.kind in DAYS else 0.45
        if option is None or option.score < least or draft.when == option.field or draft.view.own(mark):
            continue
        done = mark.plain.endswith(_DONE) or mark.plain == "back"  # "came back"
        if not _may_miss(draft, option) or not done or draft.has(*_RANKING):
            continue
        if draft.cued(mark.place, -1, "by", "which", "list", *AGGREGATES) is None:
            draft.use(mark, negation)
            draft.keep(mark.place, option.field, "is null" if negation else "is not null", (), mark.text)
