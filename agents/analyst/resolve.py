"""From what is asked to a plan: which table's rows are counted, and which columns are meant.

Every table is tried as the one whose rows are counted; the reading whose names fit best is taken. Where two fit equally
well, or something does not fit at all, nothing is guessed: `Unresolved` says what is unclear.
"""

from collections.abc import Callable

from agents.analyst.candidates import GENERAL, Candidate, described, rivals
from agents.analyst.choices import Choices
from agents.analyst.items import Named
from agents.analyst.lexicon import Lexicon
from agents.analyst.plan import Condition, Field, Group, Hop, Scalar, Source
from agents.analyst.reach import days, entity, reach
from agents.analyst.request import Value
from agents.analyst.tokens import parts, stem
from agents.analyst.vocabulary import vocabulary
from agents.dataset import Column, Table
from agents.language.figures import measures

_HOP = 0.15
"""What each foreign key on the way to a name takes from its weight."""
_TIE = 0.02
_LEAST = 0.2
_NEAR_VALUE = 0.35
_ELSEWHERE = 0.35
"""How near another table's column of the name has to come for the choice to be said."""
NUMBERS = ("integer", "number")
DAYS = ("date", "timestamp")
_PLAIN = 0.45
"""Below this weight it is a word of a column's description that names it, which has to stand there as it is."""
_WORD = 0.6
"""From this weight on the last word of a column's name names it."""
_SURE = 0.9
CALENDAR = frozenset({"year", "quarter", "month", "week", "day"})
"""Behind these words in a column's name stand numbers of the calendar, and no lengths of time."""
_DIMENSIONS = {
    "cost": {"money", "sterling", "dollars"},
    "price": {"money", "sterling", "dollars"},
    "duration": {"minutes", "days", "time"},
    "weight": {"mass", "pounds"},
    "speed": {"speed", "miles an hour"},
}


class Unresolved(Exception):
    """The question does not fit the data; the text says what is unclear, for a person."""


class Ambiguous(Unresolved):
    """It fits in more than one way."""


def _place(candidate: Candidate) -> str:
    return f"{words_of(candidate.source.table)}.{candidate.column.name}"


def words_of(name: str) -> str:
    """An identifier as a person reads it."""
    return name.replace("_", " ").strip()


