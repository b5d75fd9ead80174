"""What comes first or last: the words that ask for it, by which figure, and how many."""

from dataclasses import dataclass

from agents.analyst.draft import AGGREGATES, Draft, is_day
from agents.analyst.options import Unresolved
from agents.analyst.plan import Field, Measure
from agents.analyst.sentence import Mark
from agents.analyst.tokens import parts
from agents.language.figures import measures
from agents.language.words import vocabulary

_ENDS = {"most": 1, "least": -1, "common": 1, "rare": -1, "top": 1, "bottom": -1}
_COUNTING = ("most", "fewest", "least", "highest", "lowest")
_BY_DAY = {"first": -1, "earliest": -1, "last": 1, "latest": 1}
_TIMES = {"time", "minutes", "days"}
_CLOCKS = vocabulary("hours hour minutes minute seconds h")
_MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Rank:
    """The highest (`end` 1) or lowest (-1) by `measure` of groups, or by `figure` of rows; None where nothing says by
    what. `number` of them behind the first `skip`; `first` and `last` are the places of the marks that say it.
    `adjective`: it is said by one and not by the column's own name; `sum`: more of it means more altogether."""

    end: int
    first: int
    last: int
    number: int | None = None
    skip: int = 0
    figure: Field | None = None
    measure: Measure | None = None
    adjective: bool = False
    sum: bool = False


def ranked(draft: Draft) -> Rank | None:
    """What the question wants first; None where it wants nothing first. Raises Unresolved."""
    found = None
    for mark in draft.marks:
        alone = draft.says("which", "who") and not any("than" in other.plain.split() for other in draft.marks)
        superlative = mark.said is not None and (mark.said[2] == "est" or (mark.said[2] == "er" and alone))
        if not draft.free(mark) or (mark.cue not in _ENDS and not superlative) or _lately(draft, mark):
            continue
        if found is not None and not found.first <= mark.place <= found.last:
            raise Unresolved("Several things are wanted first: please ask for one at a time.")
        found = found or _rank(draft, mark)
    return found


def _lately(draft: Draft, mark: Mark) -> bool:
    """ "In the last 24 hours", which is no row's place."""
    number, unit = draft.beside(mark.place), draft.beside(mark.place, 2)
    return number is not None and number.number is not None and unit is not None and unit.plain in _CLOCKS


def _rank(draft: Draft, mark: Mark) -> Rank:
    draft.use(mark)
    number, skip, first = _number_before(draft, mark)
    last = mark.place
    behind = draft.after(last)
    if behind is not None and number is None and behind.number is not None and behind.place - last <= 2:
        number, last = _listed(draft, behind), behind.place
    day = _day(draft, mark) if number is None else None
    if day is not None:
        return Rank(_BY_DAY[mark.plain], first, last, None, skip, day, adjective=True)
    end, words, measure, last = _adjectives(draft, mark, last)
    figure = None
    behind = draft.after(last)
    if measure is None and behind is not None:
        counting = mark.plain in _COUNTING and last == mark.place
        measure, figure, last = _figure(draft, behind, last, counting=counting)
    named = measure is not None or figure is not None
    if not named and words[:1] == ("count",):
        measure = Measure("count")
    elif not named and words:
        figure = draft.view.said_of(words, None, end)
        if figure is not None and words[0] == "age" and not draft.view.is_age(figure):
            end = -end  # who is old was born early
    before = next(filter(draft.free, draft.onward(first, -1)), None)
    if measure is None and figure is None and mark.cue in ("most", "least") and draft.is_figure(before):
        assert before is not None  # "who earns the most"
        earned = draft.view.figure(before, quiet=True)
        if earned is not None and not draft.view.is_class(earned):
            figure, first, named = draft.figure(before), before.place, True
    if measure is None and figure is None and words and mark.cue not in ("top", "bottom"):
        raise Unresolved(f'I do not see which figure "{mark.text}" is about.')
    end = _turned(draft, mark, end, words, figure or (measure.field if measure else None))
    more = mark.plain in ("most", "fewest", "least") or mark.cue in ("top", "bottom")
    return Rank(end, first, last, number, skip, figure, measure, figure is not None and not named, more)


def _turned(draft: Draft, mark: Mark, end: int, words: tuple[str, ...], field: Field | None) -> int:
    """The end that is meant: the worst of what is bad is the highest, and who is slow takes long."""
    if field is None:
        return end
    if words[:1] == ("speed",) and measures(" ".join(parts(field.column))) & _TIMES:
        return -end
    if mark.plain in ("best", "worst"):
        if draft.view.says(field, "bad"):
            return -end
        if not draft.view.says(field, "good"):
            draft.view.choices.doubt(f'whether "{mark.text}" is the {"highest" if end > 0 else "lowest"}')
    return end


