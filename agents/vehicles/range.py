"""The maker's vehicles by name: which ones a text mentions, and what customers say that they drive."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from rapidfuzz.distance import OSA

from agents.language.numbers import is_part
from agents.language.phrases import Phrases, spelt_out
from agents.language.reading import reading
from agents.language.tokens import spoken, tokens
from agents.language.words import vocabulary
from agents.vehicles.names import WORD, name_words

_FIRST_YEAR, _LAST_YEAR = 1980, 2049
_CLAIMS = frozenset(
    words
    for template in (
        "(my|our|mine|mines|mine is|we|weve|we have|i|ive|i have|(i|we) (drive|own|bought|lease|run|use|have got|got))",
        "(driving|owner of|its|it is|this is|i mean|i meant|actually|(now|currently) (drive|own|have))",
        "(my|our) (car|vehicle|van|truck|pickup|pick up) is",
    )
    for words in spelt_out(template)
)
"""What claims a vehicle that is named behind it."""
_LONGEST_CLAIM = max(map(len, _CLAIMS))
_BETWEEN = vocabulary(
    "a an the is my our new old used got just about drive own have bought lease leased one of your facelift diesel "
    "petrol electric skelby van pickup pick up"
)
_MOST_BETWEEN = 9
"""Words between the claim and the name."""
_NOT_OWNED = Phrases(
    (
        "(not|dont|never|sold|considering|no longer|looking at)",
        "(neighbour|neighbours|neighbor|neighbors|friend|friends|brother|brothers)",
    )
)
_ENDS = ".!?,;"
_YEAR_LEADS = Phrases(("^ (model year|from|of|built in|year)",))
_BESIDE = 3
"""Characters between a name and what is said right behind it."""
_VEHICLE = ("model", "variant", "year")
_COLUMNS = ("model", "variant", "years", "powertrain", "aliases")
_MOST_FAULTS = 5
_FILLER = vocabulary("a an the it is its it's i mean my yes no sorry from model year one and")
_NEVER = frozenset({"heroin", "wrench", "prover"})
"""Ordinary words one letter from a bird's name that the rules of `_misspelt` would let through."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One variant of a model and the model years in which it was made; `aliases` are other names for it. `makes` are
    names that its maker goes by."""

    model: str
    variant: str
    years: tuple[str, ...] = ()
    powertrain: str = ""
    aliases: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Model and variant as they are spoken together: `Wren 58`."""
        if not self.variant or self.variant.casefold() == self.model.casefold():
            return self.model
        together = self.variant.casefold().startswith(self.model.casefold())
        return self.variant if together else f"{self.model} {self.variant}"


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names vehicles: `text[start:end]` fits every one of `vehicles`."""

    start: int
    end: int
    vehicles: tuple[Vehicle, ...]


class Vehicles:
    """The maker's range, to be looked up in free text. Immutable."""

    def __init__(self, rows: Sequence[Vehicle] = ()) -> None:
        self.rows = tuple(rows)
        names: dict[tuple[str, ...], list[Vehicle]] = {}
        for row in self.rows:
            for name in dict.fromkeys((name_words(row.model), name_words(row.name), *map(name_words, row.aliases))):
                if name:
                    names.setdefault(name, []).append(row)
        self._names = {name: tuple(vehicles) for name, vehicles in names.items()}
        self._initials: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for name in self._names:
            self._initials.setdefault(_initials(name), []).append(name)
        self._longest = max(map(len, self._names), default=0)
        self._first = frozenset(name[0] for name in self._names)
        self._outlines = frozenset(_outline(word, by) for word in self._first for by in (-1, 0, 1))
        makes = {make for row in self.rows for make in row.makes}
        self._make = Phrases(makes)
        self._mentions = lru_cache(maxsize=4_000)(self._found)  # a message and its neighbours are looked at many times

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read CSV with the columns model, variant, years, powertrain, aliases and, if there, make; lists are
        split at `;`. Raises ValueError with all that cannot be read, by row.
        """
        reader = csv.DictReader(io.StringIO(text.strip()))
        rows = [{name: (value or "").strip() for name, value in row.items() if name} for row in reader]
        lacking = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if lacking:
            raise ValueError(f"there is no column {', '.join(lacking)}")
        faults = [f"row {number}: {fault}" for number, row in enumerate(rows, 1) for fault in _faults(row)]
        if faults:
            more = f" (and {len(faults) - _MOST_FAULTS} more)" if len(faults) > _MOST_FAULTS else ""
            raise ValueError("; ".join(faults[:_MOST_FAULTS]) + more)
        return cls(
            [
                Vehicle(
                    row["model"],
                    row["variant"],
                    _list(row["years"]),
                    row["powertrain"],
                    _list(row["aliases"]),
                    _list(row.get("make", "")),
                )
                for row in rows
            ]
        )

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Every place that names vehicles, in order; the longest name wins."""
        return self._mentions(text)

    def _found(self, text: str) -> tuple[Mention, ...]:
        found = list(WORD.finditer(text))
        words = [word.group().casefold() for word in found]
        places: list[Mention] = []
        after = 0
        for at, word in enumerate(words):
            if at < after or not self._opens(word):
                continue
            for length in range(min(self._longest, len(words) - at), 0, -1):
                vehicles = self._named(tuple(words[at : at + length]))
                if vehicles:
                    after = at + length
                    places.append(Mention(found[at].start(), found[after - 1].end(), vehicles))
                    break
        return tuple(places)

    def mentioned(self, text: str) -> tuple[Vehicle, ...]:
        """The vehicles that a text names, each once; all variants of a model named without one."""
        return tuple(dict.fromkeys(vehicle for mention in self.mentions(text) for vehicle in mention.vehicles))

    def generic(self, text: str, word: str = "car") -> str:
        """The text with every name of a vehicle or of its maker replaced by `word`, for models that never saw the name;
        a maker's name before a vehicle's is left out."""
        for mention in reversed(self.mentions(text)):
            text = text[: mention.start] + word + text[mention.end :]
        pieces, at = [], 0
        for maker in self._make.spans(text):
            behind = next((place for place in range(maker.end, len(text)) if not text[place].isspace()), len(text))
            vehicle = behind > maker.end and text.startswith(word, behind) and is_part(text[behind : behind + 1])
            ending = "'s" if text[maker.start : maker.end].endswith(("'s", "’s")) else ""
            pieces += [text[at : maker.start], "" if vehicle and not ending else f"{word}{ending}"]
            at = behind if vehicle and not ending else maker.end
        return "".join((*pieces, text[at:]))

    def facts(self, text: str, previous: Mapping[str, str]) -> dict[str, str]:
        """`previous` (keys model, variant, year) with what the text says about the vehicle its writer drives.

        A vehicle counts when the words before it claim it ("I drive a", "my") or when the text is nothing but its
        name. A later statement overrides an earlier one, and another model drops the old one's variant and year.
        """
        facts = dict(previous)
        mentions = self.mentions(text)
        for mention, (begin, stop) in zip(mentions, _surroundings(text, mentions), strict=True):
            if _bare(text, mentions) or _claimed(text[begin : mention.start]):
                facts = _learn(facts, mention.vehicles, _year(text, mention, begin, stop))
        if not mentions and facts.get("model") and (year := _lone_year(text)):
            facts["year"] = year
        return facts

    def candidates(self, facts: Mapping[str, str]) -> tuple[Vehicle, ...]:
        """The vehicles that known facts leave possible; all of them when nothing is known."""
        return tuple(
            row
            for row in self.rows
            if facts.get("model", row.model) == row.model
            and facts.get("variant", row.variant) == row.variant
            and (not row.years or facts.get("year", row.years[0]) in row.years)
        )

    def _opens(self, word: str) -> bool:
        """Whether a name may begin with this word, in the plural or misspelt: hardly any word of a text can."""
        return word in self._first or word.removesuffix("s") in self._first or _outline(word) in self._outlines

    def _named(self, words: tuple[str, ...]) -> tuple[Vehicle, ...]:
        plain = tuple(word.removesuffix("s") if len(word) > 4 else word for word in words)
        exact = self._names.get(words) or self._names.get(plain)
        if exact:
            return exact
        for name in self._initials.get(_initials(words), ()):
            if all(map(_alike, words, name)):
                return self._names[name]
        return ()


