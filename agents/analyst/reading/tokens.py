"""Words of questions and of names: tokens, stems, and the parts that a column's name is made of."""

import re
from dataclasses import dataclass
from functools import lru_cache

from agents.datasets.identifiers import spelt
from rag import terms

_TOKEN = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\w.,])|\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\w)|\d+(?:\.\d+)?(?!\w)"
    r"|[^\W_]+(?:['’][^\W_]+)*|<=|>=|[<>%€$£=,]"
)
_SMALL = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SPOKEN = {word: value for value, word in enumerate(_SMALL, start=2)} | {
    "fifteen": 15,
    "twenty": 20,
    "fifty": 50,
    "hundred": 100,
}
parts = spelt
"""The words in an identifier."""
_IRREGULAR = {
    "children": "child", "women": "woman", "men": "man", "wives": "wife", "knives": "knife", "loaves": "loaf",
    "built": "build", "ran": "run",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """A word, number or sign of a text, which stands at `start` to `end`; `plain` is in lower case."""

    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        return self.text.casefold().replace("’", "'").removesuffix("'s")

    @property
    def stem(self) -> str:
        acronym = self.text[:-1].isupper() and self.text[-1:] == "s" and len(self.text) > 2  # "PBs"
        return stem(self.plain[:-1] if acronym else self.plain)

    @property
    def number(self) -> float | None:
        """Its value, if it is a number in digits or a small one in a word; "50.000" can be meant in two ways."""
        if self.plain in _SPOKEN:
            return float(_SPOKEN[self.plain])
        digits = "".join(self.text.replace(",", "").split())
        whole, _, part = digits.partition(".")
        either = digits == self.text and whole[:1] != "0" and len(whole) <= 3 and len(part) == 3
        plain = whole.isdecimal() and (part.isdecimal() or digits == whole) and len(whole) <= 15 and len(part) <= 9
        return float(digits) if plain and not either else None


def tokens(text: str) -> tuple[Token, ...]:
    """What a text is made of, in its order."""
    return tuple(Token(found.group(), found.start(), found.end()) for found in _TOKEN.finditer(text))


def stem(word: str) -> str:
    """The word without its ending (Snowball's English stemmer); what is no plain word stays."""
    word = _IRREGULAR.get(word, word)
    if not word.isalpha() or len(word) < 4:
        return word
    return terms.stem(word)


_ENDINGS = ("'s", "ies", "ied", "es", "ed", "s", "d", "y", "e")


def same_word(text: str, other: str) -> bool:
    """Whether two words of one stem are forms of one word, and not just of one family: "rates" and "rate" are, "rating"
    and "rate" are not."""
    return text == other or base(text) == base(other)


@lru_cache(maxsize=20_000)
def base(word: str) -> str:
    """The word without the endings of the plural and the past; no word of its own, but one for all its forms."""
    word = _IRREGULAR.get(word, word)
    while ending := next((item for item in _ENDINGS if word.endswith(item) and len(word) > len(item) + 2), ""):
        if word.endswith("ss"):
            break
        word = word.removesuffix(ending)
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word.rstrip("i")
