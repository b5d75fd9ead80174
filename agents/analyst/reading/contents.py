"""Rows that count by what stands in them: "open orders", "not paid by card", "without a weight", "furnished"."""

from msgspec.structs import replace

from agents.analyst.reading.cues import cues
from agents.analyst.reading.options import NUMBERS, Unresolved
from agents.analyst.reading.plan import Condition, Field, Operator, Scalar
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.scope import LIKELY, SURE
from agents.analyst.reading.senses import Sense, SenseKind
from agents.analyst.reading.sentence import NOWHERE, Mark
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
    """a an any give gave given provide provided state stated say report reported leave left enter entered fill filled
    have got tell show mention mentioned specify specified disclose disclosed record recorded list listed publish
    published declare declared"""
)
_BEING = vocabulary("is are was were isn't wasn't")
_HAVING = vocabulary("have has had having with got")
_RANKING = ("most", "least", "top", "bottom", "lapse", "minimum", "maximum", "span")
_JOINING = ("or", "and", "both")
_BETWEEN = ("not", "equal", "known", "or", "by")
_WAY = 3
"""Marks before a value that may say where it leads."""


def read_texts(question: Question) -> None:
    """ "Whose title contains Lost", "names starting with A"."""
    for mark in question.all("contain", "start"):
        column = next(filter(question.is_thing, question.onward(mark.place, -1)), NOWHERE)
        behind = next((it for it in question.marks[mark.place + 1 :] if it.cue != "idle" or len(it.text) == 1), None)
        field = question.scope.chosen(column, "thing").field
        if behind is not None and (field is None or question.scope.own(column)):  # "lots that contain Geisha"
            field = question.scope.field_of(behind, "value") or field
        if field is not None and field.kind == "text" and behind is not None:
            question.use(mark, column, behind)
            operator: Operator = "contains" if mark.cue == "contain" else "starts"
            question.keep(mark.place, field, operator, (behind.text,), f"{mark.text} {behind.text}")


def read_missing(question: Question) -> None:
    """What rows lack, or do not lack."""
    for mark in filter(question.free, question.marks):
        following = question.beside(mark.place)
        giving = mark.cue == "not" and following.plain in _GIVING
        how = question.beside(following.place)
        long = question.beside(how.place) if giving and how.plain == "how" else NOWHERE
        if long.said and (field := question.scope.said_of(long.said[1])) is not None:  # "don't say how big it is"
            question.use(mark, following, how, long, *question.near(long.place, 1))
            question.keep(long.place, field, "is null", (), f"{mark.text} {following.text} how {long.text}")
            continue
        if giving or mark.cue == "without":
            targets = [item for item in question.near(mark.place, 3) if item.names and item.cue != "rows"][:2]
        elif mark.cue == "known" or (mark.cue == "missing" and question.scope.score(mark, "value") <= 0.8):
            targets = [*question.near(mark.place, 2), *question.near(mark.place, 3, -1)]
            if question.beside(mark.place, -1).plain in _BEING or mark.first in _BEING:  # "whose year is known"
                targets = [*targets[2:], *targets[:2]]
        else:
            continue
        for target in targets:
            if target.cue in ("", "unit", "idle", "list") and _lacks(question, mark, target):
                question.use(following if giving else None)
                break


def _lacks(question: Question, mark: Mark, target: Mark) -> bool:
    """Whether the target is what rows lack, or have; then it is kept."""
    scope = question.scope
    found = scope.sense(target, "figure", "thing", "day")
    compared = mark.cue == "known" and any(item.field == found.field and item.values for _, item in question.filters)
    if found.field is None or not (question.free(target) or compared):
        return False
    field, said = found.field, f"{mark.text} {target.text}"
    if found.group and len(field.path) == 1:  # a row of another table that is referred to
        field = scope.field(scope.source, field.path[0].columns[0]) or field
    flag, profile = scope.flag(field), scope.profile(field)
    operator: Operator = "is not null" if mark.cue == "known" else "is null"
    values: tuple[Scalar, ...] = ()
    none = field.kind in NUMBERS and profile is not None and profile.low == 0
    if mark.cue in _NEGATING and (flag is not None or (none and profile and not profile.missing)):
        operator, values = "in", (flag[1] if flag is not None else 0,)  # "no discount"
    elif profile is not None:
        if mark.cue in _NEGATING and none:
            scope.choices.doubt(f'whether "{said}" is 0 or missing')
        if not profile.missing:
            scope.choices.doubt(f'what "{said}" is, as every row has one')
        field = (scope.chosen(target, "figure", "thing", "day").field if not found.group else None) or field
    question.use(mark, target)
    whole = -1 if compared else target.place  # of a share of those that are over 10 only what is known is the whole
    question.keep(whole, field, operator, values, said)
    return True


