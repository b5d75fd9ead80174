"""How well a plan covers its question: which rows it is about, what each word is worth, which words left no trace, and
which of these name something that the data does not hold."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.analyst.reading.plan import Measure, Plan, Source
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import NOWHERE, Mark
from agents.analyst.reading.tokens import parts
from agents.language.figures import unit_words
from agents.language.units import unit as unit_of
from agents.language.words import vocabulary

_PASSED = vocabulary("idle which list all and or so rows known ignore both share_of_all round places whole range more")
"""What may be left over without another figure being meant."""
_PLACES = frozenset({"in", "at", "from", "near", "on"})
_HOLDING = vocabulary("with wearing")
_HAVING = vocabulary("with have has had having")
_PERFECT, _BETWEEN = vocabulary("have has had been is are was were got"), vocabulary("ever already never also yet")
_PARTICIPLE = ("d", "n", "t")
_BEING = vocabulary("placed recorded registered reported held received created given entered submitted filed logged")
"""What is said of any rows: that they are there."""
_MONEY = vocabulary("euro euros dollar dollars pound pounds money cent cents quid bucks")
FUNCTIONS = frozenset(AGGREGATES) | vocabulary(
    """correlation share difference percent_change most least common rare top lapse over under at_least at_most between
    or_more or_less"""
)
_BOUNDS = frozenset({"over", "under", "at_least", "at_most", "between"})
"""What is asked for by these is worked out, or nothing is."""
_REFERRED = 0.15
"""What each table that is joined takes from a reading."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan, the question as it was read for it, and how well both fit."""

    score: float
    plan: Plan
    question: Question


def left(question: Question) -> list[Mark]:
    """The marks that say something and left no trace."""
    return [
        mark
        for mark in question.marks
        if question.free(mark)
        and (mark.names or mark.cue not in _PASSED or _noun(question, mark) or _narrows(question, mark))
        and not (mark.cue in ("idle", "and", "or") and not (mark.names and mark.names[0].weight >= 0.95))
    ]


def _noun(question: Question, mark: Mark) -> bool:
    """Whether "name" is a noun, and does not ask for a list: "how many orders name"."""
    return mark.cue == "list" and any(other.place < mark.place for other in question.all("count"))


def _narrows(question: Question, mark: Mark) -> bool:
    """Whether it matters that only known figures count: they are the whole of a share."""
    return mark.cue == "known" and question.has("share")


def score(question: Question, plan: Plan) -> float:
    """Words with a trace by how surely they are names, less words without, less what is joined."""
    total = 0.0
    for mark in question.marks:
        if not question.free(mark) and mark.names and mark.cue != "by":
            senses = question.scope.senses(mark)
            total += 0.5 * senses[0].score if senses else 0.0
    total -= sum(_worth(question, mark) for mark in left(question))
    total -= _REFERRED * len({hop for field in plan.fields for hop in field.path})
    for measure in plan.measures:
        if measure.field is not None and measure.field.path and measure.aggregate not in ("distinct", "each"):
            total -= 0.5 if measure.aggregate in ("minimum", "maximum", "range") else 2.0
    return total


def asks(question: Question, mark: Mark) -> bool:
    """Whether a mark asks for something that has to be worked out, or for a bound by a number."""
    behind = question.after(mark.place)
    bound = mark.cue not in _BOUNDS or behind.number is not None
    clock = behind.plain in ("hours", "h")
    said = mark.said is not None and mark.said[2] == "est"
    said = said or (mark.said is not None and question.beside(mark.place).plain == "than")
    unknown = mark.strange and len(mark.plain) > 5 and mark.plain.endswith("est")
    return (mark.cue in FUNCTIONS and bound) or said or unknown or (mark.number is not None and not clock)


def _worth(question: Question, mark: Mark) -> float:
    """How much it tells against a reading that a mark means nothing in it."""
    if mark.names:
        return 0.5 + 0.5 * mark.names[0].weight + asks(question, mark)
    if asks(question, mark) or mark.cue == "count":
        return 1.5
    if mark.strange or mark.cue in ("adjective", "idle"):
        return 0.25
    return 0.6


def strange(best: Candidate) -> tuple[str, ...]:
    """Words that name something that the data does not hold: names, and what is to be worked out."""
    question, plan = best.question, best.plan
    counted = plan.measures == (Measure("count"),) and not question.has("count", "list", "share", "distinct")
    first = min((mark.place for mark in question.marks if not question.free(mark)), default=0)
    found = []
    for mark in left(question):
        before = question.beside(mark.place, -1)
        how = before.cue == "count" or before.plain == "how"
        lasting = mark.cue == "unit" and question.has("average") and not plan.sides  # "how many days does it take"
        if how and (mark.cue == "adjective" or lasting):
            found.append(mark.text)
        trailing = not question.free(before) and question.scope.sense(before, "value")
        if not mark.strange or (trailing and mark.text.islower()):
            continue
        name = mark.text[0].isupper() and not mark.initial and not mark.text.isupper()
        rows = mark.initial and mark.plain.endswith("s") and bool(question.filters)
        ahead = counted and mark.place < first and not rows
        if name or ahead or _placed(question, mark) or _done(question, plan, mark) or _sought(question, plan, mark):
            found.append(mark.text)
    return tuple(dict.fromkeys(found))


