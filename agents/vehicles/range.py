"""The maker's vehicles by name: which ones a text mentions, and what customers say that they drive."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from rapidfuzz.distance import OSA

from agents.language.words import vocabulary

_WORD = re.compile(r"[^\W_]+(?:\.\d+[^\W_]*)?")
_YEAR = re.compile(r"\b(?:19[89]\d|20[0-4]\d)\b")
_CODE = re.compile(r"\b[PBCU][0-3][0-9A-F]{3}(?:-?[0-9A-F]{2})?\b", re.IGNORECASE)
_OWNS = re.compile(
    r"\b(?:my|our|mine(?:'s| is)?|we(?:'ve| have)?|i(?:'ve| have)?|(?:i|we) (?:drive|own|bought|lease|run|use|have got"
    r"|got)|driving|owner of|it(?:'s| is)|this is|i meant?|actually"
    r"|(?:now|currently) (?:drive|own|have)|(?:my|our) (?:car|vehicle|van|truck|pick-?up) is)\W+"
    r"(?:(?:an?|the|is|my|our|new|old|used|got|just|about|drive|own|have|bought|leased?|one of your|facelift|diesel"
    r"|petrol|electric|skelby|van|pick-?up)\W++|(?:19|20)\d\d\W++){0,9}+$",
    re.IGNORECASE,
)
_NOT_OWNED = re.compile(
    r"\b(?:not|no longer|don't|never|sold|neighbou?r'?s?|friend'?s?|brother'?s?|looking at|considering)\b"
    r"[^.!?,;]{0,200}$",
    re.IGNORECASE,
)
_VEHICLE = ("model", "variant", "year")
_FILLER = vocabulary("a an the it is its it's i mean my yes no sorry from model year one and")
_NEVER = frozenset({"heroin", "wrench", "prover"})
"""Ordinary words one letter from a bird's name that the rules of `_misspelt` would let through."""

MAKES = vocabulary(
    "alfa audi bentley bmw buick byd cadillac chevrolet chevy chrysler citroen cupra dacia dodge ducati ferrari fiat "
    "ford gmc harley honda hyundai infiniti isuzu iveco jaguar jeep kawasaki kia lexus lincoln mazda mercedes mg mini "
    "mitsubishi nissan opel peugeot polestar pontiac porsche renault rover saab seat skoda smart subaru suzuki tesla "
    "toyota triumph vauxhall volkswagen volvo vw yamaha"
)
"""Other makers, to tell whose vehicle a question is about."""

_AMBIGUOUS_MAKES = frozenset({"mini", "seat", "smart", "triumph", "lincoln", "rover", "dodge"})


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
            for name in dict.fromkeys((_key(row.model), _key(row.name), *map(_key, row.aliases))):
                if name:
                    names.setdefault(name, []).append(row)
        self._names = {name: tuple(vehicles) for name, vehicles in names.items()}
        self._initials: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for name in self._names:
            self._initials.setdefault(_initials(name), []).append(name)
        self._longest = max(map(len, self._names), default=0)
        self._first = frozenset(name[0] for name in self._names)
        self._outlines = frozenset(_outline(word, by) for word in self._first for by in (-1, 0, 1))
        makes = sorted({make for row in self.rows for make in row.makes}, key=len, reverse=True)
        self._make = (
            re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, makes))})(?!\w)", re.IGNORECASE) if makes else None
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read CSV with the columns model, variant, years, powertrain, aliases and, if there, make; lists are
        split at `;`. Raises KeyError when another column is missing.
        """
        return cls(
            [
                Vehicle(
                    row["model"].strip(),
                    row["variant"].strip(),
                    _list(row["years"]),
                    row["powertrain"].strip(),
                    _list(row["aliases"]),
                    _list(row.get("make") or ""),
                )
                for row in csv.DictReader(io.StringIO(text.strip()))
            ]
        )

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """Every place that names vehicles, in order; the longest name wins."""
        found = list(_WORD.finditer(text))
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
        if self._make and self._make.search(text):
            text = re.sub(rf"(?:{self._make.pattern})(?=\s+{word}\b)\s+", "", text, flags=re.IGNORECASE)
            text = self._make.sub(word, text)
        return text

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


def trouble_codes(text: str) -> tuple[str, ...]:
    """Diagnostic trouble codes in a text (ISO 15031-6 form, such as P0420), in capitals, each once."""
    return tuple(dict.fromkeys(code.group().upper() for code in _CODE.finditer(text)))


def other_make(text: str) -> bool:
    """Whether a text names another maker."""
    words = {word.group() for word in _WORD.finditer(text)}
    return any(
        word.casefold() in MAKES and (word.casefold() not in _AMBIGUOUS_MAKES or word[0].isupper()) for word in words
    )


def make_named(text: str) -> str:
    """Another maker's name in a text with the word after it, its model as a rule; "" when there is none."""
    for word in _WORD.finditer(text):
        if _is_make(word.group()):
            after = re.match(r"\s+([A-Z0-9][\w-]*)", text[word.end() :])
            return word.group() + (f" {after.group(1)}" if after else "")
    return ""


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
    return tuple(_YEAR.findall(text))


def _is_make(word: str) -> bool:
    return word.casefold() in MAKES and (word.casefold() not in _AMBIGUOUS_MAKES or word[0].isupper())


def _key(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(name))


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _initials(words: tuple[str, ...]) -> tuple[str, ...]:
    """What a misspelt name still has."""
    return tuple(word[0] for word in words)


def _outline(word: str, longer: int = 0) -> tuple[str, str, int]:
    """What a misspelt word has in common with the right one, which may be `longer`."""
    return word[0], word[-1], len(word) + longer


def _alike(word: str, name: str) -> bool:
    return word == name or _misspelt(word, name)


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
    return {word.casefold() for word in re.findall(r"[\w']+", _YEAR.sub(" ", rest))} <= _FILLER


def _claimed(before: str) -> bool:
    return bool(_OWNS.search(before)) and not _NOT_OWNED.search(before)


def _year(text: str, mention: Mention, begin: int, stop: int) -> str:
    """The year directly beside a name: "2026 Wren", "Wren from 2026", "Wren (2026)"."""
    before = re.search(r"\b((?:19|20)\d\d)\W+(?:model |year )?$", text[begin : mention.start])
    after = re.match(r"\W{1,3}(?:(?:model year|from|of|built in|year)\W+)?((?:19|20)\d\d)\b", text[mention.end : stop])
    beside = before or after
    return beside.group(1) if beside else ""


def _lone_year(text: str) -> str:
    """The year of an answer such as "2026" or "it's a 2026 model", or ""."""
    matches = _YEAR.findall(text)
    words = {word.casefold() for word in re.findall(r"[\w']+", text)} - set(matches)
    if len(matches) != 1 or text.rstrip().endswith("?"):
        return ""
    return matches[0] if words <= _FILLER else ""


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
