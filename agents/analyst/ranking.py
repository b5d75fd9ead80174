"""What comes first or last: the words that ask for it, by which figure, and how many."""

from dataclasses import dataclass

from agents.analyst.draft import Draft
from agents.analyst.plan import Field, Measure
from agents.analyst.sentence import Mark
from agents.analyst.tokens import parts
from agents.analyst.view import DAYS, NUMBERS, Unresolved
from agents.language.figures import measures

AGGREGATES = ("average", "sum", "median", "minimum", "maximum", "deviation", "variance", "range")
_ENDS = {"most": 1, "least": -1, "common": 1, "rare": -1, "top": 1, "bottom": -1}
_COUNTING = ("most", "fewest", "least", "highest", "lowest")
MOST_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Rank:
    """The highest (`end` 1) or lowest (-1) by `measure` of groups, or by `figure` of rows; None where nothing says by
    what. `number` of them behind the first `skip`; `last` is the place of the last mark that it is said with;
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
        if not draft.free(mark):
            continue
        superlative = mark.said is not None and mark.said[2] == "est"
        if mark.cue not in _ENDS and not superlative:
            continue
        if found is not None:
            if found.first <= mark.place <= found.last:
                continue
            raise Unresolved("Several things are wanted first: please ask for one at a time.")
        found = _rank(draft, mark)
    return found


def _rank(draft: Draft, mark: Mark) -> Rank | None:
    end = _ENDS.get(mark.cue, 0) or (mark.said[0] if mark.said else 1)
    draft.use(mark)
    first = last = mark.place
    number, skip, first = _number(draft, mark)
    figure, adjective, words = None, False, mark.said[1] if mark.said and mark.said[2] == "est" else ()
    measure = Measure("count") if mark.cue in ("common", "rare") else None
    behind = draft.after(last)
    if behind is not None and behind.number is not None and number is None and behind.place - last <= 2 and draft.free(behind):
        number = int(behind.number)
        draft.use(behind)
        last, behind = behind.place, draft.after(behind.place)
    if mark.plain in ("first", "last", "latest", "earliest") and number is None:
        figure, end = draft.view.day(), (1 if mark.plain in ("last", "latest") else -1)
        named = next((item for item in draft.names() if draft.named(item, lambda option: option.column.kind in DAYS)), None)
        figure = draft.view.day(named) if named is not None else figure
        if figure is not None:
            return Rank(end, first, last, None, skip, figure, None, adjective=True)
    while behind is not None and (behind.cue in ("most", "least", "common", "rare") or (behind.said and behind.cue in ("adjective", ""))) and behind.place - last <= 2 and not draft.is_figure(behind):
        draft.use(behind)
        if behind.cue in ("common", "rare"):
            measure, end = Measure("count"), end * _ENDS[behind.cue]
        elif behind.cue in ("most", "least"):
            end = end * _ENDS[behind.cue] if mark.cue not in ("top", "bottom") else _ENDS[behind.cue]
            words = behind.said[1] if behind.said else words
        elif behind.said:
            end, words = end * behind.said[0], behind.said[1]
        last, behind = behind.place, draft.after(behind.place)
    if measure is None and behind is not None:
        measure, figure, last = _figure(draft, behind, last, counting=mark.plain in _COUNTING and last == mark.place)
    if measure is None and figure is None and words:
        if words[0] == "count":
            measure = Measure("count")
        else:
            figure = draft.view.said_of(words, None, end)
            adjective = figure is not None
            if figure is not None and words[0] == "age" and not draft.view.is_age(figure):
                end = -end  # who is old was born early
    if measure is None and figure is None and mark.cue in ("most", "least"):
        before = draft.after(first, -1)  # "who earns the most"
        if before is not None and draft.is_figure(before) and not draft.view.is_class(draft.view.figure(before, quiet=True)):
            figure = draft.view.figure(before)
            draft.use(before)
            first = before.place
    decisive = figure or (measure.field if measure else None)
    if decisive is not None and mark.plain in ("best", "worst"):
        if draft.view.says(decisive, "bad"):
            end = -end
        elif not draft.view.says(decisive, "good"):
            draft.view.choices.doubt(f'whether "{mark.text}" is the {"highest" if end > 0 else "lowest"}')
    if decisive is not None and words[:1] == ("speed",) and measures(" ".join(parts(decisive.column))) & {"time", "minutes", "days"}:
        end = -end  # who is slow takes long
    more = mark.plain == "most" or mark.cue in ("top", "bottom") or mark.plain in ("fewest", "least")
    return Rank(end, first, last, number, skip, figure, measure, adjective, more)


def _number(draft: Draft, mark: Mark) -> tuple[int | None, int, int]:
    """How many are wanted, behind how many others, and where that is said."""
    before = draft.after(mark.place, -1)
    if before is None or mark.place - before.place > 1 or not draft.free(before) or before.number is None:
        return None, 0, mark.place
    draft.use(before)
    number = int(before.number)
    if before.cue == "ordinal":
        return None, number - 1, before.place
    if not 0 < number <= MOST_LISTED:
        raise Unresolved(f"I cannot list {before.text} of them.")
    return number, 0, before.place


def _figure(draft: Draft, behind: Mark, last: int, *, counting: bool = True) -> tuple[Measure | None, Field | None, int]:
    """The figure that follows a superlative, and the place of its last mark."""
    view = draft.view
    if behind.cue in AGGREGATES and draft.free(behind):
        named = next((item for item in [*draft.onward(behind.place)][:2] if draft.is_figure(item)), None)
        if named is not None:
            field = view.figure(named)
            draft.use(behind, named)
            return Measure(behind.cue, field), None, named.place  # type: ignore[arg-type]
        counted = next((item for item in [*draft.onward(behind.place)][:1] if item.cue == "count"), None)
        if counted is not None:
            draft.use(behind)
            behind = counted
    if behind.cue == "count" and draft.free(behind):
        draft.use(behind)
        return *_counted(draft, behind.place),
    if draft.is_figure(behind) and not behind.of("value", 0.95):
        draft.use(behind)
        return None, view.figure(behind), behind.place
    if counting and view.own(behind) and draft.has("which") and draft.free(behind) and not _is_which(draft, behind):
        draft.use(behind)
        return Measure("count"), None, behind.place
    return None, None, last


def _counted(draft: Draft, place: int) -> tuple[Measure, Field | None, int]:
    """What "number of" is said of: rows, different values, or a figure that is a number of something."""
    view = draft.view
    distinct = draft.cued(place, 1, "distinct")
    if distinct is not None:
        draft.use(distinct)
    target = draft.after(distinct.place if distinct else place)
    if target is None or not draft.free(target):
        return Measure("count"), None, place
    if view.own(target) or target.cue == "rows":
        draft.use(target)
        return Measure("count"), None, target.place
    if draft.is_figure(target):
        draft.use(target)
        field = view.figure(target)
        return Measure("sum", field), None, target.place
    if draft.is_thing(target) and (group := view.group(target)):
        draft.use(target)
        return Measure("distinct", group.fields[0]), None, target.place
    return Measure("count"), None, place


def _is_which(draft: Draft, mark: Mark) -> bool:
    before = draft.after(mark.place, -1)
    return before is not None and before.cue == "which"


def by_figure(draft: Draft, place: int) -> tuple[Measure | None, Field | None]:
    """The figure behind "by" in a list: "top 5 countries by population"."""
    behind = next((mark for mark in draft.onward(place) if draft.free(mark)), None)
    if behind is None:
        return None, None
    if draft.view.own(behind) and draft.free(behind) and not draft.is_figure(behind):
        draft.use(behind)
        return Measure("count"), None
    measure, figure, _ = _figure(draft, behind, place)
    return measure, figure


def is_number(field: Field | None) -> bool:
    return field is not None and field.kind in NUMBERS
