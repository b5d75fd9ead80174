"""What the items of a question ask for, read from left to right."""

from agents.analyst.comparisons import AGGREGATES, OPERATORS, Comparing
from agents.analyst.items import (
    Beyond,
    Clock,
    Cue,
    Item,
    Itemised,
    Named,
    Number,
    Place,
    Superlative,
    Time,
    TimeUnit,
    Word,
)
from agents.analyst.request import MOST_ASKED, USUAL, Asked, Value

_FLAGS = {
    "count": "counted", "trend": "trend", "share": "share", "versus": "compare", "compare": "compare",
    "list": "listing", "change": "changing",
}  # fmt: skip
"""Cues that say one thing, and what that is in `Asked`."""
_NEVER = frozenset({"no", "never", "without", "lacking", "with no", "without any", "without a", "without an"})
_DOES = frozenset({"do not", "does not", "did not", "don't", "doesn't", "didn't"})
"""Behind "which dealers" these say that they never do: what others do besides is nothing of that."""
_ENDS_NEGATION = frozenset({"by", "most", "least", "top", "bottom", "share", "count"}) | {"between", *OPERATORS}
"""Cues that a negation before them does not reach over: what is negated then is unclear."""
_WEAK = frozenset({"not", "no", "non", "never", "do not", "does not", "did not"}) | {
    f"{verb}n't" for verb in ("is", "are", "was", "were", "do", "does", "did")
}
"""Negations of the next word alone: in "not closed and critical" nobody knows what of "critical" is meant."""
_EARLY = 3
"""Up to this place "when" asks, and further on it joins: "mileage when it came in"."""


def read(itemised: Itemised) -> Asked:
    """What a row of items asks for."""
    reader = _Reader(itemised.items)
    while reader.at < len(reader.items):
        reader.step()
    return reader.finished()


