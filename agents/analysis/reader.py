"""What the items of a question ask for, read from left to right."""

from agents.analysis.asked import MOST_ASKED, USUAL, Asked, Limit, Value
from agents.analysis.cursor import Cursor
from agents.analysis.items import Cue, Item, Itemised, Named, Number, Superlative, Time, TimeUnit, Word
from agents.analysis.plan import Aggregate, Operator

_AGGREGATES: dict[str, Aggregate] = {
    "sum": "sum", "average": "average", "median": "median", "maximum": "maximum", "minimum": "minimum",
}  # fmt: skip
_FLAGS = {
    "count": "counted", "trend": "trend", "share": "share", "versus": "compare", "compare": "compare",
    "list": "listing", "change": "changing",
}  # fmt: skip
"""Cues that say one thing, and what that is in `Asked`."""
_OPERATORS: dict[str, Operator] = {"over": ">", "least_of": ">=", "under": "<", "most_of": "<=", "equal": "="}
_WEAK = frozenset({"not", "no", "non", "isn't", "aren't", "wasn't", "weren't", "never"})
"""Negations of the next word alone: in "not closed and critical" nobody knows what of "critical" is meant."""
_SURE = 0.9
"""From this weight on a day is meant where a time follows, though the word is a value as well."""


def read(itemised: Itemised) -> Asked:
    """What a row of items asks for."""
    reader = _Reader(itemised.items)
    while reader.at < len(reader.items):
        reader.step()
    return reader.finished()


