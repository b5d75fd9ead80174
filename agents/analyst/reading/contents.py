"""Rows that count by what stands in them: "open orders", "not paid by card", "without a weight", "furnished"."""

from msgspec.structs import replace

from agents.analyst.reading.cues import cues
from agents.analyst.reading.options import NUMBERS, Unresolved
from agents.analyst.reading.plan import Condition, Field, Operator, Scalar
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.scope import LIKELY, SURE, Sense, SenseKind
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import stem
from agents.language.words import vocabulary

_NEGATING = ("not", "without")
_NAMING = vocabulary(
    "top bottom idle adjective known most least unit list count without over under maximum minimum missing"
) | {""}
"""What a mark may do besides, that is a value all the same."""
_DONE = ("d", "n", "t")
"""What a participle ends with."""
_DOERS = ("ers", "ors")
_GIVING = vocabulary(
    "give gave given provide provided state stated say report reported leave left enter entered fill filled have got"
)
_HAVING = vocabulary("have has had having with got")
_RANKING = ("most", "least", "top", "bottom", "lapse", "minimum", "maximum", "span")
_JOINING = ("or", "and", "both")
_BETWEEN = ("not", "equal", "known", "or", "by")
_WAY = 3
"""Marks before a value that may say where it leads."""


def read_texts(question: Question) -> None:
    """ "Whose title contains Lost", "names starting with A"."""
    for mark in question.all("contain", "start"):
        column = next((item for item in question.onward(mark.place, -1) if question.is_thing(item)), None)
        behind = next((it for it in question.marks[mark.place + 1 :] if it.cue != "idle" or len(it.text) == 1), None)
        found = question.scope.chosen(column, "thing") if column is not None else None
        if found is not None and found.field is not None and found.field.kind == "text" and behind is not None:
            question.use(mark, column, behind)
            operator: Operator = "contains" if mark.cue == "contain" else "starts"
            question.keep(mark.place, found.field, operator, (behind.text,), f"{mark.text} {behind.text}")


def read_missing(question: Question) -> None:
    """What rows lack, or do not lack."""
    for mark in question.marks:
        if not question.free(mark) or (mark.cue == "missing" and question.scope.score(mark, "value") > 0.8):
            continue
        following = question.beside(mark.place)
        giving = mark.cue == "not" and following is not None and following.plain in {"a", "an", "any"} | _GIVING
        lacking = mark.cue in _NEGATING
        if giving or mark.cue == "without":
            targets = [item for item in question.near(mark.place, 3) if item.names and item.cue != "rows"][:2]
        elif mark.cue in ("missing", "known"):
            targets = [*question.near(mark.place, 2), *question.near(mark.place, 3, -1)]
        else:
            continue
        for target in targets:
            if target.cue in ("", "unit", "idle", "list") and _lacks(question, mark, target, lacking=lacking):
                question.use(following if giving else None)
                break


def _may_lack(question: Question, mark: Mark) -> bool:
    """Whether a mark names a column that some rows have nothing in."""
    found = question.scope.sense(mark, "figure", "thing", "day")
    profile = question.scope.profile(found.field) if found is not None and found.field is not None else None
    return profile is not None and bool(profile.missing)


def _lacks(question: Question, mark: Mark, target: Mark, *, lacking: bool) -> bool:
    """Whether the target is what rows lack; then it is kept."""
    scope = question.scope
    found = scope.sense(target, "figure", "thing", "day")
    if not question.free(target) or found is None or found.field is None:
        return False
    field, said = found.field, f"{mark.text} {target.text}"
    if found.group and len(field.path) == 1:  # a row of another table that is referred to
        key = scope.field(scope.source, field.path[0].columns[0])
        field = key or field
    pass
    flag, profile = scope.flag(field), scope.profile(field)
    if lacking and flag is not None:
        question.use(mark, target)
        question.keep(target.place, field, "in", (flag[1],), said)
        return True
    if lacking and profile is not None and field.kind in NUMBERS and profile.low == 0:  # "no discount"
        if not profile.missing:
            question.use(mark, target)
            question.keep(target.place, field, "in", (0,), said)
            return True
        scope.choices.doubt(f'whether "{said}" is 0 or missing')
    if profile is not None and not profile.missing:
        scope.choices.doubt(f'what "{said}" is, as every row has one')
    chosen = scope.chosen(target, "figure", "thing", "day") if not found.group else None
    question.use(mark, target)
    field = chosen.field if chosen is not None and chosen.field is not None else field
    question.keep(target.place, field, "is not null" if mark.cue == "known" else "is null", (), said)
    return True


