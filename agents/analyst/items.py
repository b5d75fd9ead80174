"""A question as a row of items: cues ("how many", "by"), names of the dataset, numbers, times, and other words."""

from dataclasses import dataclass
from datetime import datetime

from agents.analyst.hours import Hours, hours
from agents.analyst.lexicon import Lexicon, Meaning
from agents.analyst.plan import Span, Unit
from agents.analyst.time_spans import Found, spans
from agents.analyst.tokens import Token, tokens
from agents.analyst.vocabulary import vocabulary

_LONGEST_CUE = 5
_SURE = 0.85
"""From this weight on a name counts more than a cue of as many words."""
_FAINT = 0.7
"""Below this weight a word that mostly carries nothing names nothing."""


@dataclass(frozen=True, slots=True)
class Cue:
    """`kind` is a table's key in the vocabulary."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Superlative:
    """ "most expensive": the `most` of the figure `cost`."""

    text: str
    end: str
    figure: str


@dataclass(frozen=True, slots=True)
class Named:
    """A phrase that may name what `meanings` says, the surest first."""

    text: str
    meanings: tuple[Meaning, ...]

    def of(self, kind: str, least: float = 0.0) -> tuple[Meaning, ...]:
        return tuple(meaning for meaning in self.meanings if meaning.kind == kind and meaning.weight >= least)


@dataclass(frozen=True, slots=True)
class Number:
    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Time:
    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class TimeUnit:
    text: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class Clock:
    """Hours of the day, from `first` to `last`."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Place:
    """The `number` that something has in a list: "second"."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class Word:
    """Neither cue nor name; `idle` if it carries nothing; `joins` if it carries nothing between two names, and
    something of its own elsewhere."""

    text: str
    idle: bool
    joins: bool = False


@dataclass(frozen=True, slots=True)
class Beyond:
    """Asks for `what`, which nothing here works out."""

    text: str
    what: str


Item = Cue | Superlative | Named | Number | Time | TimeUnit | Clock | Place | Word | Beyond


@dataclass(frozen=True, slots=True)
class Itemised:
    """`corrected` holds the words that were misspelt, with what was read instead."""

    items: tuple[Item, ...]
    corrected: tuple[tuple[str, str], ...]


def itemised(text: str, lexicon: Lexicon, now: datetime) -> Itemised:
    """The items of a question; the longest phrase counts."""
    named: list[Found | Hours] = [*spans(text, now), *hours(text)]
    times = sorted(named, key=lambda name: name.start)
    row = [
        token for token in tokens(text) if not any(time.start < token.end and token.start < time.end for time in times)
    ]
    corrected: list[tuple[str, str]] = []
    for place, token in enumerate(row):
        right = lexicon.corrected(token)
        if right is not None:
            corrected.append((token.text, right.text))
            row[place] = right
    items: list[Item] = []
    waiting, place, kept = list(times), 0, tuple(row)
    while place < len(kept) or waiting:
        if waiting and (place == len(kept) or waiting[0].start < kept[place].start):
            items.append(_time(text, waiting.pop(0)))
            continue
        end = next((at for at in range(place, len(kept)) if waiting and kept[at].start > waiting[0].start), len(kept))
        length, item = _next(kept[:end], place, lexicon)
        items.append(item)
        place += length
    return Itemised(_joined(items), tuple(corrected))


def _joined(items: list[Item]) -> tuple[Item, ...]:
    """With the joining words that stand between names as words that carry nothing."""
    named = [at for at, item in enumerate(items) if isinstance(item, Named | Time | TimeUnit)]
    return tuple(
        Word(item.text, True) if isinstance(item, Word) and item.joins and _joins(at, named, items) else item
        for at, item in enumerate(items)
    )


def _joins(at: int, named: list[int], items: list[Item]) -> bool:
    """Whether a joining word stands between names; behind "did" it may come last: "sales that customers did make"."""
    if not named or named[0] > at:
        return False
    if items[at].text.casefold() in vocabulary().anything:
        return at - 1 in named
    if at - 2 in named and items[at - 1].text == "of":  # "kind of work"
        return True
    after = next((number for number in range(at + 1, len(items)) if number in named or _ranking(items[number])), None)
    if after is None:
        return at == len(items) - 1 and any(item.text.casefold() in ("did", "do", "does") for item in items[:at])
    return all(
        isinstance(item, Cue) or (isinstance(item, Word) and (item.idle or item.joins)) for item in items[at:after]
    )


def _ranking(item: Item) -> bool:
    return isinstance(item, Cue) and item.kind in ("most", "least")


def _time(text: str, found: Found | Hours) -> Time | Clock:
    said = text[found.start : found.end]
    return Clock(said, found.first, found.last) if isinstance(found, Hours) else Time(said, found.span)


def _next(row: tuple[Token, ...], at: int, lexicon: Lexicon) -> tuple[int, Item]:
    named, meanings = lexicon.longest(row, at)
    if named > 1 and (counted := _counted(row, at, meanings, lexicon)):
        named, meanings = 1, counted
    cued, cue = _cue(row, at)
    text = " ".join(token.text for token in row[at : at + max(named, cued, 1)])
    sure = bool(meanings) and meanings[0].weight >= _SURE
    gives_way = (
        not isinstance(cue, Cue) or cue.kind in ("only", "sum", "list", "missing") or (at > 0 and cue.kind == "rank")
    )
    if named > cued or (named and named == cued and sure and gives_way and not isinstance(cue, Superlative | TimeUnit)):
        faint = meanings[0].weight < _FAINT and named == 1
        return (1, _word(row[at])) if faint and _carries_little(row[at]) else (named, Named(text, meanings))
    if cue is not None:
        return cued, cue
    number = row[at].number
    if number is not None:
        return 1, Number(row[at].text, number)
    return 1, _word(row[at])


def _counted(row: tuple[Token, ...], at: int, meanings: tuple[Meaning, ...], lexicon: Lexicon) -> tuple[Meaning, ...]:
    """The things alone, in "how many vehicles cost …": it is not the vehicles' cost that is counted."""
    asks = at > 1 and (row[at - 2].plain, row[at - 1].plain) == ("how", "many")
    figures = all(meaning.of in ("integer", "number") for meaning in meanings)
    things = lexicon.meanings((row[at].stem,)) if asks and figures and row[at].plain.endswith("s") else ()
    return tuple(thing for thing in things if thing.kind == "table" and thing.weight > _SURE)


