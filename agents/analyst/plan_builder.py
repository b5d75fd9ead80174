"""A plan for one table, from what is asked and, where a question builds on the one before, from that one's plan."""

from dataclasses import dataclass
from dataclasses import replace as changed
from datetime import date
from itertools import combinations, pairwise

from msgspec.structs import replace

from agents.analyst.groups import divides, doubt_group
from agents.analyst.items import Named
from agents.analyst.links import linked, missing
from agents.analyst.lists import Listing
from agents.analyst.measures import COUNT, Measuring
from agents.analyst.plan import Condition, Field, Group, Having, Measure, Plan, Unit
from agents.analyst.request import Asked, Limit
from agents.analyst.resolve import DAYS, NUMBERS, Ambiguous, Rows, Unresolved, words_of
from agents.analyst.row_limits import by_unit, compared

_OWN = 0.2
"""How much more likely a table is itself meant than as what others are grouped by."""
_PAIRED = 12
"""How many values and times are looked at for pairs."""
_FIGURE = 0.5
"""From this score on a name after "by" is the figure that a list is ordered by."""


@dataclass(slots=True)
class Builder:
    """Makes the plan for the rows of one table, once; `more` are conditions that were read elsewhere."""

    asked: Asked
    rows: Rows
    dataset: str
    base: Plan | None = None
    per: Field | None = None
    more: tuple[Condition, ...] = ()

    def plan(self) -> Plan:
        """Raises Unresolved where the question does not fit these rows."""
        self._reachable()
        self._paired()
        conditions = self._conditions(late=False)
        part = self._conditions(late=True) if self.asked.share else ()
        groups, ranked = self._groups()
        conditions, groups = self._compared(conditions, groups)
        plan = Plan(self.dataset, self.rows.source, conditions=conditions, part=part, groups=groups)
        plan = self._timed(plan)
        if self.base is not None:
            plan = self._built_on(plan, self.base, ranked)
        elif self._lists_rows(plan):
            plan = Listing(self.asked, self.rows).listed(plan, ranked)
        else:
            plan = replace(plan, measures=self._measures(plan, ranked))
        plan = self._ordered(plan)
        return plan if self.base is not None else linked(self.rows, plan, self.asked.tables)

    def _reachable(self) -> None:
        """Tables that are named have to be the rows' own one, or one that they refer to."""
        for named in self.asked.tables:
            if not any(item.source in self.rows.paths for item in named.of("table")):
                raise Unresolved(f"{words_of(self.rows.table.name)} say nothing about {named.text}.")

    def _paired(self) -> None:
        """ "Norway in 2025 and Chile in 2026" are two questions: crossing them would count what nobody asked for."""
        seen: list[tuple[object, str]] = []
        for item in self.asked.told:
            columns = frozenset((m.source, m.column) for m in item.of("value")) if isinstance(item, Named) else "time"
            seen.append((columns, item.text if isinstance(item, Named) else item.label))
        for (a, first), (b, second), (c, third), (d, fourth) in combinations(seen[:_PAIRED], 4):
            if a == c != b == d and first != third and second != fourth:
                raise Unresolved("Those are two questions: please ask one at a time.")

    def _conditions(self, *, late: bool) -> tuple[Condition, ...]:
        asked, rows = self.asked, self.rows
        found: list[Condition] = []
        for value in asked.values:
            if value.late == late:
                found.append(rows.condition(value))
                if value.either and (len(found) < 2 or found[-1].field != found[-2].field):
                    raise Unresolved(f'I cannot put "or" before {value.named.text}: it is not of the same column.')
        if late:
            return (*_merged(found), *self._flags())
        having = self._having_limit()
        found += compared(asked, rows, having)
        found += [missing(rows, named, gone, asked.tables) for named, gone in asked.nulls]
        return (*_merged(found), *(() if asked.share else self._flags()), *self.more)

    def _flags(self) -> tuple[Condition, ...]:
        """Columns that are named without being worked out: a yes or no, or a day that has come."""
        found = []
        for named in list(self.asked.columns):
            if self._is_there(named):
                field = self.rows.field(named, lambda column: column.kind == "text")
                assert field is not None
                self.asked = _without(self.asked, named)
                found.append(Condition(field, "is not null", (), named.text))
                continue
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

    def _is_there(self, named: Named) -> bool:
        """Whether a column of words is named only to say that there is one: "orders with a note"."""
        asked = self.asked
        if not asked.tables or asked.aggregates or asked.distinct or asked.end or asked.which or asked.listing:
            return False
        if not self._of_text(named) or len(asked.columns) > 1 or not self.rows.own(asked.tables[0]):
            return False
        return self.rows.candidates(named, lambda column: True)[0].column.nullable

    def _having_limit(self) -> Limit | None:
        """The comparison that is about how many rows a group has: "dealers with more than 600 incidents"."""
        for limit in self.asked.limits:
            if limit.named and any(table.source == self.rows.source for table in limit.named.of("table", 0.7)):
                return limit
        return None

    def _groups(self) -> tuple[tuple[Group, ...], Named | None]:
        """What is grouped by; and the figure that "by" stands before where a list is asked for: "top 5 by cost"."""
        asked, rows, found, ranked = self.asked, self.rows, [], self.asked.ranked
        thing = asked.thing
        if thing is not None and not self.rows.own(thing):
            found.append(rows.group(thing))
        if any(value.never for value in asked.values) and any(not rows.own(item) for item in asked.groups):
            raise Unresolved("I cannot tell which never had one.")
        for_each = asked.for_groups is not None and asked.tables and not rows.own(asked.tables[0])
        if (self._having_limit() or for_each) and not (asked.groups or asked.units) and asked.tables:
            if asked.counted:
                raise Unresolved(f"I can list those {asked.tables[0].text}, but not count them: ask which they are.")
            found.append(rows.group(asked.tables[0]))
            asked = self.asked = changed(asked, tables=asked.tables[1:])
        for named in asked.groups:
            if self.rows.own(named) and not named.of("column", 0.95):
                if len(asked.groups) + len(asked.units) < 2 and not asked.which:
                    raise Unresolved(f"{words_of(rows.table.name)} are counted, and cannot be grouped by themselves.")
                rows.score += named.of("table")[0].weight + _OWN
                continue
            figure = rows.candidates(named, lambda column: column.kind in NUMBERS)
            if named in asked.per and divides(rows, named):
                self.per = rows.field(named, lambda column: column.kind in NUMBERS)
                continue
            if asked.compare and figure and figure[0].score > _FIGURE:
                ranked = named
                continue
            if asked.top and thing is not None and (self.rows.own(thing) or (figure and figure[0].score > _FIGURE)):
                ranked = named
                continue
            found.append(rows.group(named))
            doubt_group(asked, rows, named, found[-1])
        first = next(iter(asked.columns), None)
        if asked.end and not found and not asked.units and thing is None and first and self._of_text(first):
            found.append(rows.group(first))
            self.asked = _without(asked, first)
        return tuple(dict.fromkeys(found)), ranked

    def _of_text(self, named: Named) -> bool:
        found = self.rows.candidates(named, lambda column: True)
        return bool(found) and found[0].column.kind == "text"

    def _compared(
        self, conditions: tuple[Condition, ...], groups: tuple[Group, ...]
    ) -> tuple[tuple[Condition, ...], tuple[Group, ...]]:
        """Values that are compared are told apart."""
        asked = self.asked
        sought = asked.compare or (asked.end and not groups and not asked.thing)
        if not sought or groups:
            return conditions, groups
        several = [condition for condition in conditions if condition.operator == "in" and len(condition.values) > 1]
        if len(several) == 1:
            return conditions, (Group((several[0].field,)),)
        if asked.compare and len(asked.spans) < 2 and not several and not asked.units and not self.base:
            raise Unresolved("I do not see which things are to be compared.")
        return conditions, groups

    def _timed(self, plan: Plan) -> Plan:
        """When: the day that counts, the spans, and the units of time that are grouped by."""
        asked = self.asked
        going_on = asked.trend or (asked.changing and len(asked.spans) < 2)
        if not (asked.spans or going_on or asked.units):
            return plan
        ordered = sorted(asked.spans, key=lambda span: span.first or date.min)
        if any((item.last or date.max) >= (other.first or date.min) for item, other in pairwise(ordered)):
            raise Unresolved("The times overlap: please say which one counts.")
        day = self.rows.day(asked.timed)
        if day is None:
            return self._by_calendar_columns(plan)
        units: list[Unit | None] = [*asked.units] or ([None] if going_on else [])
        grouped = [by_unit(self.rows, day, unit or "month") for unit in dict.fromkeys(units)]
        return replace(plan, when=day, spans=tuple(ordered), groups=(*grouped, *plan.groups))

    def _by_calendar_columns(self, plan: Plan) -> Plan:
        """Without a date, a column that holds the number of the year or month can do."""
        asked, rows = self.asked, self.rows
        columns = {
            column.name.casefold(): Field(column.name, column.kind)
            for column in rows.table.columns
            if column.kind == "integer"
        }
        units = asked.units or (["year"] if asked.trend else [])
        years = [span.first.year for span in asked.spans if span.first and span.label == str(span.first.year)]
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
        if asked.end and asked.figure and not (asked.columns or asked.tables or asked.thing):
            return any(not condition.field.path for condition in plan.conditions)
        of_own = [named for named in (asked.thing, *asked.groups) if named is not None and self.rows.own(named)]
        if asked.end:
            return bool(of_own or (asked.tables and self.rows.own(asked.tables[0]) and (asked.which or asked.top)))
        listed = bool(asked.listing or (asked.which and of_own))
        if listed and asked.columns:
            raise Unresolved(f'I do not see what of "{asked.columns[0].text}" is meant.')
        if listed and asked.tables and not self.rows.own(asked.tables[0]):
            raise Unresolved(f"{asked.tables[0].text} are not {words_of(self.rows.table.name)}.")
        return listed

    def _measures(self, plan: Plan, ranked: Named | None) -> tuple[Measure, ...]:
        found = Measuring(self.asked, self.rows).measures(plan, ranked)
        if self.per is None:
            return found
        if self.asked.share or not any(group.tells_apart(self.per) for group in plan.groups):
            raise Unresolved(f"I can divide by {words_of(self.per.column)} only for each of those that have them.")
        return tuple(replace(match, per=self.per) for match in found)

    def _ordered(self, plan: Plan) -> Plan:
        """In which order groups come, how many of them, and which."""
        asked = self.asked
        limit = self._having_limit() or asked.for_groups
        if limit is not None and (plan.measures or asked.for_groups):
            if not plan.groups or len(plan.measures) != 1 or asked.share or (asked.counted and asked.units):
                raise Unresolved("I do not see which groups it is about.")
            if asked.for_groups is None and plan.measures[0].aggregate not in ("count", "distinct"):
                raise Unresolved(f'I do not see what "{limit.said}" is about.')
            if asked.units and limit.operator in ("<", "<="):
                self.rows.choices.doubt("whether there are times with none at all, which are not listed")
            plan = replace(plan, having=Having(limit.operator, limit.values[0]))
        if asked.share:
            if plan.part and plan.groups and not asked.groups and not asked.units:
                plan = replace(plan, groups=())
            if not plan.part and (plan.conditions or not plan.groups):
                plan = self._part_of_conditions(plan)
            if plan.part and any(measure.aggregate != "count" for measure in plan.measures):
                raise Unresolved("I can work out a share of how many there are, but not of another figure.")
            plan = replace(plan, share=bool(plan.groups) and not plan.part)
        if (
            asked.end
            and not plan.groups
            and len(plan.spans) < 2
            and any(measure.aggregate in ("count", "distinct") for measure in plan.measures)
        ):
            raise Unresolved("I do not see what comes first of what.")
        if not plan.measures or not plan.groups:
            return plan
        if asked.end:
            several = asked.compare or (not asked.which and asked.top is None and not asked.thing and not asked.only)
            each = (
                asked.only
                and not asked.which
                and any(measure.aggregate in ("minimum", "maximum") for measure in plan.measures)
            )
            top = None if several or each else asked.top or (1 if asked.only else None)
            plan = replace(plan, descending=asked.end == "most", limit=top, skip=asked.place - 1 if top == 1 else 0)
        return plan

    def _part_of_conditions(self, plan: Plan) -> Plan:
        """ "the share of critical incidents": the values are the part, the time is the whole."""
        if not plan.conditions:
            raise Unresolved("I do not see what the share is of.")
        if plan.groups:
            self.rows.assume("each share is one of its own group")
        return replace(plan, conditions=(), part=plan.conditions)

    def _built_on(self, plan: Plan, base: Plan, ranked: Named | None) -> Plan:
        """The plan before, with what is asked differently now."""
        asked = self.asked
        changed = {condition.field for condition in plan.conditions}
        kept = tuple(condition for condition in base.conditions if condition.field not in changed)
        groups = plan.groups or (() if asked.counted else base.groups)
        when, spans = plan.when or base.when, plan.spans or base.spans
        measures = base.measures
        if asked.aggregates or asked.columns:
            figure = next((measure.field for measure in base.measures if measure.field is not None), None)
            aggregates = asked.aggregates
            if asked.columns:
                measures = self._measures(plan, ranked)
            elif figure is not None:
                measures = tuple(Measure(aggregate, figure) for aggregate in aggregates)
            else:
                raise Unresolved("I do not see which figure it is about.")
        elif asked.counted or (not measures and (plan.groups or asked.share)):
            measures = (COUNT,)
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
    for condition in conditions:
        key = (
            condition.field,
            condition.operator
            if condition.operator in ("in", "not in")
            else f"{condition.operator} {condition.values}",
        )
        if key in found:
            held = found[key]
            values = tuple(dict.fromkeys([*held.values, *condition.values]))
            if condition.field.kind == "boolean" and len(values) > 1:
                raise Ambiguous(f'"{held.said}" and "{condition.said}" go against each other.')
            found[key] = replace(held, values=values, said=f"{held.said}, {condition.said}")
        else:
            found[key] = condition
    for condition in found.values():
        other = found.get((condition.field, "not in")) if condition.operator == "in" else None
        if other is not None and set(other.values) & set(condition.values):
            raise Ambiguous(f'"{condition.said}" and "not {other.said}" go against each other.')
    return list(found.values())


def _without(asked: Asked, named: Named) -> Asked:
    return changed(asked, columns=[column for column in asked.columns if column is not named])
