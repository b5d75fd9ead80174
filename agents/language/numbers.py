"""The numbers of a text: digits, with what separates their thousands and their decimals."""

from collections.abc import Iterator
from dataclasses import dataclass

from agents.language.tokens import tokens

BLANKS = " \u00a0\u202f"
_SMALL = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
WORDS = {word: value for value, word in enumerate(_SMALL, start=1)}
"""Small numbers in words."""


@dataclass(frozen=True, slots=True)
class Number:
    """Digits at `text[start:end]`, as written; `after` is the place of the token behind it."""

    written: str
    start: int
    end: int
    after: int

    def plain(self, points: bool = False) -> str:
        """In digits with a decimal point, without what separates thousands: commas and blanks, and `points` where they
        do as well; what has several dots stays as it is."""
        digits = "".join(self.written.split())
        for sign in (",", "'", *((".",) if points else ())):
            whole, *groups = digits.split(sign)
            last = groups[-1].partition(".")[0] if groups else ""
            if groups and 1 <= len(whole) <= 3 and all(len(group) == 3 for group in (*groups[:-1], last)):
                digits = digits.replace(sign, "")
        return digits.replace(",", ".")


def numbers(text: str, groups: str = "") -> Iterator[Number]:
    """The numbers of a text in order. Three digits behind one of the `groups` belong to the number before it."""
    read = tokens(text)
    at = 0
    while at < len(read):
        token = read[at]
        at += 1
        if token.kind != "number":
            continue
        end = token.end
        while token.end - token.start <= 3 or end > token.end:
            following = next(
                (place for place in (at, at + 1) if place < len(read) and read[place].start == end + 1), None
            )
            if following is None or text[end] not in groups or not _is_group(read[following].word):
                break
            end, at = read[following].end, following + 1
        yield Number(text[token.start : end], token.start, end, at)


def _is_group(written: str) -> bool:
    whole, _, decimals = written.partition(".")
    return len(whole) == 3 and whole.isdecimal() and (decimals.isdecimal() or "." not in written)


def before(text: str, place: int) -> str:
    """The character before a place, "" at the beginning."""
    return text[place - 1 : place] if place else ""


def is_part(character: str) -> bool:
    """Whether a character belongs to a word: a letter, a digit or an underscore."""
    return character.isalnum() or character == "_"
