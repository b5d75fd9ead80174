"""A place in a row of items, and what stands around it."""

from agents.analyst.items import Cue, Item, Named, Number, Place, Superlative, Time, Word
from agents.language.figures import unit_words

_HAVING = frozenset({"with", "the", "a", "having", "has", "have", "had", "that", "who", "which", "got"})

_PLACED = frozenset({"in", "from", "of", "at", "the"})


class Cursor:
    """`at` is the place of the item that is read next."""

    def __init__(self, items: tuple[Item, ...]) -> None:
        self.items = items
        self.at = 0

    def number_ahead(self) -> float | None:
        at = self.at
        while (
            at < len(self.items) and isinstance(one := self.items[at], Word) and one.text in ("€", "$", "£", "a", "the")
        ):
            at += 1
        found = self.items[at] if at < len(self.items) else None
        if not isinstance(found, Number):
            return None
        self.at = at + 1
        return found.value

    def skip_joining(self) -> None:
        while isinstance(one := self.peek(), Word | Cue) and one.text.casefold() in ("and", "to", "€", "euros", "eur"):
            self.at += 1

    def unit_ahead(self) -> tuple[str, Named | None]:
        """The unit or the thing that is counted, behind a number, and what it is a measure of: "5 hours of labour"."""
        one = self.peek()
        if one is not None and not isinstance(one, Time | Number) and one.text.casefold() in unit_words():
            self.at += 1
            of, named = (*self.items[self.at : self.at + 2], None, None)[:2]
            if isinstance(of, Word) and of.text == "of" and isinstance(named, Named) and named.of("column", 0.5):
                self.at += 2
                return one.text.casefold(), named
            return one.text.casefold(), None
        if isinstance(one, Named) and one.meanings[0].kind != "value":
            self.at += 1
            return one.text.casefold(), one
        of, named = (*self.items[self.at : self.at + 2], None, None)[:2]
        if isinstance(of, Word) and of.text in ("of", "in") and isinstance(named, Named) and named.of("column", 0.9):
            self.at += 2
            return named.text.casefold(), named
        return "", None

    def named_before(self, at: int) -> Named | None:
        """The column named just before a comparison: "cost is over"."""
        while (
            at > 0
            and isinstance(one := self.items[at - 1], Word | Cue)
            and ((isinstance(one, Word) and one.idle) or (isinstance(one, Cue) and one.kind == "verb"))
        ):
            at -= 1
        before = self.items[at - 1] if at > 0 else None
        return before if isinstance(before, Named) and before.of("column") and not before.of("table", 0.65) else None

    def joined(self) -> bool:
        """Whether "and" or its like stands before the name that was just read."""
        before = self.items[self.at - 2] if self.at > 1 else None
        return isinstance(before, Word | Cue) and before.text.casefold() in ("and", "or", "nor", ",")

    def thing_ahead(self) -> Named | None:
        """The thing that is sought, behind "who is the", where something is said to be the most or the least of it."""
        at = self.at
        while at < len(self.items) and (
            (isinstance(one := self.items[at], Word) and one.text.casefold() in ("the", "a"))
            or (isinstance(one, Cue) and one.kind == "verb")
        ):
            at += 1
        thing = self.items[at] if at < len(self.items) else None
        ends = any(
            isinstance(item, Superlative) or getattr(item, "kind", "") in ("most", "least") for item in self.items[at:]
        )
        if at == self.at or not ends or not isinstance(thing, Named) or not thing.of("table", 0.7):
            return None
        self.at = at
        return thing

    def follows(self, named: Named) -> bool:
        """Whether only words that carry nothing, or "is not", stand between a name and the one that was just read."""
        at = self.at - 2
        while at > 0 and (
            (isinstance(one := self.items[at], Word) and one.idle and one.text != ",")
            or (isinstance(one, Cue) and one.kind in ("verb", "negation"))
        ):
            at -= 1
        return at >= 0 and self.items[at] is named

    def thing_before(self) -> Named | None:
        """The thing that what was just read is said of: "customers in the Vale"."""
        at = self.at - 2
        while at > 0 and isinstance(one := self.items[at], Word) and one.text.casefold() in _PLACED:
            at -= 1
        thing = self.items[at] if 0 <= at < self.at - 2 else None
        return thing if isinstance(thing, Named) else None

    def has(self, thing: Named) -> bool:
        """Whether only "with the" or the like stands between a thing and what was just read."""
        at = self.at - 2
        while at >= 0 and (
            isinstance(one := self.items[at], Place) or (isinstance(one, Word | Cue) and one.text.casefold() in _HAVING)
        ):
            at -= 1
        return 0 <= at < self.at - 2 and self.items[at] is thing

    def table_ahead(self) -> bool:
        """Whether a thing stands next, with nothing but an article before it."""
        at = self.at
        while at < len(self.items) and isinstance(one := self.items[at], Word) and one.text.casefold() in ("the", "a"):
            at += 1
        return at < len(self.items) and isinstance(one := self.items[at], Named) and bool(one.of("table", 0.7))

    def by_whom(self, item: Named) -> bool:
        """Whether "by" says who did something, and not what is to be told apart: "reported by customers"."""
        by, done = (self.items[self.at - 2], self.items[self.at - 3]) if self.at > 2 else (None, None)
        several = item.text.endswith("s") and bool(item.of("table", 0.7))
        passive = isinstance(done, Named) and done.text.casefold().endswith(("ed", "sold", "made", "done"))
        return several and passive and isinstance(by, Cue) and by.text.casefold() == "by"

    def joins_times(self) -> bool:
        """Whether the time that was just read is joined to the one before it."""
        before = self.items[self.at - 2] if self.at > 1 else None
        return isinstance(before, Time | Named) or (
            isinstance(before, Word | Cue)
            and (before.text.casefold() in ("and", "or", "to", ",", "than") or getattr(before, "kind", "") == "versus")
        )

    def shares_word(self) -> bool:
        """Whether "and" and another column follow: "labour and parts cost" is no labour, but labour cost."""
        joint, other = (*self.items[self.at : self.at + 2], None, None)[:2]
        return (
            isinstance(joint, Word | Cue)
            and joint.text.casefold() in ("and", "or", ",", "vs", "versus")
            and isinstance(other, Named)
            and other.meanings[0].of in ("integer", "number")
        )

    def value_ahead(self, column: Named) -> bool:
        """Whether a negation reaches over a column to the value behind it: "not paid by the customer". The "by" between
        them is skipped."""
        at, by = self.at, False
        while at < len(self.items) and isinstance(one := self.items[at], Word | Cue):
            if isinstance(one, Cue) and (by or one.text.casefold() != "by"):
                return False
            if isinstance(one, Word) and not one.idle:
                return False
            by, at = by or isinstance(one, Cue), at + 1
        value = self.items[at] if at < len(self.items) else None
        if isinstance(value, Named) and (holds(column, value) or (by and value.meanings[0].kind == "value")):
            self.at = at
            return True
        return False

    def peek(self) -> Item | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def skip_idle(self) -> Item | None:
        while isinstance(one := self.peek(), Word) and one.idle:
            self.at += 1
        return self.peek()


def holds(column: Named, value: Named) -> bool:
    """Whether a phrase names the column of a value that another one names."""
    return bool(
        {(item.source, item.column) for item in column.of("column")}
        & {(item.source, item.column) for item in value.of("value")}
    )
