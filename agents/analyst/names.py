"""What the names in a question are for: what is counted, grouped by, compared or left out."""

from dataclasses import replace

from agents.analyst.cursor import Cursor, holds
from agents.analyst.items import Cue, Item, Named, Time, Word
from agents.analyst.request import USUAL, Asked, Value
from agents.analyst.vocabulary import vocabulary

DAYS = ("date", "timestamp")
_SURE = 0.9
"""From this weight on a day is meant where a time follows, though the word is a value as well."""


class Naming(Cursor):
    """Reads names; what stands before them and is still open is kept in between."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        super().__init__(items)
        self.asked = Asked()
        self._negated = False
        self._never = False
        self._subject = 0
        self._phrase = 0
        self._late = False
        self._when = False
        self._grouping = False
        self._ranking = False
        self._things = False
        self._either = False
        self._ended = ""
        self._excluding = False
        self._excluded = False

    def _named(self, item: Named) -> None:
        asked, item = self.asked, _as_spelt(self._narrowed(item))
        best, after = item.meanings[0], self.peek()
        things, self._things = self._things, False
        either, self._either = self._either, False
        if things and asked.only and item.text.endswith("s") and not item.text.endswith("ss"):
            asked.only, asked.top = False, USUAL
        if self._ranking:
            asked.ranked, self._ranking = item, False
        elif self._grouping and (item.of("table", 0.7) or item.of("column", 0.85 if best.kind == "value" else 0.45)):
            self._group(item, after)
        elif isinstance(after, Time) and _dated(item) and not item.of("table"):
            self._timed(item)
        elif things and best.of in DAYS and isinstance(after, Named) and after.of("table", 0.7):
            asked.columns.append(item)  # "the most borrowed books"
            self._things = True
        elif things and best.kind != "value" and best.of not in ("integer", "number"):
            asked.thing = item
        elif self._happened(item):
            asked.columns.append(Named(item.text, item.of("column", _SURE)))
        elif self._beside(item) or best.kind == "value" or (item.of("value") and not item.of("table", 0.9)):
            self._value(item, after, either)
            self._things = things
        elif self._negated and best.kind == "column" and self.value_ahead(item):
            asked.columns.append(item)
            return
        elif self._negated:
            asked.nulls.append((item, True))
        elif best.kind == "table":
            self._table(item)
        else:
            self._column(item)
        self._negated = False

    def _group(self, item: Named, after: Item | None) -> None:
        self.asked.groups.append(item)
        before = self.items[self.at - 2] if self.at > 1 else None
        if isinstance(before, Cue) and before.text.casefold() == "per":
            self.asked.per.append(item)
        if self._negated or self.by_whom(item):
            self.asked.unknown.append(f"by {item.text}")
        self._grouping = isinstance(after, Word | Cue) and after.text in (",", "and")

    def _timed(self, item: Named) -> None:
        """A day with its time behind it; two days are not told apart."""
        asked = self.asked
        other = asked.spans and (asked.timed is None or asked.timed.text != item.text)
        if other or (item.of("value") and item.of("column")[0].weight < _SURE):
            asked.unknown.append(item.text)
        asked.timed = item

    def _happened(self, item: Named) -> bool:
        """Whether it is said that something was done, whatever its status is now: "were resolved"."""
        before = self.items[self.at - 2] if self.at > 1 else None
        past = isinstance(before, Cue) and before.text.casefold() in ("was", "were", "been", "got")
        dated = any(column.of in DAYS for column in item.of("column", _SURE))
        return past and dated and not self._negated and bool(item.of("value"))

    def _column(self, item: Named) -> None:
        if item.meanings[0].weight < _SURE and self.shares_word():
            self.asked.unknown.append(item.text)
        self.asked.columns.append(item)

    def _table(self, item: Named) -> None:
        """A table; what was named before the first one, and apart from it, is what the question is about."""
        asked = self.asked
        if not asked.tables:
            leading = [replace(value, leads=True) for value in asked.values[self._subject : self._phrase]]
            asked.values[self._subject : self._phrase] = leading
        asked.tables.append(item)

    def _beside(self, item: Named) -> Named | None:
        """The column that was named just before, if this is a value of it: "paid by the customer"."""
        columns = self.asked.columns
        return columns[-1] if columns and self.follows(columns[-1]) and holds(columns[-1], item) else None

    def _narrowed(self, item: Named) -> Named:
        """ "category of parts": of the columns so called, those of that table."""
        of, table = (*self.items[self.at : self.at + 2], None, None)[:2]
        if isinstance(of, Word) and of.text == "of" and isinstance(table, Named):
            sources = {entry.source for entry in table.of("table", 0.9)}
            narrow = tuple(column for column in item.of("column") if column.source in sources)
            if narrow and item.meanings[0].kind == "column":
                return Named(item.text, narrow)
        return item

    def _value(self, item: Named, after: Item | None, either: bool) -> None:
        """A value, perhaps with its column beside it: "status open", "the Wren model"."""
        column = self._beside(item)
        if column is None:
            item = _of_table(_of_table(item, self.thing_before()), after)
        if column is not None:
            self.asked.columns.pop()
        elif isinstance(after, Named) and holds(after, item) and not after.of("table"):
            column = after
            self.at += 1
        elif isinstance(after, Named) and after.meanings[0].of in ("integer", "number") and _graded(item):
            self.asked.unknown.append(f"{item.text} {after.text}")
        joined = self._excluded and self.joined()
        if joined and not self._excluding and not either:
            self.asked.unknown.append(f"and {item.text}")
        negated = self._negated or joined
        never = negated and self._never
        self.asked.told.append(item)
        self.asked.values.append(Value(item, negated, self._late, either, column, never=never))
        self._excluded = negated


def _of_table(item: Named, after: Item | None) -> Named:
    """The values of the thing that stands next: "brake parts" are no parts of "brake" incidents."""
    sources = {table.source for table in after.of("table", 0.9)} if isinstance(after, Named) else set()
    narrow = tuple(value for value in item.of("value") if value.source in sources)
    return Named(item.text, narrow) if narrow else item


def _dated(item: Named) -> bool:
    return any(column.of in DAYS for column in item.of("column", 0.3))


def _graded(item: Named) -> bool:
    """Whether it is a word such as "high", which says of a figure how large it is."""
    return any(item.text.casefold() in scale for scale in vocabulary().scales)


def _as_spelt(item: Named) -> Named:
    """Without the values that are spelt otherwise, where it names a day as well: "opened" is no value "open"."""
    if any(column.of in DAYS for column in item.of("column", _SURE)):
        kept = tuple(
            meaning
            for meaning in item.meanings
            if meaning.kind != "value" or meaning.value.casefold() == item.text.casefold()
        )
        return Named(item.text, kept)
    return item
