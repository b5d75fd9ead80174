"""What the names of a question mean, seen from the rows of one table: its own columns, and those of the tables that its
rows refer to."""

from collections.abc import Callable, Iterable

from agents.analyst.cues import cues
from agents.analyst.lexicon import Lexicon
from agents.analyst.meanings import Meaning, Profile
from agents.analyst.options import DAYS, NUMBERS, Choices, Option, Unresolved, words_of
from agents.analyst.plan import Condition, Field, Group, Hop, Scalar, Source
from agents.analyst.reach import days, entity, is_key, label, reach
from agents.analyst.sentence import Mark
from agents.analyst.tokens import parts, stem
from agents.dataset import Table
from agents.language.figures import measures, unit_words
from agents.language.words import vocabulary

LIKELY = 0.45
"""From this weight on a phrase names a column."""
_HOP = 0.15
"""What each foreign key on the way to a name takes from its weight."""
_WEAK = 0.49
"""Below this weight it is a guess what a phrase names."""
_EQUAL = 0.02
_NEAR = 0.12
"""How near another meaning has to come to be looked at as well."""
_OWN = 0.35
_ELSEWHERE = 0.5
"""How much less likely another table is meant as what rows are put together by, than as what they are."""
_NUMBERING = tuple((word,) for word in ("id", "no", "nr", "key", "code", "number", "index"))
_SAID = 0.34
_HIGH, _LOW = frozenset({"max", "maximum", "high", "highest"}), frozenset({"min", "minimum", "low", "lowest"})
_WHOLE = frozenset({"total", "overall", "gross", "grand"})
_DATED = vocabulary("age founded built year birth date")
"""What is said of days as well as of figures."""


