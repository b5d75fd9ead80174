"""What a message says of days and times, as phrases of one grammar (`grammar.toml`) with their places. Pure.

What a phrase means depends on who asks: a wish looks ahead (`days.py`, `windows.py`), a report looks back (`past.py`).
"""

import calendar
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from agents.language import clock
from agents.language.dates.marks import WEEKDAYS, weekday_named
from agents.language.lexicon import lexicon
from agents.language.numbers import WORDS, before, is_part, numbers
from agents.language.phrases import Found, Phrases
from agents.language.spelling import nearest
from agents.language.tokens import Token, tokens

MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS |= {name[:3]: number for name, number in MONTHS.items()} | {"sept": 9}
COUNTS = {"a": 1, "an": 1, "couple": 2, "few": 3} | WORDS
_SLIPS = (*WEEKDAYS, "tomorrow", "january", "february", "september", "october", "november", "december")
_NO_SLIPS = frozenset({"someday", "midday", "payday"})
_BEFORE_NONE = frozenset(".:/-")
"""Behind one of these signs no day begins."""
_JOINTS = frozenset("./-")
_LONGEST = 6
"""Tokens of a date in figures, with the point that ends a sentence."""
_YEARS = frozenset({"2000", "2015", "2030", "2045"})
"""Of vehicles, and no times."""
_DATE_SIGNS = str.maketrans("/-", "..")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`text[start:end]` as rule `name` of a `table` of the grammar reads it: its tokens, those that stand for its
    classes, and the word before it. Of dates in figures the parts are `day`, `month` and `year`."""

    table: str
    name: str
    tokens: Sequence[Token]
    parts: Mapping[str, Token]
    lead: str = ""
    times: tuple[int, ...] = ()

    def __getitem__(self, name: str) -> str:
        """The word of a class, "" where nothing stands for it."""
        return self.parts[name].word if name in self.parts else ""

    @property
    def words(self) -> list[str]:
        return [token.word for token in self.tokens]

    @property
    def start(self) -> int:
        return self.tokens[0].start

    @property
    def end(self) -> int:
        return self.tokens[-1].end


Node = Phrase | Token


def parsed(text: str, counting: bool = False) -> Iterator[Node]:
    """The phrases of a text and the tokens between them, in order. `counting`: whether days are counted from one that
    is being spoken of, "the day after"."""
    read = _read(text)
    find = _COUNTING.among(read) if counting else _PLAIN.among(read)
    at = 0
    while at < len(read):
        lead = read[at - 1].word if at else ""
        found = _figured(text, read, at) or find(at)
        phrase = _phrase(text, read, found, lead) if found else None
        if found is None or phrase is None:
            yield read[at]
            at += 1
            continue
        yield phrase
        ahead = next((token for name, token in found.parts.items() if name.startswith("then")), None)
        at = found.last if ahead is None else read.index(ahead, at)


def _phrase(text: str, read: Sequence[Token], found: Found, lead: str) -> Phrase | None:
    """What was found, unless it is a part of a word, a number or a date."""
    rules, name = found.label.split(" ", 1)
    times = clock.meant(replace(found, label=name), text) if rules == "clock" else ()
    alone = bool(times) if rules == "clock" else rules != "days" or _stands_alone(text, found.start, found.end)
    return Phrase(rules, name, read[found.first : found.last], found.parts, lead, times) if alone else None


def _stands_alone(text: str, start: int, end: int) -> bool:
    lead = before(text, start) or " "
    return not is_part(lead) and lead not in _BEFORE_NONE and not is_part(text[end : end + 1] or " ")


def _read(text: str) -> Sequence[Token]:
    """The tokens of a text, with slips of days put right, and one word for a mileage or telephone number."""
    found = list(numbers(text, " ,."))
    long = [number for number in found if len(number.written) >= 3 and number.plain().isdecimal()]
    joined = [pair for pair in pairwise(long) if text[pair[0].end : pair[1].start] in {" ", "-"}]
    chained = {number.start for number in chain(*joined) if "," not in number.written}
    none = {
        number.start: number.end
        for number in found
        if number.start in chained or len(number.written) > len(number.plain(points=True))
    }
    read: list[Token] = []
    end = 0
    for token in tokens(text):
        if token.start < end or (token.kind == "mark" and unicodedata.category(token.word)[0] == "C"):
            continue
        word = "number" if token.start in none else _spelt(token.word)
        end = none.get(token.start, token.end)
        read.append(token._replace(word=word, head=word, end=end))
    return read


def _spelt(word: str) -> str:
    """A day or month with a slip put right; any other word as it is."""
    if not (6 <= len(word) <= 10 and word.isalpha()) or {word, word.removesuffix("s")} & {*_SLIPS, *_NO_SLIPS}:
        return word
    near = nearest(word, _SLIPS, 1)
    return near[0][1] if len(near) == 1 else word


def _figured(text: str, read: Sequence[Token], at: int) -> Found | None:
    """A date in figures: `2026-03-12`, `12.3.2026`, `12/03`, `12.3.`; `5/2025` is a month. The day stands before the
    month, as in Europe; only where that gives no date, the month stands first."""
    if read[at].kind != "number":
        return None
    last = at + 1
    while last < len(read) and last - at <= _LONGEST and not read[last].apart:
        if read[last].kind != "number" and read[last].word not in _JOINTS:
            break
        last += 1
    ends = (last, last - 1) if read[last - 1].kind == "mark" else (last,)
    for end in ends if last - at <= _LONGEST else ():
        if parts := _numbered(text[read[at].start : read[end - 1].end]):
            figures = {name: read[at]._replace(word=word) for name, word in parts.items() if word}
            rule = "days date" if "day" in figures else "days month"
            return Found(rule, read[at].start, read[end - 1].end, at, end, figures)
    return None


def _numbered(written: str) -> Mapping[str, str]:
    pieces = written.translate(_DATE_SIGNS).split(".")
    sizes = [len(piece) if piece.isdecimal() or not piece else 9 for piece in pieces]
    if sizes in ([1, 4], [2, 4]) and "-" not in written and 1 <= int(pieces[0]) <= 12 and _is_year(pieces[1]):
        return {"month": pieces[0], "year": pieces[1]}
    if sizes == [4, 2, 2] and written.count("-") == 2 and pieces[0] >= "1":
        year, month, day = pieces
    elif (
        len(pieces) in (2, 3)
        and {*sizes[:2]} <= {1, 2}
        and ("/" in written or written.count(".") == 2 or len(pieces) == 3)
    ):
        day, month, year = (*pieces, "")[:3]
        if year and len(year) != 2 and not _is_year(year):
            return {}
        day, month = (day, month) if int(month) <= 12 else (month, day)
    else:
        return {}
    return {"day": day, "month": month, "year": year} if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 else {}


def _is_year(word: str) -> bool:
    return len(word) == 4 and word.isdecimal() and word[:2] in ("19", "20")


def _is_short(word: str) -> bool:
    return word.isdecimal() and len(word) <= 2


_CLASSES: Mapping[str, Callable[[Token], bool]] = {
    **clock.CLASSES,
    "day": lambda token: _is_short(token.word),
    "to": lambda token: _is_short(token.word),
    "from": lambda token: _is_short(token.word),
    "base": lambda token: token.word in ("today", "tomorrow"),
    "year": lambda token: _is_year(token.word),
    "model_year": lambda token: token.word in _YEARS,
    "short_year": lambda token: len(token.word) == 2 and token.word.isdecimal(),
    "month": lambda token: token.word in MONTHS,
    "weekday": lambda token: weekday_named(token.word) is not None and not token.word.endswith("days"),
    "name": lambda token: weekday_named(token.word) is not None,
    "count": lambda token: token.word in COUNTS or (token.word.isdecimal() and len(token.word) <= 3),
    "clock": lambda token: clock.CLASSES["clock"](token) and token.word not in _YEARS,
    "then_hour": lambda token: _is_short(token.word),
    "then_any": lambda token: True,
    "then_number": lambda token: token.kind == "number",
    "then_one": lambda token: token.word == "one",
    "figure": lambda token: token.kind == "number" and ":" not in token.word,
}


def _grammar(*tables: str) -> Phrases:
    """The rules of these tables and the times of day, labelled `table name`."""
    written = lexicon(__file__)
    classes = {name: _among(frozenset(words.split())) for name, words in written["vocabulary"].items()}
    rules: dict[str, Iterable[str]] = {
        f"{name} {rule}": [line.format_map(written["templates"]) for line in lines]
        for name in tables
        for rule, lines in written[name].items()
    }
    rules |= {f"clock {name}": lines for name, lines in clock.TIMES.items()}
    return Phrases(rules, {**classes, **_CLASSES})


def _among(words: frozenset[str]) -> Callable[[Token], bool]:
    return lambda token: token.word in words


_PLAIN = _grammar("days", "hours", "hour", "said", "shift")
_COUNTING = _grammar("counted", "days", "hours", "hour", "said")