def note(facts: Mapping[str, str], vehicles: Vehicles) -> str:
    """The customer's vehicle as words that help a search: `Wren 58, 2026`; empty when the model is unknown."""
    model, variant = facts.get("model", ""), facts.get("variant", "")
    if not model:
        return ""
    names = {row.name for row in vehicles.rows if row.model == model and row.variant == variant}
    name = names.pop() if len(names) == 1 else Vehicle(model, variant).name
    return ", ".join(part for part in (name, facts.get("year", "")) if part)


def years(text: str) -> tuple[str, ...]:
    """The model years that a text names, in order."""
    return tuple(text[start:end] for start, end in year_places(text))


def year_places(text: str) -> list[tuple[int, int]]:
    """Where the model years of a text stand, from and to."""
    found = []
    for token in tokens(text):
        if token.kind == "number" and not is_part(text[token.end : token.end + 1] or " "):
            at = token.start
            for piece in token.word.replace(",", ".").replace(":", ".").split("."):
                if len(piece) == 4 and _FIRST_YEAR <= int(piece) <= _LAST_YEAR:
                    found.append((at, at + 4))
                at += len(piece) + 1
    return found


def _faults(row: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a row of the maker's vehicles."""
    for name in ("model", "variant"):
        if not row[name]:
            yield f"{name!r} is empty"
    for year in _list(row["years"]):
        if not (year.isdecimal() and len(year) == 4):
            yield f"'years': {year!r} is no year; write 2025;2026, or leave the cell empty"


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _initials(words: tuple[str, ...]) -> tuple[str, ...]:
    """What a misspelt name still has."""
    return tuple(word[0] for word in words)


def _outline(word: str, longer: int = 0) -> tuple[str, str, int]:
    """What a misspelt word has in common with the right one, which may be `longer`."""
    return word[0], word[-1], len(word) + longer


def _alike(word: str, name: str) -> bool:
    return word == name or _figure_of(word, name) or _misspelt(word, name)


def _figure_of(word: str, name: str) -> bool:
    """Whether a word is the figure of a name without its letter: `1.5` for `1.5T`."""
    return name[:-1] == word and "." in word and name[-1].isalpha()


def _misspelt(word: str, name: str) -> bool:
    """One slip of the finger: same first and last letter, and one letter missing, doubled in or swapped with its
    neighbour. Another letter in its place counts in longer names only: in short ones it makes other words."""
    if len(name) < 4 or not name.isalpha() or word in _NEVER or (word[0], word[-1]) != (name[0], name[-1]):
        return False
    swapped = len(word) == len(name) and sorted(word) != sorted(name)
    return OSA.distance(word, name, score_cutoff=1) == 1 and not (swapped and len(name) < 6)


def _surroundings(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """For each mention the stretch from the mention before it to the mention after it."""
    edges = [0, *(edge for mention in mentions for edge in (mention.start, mention.end)), len(text)]
    return [(edges[2 * i], edges[2 * i + 3]) for i in range(len(mentions))]


def _bare(text: str, mentions: Sequence[Mention]) -> bool:
    if len(mentions) != 1 or text.rstrip().endswith("?"):
        return False
    rest = text[: mentions[0].start] + " " + text[mentions[0].end :]
    return set(reading(rest).words) - set(years(rest)) <= _FILLER


def _claimed(before: str) -> bool:
    """Whether the words before a name say that it is their writer's."""
    said = spoken(before)
    clause = before[max(map(before.rfind, _ENDS)) + 1 :]
    return _claims(said) and clause not in _NOT_OWNED


def _claims(said: Sequence[str]) -> bool:
    for end in range(len(said), max(0, len(said) - _MOST_BETWEEN - 1), -1):
        if any(tuple(said[max(0, end - length) : end]) in _CLAIMS for length in range(1, _LONGEST_CLAIM + 1)):
            return True
        if said[end - 1] not in _BETWEEN and not years(said[end - 1]):
            return False
    return False


def _year(text: str, mention: Mention, begin: int, stop: int) -> str:
    """The year directly beside a name: "2026 Wren", "Wren from 2026", "Wren (2026)"."""
    said = spoken(text[begin : mention.start])
    last = said[:-1] if said[-1:] in (["model"], ["year"]) else said
    after = text[mention.end : stop]
    begins = next((token.start for token in tokens(after) if token.kind != "mark"), 0)
    lead = _YEAR_LEADS.opening(after)
    behind = spoken(after[lead.end :] if lead else after) if 0 < begins <= _BESIDE else []
    return next((word for word in (*last[-1:], *behind[:1]) if years(word)), "")


def _lone_year(text: str) -> str:
    """The year of an answer such as "2026" or "it's a 2026 model", or ""."""
    named = years(text)
    if len(named) != 1 or text.rstrip().endswith("?"):
        return ""
    return named[0] if set(reading(text).words) - set(named) <= _FILLER else ""


def _learn(facts: Mapping[str, str], vehicles: Sequence[Vehicle], year: str) -> dict[str, str]:
    models = {vehicle.model for vehicle in vehicles}
    if len(models) != 1:
        return dict(facts)
    learned = dict(facts) if facts.get("model") in models else {k: v for k, v in facts.items() if k not in _VEHICLE}
    learned["model"] = vehicles[0].model
    variants = {vehicle.variant for vehicle in vehicles}
    if len(variants) == 1:
        learned["variant"] = vehicles[0].variant
    if year:
        learned["year"] = year
    return learned