class View:
    """`score` adds up how well names fit, `assumed` what was taken for granted, in words."""

    def __init__(self, lexicon: Lexicon, source: Source, choices: Choices | None = None) -> None:
        self.lexicon = lexicon
        self.choices = choices or Choices()
        self.source = source
        self.table: Table = lexicon.tables[source]
        self.paths = reach(lexicon.tables, source)
        self.score = 0.0
        self.assumed: list[str] = []

    def assume(self, text: str) -> None:
        if text not in self.assumed:
            self.assumed.append(text)

    def own(self, mark: Mark) -> bool:
        """Whether a phrase names this table, as surely as any other."""
        tables = mark.of("table", _OWN)
        own = next((item.weight for item in tables if item.source == self.source), 0.0)
        columns = self.options(mark.names, lambda option: not option.values)
        if (
            columns
            and columns[0].score >= 0.9
            and columns[0].column.kind == "text"
            and self.told_apart_by(columns[0].field)
        ):
            return True  # what rows are known by
        called = columns[0].score if columns and columns[0].column.kind in ("text", "boolean") else 0.0
        named = called > own or (
            called >= 0.95 and not self.told_apart_by(columns[0].field) and self.repeated(columns[0].field)
        )
        return own > 0 and own > tables[0].weight - 0.05 and not named

    def path(self, source: Source) -> tuple[Hop, ...]:
        """The way to a table that is within reach; of several equally short ones that by the first day, or by a column
        called like the key. Raises Unresolved where it cannot be told which is meant."""
        paths = self.paths[source]
        if len(paths) == 1:
            return paths[0]
        day = next((item.column for item in days(self.table)), None)
        for wanted in ((day,), self.lexicon.tables[source].primary_key):
            fitting = [path for path in paths if path[0].columns == wanted or path[-1].columns == wanted]
            if len(fitting) == 1:
                return fitting[0]
        ways = " or ".join(words_of(path[0].columns[0]) for path in paths)
        raise Unresolved(f"{words_of(source.table)} can be meant by {ways}: please say by which.")

    def at(self, field: Field) -> Source:
        return field.path[-1].source if field.path else self.source

    def profile(self, field: Field) -> Profile | None:
        return self.lexicon.profiles.get((self.at(field), field.column))

    def is_key(self, source: Source, name: str) -> bool:
        """Whether the column is there to tell rows apart or to refer to others, so that its numbers are no figures."""
        table, profile = self.lexicon.tables[source], self.lexicon.profiles.get((source, name))
        numbered = bool(profile and table.rows and profile.distinct == table.rows) and parts(name)[-1:] in _NUMBERING
        serial = bool(
            profile and profile.low is not None and profile.high is not None and table.rows == profile.distinct > 20
        )
        counted = serial and profile is not None and (profile.high or 0) - (profile.low or 0) + 1 == profile.distinct
        return is_key(table, name) or numbered or counted

    def options(self, names: Iterable[Meaning], accept: Callable[[Option], bool]) -> list[Option]:
        """The columns that a phrase may mean here, the likeliest first; the values of one column are put together."""
        found: dict[tuple[str, Field], Option] = {}
        for item in names:
            if item.kind == "table" or item.source not in self.paths:
                continue
            column = self.lexicon.column(item.source, item.column)
            path = self.path(item.source)
            field = Field(column.name, column.kind, path)
            values: tuple[str, ...] = (item.value,) if item.kind == "value" else ()
            held = found.get((item.kind, field))
            score = item.weight - _HOP * len(path)
            if held is not None and values and abs(held.score - score) < _NEAR:
                values = (*held.values, *values)
            elif held is not None and held.score >= score:
                continue
            found[item.kind, field] = Option(field, column, item.source, score, values)
        return sorted(filter(accept, found.values()), key=lambda option: -option.score)

    def pick(self, mark: Mark, accept: Callable[[Option], bool], *, quiet: bool = False) -> Option | None:
        """The likeliest of them; what else may well be meant is noted. None where there is none."""
        found = self.options(mark.names, accept)
        if not found or found[0].score < 0.2:
            return None
        general = [
            item for item in found if found[0].score - item.score < 0.02 and _WHOLE & set(parts(item.column.name))
        ]
        best = general[0] if len(general) == 1 else found[0]
        exact = best.score >= 0.95
        near = [
            item
            for item in found
            if item is not best
            and best.score - item.score < _NEAR
            and not (exact and item.score < best.score)
            and not general
        ]
        if not quiet:
            ways = [(f'"{mark.text}" is {self._place(item)}', item) for item in (best, *near)]
            best = self.choices.of(f"{mark.place} {mark.text}", ways)
            self.score += best.score
            weight = best.score + _HOP * len(best.field.path)
            if weight < 0.75 and not best.values:
                self.assume(f'"{mark.text}" is {self._place(best)}')
            if weight < _WEAK and not best.values:
                self.score -= _WEAK
                self.choices.doubt(f'whether "{mark.text}" is {self._place(best)}')
        return best

    def _place(self, option: Option) -> str:
        at = f"{words_of(option.source.table)}." if len(self.lexicon.tables) > 1 else ""
        said = f" {' or '.join(option.values[:3])}" if option.values else ""
        return f"{at}{words_of(option.column.name)}{said}"

    def figure(self, mark: Mark, *, quiet: bool = False) -> Field | None:
        """The column of numbers that a phrase means."""
        option = self.pick(mark, self.is_figure, quiet=quiet)
        return option.field if option else None

    def is_figure(self, option: Option) -> bool:
        likely = option.score + _HOP * len(option.field.path) >= _SAID
        return (
            likely
            and option.column.kind in NUMBERS
            and not option.values
            and not self.is_key(option.source, option.column.name)
        )

    def _is_figure_or_day(self, option: Option) -> bool:
        return self.is_figure(option) or (option.column.kind in DAYS and not option.values)

    def said_of(
        self, words: Iterable[str], accept: Callable[[Option], bool] | None = None, end: int = 1
    ) -> Field | None:
        """The column of figures, or of days, that an adjective is said of, by the words for it in their order, or else
        by the unit of the only column that measures such a thing."""
        for word in words:
            dated = word in _DATED
            accepted = accept or (self._is_figure_or_day if dated else self.is_figure)
            if word == "date":
                if (day := self.day()) is not None:
                    return day
                continue
            names = [item for item in self.lexicon.meanings((stem(word),)) if item.weight >= _SAID]
            own = [option for option in self.options(names, accepted) if not option.field.path]
            whole = [option for option in own if _WHOLE & set(parts(option.column.name))]
            ends = _HIGH if end > 0 else _LOW
            whole = whole or [option for option in own if ends & set(parts(option.column.name))]
            if own:
                chosen = (whole or own)[0]
                several = not whole and len(own) > 1 and own[1].score > chosen.score - _EQUAL
                if chosen.score < _WEAK or several:
                    self.choices.doubt(f"whether it is about {words_of(chosen.column.name)}")
                return chosen.field
        wanted = {measure for word in words for measure in _MEASURES.get(word, ())}
        fitting = [
            column
            for column in self.table.columns
            if column.kind in NUMBERS and measures(" ".join(parts(column.name))) & wanted
        ]
        if len(fitting) != 1:
            return None
        self.choices.doubt(f"whether it is about {words_of(fitting[0].name)}")
        return Field(fitting[0].name, fitting[0].kind)

    def group(self, mark: Mark) -> Group | None:
        """What rows are put together by: a column, or another table's rows."""
        tables = [item for item in mark.of("table", 0.4) if item.source in self.paths and item.source != self.source]
        column = next(iter(self.options(mark.names, self.groupable)), None)
        weight = max((item.weight - _HOP * (len(self.paths[item.source][0]) - 1) for item in tables), default=0.0)
        if column and column.score + _HOP >= weight:
            chosen = self.pick(mark, self.groupable)
            assert chosen is not None
            return Group((chosen.field,))
        for table in tables:
            if fields := entity(self.lexicon.tables[table.source], self.path(table.source)):
                self.score += weight - _ELSEWHERE
                return Group(fields)
        return None

    def groupable(self, option: Option) -> bool:
        key = self.is_key(option.source, option.column.name) and option.column.kind != "text"
        return not option.values and option.score >= LIKELY and option.column.kind != "other" and not key

    def told_apart(self, group: Group) -> bool:
        """Whether every row is a group of its own."""
        field = group.fields[-1]
        profile = self.profile(field)
        rows = self.table.rows
        return (
            not field.path
            and group.unit is None
            and profile is not None
            and bool(rows)
            and profile.distinct >= 0.98 * (rows or 0) - profile.missing
            and (rows or 0) > 1
        )

    def repeated(self, field: Field) -> bool:
        """Whether most values of a column come several times."""
        profile = self.profile(field)
        return profile is not None and not field.path and profile.distinct * 2 <= (self.table.rows or 0)

    def told_apart_by(self, field: Field) -> bool:
        """Whether no two rows have the same in a column."""
        return self.told_apart(Group((field,)))

    def condition(self, mark: Mark, *, negated: bool = False, beside: Field | None = None) -> Condition | None:
        """The rows that a value, or a column that says yes or no, is about. `beside`: the column named next to it."""
        option = self.pick(mark, lambda item: bool(item.values) and (beside is None or item.field == beside))
        if option is not None:
            values: tuple[Scalar, ...] = option.values
            if option.score < 0.5 - _HOP * len(option.field.path):
                self.choices.doubt(f'whether "{mark.text}" is {self._place(option)}')
            if option.score < 0.72 - _HOP * len(option.field.path):
                self.assume(f'"{mark.text}" is {self._place(option)}')
            return Condition(option.field, "not in" if negated else "in", values, mark.text)
        flagged = self.pick(mark, lambda item: self.flag(item) is not None)
        if flagged is None:
            return None
        yes, no = self.flag(flagged) or (True, False)
        return Condition(flagged.field, "in", (no if negated else yes,), mark.text)

    def flag(self, option: Option) -> tuple[Scalar, Scalar] | None:
        return None if option.values else self.lexicon.flag(option.source, option.column.name)

    def day(self, mark: Mark | None = None) -> Field | None:
        """The column that says when: the one named, or else the first one of the nearest table."""
        if mark is not None:
            named = self.pick(mark, lambda item: item.column.kind in DAYS)
            if named is not None:
                return named.field
        own = days(self.table)
        if own:
            if len(own) > 1 and stem(parts(own[0].column)[0]) != stem(parts(own[1].column)[0]):
                self.assume(f"time goes by {words_of(own[0].column)}")
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

    def says(self, field: Field, kind: str) -> bool:
        """Whether a word in the column's name is of such a kind: what is bad where it is much, or who."""
        return any(stem(word) in cues().columns[kind] for word in parts(field.column))

    def is_year(self, field: Field) -> bool:
        """Whether a column holds the numbers of years."""
        profile = self.profile(field)
        ends = (profile.low, profile.high) if profile else (None, None)
        return field.kind == "integer" and all(end is not None and 1000 < end < 2200 for end in ends)

    def is_age(self, field: Field) -> bool:
        return any(stem(word) == "age" for word in parts(field.column))

    def is_class(self, field: Field) -> bool:
        """Whether the numbers of a column stand for few classes, or for units of the calendar, and not for figures."""
        profile = self.profile(field)
        calendar = parts(field.column)[-1:] in (("year",), ("month",), ("quarter",), ("week",), ("day",))
        return field.kind == "integer" and (
            calendar or bool(profile and profile.distinct <= 20 and profile.distinct * 5 < (self.table.rows or 0))
        )

    def never_adds(self, field: Field) -> bool:
        return self.says(field, "never")

    def day_of(self, kind: str) -> Field | None:
        """The first of this table's columns of days that is of a kind."""
        return next((field for field in days(self.table) if field.kind == kind), None)

    def calendar(self, unit: str) -> Field | None:
        """The column of whole numbers that holds a unit of the calendar: the year."""
        for column in self.table.columns:
            words = parts(column.name)
            if column.kind == "integer" and words and words[-1] == unit:
                return Field(column.name, column.kind)
        return None

    def adds_up(self, field: Field) -> bool:
        """Whether adding the values of a column up makes sense, by the words of its name, the last ones first."""
        column = self.lexicon.column(self.at(field), field.column)
        words = [word for word in parts(field.column) if word not in unit_words()] or list(parts(field.column))
        if "per" in words or "%" in column.name or {"pct", "percent"} & set(parts(field.column)):
            return False
        adds, never = cues().columns["adds"], cues().columns["never"]
        decisive = next((stem(word) for word in reversed(words) if stem(word) in adds | never), "")
        return decisive in adds and decisive not in never

    def shown(self) -> tuple[Field, ...]:
        """The columns of a listed row: what people know it by first, then the others, few of them."""
        known = label(self.table)
        first = [known] if known else []
        keys = [column for column in self.table.columns if column.name in self.table.primary_key]
        rest = [column for column in self.table.columns if column not in first and column not in keys]
        chosen = [*keys, *first, *rest] if keys else [*first, *rest]
        return tuple(Field(column.name, column.kind) for column in chosen[:8] if column.kind != "other")


_MEASURES = {
    "cost": ("money", "sterling", "dollars"), "price": ("money", "sterling", "dollars"),
    "duration": ("minutes", "days", "time"), "weight": ("mass", "pounds"), "speed": ("speed", "miles an hour"),
}  # fmt: skip
