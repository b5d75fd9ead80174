"""What the words of a question mean, seen from the rows of one table: its own columns, and those of the tables that its
rows refer to."""

from collections.abc import Callable, Collection, Iterable

from agents.analyst.reading.cues import cues
from agents.analyst.reading.lexicon import Lexicon
from agents.analyst.reading.likeness import abbreviates
from agents.analyst.reading.naming import Meaning, Profile
from agents.analyst.reading.options import DAYS, NUMBERS, Choices, words_of
from agents.analyst.reading.plan import Field, Hop, Scalar, Source
from agents.analyst.reading.reach import entity, is_key, label, reach
from agents.analyst.reading.senses import NOTHING, Sense, SenseKind, codes_of, is_code
from agents.analyst.reading.sentence import Mark
from agents.analyst.reading.tokens import parts, stem
from agents.analyst.reading.unit_names import is_per, named_measures, named_unit, said_measures
from agents.dataset import Table
from agents.datasets.identifiers import ID_WORDS
from agents.language.figures import unit_words
from agents.language.units import unit as unit_of

SURE = 0.9
LIKELY = 0.45
_WEAK = 0.51
"""Below this score it is a guess what a word names: it is no more than the first word of a longer name."""
_PLAIN = 0.75
"""Below this score it is told what a word is taken for."""
_LEAST = 0.34
_HOP = 0.15
"""What each foreign key on the way to a name takes from its score."""
_NEAR = 0.12
"""How near another meaning has to come to be a second way to read the question."""
_NUMBERING = ID_WORDS | {"index", "reference"}
_IDS = ID_WORDS - {"number", "num"}
_WHOLE = frozenset({"total", "overall", "gross", "grand"})
_ENDS = {1: frozenset({"max", "maximum", "high", "highest"}), -1: frozenset({"min", "minimum", "low", "lowest"})}
_MEASURED = {
    "cost": ("money", "sterling", "dollars"), "price": ("money", "sterling", "dollars"),
    "duration": ("minutes", "days", "time"), "weight": ("mass", "pounds"), "speed": ("speed", "miles an hour"),
    "temperature": ("temperature",),
}  # fmt: skip
_TIMED = ("age", "founded", "built", "year", "birth")
"""What a day tells as well as a figure."""


