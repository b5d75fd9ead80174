"""What the words of a question may name in a dataset: its tables, columns and the values that stand in them.

Names are matched by their words, whatever their endings; by synonyms, abbreviations and what their descriptions say;
values also by a part of them. A misspelt word is put right towards the words that are known here. Nothing is known of
any dataset beforehand.
"""

import calendar
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice, product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agents.analyst.cues import adjective, cues
from agents.analyst.likeness import abbreviates, country_codes, derived, explained, headed, spoken, telling, without
from agents.analyst.meanings import Meaning, Profile
from agents.analyst.plan import Scalar, Source
from agents.analyst.reach import is_key
from agents.analyst.tokens import Token, base, parts, same_word, stem, tokens
from agents.dataset import Column, Schema, Table
from agents.language.figures import unit_words

Place = tuple[Source, str]
Values = Mapping[Place, tuple[str, ...]]

LONGEST_NAME = 7
"""Words of the longest phrase that names something."""
_PREFIXES = frozenset({"fact", "dim", "dimension", "tbl", "table", "stg", "is", "has", "was", "fct"})
_SUFFIXES = frozenset({"id", "key", "code", "name", "at", "on", "date", "ts", "timestamp", "no", "nr", "label", "dim"})
_SHORTEST_SLIP, _LONG, _MOST_NEAR = 5, 9, 8
_FAMILY = 0.65
_LEAST, _LIKELY = 0.34, 0.5
_DONE = 0.48
_PART_OF_VALUE = 0.7
_ALIKE_VALUE = 0.6
_ABBREVIATED = 0.75
_SHORTENED = 0.6
_CUT = 2
"""Letters that an abbreviation leaves out at least: "capita" is short for no capital."""
_MOST_ALIKE = 200
_MOST_HOLDING = 60
"""Values that one word may be a part of: in more of them it says nothing."""
_CALENDAR = tuple(name.casefold() for name in (*calendar.day_name, *calendar.month_name) if name)
_UNITS = (unit_words() | {"pct", "percent"}) - {"year", "month", "week", "quarter", "day"}
_NUMBERING = frozenset({"id", "no", "nr", "key", "number", "ref", "reference", "code"})
_HEAD, BESIDE = 0.36, 0.35
"""How surely rows go by the head noun of their table's description, and by any other noun of it."""
_SEXES = {"f": ("female",), "m": ("male",)}
_LONGEST_CODE, _CODED = 3, 0.9
_YES, _NO = frozenset({"yes", "y", "true", "t"}), frozenset({"no", "n", "false", "f"})


