"""Which words are forms of others, which words of a name or a description tell something, and countries by their
names."""

import tomllib
import zoneinfo
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from holidays import country_holidays

from agents.analyst.reading.cues import cues
from agents.analyst.reading.tokens import parts, stem, tokens
from agents.dataset import Column
from agents.language.words import vocabulary


def telling(text: str) -> list[str]:
    """The words of a description that tell something."""
    idle = {stem(word) for word in (*cues().idle, "time", "times", "same", "whole", "together", "right")}
    words = dict.fromkeys(token.plain for token in tokens(text))
    return [word for word in words if word.isalpha() and len(stem(word)) > 3 and stem(word) not in idle]


_PREPOSITIONS = vocabulary(
    "of from in by at on with for to taken since during per between over and or that which who is are was were as"
)
_COUNTING = frozenset({"no", "nr", "num", "number", "count", "n"})
_DEFINING = vocabulary("is are means stands = says tells shows")
_EXPLAINING = vocabulary("is for means stands = as by in at on the a an")


def headed(text: str) -> frozenset[str]:
    """The nouns that a description is about: the one before its first preposition, and those behind "one row per"."""
    found: set[str] = set()
    words = [token.plain for token in tokens(text)]
    first = next((at for at, word in enumerate(words) if word in _PREPOSITIONS or word == ","), len(words))
    found.update(words[max(first - 1, 0) : first])
    found.update(words[at + 1] for at, word in enumerate(words[:-1]) if word in ("per", "each", "every"))
    return frozenset(found)


def explained(code: str, descriptions: Iterable[str]) -> tuple[str, ...]:
    """The words that descriptions say a code stands for: "H high, L low", "U for unknown"."""
    found = []
    for text in descriptions:
        row = tokens(text)
        for place, token in enumerate(row):
            behind = [item for item in row[place + 1 : place + 4] if item.plain not in _EXPLAINING]
            if token.text == code and behind and behind[0].plain.isalpha() and len(behind[0].text) > len(code):
                found.append(behind[0].plain)
    return tuple(found)


def abbreviates(short: str, word: str) -> bool:
    """Whether a name is short for a word: its beginning, or some of its letters without vowels ("btl", "qty")."""
    letters = iter(word)
    consonants = len(short) > 1 and not set(short) & set("aeiou") and all(letter in letters for letter in short)
    return short[:1] == word[:1] and (consonants or (len(short) >= 3 and word.startswith(short)))


def derived(word: str, plain: str) -> bool:
    """Whether a word is made of another as "German" is of "Germany": they begin alike, and little follows."""
    if word.endswith("y") and 3 <= len(plain) < len(word) <= len(plain) + 2 and word.startswith(plain):
        return True  # "foggy"
    if len(word) < 5 or len(plain) < 4 or not plain.isalpha() or not word.isalpha():
        return False
    alike = next((at for at, (one, other) in enumerate(zip(word, plain, strict=False)) if one != other), None)
    alike = min(len(word), len(plain)) if alike is None else alike
    return alike >= 4 and len(word) - alike <= 4 and len(plain) - alike <= 3 and alike * 2 > len(plain)


def without(words: tuple[str, ...], first: Collection[str], last: Collection[str]) -> tuple[str, ...]:
    """The words without those that only say what kind of thing it is; at least one stays."""
    while len(words) > 1 and words[0] in first:
        words = words[1:]
    while len(words) > 1 and (words[-1] in last or (last and len(words[-1]) == 1)):
        words = words[:-1]
    return words


@lru_cache(maxsize=1)
def country_codes() -> Mapping[str, str]:
    """The code (ISO 3166-1 alpha-2) in lower case by the country's English name in lower case, as the time zone
    database of the machine lists them; empty where it has none."""
    for folder in map(Path, zoneinfo.TZPATH):
        listed = folder / "iso3166.tab"
        if listed.is_file():
            lines = listed.read_text(encoding="utf-8").splitlines()
            pairs = [line.split("\t") for line in lines if line and not line.startswith("#")]
            return {name.casefold(): code.casefold() for code, name in pairs}
    return {}


@lru_cache(maxsize=1)
def _demonyms() -> Mapping[str, str]:
    """The country in lower case by what its people are called."""
    listed = tomllib.loads(Path(__file__).with_name("places.toml").read_text(encoding="utf-8"))["demonyms"]
    return {word: country for country, people in listed.items() for word in people}


@lru_cache(maxsize=1)
def _states() -> Mapping[str, str]:
    return {name.casefold(): code for name, code in country_holidays("US").subdivisions_aliases.items()}


@lru_cache(maxsize=4_000)
def countries(word: str) -> frozenset[str]:
    """The countries that a word names, or whose people, in lower case: "germany" of "German"."""
    named = _demonyms().get(word)
    known = country_codes()
    likely = {name for name in known if name == word or (derived(word, name) and word.endswith(("n", "i", "ese")))}
    return frozenset({named} if named else likely)


def is_code(text: str, names: Collection[str]) -> bool:
    """Whether a code in capitals is that of one of these countries: ISO 3166 in two letters, or three as in sport."""
    code = text.casefold()
    for name in names if text.isupper() and len(text) in (2, 3) else ():
        short = country_codes().get(name, "")
        letters = iter(name)
        first = code[:1] == name[:1] and all(letter in letters for letter in code)
        if code == short or (len(code) == 3 and (first or code[:2] == short)):
            return True
    return False


def state_code(word: str) -> str:
    """The postal code of a state of the USA, "" where it is none."""
    return _states().get(word, "")


def defined(text: str, names: Collection[str]) -> list[str]:
    """The words by which a description says what one of these names is: "varroa is mites per 100 bees"."""
    found: list[str] = []
    for clause in text.replace(";", ".").replace(" and ", ". ").split("."):
        row = [token.plain for token in tokens(clause)]
        for place, word in enumerate(row[:-1]):
            if word in names and row[place + 1] in _DEFINING and place <= 2:
                found += telling(" ".join(row[place + 2 :]).split(" if ")[-1].removeprefix("whether "))
    return found


def uncounted(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a name behind its "number of"."""
    return words[2:] if len(words) > 2 and words[0] in _COUNTING and words[1] == "of" else words


def spoken(column: Column) -> Iterator[tuple[tuple[str, ...], float]]:
    """How the whole of a name is said, and how surely: "number of guests" of `No. guests`, "price per night" of
    `Price/night`, "ph" of `pH`."""
    words = parts(column.name)
    yield words, 1.0
    if "%" in column.name or words[-1:] in (("pct",), ("percent",)):
        yield (*without(words, (), ("pct", "percent")), "percentage"), 1.0
    if len(words) < 2:
        return
    yield ("".join(words),), 0.95
    if words[0] in _COUNTING and column.kind in ("integer", "number"):
        rest = uncounted(words) if words[1] == "of" else words[1:]
        yield rest, 0.97
        yield ("number", "of", *rest), 1.0
    if "/" in column.name:
        yield tuple(word for part in words for word in ("per", part))[1:], 1.0
    if words[-1] == "name" and column.kind == "text":
        yield ("name",), 0.5
