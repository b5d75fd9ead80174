"""What comes first or last: the words that ask for it, by which figure, and how many."""

from dataclasses import dataclass

from msgspec.structs import replace

from agents.analyst.reading.options import DAYS, Unresolved
from agents.analyst.reading.plan import Field, Measure
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import parts, stem
from agents.language.figures import measures
from agents.language.words import vocabulary

ENDS = {"most": 1, "least": -1, "common": 1, "rare": -1, "top": 1, "bottom": -1}
_BY_DAY = {"first": -1, "earliest": -1, "last": 1, "latest": 1}
_TIMES = {"time", "minutes", "days"}
_CLOCKS = vocabulary("hours hour minutes minute seconds h")
_COUNTING = ("most", "fewest", "least")
_MOST_LISTED = 1_000


@dataclass(slots=True)
class Rank:
    """The highest (`end` 1) or lowest (-1) by `measure` of groups, or by `figure` of rows; None where nothing says by
    what. `number` of them behind the first `skip`; `first` and `last` are the places of the marks that say it."""

    end: int
    first: int
    last: int
    number: int | None = None
    skip: int = 0
    figure: Field | None = None
    measure: Measure | None = None
    named: bool = False
    more: bool = False
    best: bool = False


def superlative(question: Question, mark: Mark) -> bool:
    """Whether a mark asks for what comes first."""
    if not question.free(mark):
        return False
    than = any("than" in other.plain.split() for other in question.marks)
    alone = question.says("which", "who") and not than
    said = mark.said is not None and (mark.said[2] == "est" or (mark.said[2] == "er" and alone))
    number, unit = question.beside(mark.place), question.beside(mark.place, 2)
    within = number is not None and number.unit and unit is not None and (unit.plain == "of" or unit.span is not None)
    if within and mark.cue in ("top", "bottom"):
        return False  # "the first week of October"
    lately = number is not None and number.number is not None and unit is not None and unit.plain in _CLOCKS
    return (mark.cue in ENDS or said) and not lately


def ranked(question: Question) -> Rank | None:
    """What the question wants first; None where it wants nothing first."""
    mark = next((mark for mark in question.marks if superlative(question, mark)), None)
    if mark is None:
        return None
    rank = Rank(ENDS.get(mark.cue, 0) or (mark.said[0] if mark.said else 1), mark.place, mark.place)
    question.use(mark)
    _number(question, mark, rank)
    if rank.number is None and mark.plain in _BY_DAY and (day := _day(question)) is not None:
        rank.end, rank.figure = _BY_DAY[mark.plain], day
        return rank
    words = _words(question, mark, rank)
    _figure(question, mark, rank, words)
    _by(question, rank)
    _turned(question, mark, rank, words)
    return rank


def _number(question: Question, mark: Mark, rank: Rank) -> None:
    """How many are wanted, behind how many others."""
    before, behind = question.beside(mark.place, -1), question.beside(mark.place)
    if before is not None and question.free(before) and before.number is not None:
        question.use(before)
        rank.first = before.place
        if before.cue == "ordinal":
            rank.skip = int(before.number) - 1
        else:
            rank.number = _listed(before)
    elif behind is not None and question.free(behind) and behind.number is not None and behind.cue != "ordinal":
        question.use(behind)
        rank.last, rank.number = behind.place, _listed(behind)


def _listed(mark: Mark) -> int:
    if not 0 < int(mark.number or 0) <= _MOST_LISTED:
        raise Unresolved(f"I cannot list {mark.text} of them.")
    return int(mark.number or 0)


def _day(question: Question) -> Field | None:
    """The day that "first" and "last" are about."""
    named = next((mark for mark in question.names() if question.scope.sense(mark, "day")), None)
    if named is not None and not question.scope.own(named):
        return question.take(named, "day")
    return question.scope.day()


def _words(question: Question, mark: Mark, rank: Rank) -> tuple[str, ...]:
    """The words for what the superlative and what stands behind it are said of; "count" for how many."""
    words = mark.said[1] if mark.said and mark.said[2] in ("est", "er") else ()
    words = ("count",) if mark.cue in ("common", "rare") else words
    for behind in question.near(rank.last, 2):
        said = behind.said if behind.cue in ("adjective", "", "most", "least") and question.free(behind) else None
        if behind.place - rank.last > 2 or question.is_figure(behind) or not (said or behind.cue in ENDS):
            break
        question.use(behind)
        rank.last = behind.place
        words = ("count",) if behind.cue in ("common", "rare") else said[1] if said else words
    return words


