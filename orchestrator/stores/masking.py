"""Finding again what a customer has said in texts of others, and making it unreadable. Pure.

A mask is as long as what it hides, so positions in the text stay true.
"""

import re
from collections.abc import Collection
from typing import Any

MASK = "█"
_WORD = re.compile(r"\w(?:[\w.@+/-]*\w)?")
_QUOTED_CHARS = 12
"""A text of so many characters that stands word for word in another one was taken from there."""
_WORD_CHARS = 4


def own_words(text: str, elsewhere: str) -> tuple[str, ...]:
    """What gives the text away: all of it, and its names and numbers (words with a digit, a sign or, but for the first
    of a sentence, a capital letter) that are not words of the text `elsewhere`."""
    other_words = {word.casefold() for word in _WORD.findall(elsewhere)}
    whole = (text.strip(),) if len(text.strip()) >= _QUOTED_CHARS else ()
    named = (match for match in _WORD.finditer(text) if len(match[0]) >= _WORD_CHARS and _names(text, match))
    return (*whole, *dict.fromkeys(match[0] for match in named if match[0].casefold() not in other_words))


def _names(text: str, match: "re.Match[str]") -> bool:
    word, before = match[0], text[: match.start()].rstrip()
    begins = not before or before[-1] in ".!?:"
    return not word.isalpha() or not (word[1:].islower() if begins else word.islower())


def masked(value: Any, words: Collection[str]) -> Any:
    """The plain data with each of the words masked in its texts, whatever their case."""
    if not words:
        return value
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)

    def mask(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(lambda match: MASK * len(match[0]), value)
        if isinstance(value, dict):
            return {key: mask(item) for key, item in value.items()}
        return [mask(item) for item in value] if isinstance(value, list) else value

    return mask(value)
