"""Rows themselves as what is asked for: in which order, how many, and which of their columns."""

from dataclasses import dataclass

from msgspec.structs import replace

from agents.analyst.items import Named
from agents.analyst.plan import Field, Order, Plan
from agents.analyst.reach import days, label
from agents.analyst.request import Asked
from agents.analyst.resolve import DAYS, NUMBERS, Rows, Unresolved, words_of
from agents.analyst.tokens import parts, stem
from agents.analyst.vocabulary import vocabulary
from agents.dataset import Column

MOST_LISTED = 50
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Listing:
    """Of the rows of one table."""

    asked: Asked
    rows: Rows

    def listed(self, plan: Plan, ranked: Named | None) -> Plan:
        """Rows, the first or last of some order."""
        asked, rows = self.asked, self.rows
        named = ranked or next(iter(asked.columns), None)
        orders: list[Order] = []
        if asked.end:
            if named or asked.figure:
                orders = [self._order(named, asked.figure)]
            elif asked.top:
                orders = self._usual_order()
            if not orders:
                raise Unresolved(f"I do not see by what {words_of(rows.table.name)} are to be put in order.")
            orders = [replace(item, descending=item.descending == (asked.end == "most")) for item in orders]
        keys = [Field(name, rows.lexicon.column(rows.source, name).kind) for name in rows.table.primary_key]
        orders += [Order(key, False) for key in keys]
        ordered = [item.field for item in orders]
        conditioned = [condition.field for condition in plan.conditions]
        others = [Field(item.name, item.kind) for item in rows.table.columns]
        shown = tuple(dict.fromkeys([*keys, *ordered, *conditioned, *self._label(), *others]))[:_SHOWN]
        limit = 1 if asked.only and asked.end else asked.top or MOST_LISTED
        skip = asked.place - 1 if limit == 1 else 0
        return replace(plan, order=tuple(orders), shown=shown, limit=limit, skip=skip)

    def _label(self) -> list[Field]:
        column = label(self.rows.table)
        return [Field(column.name, column.kind)] if column else []

    def _order(self, named: Named | None, figure: str) -> Order:
        """The order that is asked for by name, or by an adjective."""
        rows = self.rows
        field = rows.field(named, lambda column: column.kind in (*NUMBERS, *DAYS, "text")) if named else None
        if field is None and figure in ("date", "age"):
            day = rows.day(None)
            if day is None:
                raise Unresolved(f"{words_of(rows.table.name)} have no date.")
            exact = (item for item in days(rows.table) if item.kind == "timestamp" and not day.path)
            same = (candidate for candidate in exact if parts(candidate.column)[:1] == parts(day.column)[:1])
            return Order(next(same, day), figure == "date")
        if field is None and figure:
            field = rows.figure(figure) or rows.field(Named(figure, rows.lexicon.figure(figure)), _ordered)
        if field is None:
            raise Unresolved(f'I find no "{figure or (named.text if named else "")}" of {words_of(rows.table.name)}.')
        scale = _scale(self._texts(field)) if field.kind == "text" else ()
        if field.kind == "text" and not scale:
            raise Unresolved(f"{words_of(field.column)} has no order.")
        return Order(field, True, scale)

    def _usual_order(self) -> list[Order]:
        """What "top" means where nobody says: what matters most goes by the names of the columns, and is said."""
        ranks = vocabulary().ranking
        keys = {*self.rows.table.primary_key, *(c for key in self.rows.table.foreign_keys for c in key.columns)}
        found: list[tuple[int, int, Order]] = []
        for place, column in enumerate(self.rows.table.columns):
            field = Field(column.name, column.kind)
            rank = min((ranks.index(s) for s in map(stem, parts(column.name)) if s in ranks), default=len(ranks))
            scale = _scale(self._texts(field)) if column.kind == "text" else ()
            if column.name not in keys and (
                column.kind == "number" or scale or (column.kind == "integer" and rank < len(ranks))
            ):
                found.append((rank, place, Order(field, True, scale)))
        orders = [match for _, _, match in sorted(found, key=lambda match: match[:2])][:2]
        if orders:
            by = ", then ".join(words_of(order.field.column) for order in orders)
            self.rows.assume(f"the top ones are those of the highest {by}")
        return orders

    def _texts(self, field: Field) -> tuple[str, ...]:
        return self.rows.lexicon.values.get((self.rows.at(field), field.column), ())


def _scale(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a column from the lowest up, if they stand in an order that is known."""
    plain = {text.casefold(): text for text in texts}
    for scale in vocabulary().scales:
        if len(plain) >= 2 and plain.keys() <= set(scale):
            return tuple(plain[word] for word in scale if word in plain)
    return ()


def _ordered(column: Column) -> bool:
    return column.kind in (*NUMBERS, *DAYS)