class Lexicon:
    """Of one schema with the values of its text columns and the profiles of all. Immutable."""

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

    def flag(self, source: Source, name: str) -> tuple[Scalar, Scalar] | None:
        """What a column that only says yes or no holds for each; None for any other."""
        kind = self.column(source, name).kind
        if kind == "boolean":
            return True, False
        profile = self.profiles.get((source, name))
        if kind == "integer" and profile and (profile.distinct, profile.low, profile.high) == (2, 0, 1):
            return 1, 0
        texts = {text.casefold(): text for text in self.values.get((source, name), ())}
        yes, no = texts.keys() & _YES, texts.keys() & _NO
        return (texts[yes.pop()], texts[no.pop()]) if len(texts) == len(yes) + len(no) == 2 and yes and no else None

    def longest(self, row: Sequence[Token], at: int) -> tuple[int, tuple[Meaning, ...]]:
        """The longest phrase from the token `at` on that names something: how many tokens, and what it may be."""
        best: tuple[int, tuple[Meaning, ...]] = (0, ())
        for length in range(min(LONGEST_NAME, len(row) - at), 0, -1):
            words = row[at : at + length]
            key = tuple(token.stem for token in words)
            found = [_as_said(match, words) for match in self.meanings(key)]
            if found and (found[0].weight >= _PART_OF_VALUE or (length == 1 and found[0].weight >= _LIKELY)):
                best = length, tuple(sorted(found, key=lambda item: -item.weight))
                break
            likely = (match for match in found if match.weight >= _LEAST)
            if part := (*likely, *self._abbreviated(words), *self._within(words)):
                best = length, tuple(sorted(part, key=lambda item: -item.weight))
                break
        return best

    def meanings(self, key: tuple[str, ...]) -> tuple[Meaning, ...]:
        """What a phrase of these stems may name, the surest first."""
        found = self._meanings.get(key)
        return tuple(sorted(found.values(), key=lambda match: -match.weight)) if found else ()

    def corrected(self, token: Token) -> Token | None:
        """The token with its slip put right; None where it is right, or nobody can say what it should be."""
        word = token.plain
        known = (
            word in cues().spelt
            or token.stem in self._stems
            or token.stem in self._holding
            or adjective(word) is not None
        )
        if known or token.number is not None or len(word) < _SHORTEST_SLIP or not word.isalpha():
            return None
        slips = 1 if len(word) < _LONG else 2
        near = process.extract(
            word, self._by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=_MOST_NEAR
        )
        best = [str(other) for other, distance, _ in near if distance == near[0][1]]
        longer = [other for other in best if word.startswith(other) and word[-1] != other[-1]]  # "capital" of "capita"
        if len({stem(other) for other in best}) != 1 or longer:
            return None
        return Token(min(best), token.start, token.end)

    def likened(self, token: Token) -> tuple[Meaning, ...]:
        """The values that an unknown word is another form of: "German" of Germany, a country of its code."""
        word = token.plain
        found = []
        code = country_codes().get(word)
        for (source, column), texts in self.values.items():
            for text in texts:
                plain = text.casefold()
                if (code and plain == code) or derived(word, plain):
                    found.append(Meaning("value", source, _ALIKE_VALUE, column, text, "text"))
        return tuple(found)

    def _abbreviated(self, words: Sequence[Token]) -> tuple[Meaning, ...]:
        """What a phrase names whose columns' names are short for it (`mpg`, `lifeExp`), or that says who does it."""
        plain = [token.plain for token in words]
        whole, initials = "".join(plain), "".join(word[:1] for word in plain)
        alone = len(plain) == 1
        joins = alone and len(whole) > 3 and whole not in cues().idle and (whole,) not in cues().kinds
        joined = [item for item in self._short if joins and whole != item[0]]
        if ended := [item for item in joined if item[0].endswith(whole) or item[0].startswith(whole)]:
            near = [item for item in ended if 0 < len(item[0]) - len(whole) <= 2]  # "class" of `pclass`
            weight = _ABBREVIATED if near else _SHORTENED  # "chip" of `microchip`
            near = near or (ended if len(ended) == 1 and whole not in cues().spelt else [])
            return tuple(Meaning("column", at, weight, column.name, of=column.kind) for _, at, column in near)
        if alone and (adjective(whole) or len(whole) < 5 or whole in cues().idle or (whole,) in cues().kinds):
            return ()
        if not whole.isalpha() or (alone and whole in cues().spelt):
            return self._cut_short(whole) if alone else ()
        if alone and whole.endswith(("er", "ers")):  # "earners", "rowers"
            doing = self.meanings((stem(whole.removesuffix("s").removesuffix("er")),))
            if doing := tuple(item for item in doing if item.kind != "table"):
                return tuple(replace(item, weight=item.weight * _FAMILY) for item in doing)
        found = []
        spelt = not alone and not {plain[0], plain[-1]} & cues().idle
        for name, source, column in self._short:
            inner = len(name) > len(whole) - len(plain[-1])  # the abbreviation takes something of every word
            fits = 3 <= len(name) <= len(whole) - _CUT and len(name) * 2 + 1 >= len(whole)
            begins = inner and fits and whole.startswith(name)
            if (name == initials and spelt) or (begins and whole != name):
                found.append(Meaning("column", source, _ABBREVIATED, column.name, of=column.kind))
        return tuple(dict.fromkeys(found)) or (self._cut_short(whole) if alone else ())

    def _cut_short(self, word: str) -> tuple[Meaning, ...]:
        """The only column whose name breaks off a word: "directors" of `Dir.`."""
        found = {
            (source, column): Meaning("column", source, _SHORTENED, column.name, of=column.kind)
            for name, source, column in self._short
            if len(name) < len(word) <= len(name) * 3 and abbreviates(name, word)
            if name[-1] not in "aeiou" and name not in cues().spelt
        }
        return tuple(found.values()) if len(found) == 1 else ()

    @cached_property
    def _short(self) -> tuple[tuple[str, Source, Column], ...]:
        found = []
        for source, table in self.tables.items():
            for column in table.columns:
                words = without(parts(column.name), _PREFIXES, _SUFFIXES | _UNITS)
                found += [(name, source, column) for name in dict.fromkeys(["".join(words), *words]) if len(name) > 1]
        return tuple(found)

    def _within(self, words: Sequence[Token]) -> tuple[Meaning, ...]:
        """The values that hold all words of a phrase."""
        stems = [token.stem for token in words]
        if words[0].plain in cues().idle or words[-1].plain in cues().idle or (words[0].plain,) in cues().kinds:
            return ()
        holding = [self._holding.get(each) for each in stems]
        if not all(holding):
            return ()
        common = {
            item for item in set.intersection(*(each for each in holding if each))
            if all(any(same_word(word.plain, other.plain) for other in tokens(item[2])) for word in words)
        }  # fmt: skip
        if not common or len(common) > _MOST_HOLDING:
            return ()
        return tuple(
            Meaning("value", source, _PART_OF_VALUE - 0.01 * (len(tokens(text)) > 4), column, text, "text")
            for source, column, text in sorted(common, key=lambda item: (item[0].table, item[1], item[2]))
        )

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(item for key in self._meanings for item in key)

    @cached_property
    def _by_letter(self) -> Mapping[str, tuple[str, ...]]:
        """The words that a misspelt one may stand for, by their first letter."""
        texts = [text for texts in self.values.values() for text in texts]
        names = [name for table in self.schema.tables for name in (table.name, *(item.name for item in table.columns))]
        spelt = {word.casefold() for text in texts for word in text.split() if word.isalpha()}
        spelt |= {part for name in names for part in parts(name) if part.isalpha()}
        found: dict[str, list[str]] = defaultdict(list)
        for word in sorted(spelt | cues().spelt):
            if len(word) >= _SHORTEST_SLIP:
                found[word[0]].append(word)
        return {letter: tuple(words) for letter, words in found.items()}

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
        bare = without(words, _PREFIXES, frozenset({"dim", "fact", "table", "data", "dataset", "list"}))
        self._phrase(words, Meaning("table", source, 1.0))
        self._phrase(bare, Meaning("table", source, 1.0))
        if len(bare) > 1:
            self._phrase(bare[-1:], Meaning("table", source, 0.7))
            self._phrase(bare[:1], Meaning("table", source, 0.4))
        for column in table.columns:  # rows that have numbers go by what is numbered
            words = parts(column.name)
            profile = self.profiles.get((source, column.name))
            unique = table.primary_key == (column.name,) or bool(profile and profile.distinct == table.rows)
            if len(words) > 1 and words[-1] in _NUMBERING and unique:
                self._mean(words[:-1], Meaning("table", source, 0.7))
        alone = len(self.tables) == 1
        for text in (table.description, self.schema.description if alone else ""):
            heads = headed(text)
            for word in set(telling(text)) - _UNITS:
                self._mean((word,), Meaning("table", source, _HEAD if word in heads else BESIDE))

    def _name_column(self, source: Source, table: Table, column: Column) -> None:
        worth = 0.5 if is_key(table, column.name) and column.kind in ("integer", "other") else 1.0
        words = parts(column.name)
        bare = without(words, _PREFIXES, _SUFFIXES | _UNITS)

        def phrase(some: Iterable[str], weight: float) -> None:
            self._phrase(some, Meaning("column", source, weight * worth, column.name, of=column.kind))

        for said, weight in spoken(column):
            phrase(said, weight)
        own = {stem(part) for part in parts(table.name)}
        if column.kind not in ("date", "timestamp"):
            noun = without(parts(table.name), _PREFIXES, frozenset({"dim"}))[-1:]
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
        for word in telling(column.description):
            if stem(word) not in own:
                self._mean((word,), Meaning("column", source, 0.45 * worth, column.name, of=column.kind))

    def _name_values(self, source: Source, column: str, texts: Iterable[str]) -> None:
        texts = tuple(texts)
        sexes = {"f", "m"} <= {text.casefold() for text in texts} <= {"f", "m", "u", "x"}
        table = self.tables[source]
        about = self.schema.description if len(self.tables) == 1 else ""
        told = (table.description, about, self.column(source, column).description)
        coded = {text: words for text in texts if len(text) <= _LONGEST_CODE and (words := explained(text, told))}
        coded = coded if len(coded) > 1 else {}  # "A" alone is an article
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


def _as_said(meaning: Meaning, words: Sequence[Token]) -> Meaning:
    """Less sure where a word is only of the same family as that of the name: a "rating" is no "rate"."""
    said = [token.plain for token in words]
    same = len(said) != len(meaning.spelt) or all(map(same_word, said, meaning.spelt))
    if meaning.kind == "value":
        done = words[-1].plain.endswith("ed") and meaning.spelt[-1:] and not meaning.spelt[-1].endswith("ed")
        return replace(meaning, weight=_DONE) if done else meaning  # what was opened need not be open
    if same:
        return meaning
    return replace(meaning, weight=meaning.weight * _FAMILY)