class Scope:
    """Of the rows of one table. `choices` notes where a word has more than one meaning, `score` how well names fit.
    `hints` are years, and words that adjectives are said of, which choose between columns."""

    def __init__(
        self, lexicon: Lexicon, source: Source, choices: Choices | None = None, hints: Collection[str] = ()
    ) -> None:
        self.lexicon, self.source, self._hints = lexicon, source, hints
        self.choices = choices or Choices()
        self.table: Table = lexicon.tables[source]
        self.paths = reach(lexicon.tables, source)
        self._senses: dict[Mark, tuple[Sense, ...]] = {}
        self._fields: dict[tuple[Source, str], Field | None] = {}

    def with_choices(self, choices: Choices) -> "Scope":
        """The same, for another way to read the question; what was worked out is shared."""
        made = Scope.__new__(Scope)
        made.__dict__ |= self.__dict__
        made.choices = choices
        return made

    def senses(self, mark: Mark) -> tuple[Sense, ...]:
        """All meanings of a mark, the likeliest first."""
        if mark not in self._senses:
            self._senses[mark] = tuple(sorted(self._read(mark.names), key=lambda sense: (-sense.score, is_code(sense))))
        return self._senses[mark]

    def sense(self, mark: Mark, *kinds: SenseKind, least: float = _LEAST) -> Sense:
        """The likeliest meaning of such a kind; NOTHING where there is none."""
        return next((item for item in self.senses(mark) if item.kind in kinds and item.score >= least), NOTHING)

    def field_of(self, mark: Mark, *kinds: SenseKind, least: float = _LEAST) -> Field | None:
        """The column that is most likely named."""
        return self.sense(mark, *kinds, least=least).field

    def score(self, mark: Mark, *kinds: SenseKind) -> float:
        return self.sense(mark, *kinds, least=0.0).score

    def chosen(self, mark: Mark, *kinds: SenseKind, accept: Callable[[Sense], bool] = bool) -> Sense:
        """The likeliest meaning, or the one that this reading takes instead; others that are near are noted."""
        found = [item for item in self.senses(mark) if item.kind in kinds and item.score >= _LEAST and accept(item)]
        if not found:
            return NOTHING
        best = found[0]
        whole = [item for item in found if best.score - item.score < 0.02 and item.field and self._is_whole(item.field)]
        if len(whole) == 1:
            return whole[0]
        near = [item for item in found[1:] if not codes_of(item, best)]
        near = [item for item in near if best.score - item.score < _NEAR and not (best.score >= 0.95 > item.score)]
        ways = [(f'"{mark.text}" is {self.told(item)}', item) for item in (best, *near)]
        picked = self.choices.of(f"{mark.place} {mark.text}", ways)
        self.check_elsewhere(mark, picked)
        said, sure = self.told(picked), picked.score + _HOP * len(picked.field.path if picked.field else ())
        if sure < _PLAIN:
            self.choices.assume(f'"{mark.text}" is {said}')
        if sure < _WEAK and picked.kind != "value" and not self.hinted(picked.field):
            self.choices.doubt(f'whether "{mark.text}" is {said}')
        return picked

    def check_elsewhere(self, mark: Mark, sense: Sense) -> None:
        """Doubt a weak meaning of a word that surely names something of a table out of reach."""
        best = max(mark.names, key=lambda item: item.weight, default=None)
        if best is not None and best.source not in self.paths and best.weight - sense.score > 0.4:
            self.choices.doubt(f'whether "{mark.text}" is {self.told(sense)}')

    def told(self, sense: Sense) -> str:
        """A meaning in words."""
        if sense.field is None:
            return "the rows"
        at = f"{words_of(self.at(sense.field).table)}." if len(self.lexicon.tables) > 1 else ""
        said = f" {' or '.join(sense.values[:3])}" if sense.values else ""
        return f"{at}{words_of(sense.field.column)}{said}"

    def _read(self, names: Iterable[Meaning]) -> Iterable[Sense]:
        found: dict[tuple[str, Field], Sense] = {}
        for item in names:
            if item.source not in self.paths:
                continue
            if item.kind == "table":
                yield from self._table(item)
                continue
            field = self.field(item.source, item.column)
            if field is None or field.kind == "other":
                continue
            kind: SenseKind = "value" if item.kind == "value" else self._kind(field)
            score = item.weight - _HOP * len(field.path) - _NEAR * self._of_another_year(field)
            values: tuple[str, ...] = (item.value,) if item.kind == "value" else ()
            held = found.get((kind, field))
            if held is not None and values and abs(held.score - score) < _NEAR:
                values, score = (*held.values, *values), max(score, held.score)
            elif held is not None and held.score >= score:
                continue
            found[kind, field] = Sense(kind, score, field, values)
        yield from found.values()

    def _of_another_year(self, field: Field) -> bool:
        years = {word for word in parts(field.column) if word.isdecimal() and len(word) == 4}
        said = {hint for hint in self._hints if hint.isdecimal()}
        return bool(years and said) and years.isdisjoint(said)

    def hinted(self, field: Field | None, hints: Collection[str] = ()) -> bool:
        """Whether an adjective is said of what a column holds: "the tallest tower" of `tower_ht`."""
        words = parts(field.column)[1:] if field else ()
        return any(abbreviates(word, hint) for word in words for hint in hints or self._hints)

    def _table(self, item: Meaning) -> Iterable[Sense]:
        if item.source == self.source:
            yield Sense("rows", item.weight)
        path = self.path(item.source)
        fields = entity(self.lexicon.tables[item.source], path) if path else ()
        if fields:
            yield Sense("thing", item.weight - _HOP * len(path or ()) - 0.02, fields[-1], group=fields)

    def _kind(self, field: Field) -> SenseKind:
        if field.kind in DAYS:
            return "day"
        return "figure" if field.kind in NUMBERS and not self.is_key(field) else "thing"

    def field(self, source: Source, column: str) -> Field | None:
        """A column of a table within reach; None where the way to it is not clear."""
        key = (source, column)
        if key not in self._fields:
            path = self.path(source)
            found = self.lexicon.column(source, column)
            self._fields[key] = None if path is None else Field(found.name, found.kind, path)
        return self._fields[key]

    def path(self, source: Source) -> tuple[Hop, ...] | None:
        """The way to a table: of several equally short ones that by the first day, or by a column called like the key;
        None where it cannot be told which is meant."""
        paths = self.paths[source]
        if len(paths) == 1:
            return paths[0]
        day = next((column.name for column in self.table.columns if column.kind in DAYS), None)
        for wanted in ((day,), self.lexicon.tables[source].primary_key):
            fitting = [path for path in paths if path[0].columns == wanted or path[-1].columns == wanted]
            if len(fitting) == 1:
                return fitting[0]
        return None

    def at(self, field: Field) -> Source:
        return field.path[-1].source if field.path else self.source

    def profile(self, field: Field | None) -> Profile | None:
        return None if field is None else self.lexicon.profiles.get((self.at(field), field.column))

    @property
    def own_columns(self) -> list[Field]:
        return [Field(item.name, item.kind) for item in self.table.columns if item.kind != "other"]

    def is_key(self, field: Field) -> bool:
        """Whether a column is there to tell rows apart or to refer to others, so that its numbers are no figures."""
        table, profile = self.lexicon.tables[self.at(field)], self.profile(field)
        words = parts(field.column)
        numbers = field.kind == "integer" and len(words) > 1 and words[-1] in _IDS
        if numbers or is_key(table, field.column):
            return True
        if profile is None or not table.rows or profile.distinct != table.rows:
            return False
        low, high = profile.low, profile.high
        serial = low is not None and high is not None and profile.distinct > 20 and high - low + 1 == profile.distinct
        return serial or bool(set(words[-1:]) & _NUMBERING)

    def flag(self, field: Field) -> tuple[Scalar, Scalar] | None:
        """What a column that only says yes or no holds for each."""
        return None if field.related or field.part else self.lexicon.flag(self.at(field), field.column)

    def own(self, mark: Mark) -> bool:
        """Whether a mark names the rows, as surely as anything else."""
        rows, tables = self.score(mark, "rows"), max((item.weight for item in mark.of("table")), default=0.0)
        thing = self.sense(mark, "thing", "value")
        if thing.kind == "thing" and thing.score >= SURE and self.told_apart_by(thing.field):
            return True
        other = 0.0 if thing.group else thing.score
        other = max(other, self.score(mark, "day", "figure")) if rows < LIKELY else other
        return rows > 0 and rows > tables - 0.05 and rows >= other - 0.001

    def told_apart_by(self, field: Field | None) -> bool:
        """Whether no two rows have the same in a column."""
        profile = self.profile(field) if field is not None and not field.path else None
        rows = self.table.rows or 0
        return profile is not None and rows > 1 and profile.distinct >= 0.98 * rows - profile.missing

    def rather_value(self, mark: Mark) -> bool:
        """Whether a mark is a value more surely than anything that rows are put together by."""
        tables = (item.weight for item in mark.of("table") if item.source in self.paths)
        return self.score(mark, "value") > max(0.94, *tables, 0.0)

    def is_class(self, field: Field) -> bool:
        """Whether the numbers of a column stand for few classes, or for units of the calendar, and not for figures."""
        profile = self.profile(field)
        unit = parts(field.column)[-1:] in (("year",), ("month",), ("quarter",), ("week",), ("day",))
        few = profile is not None and profile.distinct <= 20 and profile.distinct * 5 < (self.table.rows or 0)
        return field.kind == "integer" and (unit or few or self.is_year(field))

    def is_year(self, field: Field) -> bool:
        """Whether a column holds the numbers of years."""
        return not (field.related or field.part or field.since) and self.lexicon.is_year(self.at(field), field.column)

    def says(self, field: Field, kind: str) -> bool:
        """Whether a word in the column's name is of such a kind: what is bad where it is much, or who."""
        return any(stem(word) in cues().columns[kind] for word in parts(field.column))

    def known_by(self, kind: str) -> Field | None:
        """The first column of words of the rows whose name says who, or where."""
        texts = (field for field in self.own_columns if field.kind == "text")
        return next((field for field in texts if self.says(field, kind)), None)

    def adds_up(self, field: Field) -> bool:
        """Whether adding the values of a column up makes sense, by the words of its name, the last ones first."""
        words = [word for word in parts(field.column) if word not in unit_words()] or list(parts(field.column))
        if {"per", "pct", "percent"} & set(words) or "/" in field.column or "%" in field.column:
            return False
        adds, never = cues().columns["adds"], cues().columns["never"]
        decisive = next((word for word in map(stem, reversed(words)) if word in adds | never), "")
        unit = named_unit(field)
        amount = unit is not None and unit.measure in ("mass", "volume", "energy")
        return decisive in adds - never if decisive else amount

    def worth(self) -> Field | None:
        """The only column of the rows that says what one comes to in all."""
        whole = [field for field in self.own_columns if field.kind in NUMBERS and self._is_whole(field)]
        return whole[0] if len(whole) == 1 and self.adds_up(whole[0]) else None

    def _is_whole(self, field: Field) -> bool:
        return bool(_WHOLE & set(parts(field.column)))

    def said_of(self, words: Iterable[str], end: int = 1) -> Field | None:
        """The column that an adjective is said of, by the words for it in their order, or else by what it measures."""
        words = tuple(words)
        for word in words:
            if word == "date" and (day := self.day()) is not None:
                return day
            names = [item for item in self.lexicon.meanings((stem(word),)) if item.kind == "column"]
            kinds = ("figure", "day") if word in _TIMED else ("figure",)
            senses = [item for item in self._read(names) if item.kind in kinds and item.score >= _LEAST]
            senses = [
                item for item in sorted(senses, key=lambda item: -item.score) if item.field and not item.field.path
            ]
            found = [item.field for item in senses if item.field]
            ends = [field for field in found if set(parts(field.column)) & _ENDS[end]]
            sure = ends or [field for field in found if self._is_whole(field)]
            if len(found) > 1 and not sure and senses[1].score > senses[0].score - 0.02:
                self.choices.doubt(f"whether it is about {self.told(senses[0])}")
            if found:
                return (sure or found)[0]
        wanted = {measure for word in words for measure in _MEASURED.get(word, ())}
        fitting = [field for field in self.own_columns if field.kind in NUMBERS and named_measures(field) & wanted]
        whole = [field for field in fitting if self._is_whole(field)] or fitting
        if len(fitting) > 1:
            self.choices.doubt(f"whether it is about {words_of(whole[0].column)}")
        return next(iter(whole), None)

    def measured_in(self, word: str) -> Field | None:
        """The only column of figures that measures what a unit does, or the only one of these that is a total."""
        wanted, named = said_measures(word), unit_of(word)
        fitting = []
        for field in self.own_columns:
            own = named_unit(field)
            same = bool(named and own and own.measure == named.measure)
            if own == named and is_per(field):
                continue  # a price per pound is in no pounds
            if field.kind in NUMBERS and not self.is_key(field) and (same or named_measures(field) & wanted):
                fitting.append(field)
        whole = [field for field in fitting if self._is_whole(field)]
        fitting = whole if len(whole) == 1 else fitting
        return fitting[0] if len(fitting) == 1 else None

    def day(self) -> Field | None:
        """The column that says when: the first one of the nearest table."""
        near = [
            (len(path), column.nullable, Field(column.name, column.kind, path))
            for source in self.paths
            for column in self.lexicon.tables[source].columns
            if column.kind in DAYS and (path := self.path(source)) is not None
        ]
        return min(near, key=lambda candidate: candidate[:2])[2] if near else None

    def calendar(self, unit: str) -> Field | None:
        """The column of whole numbers that holds a unit of the calendar: the year."""
        numbers = [field for field in self.own_columns if field.kind == "integer"]
        years = [field for field in numbers if self.is_year(field)] if unit == "year" else []
        named = next((field for field in numbers if parts(field.column)[-1:] == (unit,)), None)
        return named or (years[0] if len(years) == 1 else None)

    def shown(self) -> tuple[Field, ...]:
        """The columns of a listed row: its key, what people know it by, then the others, few of them."""
        known = label(self.table)
        keys = [column for column in self.table.columns if column.name in self.table.primary_key]
        ordered = dict.fromkeys([*keys, *([known] if known else []), *self.table.columns])
        return tuple(Field(column.name, column.kind) for column in list(ordered)[:8] if column.kind != "other")