def read_having(question: Question) -> None:
    """ "The samples that have a result": what only some rows have."""
    for mark in question.marks if question.has("count", "share") else ():
        target, article = question.after(mark.place), question.beside(mark.place)
        if mark.plain not in _HAVING or article.plain not in ("a", "an", "any") or _negation(question, target):
            continue
        behind = [item for item in question.marks[target.place + 1 : target.place + 3] if item.cue != "idle"][:1]
        compared = any(item.number is not None or item.cue in _RANKING or item.of("value", 0.7) for item in behind)
        field = question.scope.field_of(target, "figure", "thing", "day", least=0.5)
        if compared or field is None or field.path or not question.free(target) or target.of("value", 0.9):
            continue
        profile = question.scope.profile(field)
        if profile is not None and profile.missing and not question.scope.flag(field):
            question.keep(target.place, field, "is not null", (), f"{mark.text} {target.text}")


def read_values(question: Question) -> None:
    """The values that are named, with what negates and joins them."""
    negated: Field | None = None
    last = -9
    for mark in question.names():
        if not question.free(mark) or mark.cue not in _NAMING or not is_value(question, mark):
            continue
        if _comes(question, mark) or _either(question, mark):
            continue
        negation = _negation(question, mark)
        beside, column = _beside(question, mark)
        before = question.after(mark.place, -1)
        joined = before if before.cue in _JOINING and mark.place - last <= 3 else None
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
        held = question.filters[-1][1] if last == mark.place - 1 and question.filters else found
        if held.field == found.field and held.values != found.values:  # "half marathon" is no half or marathon
            question.scope.choices.doubt(f"whether {held.said} {found.said} are two")
        last = mark.place
        question.filters.append((mark.place, found))


def _either(question: Question, mark: Mark) -> bool:
    """Whether both ways count: "cancelled or not"; then the words are used."""
    joint, negation = question.beside(mark.place), question.beside(mark.place, 2)
    if joint.cue != "or" or negation.plain != "not" or question.after(negation.place).names:
        return False
    if question.word("whether") is not None or question.cued(mark.place, -1, "by") is not None:
        return False  # told apart by it
    question.use(mark, joint, negation)
    return True


def _comes(question: Question, mark: Mark) -> bool:
    """Whether a word such as "shipped" is about a day that has come as well, whatever the status is called then."""
    day = question.scope.field_of(mark, "day", least=SURE)
    return day is not None and mark.plain.endswith(_DONE) and not day.path and _lacking(question, day)


def _lacking(question: Question, field: Field) -> bool:
    profile = question.scope.profile(field)
    return profile is None or profile.missing > 0


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
    flagged = _flagged(question, mark, 0)
    if found.field is not None and (flagged is None or found.score >= flagged.score):
        if found.score < 0.5:
            scope.choices.doubt(f'whether "{mark.text}" is {scope.told(found)}')
        return Condition(found.field, "not in" if negated else "in", found.values, mark.text)
    if flagged is None or flagged.field is None:
        return None
    scope.check_elsewhere(mark, flagged)
    yes, no = scope.flag(flagged.field) or (True, False)
    return Condition(flagged.field, "in", (no if negated else yes,), mark.text)


def _flagged(question: Question, mark: Mark, least: float) -> Sense | None:
    """The column that says yes or no to what a mark names."""
    senses = (item for item in question.scope.senses(mark) if item.kind in ("thing", "figure") and item.score >= least)
    return next((item for item in senses if item.field is not None and question.scope.flag(item.field)), None)


def is_value(question: Question, mark: Mark) -> bool:
    """Whether a mark names values, or a yes or no, rather than a column or the rows."""
    scope = question.scope
    value, column = scope.score(mark, "value"), scope.score(mark, "figure", "thing", "day")
    rows = max((item.weight for item in mark.of("table") if item.source in scope.paths), default=0.0)
    by = question.cued(mark.place, -1, "by", "distinct")
    if value and (_beside(question, mark)[0] is not None or value >= max(column - 0.01, rows + 0.001)):
        done = by is not None and question.beside(by.place, -1).plain.endswith(_DONE)
        return by is None or (done and mark.plain.endswith(_DOERS)) or column <= 0.7  # "paid by survivors"
    flagged = _flagged(question, mark, LIKELY)
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
        other = next((it for it in question.near(mark.place, far, step) if it.cue not in _BETWEEN), None)
        if other is None or not question.free(other) or other.cue not in ("", "idle", "unit"):
            continue
        best = scope.score(other, "thing", "figure", "day")
        columns = (it.field for it in scope.senses(other) if it.kind in ("thing", "figure") and it.score >= best - 0.1)
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
        field = question.scope.field_of(mark, *kinds, least=0.45)
        done = mark.plain.endswith(_DONE) or mark.plain == "back"  # "came back"
        if field is None or not done or not _lacking(question, field) or question.has(*_RANKING):
            continue
        if question.when != field and not question.scope.own(mark):
            question.use(mark, negation)
            question.keep(mark.place, field, "is null" if negation else "is not null", (), mark.text)


def opposite(question: Question, condition: Condition) -> tuple[Scalar, ...]:
    """The other value of a yes or no."""
    return tuple(value for value in question.scope.flag(condition.field) or () if value not in condition.values)
