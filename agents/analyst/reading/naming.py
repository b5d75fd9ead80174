"""What tables, columns and values may be called: by their words, whatever their endings; by synonyms, and by what
descriptions say of them."""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice, product
from typing import Literal

from agents.analyst.reading.cues import cues
from agents.analyst.reading.likeness import (
    country_codes,
    defined,
    explained,
    headed,
    spoken,
    telling,
    uncounted,
    without,
)  # fmt: skip
from agents.analyst.reading.plan import Source
from agents.analyst.reading.reach import is_key
from agents.analyst.reading.tokens import base, parts, stem, tokens
from agents.dataset import Column, Kind, Schema, Table
from agents.datasets.identifiers import ID_WORDS
from agents.datasets.identifiers import PREFIXES as TABLE_PREFIXES
from agents.language.figures import unit_words

Place = tuple[Source, str]
Values = Mapping[Place, tuple[str, ...]]

LONGEST_NAME = 7
"""Words of the longest phrase that names something."""
PREFIXES = {word for word in TABLE_PREFIXES if len(word) > 2} | {"is", "has", "was"}
SUFFIXES = frozenset({"id", "key", "code", "name", "at", "on", "date", "ts", "timestamp", "no", "nr", "label", "dim"})
_MOST_ALIKE = 200
_CALENDAR = tuple(name.casefold() for name in (*calendar.day_name, *calendar.month_name) if name)
UNITS = (unit_words() | {"pct", "percent"}) - {"year", "month", "week", "quarter", "day"}
_NUMBERING = ID_WORDS | {"reference"}
_HEAD, BESIDE = 0.36, 0.35
"""How surely rows go by the head noun of their table's description, and by any other noun of it."""
_SEXES = {"f": ("female",), "m": ("male",)}
LONGEST_CODE, _CODED = 3, 0.9
_MOST, _HOLDING = 0.8, 0.8
"""The share of a column's values that are countries, and how surely it is called so then."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What stands in a column: how many different values, how many rows lack one, the lowest and highest figure, or the
    first and last day; `figures` are all its figures, where they are few."""

    distinct: int
    missing: int
    low: float | None = None
    high: float | None = None
    first: date | None = None
    last: date | None = None
    figures: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase may name; the higher the `weight` (0..1), the more surely. `value` is the text as it stands in
    the column, which is `of` a kind. `spelt` are the words of the name, one for each of the phrase."""

    kind: Literal["table", "column", "value"]
    source: Source
    weight: float
    column: str = ""
    value: str = ""
    of: Kind = "other"
    spelt: tuple[str, ...] = ()


def _telling(name: str) -> tuple[str, ...]:
    """The words of a column's name, without its unit in brackets, or the year that it is of."""
    words = uncounted(parts(name.partition("(")[0]) or parts(name))
    return tuple(word for word in words if not (word.isdecimal() and len(word) == 4)) or words