class _Reader(Cursor):
    """Goes through the items once; every step takes at least one."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        super().__init__(items)
        self.asked = Asked()
        self._negated = False
        self._late = False
        self._grouping = False
        self._ranking = False
        self._things = False
        self._either = False
        self._excluding = False
        self._excluded = False

    def finished(self) -> Asked:
        """What was read; a "not" that belongs to nothing was not understood."""
        if self._negated:
            self.asked.unknown.append("not")
        return self.asked

    def step(self) -> None:
        item = self.items[self.at]
        self.at += 1
        if self._either and isinstance(item, Number | TimeUnit | Superlative):
            self.asked.unknown.append("or")
        match item:
            case Cue():
                self._cue(item)
            case Superlative():
                self._superlative(item)
            case Named():
                self._named(item)
            case Time(_, span):
                self.asked.spans.append(span)
            case TimeUnit():
                self._unit(item)
            case Number():
                self._number(item)
            case Word(text, idle):
                if not idle:
                    self.asked.unknown.append(text)
                self._either = self._either or text.casefold() == "or"
                if text != ",":
                    self._grouping = self._grouping and text in ("the", "a", "and", "its", "their", "our", "each")

    def _cue(self, cue: Cue) -> None:
        asked, kind = self.asked, cue.kind
        going_on = kind in ("only", "distinct") and cue.text in ("and", "also")
        self._grouping = kind == "by" or (self._grouping and going_on)
        match kind:
            case "most" | "least" | "top" | "bottom":
                self._end(kind)
            case "which":
                self._which()
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
                self._excluding = cue.text.casefold() not in _WEAK
            case "verb":
                self._late = self._late or asked.share
            case "only":
                asked.refers = asked.refers or cue.text.casefold() not in ("and", "but", "only", "just", "that", "also")
            case _:
                self._flag(cue)

    def _flag(self, cue: Cue) -> None:
        asked, kind = self.asked, cue.kind
        if kind in _AGGREGATES:
            asked.aggregates.append(_AGGREGATES[kind])
        elif kind == "howmuch":
            asked.aggregates.append("sum")
            asked.money = True
        elif kind == "distinct":
            asked.distinct = True
            asked.counted = asked.counted or " " in cue.text
        elif kind in _FLAGS:
            setattr(asked, _FLAGS[kind], True)

    def _end(self, kind: str) -> None:
        asked = self.asked
        number = self.peek()
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
        if item.end:
            self._end(item.end)
            self._things = True

    def _which(self) -> None:
        """ "which region …": what is asked for is the group, if anything is worked out of it."""
        after = self.peek()
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
        if isinstance(after, Named) and (after.of("column")):
            self.asked.nulls.append((after, True))
            self.at += 1
        else:
            self._negated = True

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
        else:
            asked.unknown.append(item.text)

    def _number(self, item: Number) -> None:
        """A number by itself: the length of a list, or the value of the column named before it."""
        after, asked = self.peek(), self.asked
        before = self.items[self.at - 2] if self.at > 1 else None
        if isinstance(before, Word) and before.text == "of" and self.at > 2:
            before = self.items[self.at - 3]
        if isinstance(before, Named) and before.of("column", 0.5):
            asked.values.append(Value(before, self._negated, self._late, False, before, item.value))
            asked.columns = [one for one in asked.columns if one is not before]
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

    def _limit(self, cue: Cue, place: int) -> None:
        """ "over 500 euros", "between 3 and 5 hours"."""
        first = self.number_ahead()
        if first is not None and self._either:
            self.asked.unknown.append("or")
        if first is None:
            if cue.kind == "between":
                self.asked.compare = True
            elif cue.text.casefold() == "over":
                return
            else:
                self.asked.unknown.append(cue.text)
            return
        values, operator = [first], _OPERATORS.get(cue.kind, ">=")
        if cue.kind == "between":
            self.skip_joining()
            second = self.number_ahead()
            if second is None:
                self.asked.unknown.append(cue.text)
                return
            values = sorted([first, second])
        unit, named = self.unit_ahead()
        before = self.named_before(place)
        if before is not None and named is None:
            self.asked.columns = [one for one in self.asked.columns if one is not before]
        said = " ".join([cue.text, " and ".join(f"{value:g}" for value in values), "" if named else unit])
        bounds: tuple[tuple[Operator, float], ...] = ((operator, values[0]),)
        if len(values) == 2:
            bounds = ((">=", values[0]), ("<=", values[1]))
        for one, value in bounds:
            self.asked.limits.append(Limit(one, (value,), said.strip(), named or before, unit))

    def _named(self, item: Named) -> None:
        asked, item = self.asked, self._narrowed(item)
        best, after = item.meanings[0], self.peek()
        things, self._things = self._things, False
        either, self._either = self._either, False
        if things and asked.only and item.text.endswith("s") and not item.text.endswith("ss"):
            asked.only, asked.top = False, USUAL
        if self._ranking:
            asked.ranked, self._ranking = item, False
        elif self._grouping and (item.of("table", 0.7) or item.of("column", 0.85 if best.kind == "value" else 0.45)):
            asked.groups.append(item)
            self._grouping = isinstance(after, Word | Cue) and after.text in (",", "and")
        elif isinstance(after, Time) and _dated(item) and not item.of("table"):
            asked.timed = item
            if item.of("value") and item.of("column")[0].weight < _SURE:
                asked.unknown.append(item.text)
        elif things and best.kind != "value" and best.of not in ("integer", "number"):
            asked.thing = item
        elif best.kind == "value" or (item.of("value") and best.weight <= 1.0 and not item.of("table", 0.9)):
            self._value(item, after, either)
        elif self._negated and not item.of("table", 0.9):
            asked.nulls.append((item, True))
        elif best.kind == "table":
            asked.tables.append(item)
            if self._negated:
                asked.unknown.append(f"not {item.text}")
        else:
            asked.columns.append(item)
        self._negated = False

    def _narrowed(self, item: Named) -> Named:
        """ "category of parts": of the columns so called, those of that table."""
        of, table = (*self.items[self.at : self.at + 2], None, None)[:2]
        if isinstance(of, Word) and of.text == "of" and isinstance(table, Named):
            sources = {one.source for one in table.of("table", 0.9)}
            narrow = tuple(one for one in item.of("column") if one.source in sources)
            if narrow and item.meanings[0].kind == "column":
                return Named(item.text, narrow)
        return item

    def _value(self, item: Named, after: Item | None, either: bool) -> None:
        """A value, perhaps with its column beside it: "status open", "the Wren model"."""
        columns = {(one.source, one.column) for one in item.of("value")}
        beside = (
            [self.asked.columns[-1]] if self.asked.columns and self.items[self.at - 2] is self.asked.columns[-1] else []
        )
        beside += [after] if isinstance(after, Named) and after.meanings[0].kind == "column" else []
        column = next((one for one in beside if columns & {(m.source, m.column) for m in one.of("column")}), None)
        if column is not None and column is after:
            self.at += 1
        elif column is not None:
            self.asked.columns.pop()
        joined = self._excluded and self.joined()
        if joined and not self._excluding and not either:
            self.asked.unknown.append(f"and {item.text}")
        negated = self._negated or joined
        self.asked.values.append(Value(item, negated, self._late, either, column))
        self._excluded = negated


def _dated(item: Named) -> bool:
    return any(one.of in ("date", "timestamp") for one in item.of("column", 0.3))
