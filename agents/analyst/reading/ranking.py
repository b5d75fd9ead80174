"""What comes first or last: the words that ask for it, by which figure, and how many."""

from dataclasses import dataclass

from msgspec.structs import replace

from agents.analyst.reading.options import DAYS, Unresolved
from agents.analyst.reading.plan import Field, Group, Measure
from agents.analyst.reading.question import AGGREGATES, Question
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import parts, stem
from agents.language.figures import measures
from agents.language.words import vocabulary

ENDS = {"most": 1, "least": -1, "common": 1, "rare": -1, "top": 1, "bottom": -1}
_BY_DAY = {"first": -1, "earliest": -1, "last": 1, "latest": 1}
_TIMES = {"time", "minutes", "days", "duration"}
_CLOCKS = vocabulary("hours hour minutes minute seconds h")
_COUNTING = ("most", "fewest", "least")
_MOST_LISTED = 1_000
_NEAR = 2
"""Marks behind a superlative that may belong to it."""


@dataclass(slots=True)
class Rank:
    """The highest (`end` 1) or lowest (-1) by `measure` of groups, or by `figure` of rows; None where nothing says by
    what. `number` of them behind the first `skip`; `first` and `last` are the places of the marks that say it, `named`
    whether they name the figure; `more`: "most" rather than "highest"; `best`: what is judged."""

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

    @property
    def counts(self) -> bool:
        """Whether it is by how many rows there are."""
        return self.measure is not None and self.measure.aggregate == "count"

    @property
    def extreme(self) -> Measure:
        """The highest, or lowest, figure itself."""
        return Measure("maximum" if self.end > 0 else "minimum", self.figure)


def superlative(question: Question, mark: Mark) -> bool:
    """Whether a mark asks for what comes first."""
    if not question.free(mark):
        return False
    than = any("than" in other.plain.split() for other in question.marks)
    forms = ("est", "er") if question.says("which", "who") and not than else ("est",)
    number, unit = question.beside(mark.place), question.beside(mark.place, 2)
    within = number.unit and (unit.plain == "of" or unit.span is not None)  # "the first week of October"
    if (within and mark.cue in ("top", "bottom")) or (number.number is not None and unit.plain in _CLOCKS):
        return False
    return mark.cue in ENDS or (mark.said is not None and mark.said[2] in forms)


def ranked(question: Question) -> Rank | None:
    """What the question wants first; None where it wants nothing first."""
    mark = next((mark for mark in question.marks if superlative(question, mark)), None)
    if mark is None:
        return None
    end = ENDS.get(mark.cue, 0) or (mark.said[0] if mark.said else 1)
    rank = Rank(end, mark.place, mark.place, best=mark.plain in ("best", "worst"))
    rank.more = mark.plain in _COUNTING or mark.cue in ("top", "bottom")
    question.use(mark)
    _number(question, mark, rank)
    if rank.number is None and mark.plain in _BY_DAY and (day := _day(question)) is not None:
        rank.end, rank.figure = _BY_DAY[mark.plain], day
        return rank
    words = _words(question, mark, rank)
    if words == ("count",):
        rank.measure = Measure("count")
    elif not _worked(question, rank, question.after(rank.last)):
        _said(question, mark, rank, words)
    _by(question, rank)
    _turned(question, mark, rank, words)
    if rank.figure is not None:  # "the oldest, by the year it opened" is for each year of nothing
        question.groups = [group for group in question.groups if group.unit or group.fields[-1] != rank.figure]
    return rank


def _number(question: Question, mark: Mark, rank: Rank) -> None:
    """How many are wanted, behind how many others."""
    before, behind = question.beside(mark.place, -1), question.beside(mark.place)
    if question.free(before) and before.number is not None:
        question.use(before)
        rank.first = before.place
        if before.cue == "ordinal":
            rank.skip = int(before.number) - 1
        else:
            rank.number = _listed(before)
    elif question.free(behind) and behind.number is not None and behind.cue != "ordinal":
        question.use(behind)
        rank.last, rank.number = behind.place, _listed(behind)


def _listed(mark: Mark) -> int:
    if not 0 < int(mark.value) <= _MOST_LISTED:
        raise Unresolved(f"I cannot list {mark.text} of them.")
    return int(mark.value)


def _day(question: Question) -> Field | None:
    """The day that "first" and "last" are about."""
    named = next((mark for mark in question.names() if question.scope.sense(mark, "day")), None)
    return question.take(named, "day") if named and not question.scope.own(named) else question.scope.day()


def _words(question: Question, mark: Mark, rank: Rank) -> tuple[str, ...]:
    """The words for what the superlative and what stands behind it are said of; "count" for how many."""
    words = ("count",) if mark.cue in ("common", "rare") else mark.said[1] if mark.said and mark.said[2] else ()
    for behind in question.near(rank.last, _NEAR):
        said = behind.said if question.free(behind) else None
        if behind.place - rank.last > _NEAR or question.is_figure(behind) or not (said or behind.cue in ENDS):
            break
        question.use(behind)
        rank.last = behind.place
        words = ("count",) if behind.cue in ("common", "rare") else said[1] if said else words
    return words