class Naming:
    """The phrases that name something in one schema, with the values of its text columns."""

    def __init__(self, schema: Schema, values: Values, profiles: Mapping[Place, Profile] | None = None) -> None:
        self.schema = schema
        self.values = values
        self.profiles = profiles or {}
        self.tables: dict[Source, Table] = {Source(item.dataset, item.name): item for item in schema.tables}
        self._meanings: dict[tuple[str, ...], dict[tuple[str, Source, str, str], Meaning]] = defaultdict(dict)
        self._holding: dict[str, set[tuple[Source, str, str]]] = defaultdict(set)
        for source, table in self.tables.items():
            self._name_table(source, table)
            for column in table.columns:
                self._name_column(source, table, column)
        for (source, column_name), texts in values.items():
            self._name_values(source, column_name, texts)

    def column(self, source: Source, name: str) -> Column:
        return next(item for item in self.tables[source].columns if item.name == name)

    def _mean(self, words: Iterable[str], meaning: Meaning, *, synonym: bool = False) -> None:
        """Remember a meaning, unless the same one is remembered for a better reason."""
        spelt = tuple(words)
        key = tuple(map(stem, spelt))
        if not key or len(key) > LONGEST_NAME:
            return
        same = (meaning.kind, meaning.source, meaning.column, meaning.value)
        held = self._meanings[key].get(same)
        if held is None or held.weight < meaning.weight:
            self._meanings[key][same] = replace(meaning, spelt=() if synonym else spelt)

    def _phrase(self, words: Iterable[str], meaning: Meaning) -> None:
        """A phrase and what stands for it with synonyms."""
        key = tuple(words)
        self._mean(key, meaning)
        less = replace(meaning, weight=meaning.weight * 0.8)
        alike = [
            [(item,), *(tuple(other.split()) for other in cues().synonyms.get(base(item), ()))] if at < 3 else [(item,)]
            for at, item in enumerate(key)
        ]
        figures = cues().columns["adds"] | cues().columns["never"]  # words for figures stand for no table
        for chosen in islice(product(*alike), 1, _MOST_ALIKE):
            phrase = tuple(word for part in chosen for word in part)
            if meaning.kind != "table" or not any(stem(word) in figures for word in phrase if word not in key):
                self._mean(phrase, less, synonym=True)

    def _name_table(self, source: Source, table: Table) -> None:
        words = parts(table.name)
        bare = without(words, PREFIXES, frozenset({"dim", "fact", "table", "data", "dataset", "list"}))
        self._phrase(words, Meaning("table", source, 1.0))
        self._phrase(bare, Meaning("table", source, 1.0))
        for joined in {"".join(words), "".join(bare)}:
            self._mean((joined,), Meaning("table", source, 1.0))
        if table.schema:  # where several have the same, its own name is no whole name
            self._phrase(without(parts(table.own_name), PREFIXES, ()), Meaning("table", source, 0.96))
        if len(bare) > 1:
            self._phrase(bare[-1:], Meaning("table", source, 0.7))
            self._phrase(() if bare[0] in UNITS else bare[:1], Meaning("table", source, 0.4))
        for column in table.columns:  # rows that have numbers go by what is numbered
            words = parts(column.name)
            profile = self.profiles.get((source, column.name))
            unique = table.primary_key == (column.name,) or bool(profile and profile.distinct == table.rows)
            if len(words) > 1 and words[-1] in _NUMBERING and unique:
                self._mean(words[:-1], Meaning("table", source, 0.7))
        alone = len(self.tables) == 1
        for text in (table.description, self.schema.description if alone else ""):
            heads = headed(text)
            for word in set(telling(text)) - UNITS:
                self._mean((word,), Meaning("table", source, _HEAD if word in heads else BESIDE))

    def _name_column(self, source: Source, table: Table, column: Column) -> None:
        worth = 0.5 if is_key(table, column.name) and column.kind in ("integer", "other") else 1.0
        words = parts(column.name)
        bare = without(_telling(column.name), PREFIXES, SUFFIXES | UNITS)

        def phrase(some: Iterable[str], weight: float) -> None:
            self._phrase(some, Meaning("column", source, weight * worth, column.name, of=column.kind))

        for said, weight in spoken(column):
            phrase(said, weight)
        own = {stem(part) for part in parts(table.name)}
        if column.kind not in ("date", "timestamp"):
            noun = without(parts(table.name), PREFIXES, frozenset({"dim"}))[-1:]
            self._mean((*noun, *bare), Meaning("column", source, worth, column.name, of=column.kind))
        if all(stem(word) in own for word in bare) and not all(stem(word) in own for word in words):
            worth *= 0.5  # the number of a thing is not what the thing is called
        phrase(bare, 0.95)
        rest = [word for word in bare if stem(word) not in own]
        if rest and len(rest) < len(bare):
            phrase(rest, 0.9)
        if len(bare) > 1:
            if len(bare) == 2:
                phrase(bare[::-1], 0.9)
            phrase(bare[-2:], 0.8)
            phrase(bare[:2], 0.8)
            alone = [(place, word) for place, word in enumerate(bare) if not {stem(word), word} & (own | _NUMBERING)]
            for place, word in alone:
                phrase((word,), 0.6 if place == len(bare) - 1 else 0.5)
        self._define(source, table, column, bare, worth)
        for word in telling(column.description):
            if stem(word) not in own:
                self._mean((word,), Meaning("column", source, 0.45 * worth, column.name, of=column.kind))

    def _define(self, source: Source, table: Table, column: Column, bare: tuple[str, ...], worth: float) -> None:
        """The words by which the table's description says what a column is."""
        about = self.schema.description if len(self.tables) == 1 else ""
        names = {word for word in bare if len(word) > 3} or {"".join(bare)}
        for text in {table.description, about}:
            for word in defined(text, names | {"".join(bare)}):
                self._mean((word,), Meaning("column", source, 0.45 * worth, column.name, of=column.kind))

    def _name_values(self, source: Source, column: str, texts: Iterable[str]) -> None:
        texts = tuple(texts)
        sexes = {"f", "m"} <= {text.casefold() for text in texts} <= {"f", "m", "u", "x"}
        table = self.tables[source]
        about = self.schema.description if len(self.tables) == 1 else ""
        told = (table.description, about, self.column(source, column).description)
        coded = {text: words for text in texts if len(text) <= LONGEST_CODE and (words := explained(text, told))}
        coded = {} if tuple(coded) in (("A",), ("I",)) else coded  # "A" alone is an article
        lands = sum(text.casefold() in country_codes() for text in texts)
        if lands > 1 and lands >= _MOST * len(texts):  # whatever the column is called
            self._mean(("country",), Meaning("column", source, _HOLDING, column, of="text"))
        for text in texts:
            words = tuple(token.plain for token in tokens(text) if token.text[0].isalnum())
            words = _SEXES.get(text.casefold(), words) if sexes else words
            meaning = Meaning("value", source, 1.0, column, text, "text")
            self._mean(words, meaning)
            for said in coded.get(text, ()):
                self._mean((said,), replace(meaning, weight=_CODED))
            for other in cues().alike.get(base(" ".join(words)), ()):
                self._mean(other.split(), replace(meaning, weight=0.8))
            if len(words) > 1:
                for word in {stem(word) for word in words}:
                    self._holding[word].add((source, column, text))
                continue
            for other in [name for name in _CALENDAR if len(text) >= 3 and name.startswith(text.casefold())]:
                self._mean((other,), meaning)