def read_having(question: Question) -> None:
    """ "The samples that have a result": what only some rows have."""
    for mark in question.marks if question.has("count", "share") else ():
        target, article = question.after(mark.place), question.beside(mark.place)
        if mark.plain not in _HAVING or target is None or article is None or article.plain not in ("a", "an", "any"):
            continue
        behind = [item for item in question.marks[target.place + 1 : target.place + 3] if item.cue != "idle"][:1]
        compared = any(item.number is not None or item.cue in _RANKING or item.of("value", 0.7) for item in behind)
        found = question.scope.sense(target, "figure", "thing", "day", least=0.5)
        if compared or found is None or found.field is None or found.field.path or not question.free(target):
            continue
        if _may_lack(question, target) and not question.scope.flag(found.field) and not target.of("value", 0.9):
            question.keep(target.place, found.field, "is not null", (), f"{mark.text} {target.text}")


def read_values(question: Question) -> None:
    """The values that are named, with what negates and joins them."""
    negated: Field | None = None
    last = -9
    for mark in question.names():
        if not question.free(mark) or mark.cue not in _NAMING or not is_value(question, mark):
            continue
        if _comes(question, mark):
            continue
        negation = _negation(question, mark)
        beside, column = _beside(question, mark)
        before = question.after(mark.place, -1)
        joined = before if before is not None and before.cue in _JOINING and mark.place - last <= 3 else None
        carried = joined is not None and negated is not None
        found = _condition(question, mark, negated=bool(negation) or carried, beside=beside)
        if found is None:
            continue
        if not joined and last >= mark.place - 2 and _again(question, found):
            question.use(mark)
            last = mark.place
            continue
        if carried and not negation and found.field != negated:  # a new column begins anew
            found = replace(found, operator="in") if found.operator == "not in" else found
            negated = None
        elif negation or not joined:
            negated = found.field if negation else None
        question.use(mark, negation, column, joined)
        last = mark.place
        question.filters.append((mark.place, found))


def _comes(question: Question, mark: Mark) -> bool:
    """Whether a word such as "shipped" is about a day that has come as well, whatever the status is called then."""
    day = question.scope.sense(mark, "day", least=SURE)
    return day is not None and mark.plain.endswith(_DONE) and not day.field.path and _lacking(question, day.field)  # type: ignore[union-attr, arg-type]


def _lacking(question: Question, field: Field) -> bool:
    profile = question.scope.profile(field)
    return field.kind != "other" and (profile is None or profile.missing > 0)


def check_joined(question: Question) -> None:
    """Raises Unresolved where "or" stands between conditions on two different columns, which no plan can join."""
    said = [*((place, item.field) for place, item in question.filters), *((place, None) for place, _ in question.times)]
    for mark in question.all("or"):
        before = {field for place, field in said if -_WAY <= place - mark.place < 0}
        behind = {field for place, field in said if 0 < place - mark.place <= _WAY}
        if before and behind and not before & behind:
            raise Unresolved(f'I cannot put "{mark.text}" between two different columns.')
    fields = [field for _, field in sorted(said, key=lambda item: item[0])]
    crossed = zip(fields, fields[1:], fields[2:], fields[3:], strict=False)
    if any(a == c != b == d for a, b, c, d in crossed):
        raise Unresolved("Those are two questions: please ask one at a time.")


def _again(question: Question, condition: Condition) -> bool:
    """Whether a yes or no has been said just before: "certified for high voltage" says one thing."""
    last = question.filters[-1][1].field if question.filters else None
    return last == condition.field and question.is_flag(condition)


def _condition(question: Question, mark: Mark, *, negated: bool, beside: Field | None) -> Condition | None:
    """The rows that a value, or a column that says yes or no, is about."""
    scope = question.scope
    found = scope.chosen(mark, "value", accept=lambda item: beside is None or item.field == beside)
    flagged = next((item for item in scope.senses(mark) if item.field is not None and _flag(question, item)), None)
    if found is not None and found.field is not None and (flagged is None or found.score >= flagged.score):
        if found.score < 0.5:
            scope.choices.doubt(f'whether "{mark.text}" is {scope.told(found)}')
        return Condition(found.field, "not in" if negated else "in", found.values, mark.text)
    if flagged is None or flagged.field is None:
        return None
    scope.check_elsewhere(mark, flagged)
    yes, no = scope.flag(flagged.field) or (True, False)
    return Condition(flagged.field, "in", (no if negated else yes,), mark.text)