def _said(question: Question, mark: Mark, rank: Rank, words: tuple[str, ...]) -> None:
    """By what an adjective is said of, a figure that is named elsewhere, or how many there are."""
    scope = question.scope
    rank.figure = scope.said_of(words, rank.end) if words else None
    days = [field for field in scope.own_columns if field.kind in DAYS]
    if rank.figure is None and words[:1] == ("length",) and len(days) == 2:  # "the longest job"
        scope.choices.doubt(f"whether it is about the days from {days[0].column} to {days[1].column}")
        rank.figure = replace(days[1], since=days[0], kind="integer")
    if rank.figure is not None:
        if words[0] == "age" and stem("age") not in map(stem, parts(rank.figure.column)):
            rank.end = -rank.end  # who is old was born early
        return
    around = [*question.onward(rank.first, -1), *question.onward(rank.last)]
    figures = [item for item in around if question.is_figure(item)]
    figures = [item for item in figures if not (question.cued(item.place, -1, "which") and question.is_thing(item))]
    if figures and mark.cue in ("most", "least"):  # "who earns the most", "brought in the most money"
        rank.figure, rank.named = question.take(figures[0], "figure"), True
    elif mark.plain in _COUNTING:
        rank.measure = Measure("count")


def _worked(question: Question, rank: Rank, behind: Mark | None) -> bool:
    """Whether what follows says by what: "highest average score", "most flights", "largest number of"."""
    if behind is None or not question.free(behind):
        return False
    if behind.cue in AGGREGATES:
        named = next(filter(question.is_figure, question.near(behind.place, 3)), None)
        if named is not None:
            question.use(behind)
            rank.measure = Measure(behind.cue, question.take(named, "figure"))  # type: ignore[arg-type]
            rank.last = named.place
            return True
    if behind.cue == "count":
        question.use(behind)
        rank.last, rank.measure = behind.place, Measure("count")
        _counted(question, rank)
        return True
    if question.is_figure(behind) and question.scope.score(behind, "value") < 0.95:
        rank.figure, rank.last, rank.named = question.take(behind, "figure"), behind.place, True
        return True
    return False


def _counted(question: Question, rank: Rank) -> None:
    """What "number of" is said of: rows, different values, or a figure that is a number of something."""
    distinct = question.cued(rank.last, 1, "distinct")
    question.use(distinct)
    target = question.after(distinct.place if distinct else rank.last)
    if not question.free(target):
        return
    if question.scope.own(target) or target.cue == "rows":
        question.use(target)
    elif question.is_figure(target):
        rank.measure = Measure("sum", question.take(target, "figure"))
    elif question.is_thing(target):
        rank.measure = Measure("distinct", question.group(target).fields[0])
    if not question.free(target):
        rank.last = target.place


def _by(question: Question, rank: Rank) -> None:
    """By the figure behind "by": "top 5 countries by population", "longest flight by distance"."""
    by = next((mark for mark in question.all("by") if question.free(mark) and mark.place > rank.last), None)
    if by is None or rank.named or (rank.measure is not None and not rank.counts):
        return
    behind = next(filter(question.free, question.near(by.place, 2)), None)  # "by warranty cost"
    last = rank.last
    if _worked(question, rank, behind):
        question.use(by)
    rank.last = last


def _turned(question: Question, mark: Mark, rank: Rank, words: tuple[str, ...]) -> None:
    """The end that is meant: the worst of what is bad is the highest, and who is slow takes long."""
    field = rank.figure or (rank.measure.field if rank.measure else None)
    if field is None:
        return
    if takes_time(field, words) or (rank.best and question.scope.says(field, "bad")):
        rank.end = -rank.end
    elif rank.best and not question.scope.says(field, "good"):
        question.scope.choices.doubt(f'whether "{mark.text}" is the {"highest" if rank.end > 0 else "lowest"}')


def takes_time(field: Field | None, words: tuple[str, ...]) -> bool:
    """Whether a word of speed is said of a column of times: who is fast takes little."""
    name = parts(field.column) if field is not None else ()
    return words[:1] == ("speed",) and bool((measures(" ".join(name)) | set(name)) & _TIMES)


def ranking_measure(question: Question, rank: Rank, group: Group) -> Measure:
    """What groups are ranked by."""
    if rank.measure is not None:
        return rank.measure
    assert rank.figure is not None
    scope, cue = question.scope, question.first(*AGGREGATES)
    question.use(cue)
    if cue is not None:
        return Measure(cue.cue, rank.figure)  # type: ignore[arg-type]
    adds = scope.adds_up(rank.figure)
    if (rank.best or scope.says(rank.figure, "good")) and not adds:
        scope.choices.doubt("whether it is by the average")
        return Measure("average", rank.figure)
    amount = adds or (rank.more and not scope.says(rank.figure, "never"))
    measure = Measure("sum", rank.figure) if amount and rank.figure.kind not in DAYS else rank.extreme
    if not (rank.more or rank.named or group.unit or rank.figure.kind in DAYS):  # "the heaviest breed"
        scope.choices.doubt("whether it is by the total" if amount else "whether it is by the average")
    return measure
