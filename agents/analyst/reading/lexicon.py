"""What the words of a question may name in a dataset: its tables, columns and the values that stand in them.

Names are matched by their words, whatever their endings; by synonyms, abbreviations and what their descriptions say;
values also by a part of them. A misspelt word is put right towards the words that are known here. Nothing is known of
any dataset beforehand.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from rapidfuzz import process
from rapidfuzz.distance import OSA

from agents.analyst.reading.cues import adjective, cues
from agents.analyst.reading.likeness import (
    abbreviates,
    countries,
    country_codes,
    derived,
    is_code,
    state_code,
    telling,
    without,
)  # fmt: skip
from agents.analyst.reading.naming import LONGEST_CODE, LONGEST_NAME, PREFIXES, SUFFIXES, UNITS, Meaning, Naming
from agents.analyst.reading.plan import Scalar, Source
from agents.analyst.reading.time_spans import TIMED
from agents.analyst.reading.tokens import Token, parts, same_word, stem, tokens
from agents.dataset import Column
from agents.language.units import unit as unit_of
from agents.language.words import vocabulary

_SHORTEST_SLIP, _LONG, _MOST_NEAR, _MATERIAL = 5, 9, 8, 4
_FAMILY = 0.65
_LEAST, _LIKELY = 0.34, 0.5
_DONE = 0.48
_PART_OF_VALUE = 0.7
_ALIKE_VALUE = 0.6
_LAND = 0.74
"""A country by what its people are called, before any other name that the word is a part of."""
_ABBREVIATED = 0.75
_SHORTENED = 0.6
_CUT = 2
"""Letters that an abbreviation leaves out at least: "capita" is short for no capital."""
_MOST_HOLDING = 60
"""Values that one word may be a part of: in more of them it says nothing."""
_DOING = ("ers", "ors")
_DOERS, _DEEDS = ("er", "or"), ("ion", "ions", "ing", "ings", "ment", "ments")
_YES, _NO = vocabulary("yes y true t ja oui si sí"), vocabulary("no n false f nein nee non")


class Lexicon(Naming):
    """Of one schema with the values of its text columns and the profiles of all. Immutable."""

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
            if length > 1 and self._sorted(words):
                continue
            likely = [match for match in found if match.weight >= _LEAST] or self._turned(words)
            people = self.likened(words[0]) if length == 1 and countries(words[0].plain) else ()
            if part := (*likely, *self._abbreviated(words), *self._within(words), *people):
                best = length, tuple(sorted(part, key=lambda item: -item.weight))
                break
        return best

    def meanings(self, key: tuple[str, ...]) -> tuple[Meaning, ...]:
        """What a phrase of these stems may name, the surest first."""
        found = self._meanings.get(key)
        return tuple(sorted(found.values(), key=lambda match: -match.weight)) if found else ()

    def _sorted(self, words: Sequence[Token]) -> bool:
        """Whether a phrase is a value and the noun of the rows, which say more than names that hold both words: "art
        museum" where `kind` is "Art"."""
        ways = [self.meanings((word.stem,)) for word in words]
        valued = [any(item.kind == "value" and item.weight == 1.0 for item in way) for way in ways]
        rows = [any(item.kind == "table" for item in way) for way in ways]
        return any(valued) and all(map(max, valued, rows)) and any(rows)

    def _turned(self, words: Sequence[Token]) -> list[Meaning]:
        """What a phrase with "of" names: "year of construction" is the construction year."""
        if len(words) != 3 or words[1].plain != "of" or (words[0].plain, "of") in cues().kinds:
            return []
        first, last = words[0].stem, words[2].stem
        found = (*self.meanings((last, first)), *self.meanings((first, last)))
        return [item for item in found if item.kind == "column" and item.weight >= _PART_OF_VALUE]

    def corrected(self, token: Token, before: str = "") -> Token | None:
        """The token, behind the word `before`, with its slip put right; None where it is right, or nobody can say what
        it should be. A short one is put right where both words make a phrase."""
        word = token.plain
        known = (
            word in cues().spelt
            or word in TIMED
            or token.stem in self._stems
            or token.stem in self._holding
            or adjective(word) is not None
            or unit_of(word) is not None
        )
        if known or token.number is not None or not word.isalpha():
            return None
        if len(word) < _SHORTEST_SLIP:
            pairs = (phrase[1] for phrase in cues().kinds if len(phrase) == 2 and phrase[0] == before)
            alike = (other for other in pairs if len(word) > 3 < len(other) and OSA.distance(word, other) == 1)
            fitting = {other for other in alike if (word[0], word[-1]) == (other[0], other[-1])}
            return Token(fitting.pop(), token.start, token.end) if len(fitting) == 1 else None
        one = word.removesuffix("s") if len(word) > _SHORTEST_SLIP else word
        if {one, word} & set(self._by_letter.get(word[0], ())):
            return None
        return self._near(token, word) or (self._near(token, one) if one != word else None)

    def _near(self, token: Token, word: str) -> Token | None:
        """The token as the only known word that a word is nearly spelt like."""
        slips = 1 if len(word) < _LONG else 2
        near = process.extract(
            word, self._by_letter.get(word[0], ()), scorer=OSA.distance, score_cutoff=slips, limit=_MOST_NEAR
        )
        best = [str(other) for other, distance, _ in near if distance == near[0][1]]
        longer = [other for other in best if word.startswith(other) and word[-1] != other[-1]]  # "capital" of "capita"
        longer += [other for other in best if word.endswith(_DOING) and not other.endswith(_DOING)]  # "finishers"
        if len({stem(other) for other in best}) != 1 or longer:
            return None
        return Token(min(best), token.start, token.end)

    def likened(self, token: Token) -> tuple[Meaning, ...]:
        """The values that an unknown word is another form of: "German" of Germany, a country of its code."""
        word, found = token.plain, []
        lands, state = countries(word), state_code(word)
        for (source, column), texts in self.values.items():
            codes = len(texts) > 1 and sum(text.isupper() and len(text) <= LONGEST_CODE for text in texts) * 2 > len(
                texts
            )
            for text in texts:
                plain = text.casefold()
                named = word in lands and country_codes().get(word) == plain
                land = named or (codes and is_code(text, lands)) or plain in lands
                short = (
                    text.isupper() and len(text) == LONGEST_CODE and len(word) > len(text) and word.startswith(plain)
                )
                if land or (codes and state and text == state) or short or derived(word, plain):
                    found.append(Meaning("value", source, _LAND if land else _ALIKE_VALUE, column, text, "text"))
        return tuple(found)

    def _abbreviated(self, words: Sequence[Token]) -> tuple[Meaning, ...]:
        """What a phrase names whose columns' names are short for it (`mpg`, `lifeExp`), or that says who does it."""
        plain = [token.plain for token in words]
        whole, initials = "".join(plain), "".join(word[:1] for word in plain)
        alone = len(plain) == 1
        joins = alone and len(whole) > 3 and whole not in cues().idle and (whole,) not in cues().kinds
        joined = [item for item in self._short if joins and whole != item[0]]
        if ended := [item for item in joined if item[0].endswith(whole) or item[0].startswith(whole)]:
            near = [item for item in ended if len(item[0]) - len(whole) == 1]  # "class" of `pclass`
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
        spelt = not alone and not {plain[0], plain[-1]} & cues().idle and (plain[0],) not in cues().kinds
        for _, source, column in self._short if spelt else ():
            names = parts(column.name)
            told = [next((p for p in names if stem(p) == stem(word) or abbreviates(p, word)), "") for word in plain]
            if all(told) and len(set(told)) == len(plain):
                found.append(Meaning("column", source, _ABBREVIATED, column.name, of=column.kind))
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
            if len(name) < len(word) <= len(name) * 4 and abbreviates(name, word)
            if name[-1] not in "aeiou" and name not in cues().spelt
        }
        return tuple(found.values()) if len(found) == 1 else ()

    @cached_property
    def has_years(self) -> bool:
        """Whether a column holds the numbers of years."""
        return any(self.is_year(source, name) for source, name in self.profiles)

    def is_year(self, source: Source, name: str) -> bool:
        """Whether a column holds the numbers of years."""
        profile = self.profiles.get((source, name))
        ends = (profile.low, profile.high) if profile else (None, None)
        whole = self.column(source, name).kind == "integer"
        return whole and all(end is not None and 1000 < end < 2200 for end in ends)

    @cached_property
    def _short(self) -> tuple[tuple[str, Source, Column], ...]:
        found = []
        for source, table in self.tables.items():
            for column in table.columns:
                words = without(parts(column.name), PREFIXES, SUFFIXES | UNITS)
                single = [word[:-1] for word in words if word.endswith("s") and stem(word) == word[:-1]]  # `beds`
                names = dict.fromkeys(["".join(words), *words, *single])
                found += [(name, source, column) for name in names if len(name) > 1]
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
        general = len(words) == 1 and words[0].text.islower() and stems[0] in self._described
        weight = _LEAST if general else _PART_OF_VALUE
        return tuple(
            Meaning("value", source, weight - 0.01 * (len(tokens(text)) > 4), column, text, "text")
            for source, column, text in sorted(common, key=lambda item: (item[0].table, item[1], item[2]))
        )

    @cached_property
    def _described(self) -> frozenset[str]:
        """The stems of the words by which descriptions speak of the rows."""
        texts = [self.schema.description, *(table.description for table in self.schema.tables)]
        return frozenset(stem(word) for text in texts for word in telling(text))

    @cached_property
    def _stems(self) -> frozenset[str]:
        return frozenset(item for key in self._meanings for item in key)

    @cached_property
    def _by_letter(self) -> Mapping[str, tuple[str, ...]]:
        """The words that a misspelt one may stand for, by their first letter."""
        texts = [text for texts in self.values.values() for text in texts]
        names = [name for table in self.schema.tables for name in (table.name, *(item.name for item in table.columns))]
        spelt = {word.casefold() for text in texts for word in text.split() if word.isalpha()}
        spelt |= {f"{word}en" for word in spelt if len(word) == _MATERIAL}  # "wooden"
        spelt |= {part for name in names for part in parts(name) if part.isalpha()}
        found: dict[str, list[str]] = defaultdict(list)
        for word in sorted(spelt | cues().spelt | TIMED):
            if len(word) >= _SHORTEST_SLIP:
                found[word[0]].append(word)
        return {letter: tuple(words) for letter, words in found.items()}


def _as_said(meaning: Meaning, words: Sequence[Token]) -> Meaning:
    """Less sure where a word is only of the same family as that of the name: a "rating" is no "rate"."""
    said = [token.plain for token in words]
    same = len(said) != len(meaning.spelt) or all(map(same_word, said, meaning.spelt))
    if meaning.kind == "value":
        done = words[-1].plain.endswith("ed") and meaning.spelt[-1:] and not meaning.spelt[-1].endswith("ed")
        return replace(meaning, weight=_DONE) if done else meaning  # what was opened need not be open
    if same:
        return meaning
    doer = bool(meaning.spelt) and meaning.spelt[-1].endswith(_DOERS)
    if doer and said[-1].endswith(_DEEDS):
        return replace(meaning, weight=0.0)  # "installations" are no installers
    return replace(meaning, weight=meaning.weight * _FAMILY)