def _flag(question: Question, sense: Sense) -> bool:
    return (
        sense.kind in ("thing", "figure") and sense.field is not None and question.scope.flag(sense.field) is not None
    )


def is_value(question: Question, mark: Mark) -> bool:
    """Whether a mark names values, or a yes or no, rather than a column or the rows."""
    scope = question.scope
    value, column = scope.score(mark, "value"), scope.score(mark, "figure", "thing", "day")
    rows = max((item.weight for item in mark.of("table") if item.source in scope.paths), default=0.0)
    by = question.cued(mark.place, -1, "by", "distinct")
    done = question.beside(by.place, -1) if by is not None else None
    doer = done is not None and done.plain.endswith(_DONE) and mark.plain.endswith(_DOERS)  # "paid by survivors"
    grouped = by is not None and not doer and column > 0.7
    if value and (_beside(question, mark)[0] is not None or value >= max(column - 0.01, rows + 0.001)):
        return not grouped
    flagged = next((item for item in scope.senses(mark) if _flag(question, item) and item.score >= LIKELY), None)
    if flagged is None or by is not None or flagged.score < max(rows, column - 0.05):
        return False
    asked = question.cued(mark.place, -1, "which", *AGGREGATES) is not None
    return not asked or question.cued(mark.place, 1, "rate") is not None or mark.plain.endswith("ers")


def _negation(question: Question, mark: Mark) -> Mark | None:
    """The word before a value that says that it is not that one."""
    for item in question.near(mark.place, 3, -1):
        passed = item.plain in ("after", "behind", "besides") and question.has("most", "least", "common", "rare")
        if item.cue in _NEGATING or passed:
            return item if question.free(item) else None
        other = item.number is not None or item.span is not None or item.of("value", 0.7)
        if other or item.cue not in ("", "which", "all", "adjective", "known"):
            return None
    return None


def _beside(question: Question, mark: Mark) -> tuple[Field | None, Mark | None]:
    """The column that is named next to a value of it, or that "from" and "to" choose."""
    scope = question.scope
    options = [item for item in scope.senses(mark) if item.kind == "value" and item.field]
    fields = {item.field for item in options if item.score >= options[0].score - 0.15}
    for step, far in ((-1, 2), (1, 1)):
        others = [it for it in question.near(mark.place, far, step) if it.cue not in _BETWEEN]
        for other in others[:1]:
            if not other.names or not question.free(other) or other.cue not in ("", "idle", "unit"):
                continue
            best = scope.score(other, "thing", "figure", "day")
            columns = [
                it.field for it in scope.senses(other) if it.kind in ("thing", "figure") and it.score >= best - 0.1
            ]
            match = next((field for field in columns if field in fields), None)
            if match is not None and not question.cued(other.place, -1, "by", "which", "distinct"):
                return match, other
    for before in question.marks[max(mark.place - _WAY, 0) : mark.place][::-1] if len(fields) > 1 else ():
        for way in ("from", "to"):  # "from Leeds", "ended at the Lido"
            leading = [field for field in fields if field is not None and scope.says(field, way)]
            if len(leading) == 1 and stem(before.plain) in cues().columns[way]:
                return leading[0], None if before.cue == "idle" else before
    return None, None


def read_events(question: Question) -> None:
    """A day that is named to say that it has come, or has not: "discontinued parts", "not shipped", "not let yet"."""
    for mark in question.names():
        negation = _negation(question, mark)
        kinds: tuple[SenseKind, ...] = ("day", "figure") if negation else ("day",)
        found = question.scope.sense(mark, *kinds, least=0.45)
        if found is None or found.field is None or question.scope.own(mark) or question.when == found.field:
            continue
        done = mark.plain.endswith(_DONE) or mark.plain == "back"  # "came back"
        if not _lacking(question, found.field) or not done or question.has(*_RANKING):
            continue
        question.use(mark, negation)
        question.keep(mark.place, found.field, "is null" if negation else "is not null", (), mark.text)


def opposite(question: Question, condition: Condition) -> tuple[Scalar, ...]:
    """The other value of a yes or no."""
    return tuple(value for value in question.scope.flag(condition.field) or () if value not in condition.values)
