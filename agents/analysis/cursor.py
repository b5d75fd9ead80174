"""A place in a row of items, and what stands around it."""

from agents.analysis.items import Cue, Item, Named, Number, Time, Word
from agents.figures import unit_words


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
            if (
                isinstance(of, Word)
                and of.text in ("of", "in")
                and isinstance(named, Named)
                and named.of("column", 0.5)
            ):
                self.at += 2
                return one.text.casefold(), named
            return one.text.casefold(), None
        if isinstance(one, Named) and one.meanings[0].kind != "value":
            self.at += 1
            return one.text.casefold(), one
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
        return before if isinstance(before, Named) and before.of("column") and not before.of("table", 0.9) else None

    def joined(self) -> bool:
        """Whether "and" or its like stands before the name that was just read."""
        before = self.items[self.at - 2] if self.at > 1 else None
        return isinstance(before, Word | Cue) and before.text.casefold() in ("and", "or", "nor", ",")

    def peek(self) -> Item | None:
        return self.items[self.at] if self.at < len(self.items) else None

    def skip_idle(self) -> Item | None:
        while isinstance(one := self.peek(), Word) and one.idle:
            self.at += 1
        return self.peek()
