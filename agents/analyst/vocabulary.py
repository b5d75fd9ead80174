"""How people ask about figures, in general English; read from `vocabulary.toml`."""

import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from agents.analyst.plan import Unit
from agents.analyst.tokens import base, same_word, stem, tokens


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`cues` and `units` by the words of their phrases; `superlatives` by the phrase: from which end, and of which
    figure; `ordinals`: the place that a word says; `figures` by the phrase; `beyond` by the phrase: what it asks
    for that nothing here works out. `synonyms` are words by the base of another, words of columns' names are stems;
    `idle`, `joining`, `relating` and `anything` are words as they are spelt, `spelt` all words that are here."""

    cues: Mapping[tuple[str, ...], str]
    units: Mapping[tuple[str, ...], Unit]
    superlatives: Mapping[tuple[str, ...], tuple[str, str]]
    ordinals: Mapping[str, int]
    figures: Mapping[tuple[str, ...], str]
    beyond: Mapping[tuple[str, ...], str]
    synonyms: Mapping[str, frozenset[str]]
    scales: tuple[tuple[str, ...], ...]
    ranking: tuple[str, ...]
    additive: frozenset[str]
    intensive: frozenset[str]
    quantity: frozenset[str]
    idle: frozenset[str]
    joining: frozenset[str]
    anything: frozenset[str]
    relating: frozenset[str]
    spelt: frozenset[str]


@lru_cache(maxsize=1)
def vocabulary() -> Vocabulary:
    """The one vocabulary."""
    read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    synonyms: dict[str, set[str]] = defaultdict(set)
    for ring in read["synonyms"]["rings"]:
        for word in ring:
            synonyms[base(word)] |= {other for other in ring if not same_word(word, other)}
    idle = read["idle"]["words"]
    phrases = [
        *(
            item
            for group in (read["cues"], read["units"], read["figures"], read["beyond"])
            for some in group.values()
            for item in some
        )
    ]
    phrases += [item for some in read["superlatives"].values() for item in some]
    return Vocabulary(
        cues={_key(phrase): cue for cue, some in read["cues"].items() for phrase in some},
        units={_key(phrase): unit for unit, some in read["units"].items() for phrase in some},
        superlatives={
            _key(phrase): (end, figure) for end, some in read["superlatives"].items() for phrase, figure in some.items()
        },
        ordinals={word: int(place) for place, words in read["ordinals"].items() for word in words},
        figures={_key(phrase): figure for figure, some in read["figures"].items() for phrase in some},
        beyond={_key(phrase): what for what, some in read["beyond"].items() for phrase in some},
        synonyms={synonym: frozenset(others) for synonym, others in synonyms.items()},
        scales=tuple(tuple(item) for item in read["scales"]["orders"]),
        ranking=tuple(stem(word) for word in read["scales"]["ranking"]),
        additive=frozenset(stem(word) for word in read["scales"]["additive"]),
        intensive=frozenset(stem(word) for word in read["scales"]["intensive"]),
        quantity=frozenset(stem(word) for word in read["scales"]["quantity"]),
        idle=frozenset(idle),
        joining=frozenset(read["idle"]["joining"]),
        relating=frozenset(read["idle"]["relating"]),
        anything=frozenset(read["idle"]["anything"]),
        spelt=frozenset(word for phrase in phrases for word in phrase.split()),
    )


def _key(phrase: str) -> tuple[str, ...]:
    return tuple(token.plain for token in tokens(phrase))