def _number_before(draft: Draft, mark: Mark) -> tuple[int | None, int, int]:
    """How many are wanted, behind how many others, and where that is said."""
    before = draft.beside(mark.place, -1)
    if before is None or not draft.free(before) or before.number is None:
        return None, 0, mark.place
    if before.cue == "ordinal":
        draft.use(before)
        return None, int(before.number) - 1, before.place
    return _listed(draft, before), 0, before.place


def _listed(draft: Draft, mark: Mark) -> int:
    draft.use(mark)
    if not 0 < int(mark.number or 0) <= _MOST_LISTED:
        raise Unresolved(f"I cannot list {mark.text} of them.")
    return int(mark.number or 0)


def _day(draft: Draft, mark: Mark) -> Field | None:
    """The day that "first" and "last" are about."""
    if mark.plain not in _BY_DAY:
        return None
    return draft.view.day(next((item for item in draft.names() if draft.named(item, is_day)), None))


def _adjectives(draft: Draft, mark: Mark, last: int) -> tuple[int, tuple[str, ...], Measure | None, int]:
    """What the superlative and the words behind it come to: the end, the words for what it is said of, or that it is
    about how many; and the last place."""
    end = _ENDS.get(mark.cue, 0) or (mark.said[0] if mark.said else 1)
    words = mark.said[1] if mark.said and mark.said[2] == "est" else ()
    measure = Measure("count") if mark.cue in ("common", "rare") else None
    for behind in draft.onward(last):
        more = behind.cue in ("most", "least", "common", "rare")
        said = behind.said if behind.cue in ("adjective", "", "most", "least") and draft.free(behind) else None
        if not (more or said) or behind.place - last > 2 or draft.is_figure(behind):
            break
        draft.use(behind)
        if behind.cue in ("common", "rare"):
            measure = Measure("count")
        end *= _ENDS.get(behind.cue, said[0] if said else 1) if mark.cue not in ("top", "bottom") else 1
        words = said[1] if said else words
        last = behind.place
    return end, words, measure, last


def _figure(draft: Draft, behind: Mark, last: int, *, counting: bool) -> tuple[Measure | None, Field | None, int]:
    """The figure that follows a superlative, and the place of its last mark."""
    view = draft.view
    if behind.cue in AGGREGATES and draft.free(behind):
        named = next((item for item in draft.near(behind.place, 2) if draft.is_figure(item)), None)
        if named is not None:
            draft.use(behind)
            return Measure(behind.cue, draft.figure(named)), None, named.place  # type: ignore[arg-type]
        count = draft.cued(behind.place, 1, "count")
        draft.use(*([behind] if count else []))
        behind = count or behind
    if behind.cue == "count" and draft.free(behind):
        draft.use(behind)
        return _counted(draft, behind.place)
    if draft.is_figure(behind) and not behind.of("value", 0.95):
        return None, draft.figure(behind), behind.place
    sought = draft.cued(behind.place, -1, "which") is not None
    of_things = draft.has("which") or any(draft.is_thing(mark) for mark in draft.names() if mark.place < behind.place)
    if counting and draft.free(behind) and view.own(behind) and of_things and not sought:
        draft.use(behind)
        return Measure("count"), None, behind.place
    return None, None, last


def _counted(draft: Draft, place: int) -> tuple[Measure, Field | None, int]:
    """What "number of" is said of: rows, different values, or a figure that is a number of something."""
    distinct = draft.cued(place, 1, "distinct")
    draft.use(distinct)
    target = draft.after(distinct.place if distinct else place)
    if target is None or not draft.free(target):
        return Measure("count"), None, place
    if draft.view.own(target) or target.cue == "rows":
        draft.use(target)
        return Measure("count"), None, target.place
    if draft.is_figure(target):
        return Measure("sum", draft.figure(target)), None, target.place
    if draft.is_thing(target) and (group := draft.view.group(target)):
        draft.use(target)
        return Measure("distinct", group.fields[0]), None, target.place
    return Measure("count"), None, place


def by_figure(draft: Draft, place: int) -> tuple[Measure | None, Field | None]:
    """The figure behind "by" in a list: "top 5 countries by population"."""
    behind = next((mark for mark in draft.onward(place) if draft.free(mark)), None)
    if behind is None:
        return None, None
    if draft.view.own(behind) and not draft.is_figure(behind):
        draft.use(behind)
        return Measure("count"), None
    measure, figure, _ = _figure(draft, behind, place, counting=True)
    return measure, figure
