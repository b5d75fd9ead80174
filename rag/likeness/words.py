"""How much of the words of a text is in each of many others: the cosine of their words, weighed by rarity (TF-IDF with
sublinear frequencies; Salton and Buckley 1988). It tells apart what an embedder takes for the same: names, parts,
numbers."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

_WORDS = re.compile(r"\w+")
_LONGEST = 2000
"""Characters of a text that are read."""


@dataclass(frozen=True, slots=True)
class WordLikeness:
    """The words of `count` texts as postings, which a file of arrays can keep. `keys`: the words, by checksum, growing;
    `rarity` of each; `ends`: how far the postings of each go; `texts` and `weights`: which text a posting is in, and
    its share of that text's vector."""

    count: NDArray[np.int64]
    keys: NDArray[np.uint32]
    rarity: NDArray[np.float32]
    ends: NDArray[np.int64]
    texts: NDArray[np.int32]
    weights: NDArray[np.float16]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Of these texts; takes time linear in them."""
        counts = [Counter(_keys(text)) for text in texts]
        held = Counter(key for own in counts for key in own)
        keys = sorted(held)
        rarity = {key: _rarity(held[key], len(texts)) for key in keys}
        told = sorted((key, at, weight) for at, own in enumerate(counts) for key, weight in _weighed(own, rarity, 0.0))
        return cls(
            np.array(len(texts), dtype=np.int64),
            np.array(keys, dtype=np.uint32),
            np.array([rarity[key] for key in keys], dtype=np.float32),
            np.cumsum([held[key] for key in keys], dtype=np.int64),
            np.array([at for _, at, _ in told], dtype=np.int32),
            np.array([weight for _, _, weight in told], dtype=np.float16),
        )

    @classmethod
    def kept(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """From arrays that `arrays` gave. Raises KeyError."""
        return cls(*(arrays[_PREFIX + field.name] for field in fields(cls)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that it is made of, by name."""
        return {_PREFIX + field.name: getattr(self, field.name) for field in fields(self)}

    def shared(self, text: str) -> NDArray[np.float32]:
        """The likeness of a text to each, 0..1, in their order."""
        alike = np.zeros(int(self.count), dtype=np.float32)
        counts = Counter(_keys(text))
        places = {key: int(np.searchsorted(self.keys, np.uint32(key))) for key in counts}
        places = {key: at for key, at in places.items() if at < len(self.keys) and self.keys[at] == key}
        rarity = {key: float(self.rarity[at]) for key, at in places.items()}
        for key, weight in _weighed(counts, rarity, _rarity(0, int(self.count))):
            if (at := places.get(key)) is not None:
                span = slice(int(self.ends[at - 1]) if at else 0, int(self.ends[at]))
                alike[self.texts[span]] += weight * self.weights[span]
        return alike


_PREFIX = "words_"


def _keys(text: str) -> list[int]:
    return [crc32(word.encode(errors="replace")) for word in _WORDS.findall(text[:_LONGEST].casefold())]


def _rarity(held: int, count: int) -> float:
    """How much a word tells that so many of `count` texts hold."""
    return math.log((1 + count) / (1 + held)) + 1


def _weighed(counts: Mapping[int, int], rarity: Mapping[int, float], rarest: float) -> list[tuple[int, float]]:
    """The words with their weights, a vector of length 1. `rarest`: the rarity of a word that no text holds."""
    weights = {key: (1 + math.log(number)) * rarity.get(key, rarest) for key, number in counts.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return [(key, weight / length) for key, weight in weights.items()]
