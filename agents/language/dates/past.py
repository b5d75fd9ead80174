"""Days in the past as customers name them: "May last year", "12/05/2025", "a year and a half ago", "last summer"."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from agents.language.dates.days import later, month_number
from agents.language.dates.grammar import COUNTS, MONTHS, Phrase, parsed
from agents.language.dates.marks import month_of, week_of
from agents.language.words import vocabulary

_LONGEST_ALONE = 100
"""Characters of a text that may be nothing but a month's name."""
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_INTRODUCING = vocabulary("in since last early late mid of around about until from was during")
"""Words before a month or season that might be a verb."""
_NAMING = frozenset({*MONTHS, "last", "this"})
"""With one of them the name of a month begins."""
_MOST = 4
_LEAP_YEARS = 8
"""Years back within which there is every day of the calendar."""


@dataclass(frozen=True, slots=True)
class PastDate:
    """`text[start:end]` names `day`, or a longer time that begins with it; `exact` where it is that very day."""

    start: int
    end: int
    day: date
    exact: bool


def past_dates(text: str, now: datetime) -> tuple[PastDate, ...]:
    """The days that a text names, in order, as seen from `now`. A month without a year is the last one that has begun;
    the day comes before the month. A date that is written out may lie in the future. At most four are read."""
    return tuple(islice(_found(text, now), _MOST))


def _found(text: str, now: datetime) -> Iterator[PastDate]:
    for node in parsed(text):
        if not isinstance(node, Phrase) or node.name not in _MEANINGS or _is_word(text, node):
            continue
        try:
            day = _MEANINGS[node.name](node, now)
        except (ValueError, OverflowError):
            continue
        naming = (
            token.start for token in node.tokens if token.word in _NAMING and node.name in ("month", "nth_weekday")
        )
        yield PastDate(next(naming, node.start), node.end, day, node.name in _EXACT)


def _is_word(text: str, phrase: Phrase) -> bool:
    """Whether a month or season that stands alone is the verb "may" or "march", or an ordinary word."""
    word = phrase["month"] if phrase.name == "month" else phrase["season"]
    single = word in {*MONTHS, *_SEASONS} and not {*phrase.words} - {word, "."}
    alone = len(text) < _LONGEST_ALONE and text.strip(" .?!,").casefold() == phrase.words[0]
    return single and phrase.lead not in _INTRODUCING and not alone


def _date(phrase: Phrase, now: datetime) -> date:
    """Without a year the last such day that was. Raises ValueError for a day that is none."""
    number, day, year = month_number(phrase["month"]), int(phrase["day"] or phrase["from"]), _year(phrase)
    if year is None and phrase["month"] not in MONTHS:
        raise ValueError
    if year is not None:
        return date(year, number, day)
    years = range(now.year - ((number, day) > (now.month, now.day)), now.year - _LEAP_YEARS - 1, -1)
    return date(next((item for item in years if day <= month_of(item, number)[1].day), now.year), number, day)


def _month(phrase: Phrase, now: datetime) -> date:
    number, said, year = month_number(phrase["month"]), phrase.words, _year(phrase)
    if year is None and "year" in said:
        year = now.year - (2 if "before" in said else "last" in said)
    elif year is None and "this" in said:
        year = now.year
    begun = _begun(number, year, now)
    again = phrase["part"] == "last" and (begun.year, begun.month) == (now.year, now.month)
    return begun.replace(year=begun.year - again)


def _year(phrase: Phrase) -> int | None:
    written = phrase["year"] or phrase["short_year"]
    return int(written) + 2000 * (len(written) == 2) if written else None


def _begun(month: int, year: int | None, now: datetime) -> date:
    """The first of the month in that year, or else of the last such month that has begun."""
    return date(now.year - (month > now.month) if year is None else year, month, 1)


def _near(phrase: Phrase, now: datetime) -> date:
    """ "last week", "this month", "this year": its first day."""
    back, unit = "last" in phrase.words, phrase.words[-1]
    if unit == "week":
        return week_of(now.date() - timedelta(weeks=back))[0]
    return date(now.year - back, 1, 1) if unit == "year" else month_of(now.year, now.month - back)[0]


def _ago(phrase: Phrase, now: datetime) -> date:
    said, count = phrase.words, phrase["count"]
    if "half" not in said:
        return later(count, phrase["unit"], now, -1).date()
    years = COUNTS[count] if count in COUNTS else int(count or said[0] != "half")
    return later(str(12 * years + 6), "months", now, -1).date()


def _spoken(phrase: Phrase, now: datetime) -> date:
    """ "today", and a week or month that has begun. Raises ValueError for what is still to come."""
    if phrase.words == ["today"]:
        return now.date()
    if phrase.words[-2:-1] != ["this"] or phrase.words[-1] not in ("week", "month"):
        raise ValueError
    return _near(phrase, now)


_MEANINGS: Mapping[str, Callable[[Phrase, datetime], date]] = {
    "date": _date,
    "from_to": _date,
    "month": _month,
    "season": lambda phrase, now: _begun(_SEASONS[phrase["season"]], _year(phrase), now),
    "year": lambda phrase, now: date(int(phrase["year"]), 1, 1),
    "gone": _near,
    "span": _spoken,
    "day 0": _spoken,
    "nth_weekday": _month,
    "ago": _ago,
    "day -1": lambda phrase, now: now.date() - timedelta(days=1),
}
_EXACT = frozenset({"date", "from_to", "day 0", "day -1"})
