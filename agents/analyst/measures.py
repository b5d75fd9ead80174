"""What is worked out of the rows that count: how many they are, or a figure of theirs added up, averaged and so on."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.analyst.items import Named
from agents.analyst.plan import Aggregate, Field, Measure, Plan
from agents.analyst.reach import entity
from agents.analyst.request import Asked, Lapse
from agents.analyst.resolve import DAYS, NUMBERS, Ambiguous, Rows, Unresolved, words_of
from agents.analyst.row_limits import lasting
from agents.analyst.tokens import parts, stem
from agents.analyst.vocabulary import vocabulary

COUNT = Measure("count")


@dataclass(frozen=True, slots=True)
class Measuring:
    """Of the rows of one table."""

    asked: Asked
    rows: Rows

    def measures(self, plan: Plan, ranked: Named | None) -> tuple[Measure, ...]:
        """What is worked out. Raises Unresolved where it cannot be told, or where something would be left out."""
        asked, rows = self.asked, self.rows
        figures = [named for named in (ranked, *asked.columns) if named is not None]
        aggregates = list(dict.fromkeys(asked.aggregates))
        if asked.lapse is not None and not asked.limits:
            return self._lasting(asked.lapse, aggregates, bool(figures))
        self._says_what(plan, bool(figures))
        if asked.distinct and len(figures) < 2 and not aggregates:
            return self._counted(plan)
        if not figures and aggregates and (aggregates != ["sum"] or (asked.counted and asked.money)):
            raise Unresolved("I do not see which figure it is about.")
        if not figures and asked.money:
            field = rows.figure("cost")
            if field is None:
                raise Unresolved(f"I see no cost of {words_of(rows.table.name)}.")
            return (Measure("sum", field),)
        if not figures and asked.figure and not asked.counted:
            if not plan.groups:
                raise Unresolved(f"I do not see what of {words_of(rows.table.name)} is to be listed.")
            return self._superlative()
        if not figures or (len(figures) == 1 and not aggregates and not asked.end and self._of_text(figures[0])):
            return self._counted(plan)
        if not plan.groups and asked.end and self._of_text(figures[0]):
            raise Unresolved(f'I do not see what of "{figures[0].text}" is meant.')
        if asked.counted and not aggregates and not asked.distinct:
            raise Unresolved(f'I do not see what is to be done with "{figures[0].text}".')
        measures: list[Measure] = [*(self._counted(plan) if asked.counted else ())]
        for named in figures:
            measures += self._of_figure(named, plan, aggregates)
        return tuple(dict.fromkeys(measures))

    def _lasting(self, lapse: Lapse, aggregates: Sequence[Aggregate], figures: bool) -> tuple[Measure, ...]:
        """What is worked out of the days from one day to another."""
        if not aggregates or figures:
            raise Unresolved(f"I do not see what is to be worked out of the days {lapse.said}.")
        return tuple(Measure(aggregate, lasting(self.rows, lapse)) for aggregate in aggregates)

    def _says_what(self, plan: Plan, figures: bool) -> None:
        """Raises Unresolved where it is left open what is counted, or put in order."""
        asked = self.asked
        if asked.thing is not None and not (figures or asked.tables or asked.counted) and asked.thing.of("table", 0.7):
            raise Unresolved(f"I do not see by what {asked.thing.text} are to be put in order.")
        if asked.counted and asked.limits and not (asked.tables or asked.values or plan.groups or figures):
            raise Unresolved("I do not see what is to be counted.")

    def _of_text(self, named: Named) -> bool:
        """Whether the column holds words, so that there is nothing to add up."""
        found = self.rows.candidates(named, lambda column: True)
        return bool(found) and found[0].column.kind == "text"

    def _superlative(self) -> tuple[Measure, ...]:
        field = self.rows.figure(self.asked.figure)
        if field is None:
            raise Unresolved(f'I find no "{self.asked.figure}" of {words_of(self.rows.table.name)}.')
        return (Measure("average", field),)

    def _counted(self, plan: Plan) -> tuple[Measure, ...]:
        """How many rows, or how many different things they refer to."""
        asked, rows = self.asked, self.rows
        subjects = [*asked.tables]
        if asked.distinct and asked.columns:
            field = rows.field(asked.columns[0], lambda column: True)
            if field is not None:
                return (Measure("distinct", field),)
        if not subjects and asked.columns and not asked.thing:
            field = rows.field(asked.columns[0], lambda column: column.kind == "text")
            return (Measure("distinct", field),) if field is not None and not asked.end else (COUNT,)
        if subjects and asked.columns and not asked.distinct and not plan.groups:
            raise Ambiguous(f'I do not see what of "{asked.columns[0].text}" is meant.')
        if subjects and not self.rows.own(subjects[0]) and not self._led():
            if any(value.negated for value in asked.values):
                raise Unresolved(f"I cannot tell which {subjects[0].text} never had one.")
            if asked.limits and not any(rows.own(subject) for subject in subjects) and not self._of_own_value():
                raise Unresolved(f"I do not see whether that is to be so once, or for all of the {subjects[0].text}.")
            source = next((item.source for item in subjects[0].of("table") if item.source in rows.paths), None)
            keys = entity(rows.lexicon.tables[source], rows.path(source) or ())[:1] if source else ()
            if not keys:
                raise Unresolved(f"I cannot count {subjects[0].text}.")
            self.rows.score -= 0.3
            self.rows.assume(f"counted are the different {subjects[0].text} of {words_of(rows.table.name)}")
            different = (f"the different {subjects[0].text} count", Measure("distinct", keys[0]))
            every = [(f"all {words_of(rows.table.name)} count", COUNT)] if plan.groups else []
            return (
                rows.choices.of("counted", [different] if asked.distinct else [different, *every, *self._pieces()]),
            )
        kind = self._kind_of(subjects[0]) if subjects else None
        if kind is not None and not plan.groups:
            rows.assume(f"counted are the different {words_of(kind.column)}")
            return (Measure("distinct", kind),)
        if not subjects and not asked.thing:
            rows.assume(f"counted are {words_of(rows.table.name)}")
            return (self._rows_or_pieces(),)
        return (COUNT,)

    def _rows_or_pieces(self) -> Measure:
        """Nobody says what is counted: the rows, or what they hold several of ("how many croissants did we sell")."""
        rows = (f"{words_of(self.rows.table.name)} count, one for each row", COUNT)
        return self.rows.choices.of("counted", [rows, *self._things(), *self._pieces()])

    def _things(self) -> list[tuple[str, Measure]]:
        """What a value in the plural stands for: "how many Kestrels had a fault" asks for cars, and not for faults."""
        first = next(iter(self.asked.values), None)
        if first is None or first.named.text.casefold() in {item.value.casefold() for item in first.named.of("value")}:
            return []
        field = self.rows.condition(first).field
        keys = entity(self.rows.lexicon.tables[field.path[-2].source], field.path[:-1]) if len(field.path) > 1 else ()
        return [
            (f"the different {words_of(key.path[-1].source.table)} count", Measure("distinct", key)) for key in keys[:1]
        ]

    def _pieces(self) -> list[tuple[str, Measure]]:
        """The columns that say how many of something a row stands for, added up."""
        return [
            (f"{words_of(column.name)} is added up", Measure("sum", Field(column.name, column.kind)))
            for column in self.rows.table.columns
            if column.kind in NUMBERS
            and not (self.asked.often or _for_one(column.name))
            and vocabulary().quantity & {stem(part) for part in parts(column.name)}
        ]

    def _kind_of(self, subject: Named) -> Field | None:
        """The column that is called like its table, but does not tell its rows apart: "how many models are there"."""
        table = self.rows.table
        for item in subject.of("column", 0.95):
            if item.source == self.rows.source and item.of == "text" and item.column not in table.primary_key:
                known = self.rows.lexicon.values.get((item.source, item.column), ())
                if table.rows is None or len(known) < table.rows:
                    return Field(item.column, item.of)
        return None

    def _of_own_value(self) -> bool:
        return any(item.source == self.rows.source for value in self.asked.values for item in value.named.of("value"))

    def _led(self) -> bool:
        """Whether a word for some of the rows themselves comes first: "repairs of incidents" are repairs."""
        leading = [value.named for value in self.asked.values if value.leads and not value.negated]
        if any(item.source == self.rows.source for named in leading for item in named.of("value")):
            return True
        if leading:
            raise Unresolved(f"I do not see whether {leading[0].text} or {self.asked.tables[0].text} are counted.")
        return False

    def _of_figure(self, named: Named, plan: Plan, aggregates: Sequence[Aggregate]) -> list[Measure]:
        """What a figure is made of; a figure belongs to the rows themselves, so that none counts twice."""
        asked, rows = self.asked, self.rows
        numeric = (*NUMBERS, *DAYS) if set(aggregates) <= {"minimum", "maximum"} and aggregates else NUMBERS
        field = rows.field(named, lambda column: column.kind in numeric)
        if field is None or field.path:
            raise Unresolved(f'"{named.text}" is no figure of {words_of(rows.table.name)}.')
        if "sum" in aggregates and _for_one(field.column):
            raise Unresolved(f"Adding up {words_of(field.column)} makes no sense: it is the price of one.")
        if aggregates:
            return [Measure(item, field) for item in aggregates]
        if asked.end and asked.only and not asked.which and not (asked.amount and plan.groups):
            other = next((item for item in asked.tables if not rows.own(item)), None)
            if other is not None and not plan.groups:
                raise Unresolved(f'I do not see what is to be done with "{other.text}".')
            return [Measure("maximum" if asked.end == "most" else "minimum", field)]
        adds = any(stem(part) in vocabulary().additive for part in parts(field.column)) and "unit" not in parts(
            field.column
        )
        certain = adds
        adds = adds or (asked.amount and bool(plan.groups) and not _for_one(field.column))
        intensive = any(stem(part) in vocabulary().intensive for part in parts(field.column))
        adds = adds and not intensive
        if not adds and not (intensive and (plan.groups or asked.end or len(plan.spans) > 1)):
            raise Unresolved(f"I do not see whether {words_of(field.column)} is to be added up or averaged.")
        open_ = asked.amount and not (asked.groups or asked.thing or certain or _for_one(field.column))
        ways: list[tuple[str, Aggregate]] = [("added up", "sum"), ("averaged", "average")]
        name = words_of(field.column)
        told = [(f"{name} is {said}", (said, aggregate)) for said, aggregate in (ways if adds else ways[::-1])]
        said, aggregate = rows.choices.of(f"made of {name}", told if open_ else told[:1])
        rows.assume(f"{name} is {said}")
        return [Measure(aggregate, field)]


def _for_one(name: str) -> bool:
    """Whether a column says what one of many costs."""
    return bool({"unit", "list", "each", "rate"} & set(parts(name)))