class Rows:
    """The rows of one table as those that are counted: what names mean, seen from them. `score` adds up how well names
    fit, `assumed` what was taken for granted, in words."""

    def __init__(self, lexicon: Lexicon, source: Source, choices: Choices | None = None) -> None:
        self.lexicon = lexicon
        self.choices = choices or Choices()
        self.source = source
        self.table = lexicon.tables[source]
        self.paths = reach(lexicon.tables, source)
        self.score = 0.0
        self.assumed: list[str] = []

    def own(self, named: Named) -> bool:
        """Whether a phrase names this table, as surely as any other."""
        tables = named.of("table", 0.65)
        return any(table.source == self.source and table.weight > tables[0].weight - 0.05 for table in tables)

    def path(self, source: Source) -> tuple[Hop, ...] | None:
        """The way to a table; of several equally short ones that by the first day, or by a column called like the key.
        Raises Unresolved where it cannot be told which is meant."""
        paths = self.paths.get(source, ())
        if len(paths) <= 1:
            return paths[0] if paths else None
        day = next((item.column for item in days(self.table)), None)
        keys = self.lexicon.tables[source].primary_key
        for wanted in ((day,), keys):
            fitting = [path for path in paths if path[0].columns == wanted or path[-1].columns == wanted]
            if len(fitting) == 1:
                return fitting[0]
        ways = " or ".join(words_of(path[0].columns[0]) for path in paths)
        raise Ambiguous(f"{words_of(source.table)} can be meant by {ways}: please say by which.")

    def candidates(self, named: Named, accept: Callable[[Column], bool]) -> list[Candidate]:
        """The columns that a phrase may mean here, the likeliest first."""
        found = []
        for item in named.of("column"):
            if item.source not in self.paths:
                continue
            column = self.lexicon.column(item.source, item.column)
            if item.weight < _PLAIN and not described(named.text, column):
                continue
            if accept(column) and not (
                column.kind in NUMBERS and is_key(self.lexicon.tables[item.source], column.name)
            ):
                path = self.path(item.source)
                assert path is not None
                field = Field(column.name, column.kind, path)
                found.append(Candidate(field, column, item.source, item.weight - _HOP * len(path), item.weight))
        return sorted(found, key=lambda match: -match.score)

    def field(self, named: Named, accept: Callable[[Column], bool], *, quiet: bool = False) -> Field | None:
        """The column that a phrase means; None where there is none. Raises Unresolved where it may be several."""
        found = [candidate for candidate in self.candidates(named, accept) if candidate.score >= _LEAST]
        if not found:
            return None
        best = [match for match in found if found[0].score - match.score < _TIE]
        if len(best) > 1:
            general = [candidate for candidate in best if GENERAL & set(parts(candidate.column.name))]
            dated = [candidate for candidate in best if candidate.column.kind in DAYS]
            if len(general) == 1:
                best = general
            elif len(dated) == len(best) and len({candidate.source for candidate in best}) == 1:
                best = best[:1]
            else:
                names = ", ".join(
                    dict.fromkeys(f"{words_of(candidate.source.table)}.{candidate.column.name}" for candidate in best)
                )
                raise Ambiguous(f'"{named.text}" can be {names}: please say which.')
        others = [match for match in found if match not in best and rivals(best[0], match)]
        ways = [(f'"{named.text}" is {_place(other)}', other) for other in (best[0], *others)]
        chosen = self.choices.of(f"column {named.text}", ways)
        if not quiet and chosen.weight < _PLAIN:
            self.choices.doubt(f'whether "{named.text}" is {_place(chosen)}')
        if not quiet:
            self.score += chosen.score
            elsewhere = any(
                match.source != chosen.source and chosen.score - match.score < _ELSEWHERE for match in found
            )
            self._tell(named.text, chosen, elsewhere)
        return chosen.field

    def _tell(self, said: str, chosen: Candidate, elsewhere: bool) -> None:
        """Say what a phrase was taken for, where that is not plain to see."""
        said_stems = {stem(word) for word in said.casefold().split()}
        plain = {stem(word) for word in parts(chosen.column.name)} | {stem(word) for word in parts(chosen.source.table)}
        whole = {stem(part) for part in parts(chosen.column.name) if part not in _UNITS}
        if elsewhere or not (said_stems <= plain and (whole <= said_stems or chosen.score > 0.85)):
            self.assume(f'"{said}" is {words_of(chosen.source.table)}.{chosen.column.name}')

    def assume(self, text: str) -> None:
        if text not in self.assumed:
            self.assumed.append(text)

    def figure(self, word: str) -> Field | None:
        """The column of this table for a figure such as "cost" or "duration"."""
        meanings = tuple(
            item for item in self.lexicon.figure(word) if item.source == self.source and item.of in NUMBERS
        )
        if meanings:
            if meanings[0].weight < _WORD and self._of_dimension(word) != [meanings[0].column]:
                self.choices.doubt(f'whether "{word}" is {words_of(self.source.table)}.{meanings[0].column}')
            return self.field(Named(word, meanings), lambda column: True)
        fitting = self._of_dimension(word)
        if len(fitting) == 1:
            self.choices.doubt(f'whether "{word}" is {words_of(self.source.table)}.{fitting[0]}')
            return Field(fitting[0], self.lexicon.column(self.source, fitting[0]).kind)
        return None

    def _of_dimension(self, word: str) -> list[str]:
        """The columns of this table that hold such a figure by their units."""
        wanted = _DIMENSIONS.get(word, set())
        return [
            column.name
            for column in self.table.columns
            if column.kind in NUMBERS and measured(column) & wanted and parts(column.name)[-1] not in CALENDAR
        ]

    def group(self, named: Named) -> Group:
        """What rows are put together by. Raises Unresolved."""
        tables = [item for item in named.of("table", 0.4) if item.source in self.paths and item.source != self.source]
        field = None
        found = [candidate for candidate in self.candidates(named, _groupable) if candidate.score >= _LEAST]
        best_table = max((item.weight - _HOP * (len(self.paths[item.source][0]) - 1) for item in tables), default=0.0)
        if (
            found
            and found[0].score + _HOP >= best_table
            and not (
                found[0].column.kind != "text" and is_key(self.lexicon.tables[found[0].source], found[0].column.name)
            )
        ):
            field = self.field(named, _groupable)
        if field is not None:
            return Group((field,))
        if tables:
            chosen = tables[0]
            path = self.path(chosen.source)
            fields = entity(self.lexicon.tables[chosen.source], path or ())
            if path is not None and fields:
                self.score += best_table
                return Group(fields)
        raise Unresolved(f'"{named.text}" is nothing that {words_of(self.source.table)} can be grouped by.')

    def condition(self, value: Value) -> Condition:
        """The rows that a value is about. Raises Unresolved."""
        if value.number is not None and value.column is not None:
            field = self.field(value.column, lambda column: column.kind in NUMBERS)
            if field is None:
                raise Unresolved(f'"{value.column.text}" is no number of {words_of(self.source.table)}.')
            return Condition(
                field, "not in" if value.negated else "in", (plain_number(value.number),), value.named.text
            )
        day = self._day_of(value)
        if day is not None and value.negated:
            return Condition(day, "is null", (), f"not {value.named.text}")
        fitting = []
        beside = {(item.source, item.column) for item in value.column.of("column")} if value.column else set()
        for item in value.named.of("value"):
            if item.source in self.paths and (not beside or (item.source, item.column) in beside):
                path = self.path(item.source)
                assert path is not None
                fitting.append((item.weight - _HOP * len(path), Field(item.column, "text", path), item.value))
        if not fitting:
            field = self.field(value.named, lambda column: column.kind == "boolean")
            if field is None:
                raise Unresolved(f'"{value.named.text}" has nothing to do with {words_of(self.source.table)}.')
            return Condition(field, "in", (not value.negated,), value.named.text)
        fitting.sort(key=lambda item: -item[0])
        best = [item for item in fitting if fitting[0][0] - item[0] < _TIE]
        if len({field for _, field, _ in best}) > 1:
            names = " or ".join(words_of(field.column) for _, field, _ in best)
            raise Ambiguous(f'"{value.named.text}" can be a {names}: please say which.')
        score, field, _ = best[0]
        rivals = list(dict.fromkeys(other for _, other, _ in fitting if other != field))
        near = [rival for rival in rivals if score - max(w for w, other, _ in fitting if other == rival) < _NEAR_VALUE]
        field = self.choices.of(
            f"value {value.named.text}",
            [(f'"{value.named.text}" is a {self._whose(candidate)}', candidate) for candidate in (field, *near)],
        )
        best = [item for item in fitting if item[1] == field]
        if field.path and not beside and any(item.name == field.column for item in self.table.columns):
            own = f"{words_of(self.table.name)} have a {words_of(field.column)} of their own"
            raise Ambiguous(f'{own}, which is never "{value.named.text}".')
        if all(item.weight < _PLAIN for item in value.named.of("value")):
            self.choices.doubt(f'whether "{value.named.text}" is {self._whose(field)} {best[0][2]}')
        self.score += score
        if len(fitting) > len(best) or field.path:
            self.assume(f'"{value.named.text}" is a value of {words_of(self.at(field).table)}.{field.column}')
        values: tuple[Scalar, ...] = tuple(text for _, _, text in best)
        return Condition(field, "not in" if value.negated else "in", values, value.named.text)

    def _whose(self, field: Field) -> str:
        """ "region of customers"."""
        return f"{words_of(field.column)} of {words_of(self.at(field).table)}"

    def _day_of(self, value: Value) -> Field | None:
        """The day that a word such as "resolved" is about as well: what is not resolved has none, whatever its status
        is called."""
        for item in value.named.of("column", _SURE):
            if (
                item.source == self.source
                and item.of in DAYS
                and self.lexicon.column(item.source, item.column).nullable
            ):
                if not value.negated:
                    self.assume(f'"{value.named.text}" is how it stands now, and not {words_of(item.column)}')
                return Field(item.column, item.of)
        return None

    def at(self, field: Field) -> Source:
        return field.path[-1].source if field.path else self.source

    def day(self, timed: Named | None) -> Field | None:
        """The column that says when: the one named, or else the first one of the nearest table."""
        if timed is not None:
            field = self.field(timed, lambda column: column.kind in DAYS)
            if field is not None:
                return field
        own = days(self.table)
        if own:
            if len(own) > 1 and _stems(own[0].column) != _stems(own[1].column):
                self.assume(f"time goes by {words_of(own[0].column)}")
            if self.lexicon.column(self.source, own[0].column).nullable and len(self.table.columns) > 1:
                raise Unresolved(f"{words_of(own[0].column)} is not known of all {words_of(self.table.name)}.")
            return own[0]
        near = [
            (len(paths[0]), column.nullable, Field(column.name, column.kind, paths[0]))
            for source, paths in self.paths.items()
            for column in self.lexicon.tables[source].columns
            if column.kind in DAYS and len(paths) == 1
        ]
        if not near:
            return None
        field = min(near, key=lambda candidate: candidate[:2])[2]
        self.assume(f"time goes by {words_of(self.at(field).table)}.{field.column}")
        return field


_UNITS = vocabulary().idle | {"eur", "km", "hours", "kw", "usd", "gbp", "minutes", "days", "kg", "on", "at", "id", "is"}


def _stems(name: str) -> str:
    return stem(parts(name)[0])


def plain_number(value: float) -> int | float:
    return int(value) if value == int(value) else value


def measured(column: Column) -> frozenset[str]:
    """What a column is a measure of, by the unit in its name or else in its description."""
    return measures(" ".join(parts(column.name))) or measures(column.description)


def _groupable(column: Column) -> bool:
    return column.kind in ("text", "boolean", "integer", "date")


def is_key(table: Table, name: str) -> bool:
    """Whether the column is there to tell rows apart or to refer to others, so that its numbers are no figures."""
    return name in table.primary_key or any(name in key.columns for key in table.foreign_keys)
