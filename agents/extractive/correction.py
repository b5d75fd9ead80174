"""A question put into the words of the passages found for it: slips of the finger and compounds they do not know."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from rapidfuzz.distance import OSA

from agents.extractive.scoring import telling
from agents.language import synonyms
from agents.language.terms import terms
from agents.passages.statements import Statement
from rag.terms import STOP_WORDS

_LONG = 6
"""From this length on two letters may be wrong, below it one."""
_SHORTEST = 4
_LONGEST = 40
"""Letters; what is longer is no word."""
_SHORTEST_HALF = 3


def corrected(question: str, statements: Sequence[Statement], vocabulary: Collection[str] = ()) -> str:
    """The question with every telling word that is neither in the `statements` nor in the `vocabulary` of the language
    (lower case) replaced by the known word, or pair of words, that it was meant to be."""
    counts = Counter(
        word
        for statement in statements
        for text in (statement.text, statement.near, statement.far)
        for word in _letters(text)
    )
    counts.update(synonyms.words())
    stems = {stem for word in counts for stem in terms(word)}
    for stem, word in telling(question).items():
        if word in counts or word in vocabulary or (stem in stems and stem != word):
            continue
        if not word.isalpha() or len(word) > _LONGEST:
            continue
        if right := _halves(word, counts) or _nearest(word, counts):
            question = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", right, question, flags=re.IGNORECASE)
    return question


def _letters(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text.casefold())


def _nearest(word: str, counts: Counter[str]) -> str:
    """The known word that takes the fewest edits, then the most frequent one, or "". A first letter is rarely missed:
    only words that begin alike are compared."""
    slips = 2 if len(word) >= _LONG else 1 if len(word) >= _SHORTEST else 0
    near = [
        (distance, -counts[other], other)
        for other in {*counts, *STOP_WORDS}
        if slips
        and other[:1] == word[0]
        and len(other) >= _SHORTEST - 1
        and (distance := OSA.distance(word, other, score_cutoff=slips)) <= slips
    ]
    return min(near)[2] if near else ""


def _halves(word: str, counts: Counter[str]) -> str:
    """A compound in two words, the likelier the more frequent the rarer of them, or ""."""
    cuts = [
        (min(counts[word[:cut]], counts[word[cut:]]), f"{word[:cut]} {word[cut:]}")
        for cut in range(_SHORTEST_HALF, len(word) - _SHORTEST_HALF + 1)
    ]
    best = max(cuts, default=(0, ""))
    return best[1] if best[0] else ""
