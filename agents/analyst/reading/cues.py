"""The small words by which questions about figures are built, in general English; read from `cues.toml`."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agents.analyst.reading.plan import Unit
from agents.analyst.reading.tokens import base, same_word, stem, tokens

Phrase = tuple[str, ...]
LONGEST_CUE = 6
"""Words of the longest phrase."""


@dataclass(frozen=True, slots=True)
class Cues:
    """`kinds`, `units` and `beyond` by the words of their phrases: what one does, the unit of time that it names, what
    it asks for that nothing here works out. `adjectives` by the word: the end that its superlative is about, and
    the words for what it is said of. `synonyms` are words for names by the base of another, `alike` words for
    values, `opposites` the words that others are the opposite of; `leaving` words that ask for something to be left
    out; `rows` are nouns for any rows, `columns` stems of words in names of columns by what they say; `spelt` all
    words that are here."""

    kinds: Mapping[Phrase, str]
    units: Mapping[Phrase, Unit]
    beyond: Mapping[Phrase, str]
    adjectives: Mapping[str, tuple[int, tuple[str, ...]]]
    synonyms: Mapping[str, frozenset[str]]
    alike: Mapping[str, frozenset[str]]
    opposites: Mapping[str, str]
    scales: tuple[tuple[str, ...], ...]
    ranking: tuple[str, ...]
    rows: frozenset[str]
    leaving: frozenset[str]
    columns: Mapping[str, frozenset[str]]
    idle: frozenset[str]
    spelt: frozenset[str]


@lru_cache(maxsize=1)
def cues() -> Cues:
    """The one set of them."""
    read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    kinds, units, beyond = _inverted(read["cues"]), _inverted(read["units"]), _inverted(read["beyond"])
    adjectives = {
        word: (end, tuple(said.split()))
        for end, listed in ((1, read["adjectives"]["more"]), (-1, read["adjectives"]["less"]))
        for word, said in listed.items()
    }
    idle = frozenset(read["idle"]["words"])
    spoken = [word for phrases in (kinds, units, beyond) for phrase in phrases for word in phrase]
    rings = [word for ring in read["synonyms"]["rings"] for text in ring for word in text.split()]
    return Cues(
        kinds, units, beyond, adjectives,  # type: ignore[arg-type]
        _rings(read["synonyms"]["rings"]), _rings(read["synonyms"]["values"]),
        read["synonyms"]["opposites"],
        tuple(map(tuple, read["synonyms"]["scales"])), tuple(read["synonyms"]["ranking"]),
        frozenset(read["synonyms"]["rows"]), frozenset(read["idle"]["leaving"]),
        {kind: frozenset(map(stem, words)) for kind, words in read["columns"].items()}, idle,
        idle | frozenset((*spoken, *rings, *read["synonyms"]["rows"])) | adjectives.keys(),
    )  # fmt: skip


def _inverted(listed: Mapping[str, list[str]]) -> dict[Phrase, str]:
    return {
        tuple(token.plain for token in tokens(phrase)): kind for kind, phrases in listed.items() for phrase in phrases
    }


def _rings(rings: list[list[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for ring in rings:
        for word in ring:
            found[base(word)] |= {other for other in ring if not same_word(word, other)}
    return {word: frozenset(others) for word, others in found.items()}


def adjective(word: str) -> tuple[int, tuple[str, ...], str] | None:
    """What an adjective is said of: from which end, which words may name it, and its form: "" (old), "er" or "est"."""
    known = cues().adjectives
    for ending in ("", "est", "er", "ly"):
        root = word.removesuffix(ending) if ending and word.endswith(ending) else "" if ending else word
        if not root:
            continue
        doubled = root[:-1] if len(root) > 3 and root[-1] == root[-2] else root
        for form in (root, f"{root}e", doubled, f"{root[:-1]}y" if root.endswith("i") else root):
            if form in known:
                return (*known[form], ending if ending != "ly" else "")
    return None
