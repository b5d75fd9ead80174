"""How likely a text is in each of a few languages: py3langid's model (BSD 3-Clause), for these languages alone.

The model counts which of 100,000 sequences of bytes a text has (naive Bayes; Lui and Baldwin 2011). py3langid holds
them as a table of all steps that a search for them can take, for 142 languages: 70 MB that are half a second to load.
Here they are a tree with the steps that each sequence adds, and where to go on when none fits (Aho and Corasick 1975),
which finds the same in a tenth of the memory. `benchmarks/fit/languages.py` writes the file.
"""

import math
import unicodedata
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from agents.learning.kernels import Floats
from rag import array_file

FILE = Path(__file__).with_name("languages.npz")


@dataclass(frozen=True, slots=True)
class LanguageScores:
    """`steps`: for each state but the first the one that leads to it, 256 times the state before and the byte, in
    order; `back`: for each state that of the longest ending of its sequence; `found`: for each state the number of the
    sequence that ends in it, or -1. `table` gives log odds, shape (sequences, languages), `prior` those without any."""

    languages: tuple[str, ...]
    steps: "array[int]"
    back: "array[int]"
    found: "array[int]"
    table: Floats
    prior: Floats

    def shares(self, text: str) -> Mapping[str, float]:
        """The probability of each language."""
        plain = text.lower() if text.isupper() else text
        letters = unicodedata.normalize("NFC", plain).encode(errors="surrogatepass")
        counts = self._counts(letters)
        if not counts:
            return dict.fromkeys(self.languages, 1 / len(self.languages))
        rows = np.fromiter(counts.keys(), dtype=np.intp, count=len(counts))
        weights = np.log1p(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
        scores = (weights @ self.table[rows] + self.prior) / math.sqrt(len(letters))
        shares = np.exp(scores - scores.max())
        return dict(zip(self.languages, map(float, shares / shares.sum()), strict=True))

    def _counts(self, letters: bytes) -> Counter[int]:
        """How often each sequence occurs."""
        counts: Counter[int] = Counter()
        state = 0
        for letter in letters:
            while (after := self._after(state, letter)) < 0 and state:
                state = self.back[state]
            state = max(after, 0)
            if self.found[state] >= 0:
                counts[self.found[state]] += 1
        return counts

    def _after(self, state: int, letter: int) -> int:
        """The state after one more byte, -1 where no sequence goes on so."""
        step = state << 8 | letter
        place = bisect_left(self.steps, step)
        return place + 1 if place < len(self.steps) and self.steps[place] == step else -1


@lru_cache(maxsize=1)
def opened() -> LanguageScores:
    """What the file holds, read once."""
    kept = array_file.read(FILE)
    steps, back, found = (array("i", kept[name].astype(np.int32).tobytes()) for name in ("steps", "back", "found"))
    return LanguageScores(tuple(map(str, kept["languages"])), steps, back, found, kept["table"], kept["prior"])
