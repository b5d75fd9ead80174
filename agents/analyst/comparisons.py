"""Comparisons in a question: with numbers, of two columns with each other, and the days from one day to another."""

from agents.analyst.items import Beyond, Cue, Item, Named, Number, TimeUnit, Word
from agents.analyst.names import DAYS, Naming
from agents.analyst.plan import Aggregate, Operator
from agents.analyst.request import Lapse, Limit, Pair

AGGREGATES: dict[str, list[Aggregate]] = {
    "sum": ["sum"], "average": ["average"], "median": ["median"], "maximum": ["maximum"], "minimum": ["minimum"],
    "range": ["minimum", "maximum"],
}  # fmt: skip
OPERATORS: dict[str, Operator] = {"over": ">", "least_of": ">=", "under": "<", "most_of": "<=", "equal": "="}
_LAPSES = frozenset({"from", "between", "days between", "time between", "the time from", "gap between"})
_UNTIL = frozenset({"to", "and", "until", "till"})
_NUMBERS = ("integer", "number")
_FAMILY = 0.3
"""From this weight on a word names a day where two of them are joined: "from opening to completion"."""


class Comparing(Naming):
    """Reads what stands behind "over", "between" and the like."""

    def _limit(self, cue: Cue, place: int) -> None:
        """ "over 500 euros", "between 3 and 5 hours"."""
        first, operator = self.number_ahead(), OPERATORS.get(cue.kind, ">=")
        if first is not None and self._either:
            self.asked.unknown.append("or")
        if first is None and self._pair(cue, operator, place):
            return
        first = first if first is not None else self._one_unit()
        if first is None:
            if cue.kind == "between":
                self.asked.compare = True
            elif cue.text.casefold() == "over":
                return
            else:
                self.asked.unknown.append(cue.text)
            return
        values = [first]
        if cue.kind == "between":
            self.skip_joining()
            second = self.number_ahead()
            if second is None:
                self.asked.unknown.append(cue.text)
                return
            values = sorted([first, second])
        unit, named = self.unit_ahead()
        before = self.named_before(place)
        if before is not None and named is None and len(values) == 1 and self._worked_out(before):
            said = f"{cue.text} {values[0]:g} {unit}".strip()
            self.asked.for_groups = Limit(operator, (values[0],), said, before, unit)
            return
        if before is not None and named is None:
            self.asked.columns = [column for column in self.asked.columns if column is not before]
        said = " ".join([cue.text, " and ".join(f"{value:g}" for value in values), "" if named else unit])
        bounds: tuple[tuple[Operator, float], ...] = ((operator, values[0]),)
        if len(values) == 2:
            bounds = ((">=", values[0]), ("<=", values[1]))
        for bound, value in bounds:
            self.asked.limits.append(Limit(bound, (value,), said.strip(), named or before, unit))

    def _worked_out(self, named: Named) -> bool:
        """Whether it is what is worked out of a column that is compared: "categories with an average price over"."""
        at = next(place for place, item in enumerate(self.items) if item is named)
        before = self.items[at - 1] if at else None
        return isinstance(before, Cue) and before.kind in AGGREGATES

    def _one_unit(self) -> float | None:
        """ "a week" is one of them."""
        article, unit = (*self.items[self.at : self.at + 2], None, None)[:2]
        if isinstance(article, Word) and article.text.casefold() in ("a", "an", "one") and isinstance(unit, TimeUnit):
            self.at += 1
            return 1.0
        return None

    def _pair(self, cue: Cue, operator: Operator, place: int) -> bool:
        """ "parts cost more than labour cost", "for less than the list price"."""
        start, other = self.at, self.skip_idle()
        if not isinstance(other, Named) or other.meanings[0].of not in _NUMBERS or cue.kind not in ("over", "under"):
            self.at = start
            return False
        self.at += 1
        before = self.named_before(place)
        if before is not None and not any(column.of in _NUMBERS for column in before.of("column", _FAMILY)):
            before = None
        if before is not None:
            self.asked.columns = [column for column in self.asked.columns if column is not before]
        self.asked.pairs.append(Pair(before, operator, other, f"{cue.text} {other.text}"))
        return True

    def limit_ahead(self) -> bool:
        """Whether a comparison with a number follows: "months with more than 90 orders"."""
        at = self.at
        while at < len(self.items) and (
            (isinstance(one := self.items[at], Word) and one.idle) or (isinstance(one, Cue) and one.kind == "verb")
        ):
            at += 1
        cue, number = (*self.items[at : at + 2], None, None)[:2]
        return isinstance(cue, Cue) and cue.kind in OPERATORS and isinstance(number, Number)

    def lapse_ahead(self) -> bool:
        return self.at < len(self.items) and self._days_from(self.at) is not None

    def lapse(self, item: Item) -> bool:
        """Reads the days from one day to another, if they are named here."""
        found = self._days_from(self.at - 1)
        if found is None:
            return False
        if self.asked.lapse is not None:
            self.asked.unknown.append(item.text)
        self.asked.lapse, self.at = found, self.at + 3
        return True

    def _days_from(self, at: int) -> Lapse | None:
        start, since, to, until = (*self.items[at : at + 4], None, None, None, None)[:4]
        if not isinstance(start, Word | Cue | Beyond) or start.text.casefold() not in _LAPSES:
            return None
        if not isinstance(to, Word | Cue) or to.text.casefold() not in _UNTIL:
            return None
        if isinstance(since, Named) and isinstance(until, Named) and _day(since) and _day(until):
            return Lapse(since, until, f"from {since.text} to {until.text}")
        return None


def _day(named: Named) -> bool:
    return any(column.of in DAYS for column in named.of("column", _FAMILY))
