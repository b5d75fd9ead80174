"""Misspelt words put right, so that their meaning can be compared: the embedding model hardly reads "apointment"."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Self

from rapidfuzz.distance import OSA

from agents.language.tokens import tokens
from agents.language.words import FUNCTION_WORDS, words

_SHORTEST = 5
_LONGEST = 40
"""Letters; what is longer is no word."""
_LONG = 9
"""From this length on two slips are put right, below it one."""
_SHORTEST_PART = 4
_ENDINGS = ("s", "es", "d", "ed", "ing", "ly", "er", "y")


class Spelling:
    """Corrects towards the words of known texts. Immutable."""

    def __init__(self, texts: Iterable[str], vocabulary: Collection[str] = ()) -> None:
        """`vocabulary`: further words, in lower case, that are right as they are."""
        self._vocabulary = frozenset(vocabulary)
        self._counts = Counter(word for text in texts for word in words(text) if word.isalpha())
        self._index()

    @classmethod
    def of(cls, counts: Mapping[str, int], vocabulary: Collection[str] = ()) -> Self:
        """With what `counts` was."""
        made = cls((), vocabulary)
        made._counts = Counter(counts)
        made._index()
        return made

    @property
    def counts(self) -> Mapping[str, int]:
        """How often the texts have each word."""
        return self._counts

    @property
    def vocabulary(self) -> frozenset[str]:
        """Further words that are right."""
        return self._vocabulary

    def _index(self) -> None:
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for word, count in self._counts.items():
            if len(word) >= _SHORTEST and count > 1:
                self._by_letter[word[0]].append(word)

    def correct(self, text: str) -> str:
        """The text with every unknown word replaced by the known word, or the pair of them, that it was meant to be.

        Words with capitals inside a sentence may be names, and stay; so do short words and numbers.
        """
        pieces, at = [], 0
        for token in tokens(text):
            if token.kind == "word":
                pieces += [text[at : token.start], self._word(text[token.start : token.end], token.start > 0)]
                at = token.end
        return "".join((*pieces, text[at:]))

    def _word(self, word: str, inside: bool) -> str:
        plain = word.casefold()
        if (
            not plain.isalpha()
            or not _SHORTEST <= len(plain) <= _LONGEST
            or self._known(plain)
            or (inside and word != plain)
        ):
            return word
        slips = 2 if len(plain) >= _LONG else 1
        near = [
            (distance, -self._counts[known], known)
            for distance, known in nearest(plain, self._by_letter[plain[0]], slips)
        ]
        return min(near)[2] if near else self._pair(plain) or word

    def _known(self, word: str) -> bool:
        """Whether the word, or the word that it is a form of, occurs in the texts."""
        if word in FUNCTION_WORDS or word in self._vocabulary:
            return True
        stems = {word, *(word.removesuffix(ending) for ending in _ENDINGS)}
        stems |= {stem[:-1] for stem in stems if stem[-1] == stem[-2]}
        forms = {f"{stem}{ending}" for stem in stems for ending in ("", "e")} | {f"{word}s"} - {f"{word[:-1]}ss"}
        return not self._counts.keys().isdisjoint(forms)

    def _pair(self, word: str) -> str:
        """A compound in two words, or ""."""
        for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
            if self._counts[word[:cut]] > 1 and self._counts[word[cut:]] > 1:
                return f"{word[:cut]} {word[cut:]}"
        return ""


def nearest(word: str, others: Iterable[str], slips: int) -> list[tuple[int, str]]:
    """Those of the `others` that a word may be with at most so many slips, behind its first letter, which is rarely
    missed: how many it takes and which it is, in order."""
    return sorted(
        (distance, other)
        for other in others
        if other[0] == word[0]
        and abs(len(other) - len(word)) <= slips
        and (distance := OSA.distance(word, other, score_cutoff=slips)) <= slips
    )
