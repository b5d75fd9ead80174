"""What the words of a question may name in a dataset: its tables, columns and the values that stand in them.

Names are matched by their words, by those of their descriptions and by synonyms; a misspelt word is put right towards
the words that are known here. Nothing is known of any dataset beforehand.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agents.analyst.plan import Source
from agents.analyst.tokens import Token, base, parts, same_word, stem, tokens
from agents.analyst.vocabulary import vocabulary
from agents.dataset import Column, Kind, Schema, Table
from agents.language.figures import unit_words

Values = Mapping[tuple[Source, str], tuple[str, ...]]

_LONGEST_NAME = 7
_PREFIXES = frozenset({"fact", "dim", "dimension", "tbl", "table", "stg", "is", "has", "was", "fct"})
_SUFFIXES = frozenset({"id", "key", "code", "name", "at", "on", "date", "ts", "timestamp", "no", "nr", "label", "dim"})
_SHORTEST_SLIP = 6
_LONG = 9
_MOST_NEAR = 8
_FAMILY = 0.4


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


class Lexicon:
    """Of one schema with the values of its text columns. Immutable."""

    def __init__(self, schema: Schema, values: Values) -> None:
        self.schema = schema
        self.values = values
        self.tables: dict[Source, Table] = {Source(item.dataset, item.name): item for item in schema.tables}
        self._meanings: dict[tuple[str, ...], dict[tuple[str, Source, str, str], Meaning]] = defaultdict(dict)
        for source, table in self.tables.items():
            self._name_table(source, table)
            for column in table.columns:
                self._name_column(source, table, column)
        for (source, column_name), texts in values.items():
            for text in texts:
                words = tuple(token.plain for token in tokens(text) if token.text[0].isalnum())
                self._mean(words, Meaning("value", source, 1.0, column_name, text, "text"))

    def column(self, source: Source, name: str) -> Column:
        return next(item for item in self.tables[source].columns if item.name == name)

    def longest(self, row: tuple[Token, ...], at: int) -> tuple[int, tuple[Meaning, ...]]:
        """The longest phrase from the token `at` on that names something: how many tokens, and what it may be."""
        for length in range(min(_LONGEST_NAME, len(row) - at), 0, -1):
            key = tuple(token.stem for token in row[at : at + length])
            if found := self.meanings(key):
                said = tuple(token.plain for token in row[at : at + length])
                return length, tuple(sorted((_as_said(match, said) for match in found), key=lambda item: -item.weight))
        return 0, ()

    def meanings(self, key: tuple[str, ...]) -> tuple[Meaning, ...]:
        """What a phrase of these stems may name, the surest first."""
        found = self._meanings.get(key)
        return tuple(sorted(found.values(), key=lambda match: -match.weight)) if found else ()

    def figure(self, word: str) -> tuple[Meaning, ...]:
        """The columns that a word for a figure ("cost") or a synonym of it means."""
        return tuple(meaning for meaning in self.meanings((stem(word),)) if meaning.kind == "column")

    def corrected(self, token: Token) -> Token | None:
        """The token with its slip put right; None where it is right, or nobody can say what it should be."""
        word = token.plain
        known = word in vocabulary().spelt or token.stem in self._stems or token.number is not None
        if known or len(word) < _SHORTEST_SLIP or not word.isalpha():
            return None
        slips = 1 if len(word) < _LONG else 2
        near = process.extract(
            word, self._by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=_MOST_NEAR
        )
        best = [str(other) for other, distance, _ in near if distance == near[0][1]]
        if len({stem(other) for other in best}) != 1:
            return None
        return Token(min(best), token.start, token.end)

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(item for key in self._meanings for item in key)

    @cached_property
    def _spelt(self) -> frozenset[str]:
        """The words of names and values, as they are spelt."""
        texts = [text for texts in self.values.values() for text in texts]
        names = [
            name for table in self.schema.tables for name in (table.name, *(column.name for column in table.columns))
        ]
        spelt = [word.casefold() for text in texts for word in text.split() if word.isalpha()]
        return frozenset([*spelt, *(part for name in names for part in parts(name) if part.isalpha())])

    @cached_property
    def _by_letter(self) -> Mapping[str, tuple[str, ...]]:
        """The words that a misspelt one may stand for, by their first letter."""
        found: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self._spelt | vocabulary().spelt):
            if len(word) >= _SHORTEST_SLIP - 1:
                found[word[0]].append(word)
        return {letter: tuple(words) for letter, words in found.items()}

    def _mean(self, words: Iterable[str], meaning: Meaning) -> None:
        """Remember a meaning, unless the same one is remembered for a better reason."""
        spelt = tuple(words)
        key = tuple(map(stem, spelt))
        if not key or len(key) > _LONGEST_NAME:
            return
        same = (meaning.kind, meaning.source, meaning.column, meaning.value)
        held = self._meanings[key].get(same)
        if held is None or held.weight < meaning.weight:
            self._meanings[key][same] = replace(meaning, spelt=spelt)

    def _phrase(self, words: Iterable[str], meaning: Meaning) -> None:
        """A phrase and what stands for it with synonyms; a word for a figure stands for no table."""
        key = tuple(words)
        self._mean(key, meaning)
        less = replace(meaning, weight=meaning.weight * 0.8)
        for place, item in enumerate(key):
            if meaning.kind == "table" and stem(item) in vocabulary().additive | vocabulary().intensive:
                continue
            for other in vocabulary().synonyms.get(base(item), ()):
                self._mean((*key[:place], other, *key[place + 1 :]), less)

    def _name_table(self, source: Source, table: Table) -> None:
        words = parts(table.name)
        bare = _without(words, _PREFIXES, frozenset({"dim", "fact", "table"}))
        self._phrase(words, Meaning("table", source, 1.0))
        self._phrase(bare, Meaning("table", source, 1.0))
        if len(bare) > 1:
            self._phrase(bare[-1:], Meaning("table", source, 0.7))
            self._phrase(bare[:1], Meaning("table", source, 0.4))

    def _name_column(self, source: Source, table: Table, column: Column) -> None:
        keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
        worth = 0.5 if column.name in keys and column.kind in ("integer", "other") else 1.0
        words = parts(column.name)
        bare = _without(words, _PREFIXES, _SUFFIXES | unit_words() | {"pct", "percent"})

        def phrase(some: Iterable[str], weight: float) -> None:
            self._phrase(some, Meaning("column", source, weight * worth, column.name, of=column.kind))

        phrase(words, 1.0)
        phrase(bare, 0.95 if set(bare) - vocabulary().anything else 0.5)  # "trouble" alone is no trouble_code
        if column.kind not in ("date", "timestamp"):
            phrase((*_without(parts(table.name), _PREFIXES, frozenset({"dim"}))[-1:], *bare), 1.0)
        own = {stem(part) for part in parts(table.name)}
        rest = [word for word in bare if stem(word) not in own]
        if rest and len(rest) < len(bare):
            phrase(rest, 0.9)
        if len(bare) > 1:
            for place, word in enumerate(bare):
                if stem(word) not in own:
                    phrase((word,), 0.6 if place == len(bare) - 1 else 0.5)
        idle = {stem(word) for word in vocabulary().idle | vocabulary().joining}
        for word in dict.fromkeys(token.plain for token in tokens(column.description)):
            if word.isalpha() and len(stem(word)) > 3 and stem(word) not in idle | own:
                self._mean((word,), Meaning("column", source, 0.3 * worth, column.name, of=column.kind))


def _as_said(meaning: Meaning, said: tuple[str, ...]) -> Meaning:
    """Less sure where a word is only of the same family as that of the name: a "rating" is no "rate"."""
    same = len(said) != len(meaning.spelt) or all(map(same_word, said, meaning.spelt))
    return meaning if same else replace(meaning, weight=meaning.weight * _FAMILY)


def _without(words: tuple[str, ...], first: Collection[str], last: Collection[str]) -> tuple[str, ...]:
    """The words without those that only say what kind of thing it is; at least one stays."""
    while len(words) > 1 and words[0] in first:
        words = words[1:]
    while len(words) > 1 and words[-1] in last:
        words = words[:-1]
    return words
