"""Lets through only those sentences of a model whose figures stand in the result, or follow from it.

A figure follows if it is one of the result's, rounded; or the sum, mean, largest difference, first-to-last change of a
column, or the share of one of its values in its sum, as a figure or as a percentage. Figures in the names of groups,
in the question and in the query's words count as themselves.
"""

import re
from collections.abc import Iterable, Iterator
from math import isfinite

from agents.dataset import Rows

_NUMBER = re.compile(r"(?<!\d)[-+−–]?\d{1,3}(?:[,\u00a0\u202f]\d{3})+(?:\.\d+)?(?!\d)|(?<!\d)[-+−]?\d+(?:\.\d+)?")
_MAGNITUDES = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|"
    r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|"
    r"twice|thrice|half|halves|halved|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?|"
    r"(?:doubl|tripl|quadrupl)(?:e|ed|es|ing)|\w+fold)\b|\d\s?[kKmM]\b",
    re.IGNORECASE,
)
_END = re.compile(r"\n|(?<=[.!?])\s+(?=[A-Z*\"“(])")
_SIGNS = str.maketrans("", "", ",\u00a0\u202f+−–-")
_MOST_HELD = 2000
_MOST_VALUES = 2000
_LONGEST_NAME = 120
"""Characters. Longer texts name nothing that is told."""


class Gate:
    """Feed it what a model writes; it gives back what may be shown. `dropped` counts sentences that may not."""

    def __init__(self, rows: Rows, *said: str) -> None:
        """`said`: texts whose figures may be repeated."""
        self._values = tuple(_following(rows))
        self._words = {word for text in [*said, *_names(rows)] for word in _figures(text)}
        self._spoken = " ".join([*said, *_names(rows)]).casefold()
        self._held = ""
        self.dropped = 0

    def feed(self, piece: str) -> str:
        """What is decided by now."""
        self._held += piece
        shown = []
        while (end := _END.search(self._held)) or len(self._held) > _MOST_HELD:
            cut = end.end() if end else _MOST_HELD
            sentence, self._held = self._held[:cut], self._held[cut:]
            shown.append(self._passed(sentence))
        return "".join(shown)

    def end(self) -> str:
        """The rest."""
        sentence, self._held = self._held, ""
        return self._passed(sentence)

    def _passed(self, sentence: str) -> str:
        number, _, rest = sentence.lstrip().partition(" ")
        plain = rest if number[-1:] in (".", ")") and number[:-1].isdigit() and len(number) <= 3 else sentence
        magnitudes = all(found.group().casefold() in self._spoken for found in _MAGNITUDES.finditer(plain))
        if magnitudes and all(self._stands(found) for found in _figures(plain)):
            return sentence
        self.dropped += 1
        return "\n" if sentence.endswith("\n") else ""

    def _stands(self, figure: str) -> bool:
        if figure in self._words:
            return True
        digits = len(figure.partition(".")[2])
        wanted = abs(float(figure))
        room = 0.5 * 10.0**-digits + 1e-9
        return any(abs(abs(value) - wanted) <= room for value in self._values)


def _figures(text: str) -> Iterator[str]:
    """The figures of a text in plain digits; those of a date are figures of their own."""
    for found in _NUMBER.finditer(text):
        yield found.group().translate(_SIGNS)


def _names(rows: Rows) -> Iterator[str]:
    yield " ".join(rows.columns)
    for row in rows.rows[:_MOST_VALUES]:
        yield " ".join(value for value in row if isinstance(value, str) and len(value) <= _LONGEST_NAME)


def _following(rows: Rows) -> Iterator[float]:
    """What may be said of the result's figures."""
    yield float(len(rows.rows))
    if rows.total is not None:
        yield float(rows.total)
    for at in range(len(rows.columns)):
        column = [
            float(row[at]) for row in rows.rows[:_MOST_VALUES]
            if isinstance(row[at], int | float) and not isinstance(row[at], bool) and isfinite(row[at])
        ]  # fmt: skip
        yield from column
        if len(column) > 1:
            yield from _of_column(column)


def _of_column(column: list[float]) -> Iterable[float]:
    whole, least, most = sum(column), min(column), max(column)
    found = [whole, whole / len(column), most - least, column[-1] - column[0]]
    found += [100 * (new - old) / old for old, new in ((column[0], column[-1]), (least, most)) if old]
    return [*found, *(100 * value / whole for value in column if whole)]