def _word(token: Token) -> Word:
    idle = token.plain in vocabulary().idle or token.plain in ("€", "$", "£")
    return Word(token.text, idle, not idle and token.plain in vocabulary().joining | vocabulary().anything)


def _carries_little(token: Token) -> bool:
    return token.plain in vocabulary().idle | vocabulary().joining | vocabulary().anything


def _cue(row: tuple[Token, ...], at: int) -> tuple[int, Item | None]:
    """The longest cue from there on."""
    known = vocabulary()
    for length in range(min(_LONGEST_CUE, len(row) - at), 0, -1):
        key = tuple(token.plain for token in row[at : at + length])
        text = " ".join(token.text for token in row[at : at + length])
        if key in known.superlatives:
            return length, Superlative(text, *known.superlatives[key])
        if key in known.beyond:
            return length, Beyond(text, known.beyond[key])
        if key in known.figures:
            return length, Superlative(text, "", known.figures[key])
        if key in known.cues:
            return length, Cue(text, known.cues[key])
        if key in known.units:
            return length, TimeUnit(text, known.units[key])
    if row[at].plain in known.ordinals and at + 1 < len(row):
        _, after = _cue(row, at + 1)
        if isinstance(after, Superlative) or (isinstance(after, Cue) and after.kind in ("most", "least")):
            return 1, Place(row[at].text, known.ordinals[row[at].plain])
    return 0, None