class _Reader(Comparing):
    """Goes through the items once; every step takes at least one."""

    def finished(self) -> Asked:
        """What was read; a "not" that belongs to nothing was not understood."""
        if self._negated:
            self.asked.unknown.append("not")
        if self._when and not self.asked.end:
            self.asked.unknown.append("when")
        if self.asked.place > 1 and not self.asked.only:
            self.asked.unknown.append("place")
        if self.asked.changing and self.asked.money and not self.asked.columns:
            self.asked.money, self.asked.aggregates = (
                False,
                [aggregate for aggregate in self.asked.aggregates if aggregate != "sum"],
            )
        return self.asked

    def step(self) -> None:
        item = self.items[self.at]
        self.at += 1
        self._before(item)
        if self.lapse(item):
            return
        match item:
            case Cue():
                self._cue(item)
            case Superlative():
                self._superlative(item)
            case Named():
                self._named(item)
            case Time():
                self._time(item)
            case TimeUnit():
                self._unit(item)
            case Number():
                self._number(item)
            case Clock():
                self.asked.hours.append(item)
            case Place():
                self.asked.place = item.number
            case Word():
                self._word(item)
            case Beyond():
                self.asked.beyond.append(item)

    def _before(self, item: Item) -> None:
        """What stands open before an item and cannot go on with it."""
        if self._either and isinstance(item, Number | TimeUnit | Superlative):
            self.asked.unknown.append("or")
        ends = isinstance(item, Time | TimeUnit | Superlative)
        if self._negated and (ends or (isinstance(item, Cue) and item.kind in _ENDS_NEGATION)):
            self.asked.unknown.append("not")
        if isinstance(item, Word | Cue) and item.text not in ("and", "or", ","):
            self._phrase = len(self.asked.values)

    def _time(self, item: Time) -> None:
        asked = self.asked
        if asked.timed is not None and asked.spans and not self.joins_times():
            asked.unknown.append(item.text)
        asked.spans.append(item.span)
        asked.told.append(item.span)

    def _word(self, item: Word) -> None:
        text = item.text
        if not item.idle or (text.casefold() in ("where", "one") and self.table_ahead()):
            self.asked.unknown.append(text)
        self._late = self._late or (self.asked.share and text.casefold() in ("among", "amongst"))
        self._when = self._when or (text.casefold() == "when" and self.at < _EARLY)
        self._either = self._either or text.casefold() == "or"
        if text != ",":
            self._grouping = self._grouping and text in ("the", "a", "and", "its", "their", "our", "each")

    def _cue(self, cue: Cue) -> None:
        asked, kind = self.asked, cue.kind
        asked.often = asked.often or any(word in cue.text.casefold() for word in ("often", "frequen", "common"))
        going_on = kind in ("only", "distinct") and cue.text in ("and", "also")
        self._grouping = kind == "by" or (self._grouping and going_on)
        match kind:
            case "most" | "least" | "top" | "bottom":
                self._both_ends(cue)
                self._end(kind, hoists=cue.text.casefold() not in ("more", "fewer"))
                asked.amount = cue.text.casefold() in ("most", "least", "fewest", "more", "fewer")
            case "which":
                self._which(cue)
            case "missing":
                self._missing()
            case "over" | "under" | "least_of" | "most_of" | "equal" | "between":
                self._limit(cue, self.at - 1)
            case "rank" | "ranked":
                asked.end, self._ranking = asked.end or "most", True
            case "ascending" | "descending":
                asked.end = "least" if kind == "ascending" else "most"
            case "negation":
                self._negated = True
                self._never = cue.text.casefold() in (_NEVER | _DOES if asked.which else _NEVER)
                self._excluding = cue.text.casefold() not in _WEAK
            case "verb":
                self._late = self._late or asked.share
            case "only":
                if cue.text.casefold().endswith("same") and self.table_ahead():
                    asked.unknown.append(cue.text)
                asked.refers = asked.refers or cue.text.casefold() not in ("and", "but", "only", "just", "that", "also")
            case _:
                self._flag(cue)

    def _flag(self, cue: Cue) -> None:
        asked, kind = self.asked, cue.kind
        if kind == "count":
            if asked.counted:
                asked.unknown.append(cue.text)  # two counts are two questions
            if isinstance(before := self.items[self.at - 2], Cue) and before.kind == "by" and not asked.end:
                asked.unknown.append(f"by {cue.text}")
            if self._numbered(cue):
                asked.unknown.append(f"{self.items[self.at - 2].text} {cue.text}")
            self._subject = len(asked.values)
        if kind in AGGREGATES:
            asked.aggregates += AGGREGATES[kind]
        elif kind == "howmuch":
            asked.aggregates.append("sum")
            asked.money = True
        elif kind == "distinct":
            asked.distinct = True
            asked.counted = asked.counted or " " in cue.text
        elif kind in _FLAGS:
            setattr(asked, _FLAGS[kind], True)

    def _numbered(self, cue: Cue) -> bool:
        """Whether it is what something is numbered by: the "phone number of" somebody is no number of phones."""
        named, by = (self.items[self.at - 2], self.items[self.at - 3]) if self.at > 2 else (self.items[0], None)
        grouped = isinstance(by, Cue) and by.kind == "by"
        return cue.text.casefold() == "number of" and isinstance(named, Named) and not grouped

    def _both_ends(self, item: Cue | Superlative) -> None:
        """Notes an end that is asked for beside the other one: only one of them would be answered."""
        end = (
            item.end if isinstance(item, Superlative) else {"top": "most", "bottom": "least"}.get(item.kind, item.kind)
        )
        if self._ended and self._ended != end:
            self.asked.unknown.append(item.text)
        self._ended = end

    def _end(self, kind: str, *, hoists: bool = True) -> None:
        asked = self.asked
        number = self.peek()
        free = hoists and asked.thing is None and not (asked.counted or asked.groups)
        if free and asked.tables and self.has(asked.tables[-1]):
            asked.thing = asked.tables.pop()
            several = asked.thing.text.endswith("s") and not asked.thing.text.endswith("ss")
            asked.top = asked.top or (USUAL if several else None)
        asked.end = "most" if kind in ("most", "top") else "least"
        if isinstance(number, Number) and number.value == int(number.value):
            self.at += 1
            asked.top = self._length(number)
        elif kind in ("top", "bottom"):
            asked.top = asked.top or USUAL
        else:
            asked.only = asked.top is None
        self._things = kind in ("top", "bottom") or asked.top is not None

    def _superlative(self, item: Superlative) -> None:
        asked = self.asked
        asked.figure = item.figure
        after = self.peek()
        if asked.which and asked.groups and isinstance(after, Named) and after.of("table", 0.7):
            asked.unknown.append(item.text)  # "which shop has the most critical orders" can be meant in two ways
        if item.end:
            self._both_ends(item)
            self._end(item.end)
            self._things = True

    def _which(self, cue: Cue) -> None:
        """ "which region …": what is asked for is the group, if anything is worked out of it."""
        if self.at == 1 and cue.text.casefold() == "who" and self.thing_ahead() is None:
            self.asked.unknown.append(cue.text)
        after = self.thing_ahead() or self.peek()
        if isinstance(after, Number):
            self.at += 1
            self.asked.top = self._length(after)
            after = self.peek()
        if isinstance(after, Named) and after.meanings[0].kind != "value":
            self.asked.which = True
            self.asked.groups.append(after)
            self.at += 1
        elif isinstance(after, TimeUnit):
            self.asked.which = True
            self.asked.units.append(after.unit)
            self.at += 1

    def _missing(self) -> None:
        after = self.skip_idle()
        if isinstance(after, Named) and (after.of("table", 0.65) or after.meanings[0].kind == "column"):
            self.asked.nulls.append((after, True))
            self.at += 1
        else:
            self._negated = self._never = True

    def _unit(self, item: TimeUnit) -> None:
        asked = self.asked
        adverb = item.text.casefold().endswith("ly") or " by " in item.text or item.text.casefold() == "annual"
        before = self.items[self.at - 2] if self.at > 1 else None
        ranked = (isinstance(before, Cue) and before.kind in ("most", "least", "top", "bottom")) or isinstance(
            before, Superlative
        )
        numbered = isinstance(before, Number) and asked.top is not None
        dated = isinstance(before, Superlative) and before.figure == "date"
        if not dated and (self._grouping or adverb or ranked or numbered or asked.compare):
            asked.units.append(item.unit)
            self._grouping = False
        elif self.limit_ahead():
            asked.units.append(item.unit)
        elif not self.lapse_ahead():
            asked.unknown.append(item.text)

    def _number(self, item: Number) -> None:
        """A number by itself: the length of a list, or the value of the column named before it."""
        after, asked = self.peek(), self.asked
        before = self.items[self.at - 2] if self.at > 1 else None
        if isinstance(before, Word) and before.text == "of" and self.at > 2:
            before = self.items[self.at - 3]
        if isinstance(before, Named) and before.of("column", 0.5):
            asked.values.append(Value(before, self._negated, self._late, False, before, item.value))
            asked.columns = [column for column in asked.columns if column is not before]
            self._negated = False
        elif isinstance(after, Cue | Superlative) and (
            isinstance(after, Superlative) or after.kind in ("most", "least")
        ):
            self.step()
            asked.top, asked.only = self._length(item), False
            self._things = True
        elif isinstance(after, Named) and after.of("table") and self._lists():
            asked.top = self._length(item)
        else:
            asked.unknown.append(item.text)

    def _length(self, number: Number) -> int:
        """The length of a list."""
        if not 1 <= number.value == int(number.value):
            self.asked.unknown.append(number.text)
        return max(1, min(int(number.value), MOST_ASKED))

    def _lists(self) -> bool:
        return self.asked.listing or bool(self.asked.end)
