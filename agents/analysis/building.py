"""A plan for one table, from what is asked and, where a question builds on the one before, from that one's plan."""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from msgspec.structs import replace

from agents.analysis.asked import Asked
from agents.analysis.items import Named
from agents.analysis.plan import Condition, Field, Group, Having, Measure, Order, Plan, Unit
from agents.analysis.reach import entity, label
from agents.analysis.resolve import DAYS, NUMBERS, Rows, Unresolved, words_of
from agents.analysis.vocabulary import vocabulary
from agents.analysis.words import parts, stem
from agents.dataset import Column

MOST_LISTED = 50
_SHOWN = 8
_COUNT = Measure("count")


@dataclass(slots=True)
class Builder:
    """Makes the plan for the rows of one table, once."""

    asked: Asked
    rows: Rows
    dataset: str
    base: Plan | None = None

    def plan(self) -> Plan:
        """Raises Unresolved where the question does not fit these rows."""
        self._reachable()
        conditions = self._conditions(late=False)
        part = self._conditions(late=True) if self.asked.share else ()
        groups, ranked = self._groups()
        conditions, groups = self._compared(conditions, groups)
        plan = Plan(self.dataset, self.rows.source, conditions=conditions, part=part, groups=groups)
        plan = self._timed(plan)
        if self.base is not None:
            plan = self._built_on(plan, self.base, ranked)
        elif self._lists_rows(plan):
            plan = self._listed(plan, ranked)
        else:
            plan = replace(plan, measures=self._measures(plan, ranked))
        return self._ordered(plan)

    def _reachable(self) -> None:
        """Tables that are named have to be the rows' own one, or one that they refer to."""
        for named in self.asked.tables:
            if not any(one.source in self.rows.paths for one in named.of("table")):
                raise Unresolved(f"{words_of(self.rows.table.name)} say nothing about {named.text}.")

    def _conditions(self, *, late: bool) -> tuple[Condition, ...]:
        asked, rows = self.asked, self.rows
        found: list[Condition] = []
        for value in asked.values:
            if value.late == late:
                found.append(rows.condition(value))
                if value.either and (len(found) < 2 or found[-1].field != found[-2].field):
                    raise Unresolved(f'I cannot put "or" before {value.named.text}: it is not of the same column.')
        if late:
            return tuple([*_merged(found), *self._flags()])
        having = self._having_limit()
        found += [rows.limit(limit) for limit in asked.limits if limit is not having]
        for named, missing in asked.nulls:
            field = rows.field(named, lambda column: True)
            if field is None:
                raise Unresolved(f'"{named.text}" is nothing that {words_of(rows.table.name)} have.')
            empty = Condition(field, "is null" if missing else "is not null", (), f"no {named.text}")
            found.append(Condition(field, "in", (False,), empty.said) if field.kind == "boolean" else empty)
        return tuple([*_merged(found), *(() if asked.share else self._flags())])

    def _flags(self) -> tuple[Condition, ...]:
        """Columns that are named without being worked out: a yes or no, or a day that has come."""
        found = []
        for named in list(self.asked.columns):
            field = self.rows.field(named, lambda column: column.kind in ("boolean", *DAYS), quiet=True)
            number = self.rows.candidates(named, lambda column: column.kind in NUMBERS)
            if field is None or (number and number[0].score > 0.6) or (self.asked.aggregates and field.kind in DAYS):
                continue
            column = self.rows.lexicon.column(self.rows.at(field), field.column)
            self.asked = _without(self.asked, named)
            self.rows.field(named, lambda column: column.kind in ("boolean", *DAYS))
            if field.kind == "boolean":
                found.append(Condition(field, "in", (True,), named.text))
            elif column.nullable:
                found.append(Condition(field, "is not null", (), named.text))
        return tuple(found)

    def _having_limit(self) -> object:
        """The comparison that is about how many rows a group has: "dealers with more than 600 incidents"."""
        for limit in self.asked.limits:
            if limit.named and any(one.source == self.rows.source for one in limit.named.of("table", 0.7)):
                return limit
        return None

    def _groups(self) -> tuple[tuple[Group, ...], Named | None]:
        """What is grouped by; and the figure that "by" stands before where a list is asked for: "top 5 by cost"."""
        asked, rows, found, ranked = self.asked, self.rows, [], self.asked.ranked
        thing = asked.thing
        if thing is not None and not self._own(thing):
            found.append(rows.group(thing))
        if asked.which and not asked.groups and asked.tables and self._having_limit():
            found.append(rows.group(asked.tables[0]))
        for named in asked.groups:
            if self._own(named) and not named.of("column", 0.95):
                if len(asked.groups) + len(asked.units) < 2 and not asked.which:
                    raise Unresolved(f"{words_of(rows.table.name)} are counted, and cannot be grouped by themselves.")
                continue
            figure = rows.candidates(named, lambda column: column.kind in NUMBERS)
            if asked.top and thing is not None and (self._own(thing) or (figure and figure[0].score > 0.5)):
                ranked = named
                continue
            found.append(rows.group(named))
        return tuple(dict.fromkeys(found)), ranked

    def _own(self, named: Named) -> bool:
        tables = named.of("table", 0.65)
        return any(one.source == self.rows.source and one.weight > tables[0].weight - 0.05 for one in tables)

    def _compared(
        self, conditions: tuple[Condition, ...], groups: tuple[Group, ...]
    ) -> tuple[tuple[Condition, ...], tuple[Group, ...]]:
        """Values that are compared are told apart."""
        asked = self.asked
        sought = asked.compare or (asked.end and not groups and not asked.thing)
        if not sought or groups:
            return conditions, groups
        several = [one for one in conditions if one.operator == "in" and len(one.values) > 1]
        if len(several) == 1:
            return conditions, (Group((several[0].field,)),)
        if asked.compare and len(asked.spans) < 2 and not several and not asked.units and not self.base:
            raise Unresolved("I do not see which things are to be compared.")
        return conditions, groups

    def _timed(self, plan: Plan) -> Plan:
        """When: the day that counts, the spans, and the units of time that are grouped by."""
        asked = self.asked
        if not (asked.spans or asked.trend or asked.units):
            return plan
        ordered = sorted(asked.spans, key=lambda one: one.first or date.min)
        if any((one.last or date.max) >= (other.first or date.min) for one, other in pairwise(ordered)):
            raise Unresolved("The times overlap: please say which one counts.")
        day = self.rows.day(asked.timed)
        if day is None:
            return self._by_calendar_columns(plan)
        units: list[Unit | None] = [*asked.units] or ([None] if asked.trend else [])
        grouped = [Group((day,), unit or "month") for unit in dict.fromkeys(units)]
        return replace(plan, when=day, spans=tuple(asked.spans), groups=(*grouped, *plan.groups))

    def _by_calendar_columns(self, plan: Plan) -> Plan:
        """Without a date, a column that holds the number of the year or month can do."""
        asked, rows = self.asked, self.rows
        columns = {
            one.name.casefold(): Field(one.name, one.kind) for one in rows.table.columns if one.kind == "integer"
        }
        units = asked.units or (["year"] if asked.trend else [])
        years = [one.first.year for one in asked.spans if one.first and one.label == str(one.first.year)]
        if not all(unit in columns for unit in units) or (
            asked.spans and (len(years) < len(asked.spans) or "year" not in columns)
        ):
            raise Unresolved(f"{words_of(rows.table.name)} have no date.")
        groups = [Group((columns[unit],)) for unit in units]
        if len(years) > 1:
            groups.append(Group((columns["year"],)))
        conditions = [Condition(columns["year"], "in", tuple(years), ", ".join(map(str, years)))] if years else []
        return replace(
            plan, groups=tuple(dict.fromkeys([*groups, *plan.groups])), conditions=(*plan.conditions, *conditions)
        )

    def _lists_rows(self, plan: Plan) -> bool:
        """Whether rows themselves are asked for, and nothing that is worked out of them."""
        asked = self.asked
        if asked.counted or asked.aggregates or asked.share or plan.groups or asked.distinct:
            return False
        of_own = [named for named in (asked.thing, *asked.groups) if named is not None and self._own(named)]
        if asked.end:
            return bool(of_own or (asked.tables and self._own(asked.tables[0]) and (asked.which or asked.top)))
        listed = bool((asked.listing or (asked.which and of_own)) and not asked.columns)
        if listed and asked.tables and not self._own(asked.tables[0]):
            raise Unresolved(f"{asked.tables[0].text} are not {words_of(self.rows.table.name)}.")
        return listed

    def _listed(self, plan: Plan, ranked: Named | None) -> Plan:
        """Rows, the first or last of some order."""
        asked, rows = self.asked, self.rows
        named = ranked or next(iter(asked.columns), None)
        orders: list[Order] = []
        if asked.end:
            orders = [self._order(named, asked.figure)] if named or asked.figure else self._usual_order()
            if not orders:
                raise Unresolved(f"I do not see by what {words_of(rows.table.name)} are to be put in order.")
            orders = [replace(one, descending=one.descending == (asked.end == "most")) for one in orders]
        keys = [Field(name, rows.lexicon.column(rows.source, name).kind) for name in rows.table.primary_key]
        orders += [Order(key, False) for key in keys]
        ordered = [one.field for one in orders]
        conditioned = [one.field for one in plan.conditions]
        others = [Field(one.name, one.kind) for one in rows.table.columns]
        shown = tuple(dict.fromkeys([*keys, *ordered, *conditioned, *self._label(), *others]))[:_SHOWN]
        limit = 1 if asked.only and asked.end else asked.top or MOST_LISTED
        return replace(plan, order=tuple(orders), shown=shown, limit=limit)

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
            return Order(day, figure == "date")
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
        orders = [one for _, _, one in sorted(found, key=lambda one: one[:2])][:2]
        if orders:
            by = ", then ".join(words_of(one.field.column) for one in orders)
            self.rows.assume(f"the top ones are those of the highest {by}")
        return orders

    def _texts(self, field: Field) -> tuple[str, ...]:
        return self.rows.lexicon.values.get((self.rows.at(field), field.column), ())

    def _measures(self, plan: Plan, ranked: Named | None) -> tuple[Measure, ...]:
        """What is worked out. Raises Unresolved where it cannot be told, or where something would be left out."""
        asked, rows = self.asked, self.rows
        figures = [named for named in (ranked, *asked.columns) if named is not None]
        aggregates = list(dict.fromkeys(asked.aggregates))
        if asked.thing is not None and not (figures or asked.tables or asked.counted) and asked.thing.of("table", 0.7):
            raise Unresolved(f"I do not see by what {asked.thing.text} are to be put in order.")
        if asked.distinct and len(figures) < 2 and not aggregates:
            return self._counted()
        if not figures and aggregates and (aggregates != ["sum"] or asked.counted and asked.money):
            raise Unresolved("I do not see which figure it is about.")
        if not figures and asked.money:
            field = rows.figure("cost")
            if field is None:
                raise Unresolved(f"I see no cost of {words_of(rows.table.name)}.")
            return (Measure("sum", field),)
        if not figures and asked.figure and not asked.counted:
            return self._superlative()
        if not figures or (len(figures) == 1 and not aggregates and not asked.end and self._of_text(figures[0])):
            return self._counted()
        if not plan.groups and asked.end and self._of_text(figures[0]):
            raise Unresolved(f'I do not see what of "{figures[0].text}" is meant.')
        if asked.counted and not aggregates and not asked.distinct:
            raise Unresolved(f'I do not see what is to be done with "{figures[0].text}".')
        measures: list[Measure] = [*(self._counted() if asked.counted else ())]
        for named in figures:
            measures += self._of_figure(named, plan, aggregates)
        return tuple(dict.fromkeys(measures))

    def _of_text(self, named: Named) -> bool:
        """Whether the column holds words, so that there is nothing to add up."""
        found = self.rows.candidates(named, lambda column: True)
        return bool(found) and found[0].column.kind == "text"

    def _superlative(self) -> tuple[Measure, ...]:
        field = self.rows.figure(self.asked.figure)
        if field is None:
            raise Unresolved(f'I find no "{self.asked.figure}" of {words_of(self.rows.table.name)}.')
        return (Measure("average", field),)

    def _counted(self) -> tuple[Measure, ...]:
        """How many rows, or how many different things they refer to."""
        asked, rows = self.asked, self.rows
        subjects = [*asked.tables]
        if asked.distinct and asked.columns:
            field = rows.field(asked.columns[0], lambda column: True)
            if field is not None:
                return (Measure("distinct", field),)
        if not subjects and asked.columns and not asked.thing:
            field = rows.field(asked.columns[0], lambda column: column.kind == "text")
            return (Measure("distinct", field),) if field is not None and not asked.end else (_COUNT,)
        if subjects and not self._own(subjects[0]):
            source = next((one.source for one in subjects[0].of("table") if one.source in rows.paths), None)
            keys = entity(rows.lexicon.tables[source], rows.path(source) or ())[:1] if source else ()
            if not keys:
                raise Unresolved(f"I cannot count {subjects[0].text}.")
            self.rows.score -= 0.3
            self.rows.assume(f"counted are the different {subjects[0].text} of {words_of(rows.table.name)}")
            return (Measure("distinct", keys[0]),)
        return (_COUNT,)

    def _of_figure(self, named: Named, plan: Plan, aggregates: list[object]) -> list[Measure]:
        """What a figure is made of; a figure belongs to the rows themselves, so that none counts twice."""
        asked, rows = self.asked, self.rows
        numeric = (*NUMBERS, *DAYS) if set(aggregates) <= {"minimum", "maximum"} and aggregates else NUMBERS
        field = rows.field(named, lambda column: column.kind in numeric)
        if field is None or field.path:
            raise Unresolved(f'"{named.text}" is no figure of {words_of(rows.table.name)}.')
        if aggregates:
            return [Measure(one, field) for one in aggregates]  # type: ignore[arg-type]
        if asked.end and not plan.groups:
            return [Measure("maximum" if asked.end == "most" else "minimum", field)]
        adds = any(stem(part) in vocabulary().additive for part in parts(field.column)) and "unit" not in parts(
            field.column
        )
        rows.assume(f"{words_of(field.column)} is {'added up' if adds else 'averaged'}")
        return [Measure("sum" if adds else "average", field)]

    def _ordered(self, plan: Plan) -> Plan:
        """In which order groups come, how many of them, and which."""
        asked = self.asked
        limit = self._having_limit()
        if limit is not None and plan.measures:
            if not plan.groups:
                raise Unresolved("I do not see which groups it is about.")
            plan = replace(plan, having=Having(limit.operator, limit.values[0]))  # type: ignore[attr-defined]
        if asked.share:
            if plan.part and plan.groups and not asked.groups and not asked.units:
                plan = replace(plan, groups=())
            if not plan.part and not plan.groups:
                plan = self._part_of_conditions(plan)
            plan = replace(plan, share=bool(plan.groups) and not plan.part)
        if not plan.measures or not plan.groups:
            return plan
        if asked.end:
            several = asked.compare or (not asked.which and asked.top is None and not asked.thing and not asked.only)
            top = None if several else asked.top or (1 if asked.only else None)
            plan = replace(plan, descending=asked.end == "most", limit=top)
        return plan

    def _part_of_conditions(self, plan: Plan) -> Plan:
        """ "the share of critical incidents": the values are the part, the time is the whole."""
        if not plan.conditions:
            raise Unresolved("I do not see what the share is of.")
        return replace(plan, conditions=(), part=plan.conditions)

    def _built_on(self, plan: Plan, base: Plan, ranked: Named | None) -> Plan:
        """The plan before, with what is asked differently now."""
        asked = self.asked
        changed = {one.field for one in plan.conditions}
        kept = tuple(one for one in base.conditions if one.field not in changed)
        groups = plan.groups or (() if asked.counted else base.groups)
        when, spans = plan.when or base.when, plan.spans or base.spans
        measures = base.measures
        if asked.aggregates or asked.columns:
            figure = next((one.field for one in base.measures if one.field is not None), None)
            aggregates = asked.aggregates
            if asked.columns:
                measures = self._measures(plan, ranked)
            elif figure is not None:
                measures = tuple(Measure(one, figure) for one in aggregates)
            else:
                raise Unresolved("I do not see which figure it is about.")
        elif asked.counted or (not measures and (plan.groups or asked.share)):
            measures = (_COUNT,)
        same = groups == base.groups and bool(measures) == bool(base.measures)
        return replace(
            base,
            conditions=(*kept, *plan.conditions),
            part=plan.part or (base.part if same else ()),
            groups=groups if measures else (),
            when=when,
            spans=spans,
            measures=measures,
            share=base.share and same,
            having=base.having if same else None,
            descending=base.descending if same else None,
            limit=asked.top or (base.limit if same else None),
            shown=() if measures else base.shown,
            order=() if measures else base.order,
        )


def _merged(conditions: list[Condition]) -> list[Condition]:
    """Several values of one column are either of them, or none of them."""
    found: dict[tuple[Field, str], Condition] = {}
    for one in conditions:
        key = (one.field, one.operator if one.operator in ("in", "not in") else f"{one.operator} {one.values}")
        if key in found:
            held = found[key]
            values = tuple(dict.fromkeys([*held.values, *one.values]))
            found[key] = replace(held, values=values, said=f"{held.said}, {one.said}")
        else:
            found[key] = one
    return list(found.values())


def _without(asked: Asked, named: Named) -> Asked:
    from dataclasses import replace as changed  # noqa: PLC0415

    return changed(asked, columns=[one for one in asked.columns if one is not named])


def _scale(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a column from the lowest up, if they stand in an order that is known."""
    plain = {text.casefold(): text for text in texts}
    for scale in vocabulary().scales:
        if len(plain) >= 2 and plain.keys() <= set(scale):
            return tuple(plain[word] for word in scale if word in plain)
    return ()


def _ordered(column: Column) -> bool:
    return column.kind in (*NUMBERS, *DAYS)