def _figure(question: Question, mark: Mark, rank: Rank, words: tuple[str, ...]) -> None:
    """By what the first ones are the first: a figure behind, a number of rows, what an adjective is said of."""
    rank.best = mark.plain in ("best", "worst")
    rank.more = mark.plain in _COUNTING or mark.cue in ("top", "bottom")
    behind = question.after(rank.last)
    if words == ("count",):
        rank.measure = Measure("count")
        return
    if behind is not None and _worked(question, rank, behind):
        return
    if words:
        days = [field for field in question.scope.own_columns if field.kind in DAYS]
        rank.figure = question.scope.said_of(words, rank.end)
        if rank.figure is None and words[0] == "length" and len(days) == 2:  # "the longest job"
            question.scope.choices.doubt(f"whether it is about the days from {days[0].column} to {days[1].column}")
            rank.figure = replace(days[1], since=days[0], kind="integer")
        if rank.figure is not None:
            if words[0] == "age" and stem("age") not in map(stem, parts(rank.figure.column)):
                rank.end = -rank.end  # who is old was born early
            return
    before = [item for item in question.onward(rank.first, -1) if question.is_figure(item)]
    before = [item for item in before if question.cued(item.place, -1, "which") is None or not question.is_thing(item)]
    before = before or [item for item in question.onward(rank.last) if question.is_figure(item)]
    if before and mark.cue in ("most", "least"):  # "who earns the most", "brought in the most money"
        rank.figure, rank.named = question.take(before[0], "figure"), True
    elif mark.plain in _COUNTING and not words:
        rank.measure = Measure("count")


def _worked(question: Question, rank: Rank, behind: Mark) -> bool:
    """Whether what follows says by what: "highest average score", "most flights", "largest number of"."""
    scope = question.scope
    if behind.cue in AGGREGATES and question.free(behind):
        named = next((item for item in question.near(behind.place, 3) if question.is_figure(item)), None)
        if named is not None:
            question.use(behind)
            rank.measure = Measure(behind.cue, question.take(named, "figure"))  # type: ignore[arg-type]
            rank.last = named.place
            return True
    if behind.cue == "count" and question.free(behind):
        question.use(behind)
        rank.last = behind.place
        return _counted(question, rank)
    if question.is_figure(behind) and scope.score(behind, "value") < 0.95:
        rank.figure, rank.last, rank.named = question.take(behind, "figure"), behind.place, True
        return True
    return False


def _counted(question: Question, rank: Rank) -> bool:
    """What "number of" is said of: rows, different values, or a figure that is a number of something."""
    distinct = question.cued(rank.last, 1, "distinct")
    question.use(distinct)
    target = question.after(distinct.place if distinct else rank.last)
    rank.measure = Measure("count")
    if target is None or not question.free(target):
        return True
    if question.scope.own(target) or target.cue == "rows":
        question.use(target)
    elif question.is_figure(target):
        rank.measure = Measure("sum", question.take(target, "figure"))
    elif question.is_thing(target):
        rank.measure = Measure("distinct", question.group(target).fields[0])
    else:
        return True
    rank.last = target.place
    return True


def _by(question: Question, rank: Rank) -> None:
    """By the figure behind "by": "top 5 countries by population", "longest flight by distance"."""
    by = next((mark for mark in question.all("by") if question.free(mark) and mark.place > rank.last), None)
    behind = question.after(by.place) if by is not None else None
    if by is None or behind is None or rank.named or (rank.measure is not None and rank.measure.aggregate != "count"):
        return
    value = question.after(behind.place) if not question.free(behind) else None  # "by warranty cost"
    behind = value if value is not None and question.is_figure(value) else behind
    last = rank.last
    if _worked(question, rank, behind):
        question.use(by)
    rank.last = last


def _turned(question: Question, mark: Mark, rank: Rank, words: tuple[str, ...]) -> None:
    """The end that is meant: the worst of what is bad is the highest, and who is slow takes long."""
    field = rank.figure or (rank.measure.field if rank.measure else None)
    if field is None:
        return
    if words[:1] == ("speed",) and measures(" ".join(parts(field.column))) & _TIMES:
        rank.end = -rank.end
    if mark.plain in ("best", "worst"):
        if question.scope.says(field, "bad"):
            rank.end = -rank.end
        elif not question.scope.says(field, "good"):
            question.scope.choices.doubt(f'whether "{mark.text}" is the {"highest" if rank.end > 0 else "lowest"}')


def ranking_measure(question: Question, rank: Rank) -> Measure:
    """What groups are ranked by."""
    if rank.measure is not None:
        return rank.measure
    assert rank.figure is not None
    cue = question.first(*AGGREGATES)
    question.use(cue)
    if cue is not None:
        return Measure(cue.cue, rank.figure)  # type: ignore[arg-type]
    judged = rank.best or question.scope.says(rank.figure, "good")
    if judged and not question.scope.adds_up(rank.figure):
        question.scope.choices.doubt("whether it is by the average")
        return Measure("average", rank.figure)
    adds = question.scope.adds_up(rank.figure) or (rank.more and not question.scope.says(rank.figure, "never"))
    if rank.figure.kind in DAYS or not adds:
        ends: tuple[Measure, ...] = (Measure("minimum", rank.figure), Measure("maximum", rank.figure))
        return ends[rank.end > 0]
    return Measure("sum", rank.figure)
