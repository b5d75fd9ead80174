"""Which words are forms of others, and which words of a name or a description tell something."""

from collections.abc import Collection

from agents.analyst.cues import cues
from agents.analyst.tokens import stem, tokens


def telling(text: str) -> list[str]:
    """The words of a description that tell something."""
    idle = {stem(word) for word in (*cues().idle, "time", "times", "same", "whole", "together", "right")}
    words = dict.fromkeys(token.plain for token in tokens(text))
    return [word for word in words if word.isalpha() and len(stem(word)) > 3 and stem(word) not in idle]


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