def _done(question: Question, plan: Plan, mark: Mark) -> bool:
    """Whether a word says what rows have done, where nothing else does: "how many dogs have bitten someone"."""
    places = [place for place, _ in (*question.filters, *question.times)]
    doing = next((it for it in question.marks[: mark.place][::-1] if it.plain not in _BETWEEN), NOWHERE)
    done = doing.plain in _PERFECT and mark.plain.endswith(_PARTICIPLE) and mark.plain not in _BEING
    return done and not plan.groups and question.has("count", "share") and max(places, default=0) < mark.place


def _placed(question: Question, mark: Mark) -> bool:
    """Whether a word says where something is, or what it has."""
    before, further = question.beside(mark.place, -1), question.beside(mark.place, -2)
    if mark.plain in ("time", "another", "other") or is_unit(mark):
        return False
    the = before.plain == "the" and further.plain in _PLACES - {"on"}
    some = before.plain in ("a", "an", "any") and further.plain in _HAVING
    return before.plain in _PLACES | _HOLDING or the or some


def _another(question: Question, mark: Mark, behind: Mark) -> bool:
    """Whether a word makes something else of the name behind it: "the publisher's books", "air temperature" where only
    that of the water is known."""
    field = question.scope.field_of(behind, "figure")
    named = parts(field.column) if field else ()
    words = [word for word in named if word not in unit_words() and len(word) > 1]
    return mark.text.endswith(("'s", "’s")) or len(behind.text.split()) < len(words) == 2 == len(set(words))


def is_unit(mark: Mark) -> bool:
    """Whether a word only says in what something is measured."""
    return mark.plain in _MONEY or (mark.text.islower() and unit_of(mark.plain) is not None)


def _sought(question: Question, plan: Plan, mark: Mark) -> bool:
    """Whether a word says what is to be counted, worked out or found: "how many murders", "average salinity"."""
    before, behind = question.after(mark.place, -1), question.after(mark.place)
    much = question.beside(mark.place, -1).plain == "much" and not is_unit(mark)
    if before is NOWHERE:
        return much and not behind.names
    if behind.place == mark.place + 1 and behind.names:  # it says more of what follows
        rows = before.cue == "count" and (mark.place == before.place + 1 or question.scope.own(behind))
        done = before.cue == "which" and behind.plain.endswith("ed")  # "which contractor repaired"
        return rows or done or _another(question, mark, behind)
    if is_unit(mark) and mark.plain not in _MONEY:
        return before.cue == "count" and mark.place == before.place + 1 and not plan.sides
    if before.cue in AGGREGATES or much:
        return True
    if before.cue == "which" and before.plain.endswith(("which", "what", "what's", "whats")):
        return mark.place - before.place <= 3 and not is_unit(mark)
    several = sum(other.strange for other in left(question)) > 1
    bare = several or (not question.filters and not question.times and not plan.limit and not plan.sides)
    return before.cue == "count" and bare and mark.place - before.place <= 2 and question.having is None


def subject(marks: Sequence[Mark]) -> Mark | None:
    """The mark that says what rows are asked about: behind "how many", or else the first that is not grouped by."""
    tables = [mark for mark in marks if mark.of("table", 0.35) and not mark.unit and not mark.of("column", 0.9)]
    for count in (mark.place for mark in marks if mark.cue == "count"):
        if counted := [mark for mark in tables if count < mark.place <= count + 3]:
            return counted[0]
    return next((mark for mark in tables if not _grouped(marks, mark)), None)


def _grouped(marks: Sequence[Mark], mark: Mark) -> bool:
    return any(other.cue == "by" for other in marks[max(0, mark.place - 2) : mark.place])


def subject_bonus(marks: Sequence[Mark], source: Source) -> float:
    """How much speaks for a table because the question calls its rows by name: most where rows are counted, because
    figures are where they stand, but rows are what they are called."""
    mark = subject(marks)
    weight = next((item.weight for item in mark.of("table") if item.source == source), 0.0) if mark else 0.0
    cues = {other.cue for other in marks}
    rows = "count" in cues or not cues & {"sum", "average", "median"}
    return weight * (2.0 if rows and "distinct" not in cues else 1.0)
