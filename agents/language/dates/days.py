"""The days that a phrase of the grammar means to somebody who looks ahead: "3 April", "next Tuesday", "in two weeks".

How they are read, `now` being the customer's:

- A weekday alone is the next one after today; "this Friday" the next one, today included; "next Tuesday" the one of
  the calendar week after this one; "Tuesday week" a week after the next Tuesday. Weeks run from Monday to Sunday.
- A date without a year is the next one from today on. One that went by less than QUARTER days ago is taken for a slip
  and asked about, not for next year's. "the 3rd" is the next 3rd of a month that has one.
- "in two weeks" and "in a month" are the calendar week that holds that day; "in 10 days" and "two weeks today" the day.
"""

import calendar
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from agents.language.dates.grammar import COUNTS, MONTHS, Phrase
from agents.language.dates.marks import Days, Mark, Unclear, gone, month_of, spoken, week_of, weekday_named

QUARTER = 90
"""Days."""
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)
_NTH = ("first", "second", "third", "fourth")
_AHEAD = 14
"""Months in which a day of the month is looked for."""


def days(phrase: Phrase, now: datetime) -> Mark | None:
    """The days that a phrase means, or what is to be asked; None where it means none ahead. Raises OverflowError or
    ValueError at the end of the calendar."""
    meaning = _MEANINGS.get(phrase.name.split()[0])
    return meaning(phrase, now) if meaning else None


def later(count: str, unit: str, now: datetime, times: int = 1) -> datetime:
    """`count` of a unit such as "weeks" after `now`, or before it at -1 `times`, by the wall's clock."""
    number = times * (COUNTS.get(count) or int(count))
    by = {"h": "hours", "d": "days", "w": "weeks", "m": "months", "f": "weeks", "y": "years"}[unit[0]]
    then: datetime = now + relativedelta(**{by: number * (2 if unit[0] == "f" else 1)})
    return then


def month_number(word: str) -> int:
    return MONTHS.get(word) or int(word)


def _one(day: date, loose: bool = False) -> Mark:
    return Days(day, day, loose=loose)


def _dated(day: int, number: int, year: str, today: date) -> Mark:
    """That day of the month `number`: the date, or a question where there is none or it has gone by."""
    if year:
        named = int(year) + 2000 * (len(year) == 2)
    else:
        first, end = month_of(today.year, number)
        gone_by = (today - first).days - day + 1
        named = today.year + (gone_by > 0 and (gone_by >= QUARTER or day > end.day))
    last = month_of(named, number)[1]
    if not 1 <= day <= last.day:
        name = calendar.month_name[number]
        return Unclear(
            f"{name} {named} has only {last.day} days, so there is no {day} {name}. Do you mean {spoken(last)} or "
            f"{spoken(last + _DAY)}?"
        )
    found = last.replace(day=day)
    return gone(found) if found < today else _one(found)


def _date(phrase: Phrase, now: datetime) -> Mark | None:
    """A day and a month, perhaps with the weekday, which has to be the right one."""
    day = int(phrase["day"])
    if not 1 <= day <= 31:
        return None
    mark = _dated(day, month_number(phrase["month"]), phrase["year"], now.date())
    named = weekday_named(phrase["weekday"])
    if isinstance(mark, Days) and mark.first and named is not None and mark.first.weekday() != named:
        written = f"{day} {calendar.month_name[mark.first.month]} {mark.first.year}"
        is_one, right = calendar.day_name[mark.first.weekday()], calendar.day_name[named]
        return Unclear(f"{written} is a {is_one}, not a {right}. Which day do you mean?")
    return mark


def _from_to(phrase: Phrase, now: datetime) -> Mark | None:
    """ "3 to 7 March"."""
    if not phrase["dash"] and "-" not in phrase.words:
        return None
    first, last = (_dated(int(phrase[end]), MONTHS[phrase["month"]], "", now.date()) for end in ("from", "to"))
    if isinstance(first, Days) and isinstance(last, Days):
        return Days(first.first, last.last)
    return last if isinstance(first, Days) else first


def _day_of_month(phrase: Phrase, now: datetime) -> Mark | None:
    """ "the 3rd", perhaps with a weekday before it or "of next month" after it."""
    day, today, which = int(phrase["day"]), now.date(), phrase["which"]
    if not 1 <= day <= 31:
        return None
    if which:
        first, _ = month_of(today.year, today.month + (which == "next"))
        return _dated(day, first.month, str(first.year), today)
    months = (month_of(today.year, today.month + ahead) for ahead in range(_AHEAD))
    coming = [first.replace(day=day) for first, last in months if day <= last.day and first.replace(day=day) >= today]
    named = weekday_named(phrase["weekday"])
    if named is None:
        return Days(coming[0], coming[0], monthly=True)
    right = next((item for item in coming if item.weekday() == named), None)
    if right is None or right > today + timedelta(days=QUARTER):
        weekday = calendar.day_name[named]
        return Unclear(f"The next {day}. is {spoken(coming[0])}, not a {weekday}. Which day do you mean?")
    return _one(right)


def _week_of_day(phrase: Phrase, now: datetime) -> Mark | None:
    """ "the week of the 16th"."""
    ahead = (now.date() + timedelta(days=days) for days in range(62))
    named = next((day for day in ahead if day.day == int(phrase["day"])), None)
    return Days(*week_of(named)) if named else None


def _ahead(phrase: Phrase, now: datetime) -> Mark | None:
    """ "in two weeks", "10 days from now": as many days of the wall's clock, however long they are."""
    day = later(phrase["count"], phrase["unit"], now).date()
    exact = phrase["unit"].startswith("d") or "from" in phrase.words
    return _one(day) if exact else Days(*week_of(day))


def _within(phrase: Phrase, now: datetime) -> Mark | None:
    """ "in the next two weeks", "within ten days": from today on; "the next few days" begin tomorrow."""
    count, unit = phrase["count"] or phrase["several"] or "one", phrase["unit"] or phrase["units"]
    return Days(now.date(), later(count, unit, now).date())


def _weeks_after(phrase: Phrase, now: datetime) -> Mark | None:
    """ "a week on Tuesday", "two weeks tomorrow", "Tuesday week"."""
    count = 2 if "fortnight" in phrase.words else COUNTS.get(phrase["count"], 1)
    named, today = weekday_named(phrase["weekday"]), now.date()
    base = today + _DAY * (phrase["base"] == "tomorrow") if named is None else _coming(named, today)
    return _one(base + count * _WEEK)


def _coming(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _weekday(phrase: Phrase, now: datetime) -> Mark | None:
    which, word, today = phrase["which"], phrase["name"], now.date()
    named = weekday_named(word) or 0
    if which == "last":
        return gone(_coming(named, today) - _WEEK * (1 + (named == today.weekday())))
    if which in ("a", "any", "every") or (word.endswith("days") and which != "next"):
        return Days(weekdays=(named,))
    if which == "next":
        return _one(week_of(today + _WEEK)[0] + timedelta(days=named))
    if which == "this":
        return _one(today + timedelta(days=(named - today.weekday()) % 7))
    return _one(_coming(named, today), loose=not which)


def _nth_weekday(phrase: Phrase, now: datetime) -> Mark | None:
    """ "the first Monday of April", "the last Friday of next month"."""
    weekday, today = weekday_named(phrase["name"]) or 0, now.date()
    first, last = _whole(phrase, today)
    if phrase["nth"] == "last":
        day = last - timedelta(days=(last.weekday() - weekday) % 7)
    else:
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * _NTH.index(phrase["nth"]))
    return gone(day) if day < today else _one(day)


def _span(phrase: Phrase, now: datetime) -> Mark | None:
    """A week or a month, or a part of one: "early next week", "the end of March", "the week after next"."""
    part, nth, today = phrase["part"] or phrase["ending"], phrase["nth"], now.date()
    first, last = _whole(phrase, today)
    length = (last - first).days + 1
    short = length <= 7
    if nth:
        first = last - timedelta(days=6) if nth == "last" else first + _NTH.index(nth) * _WEEK
        last = first + timedelta(days=6)
    elif part in ("early", "start", "beginning", "first"):
        last = first + timedelta(days=1 if short else length // 3 - 1)
    elif part.startswith("mid"):
        begin, end = (1, 3) if short else (length // 3, 2 * length // 3)
        first, last = first + timedelta(days=begin), first + timedelta(days=end)
    elif part:
        late = first + timedelta(days=3 if short else 2 * length // 3)
        first = max(late, today + _DAY) if part in ("later", "rest", "remainder") else late
    last = max(first, last)
    if last < today:
        return Unclear(f"{spoken(last)} has gone by. Which day would you like instead?")
    return Days(max(first, today), last)


def _month(phrase: Phrase, now: datetime) -> Mark | None:
    """A month that is to come, where it is no verb or part of something else."""
    year = phrase["year"]
    alone = phrase.words[0] in MONTHS or phrase["month"] not in MONTHS
    past = phrase["part"] == "last" or phrase["short_year"] or "year" in phrase.words
    return None if alone or past or (year and int(year) < now.year) else _span(phrase, now)


def _whole(phrase: Phrase, today: date) -> tuple[date, date]:
    """The week, weekend or month that is named."""
    said, month = set(phrase.words), phrase["month"]
    if month:
        number = month_number(month)
        return month_of(int(phrase["year"] or today.year + (number < today.month)), number)
    ahead = 2 if "next" in said and said & {"after", "but"} else bool(said & {"next", "following"})
    if "month" in said:
        return month_of(today.year, today.month + ahead)
    first, last = week_of(today + ahead * _WEEK)
    return (last - _DAY if "weekend" in said else first, last)


def _gone(phrase: Phrase, now: datetime) -> Mark | None:
    return None if "year" in phrase.words else gone(now.date() - _WEEK)


def _day(phrase: Phrase, now: datetime) -> Mark:
    """As many days ahead as the rule says."""
    day = now.date() + timedelta(days=int(phrase.name.split()[1]))
    return gone(day) if day < now.date() else _one(day)


def _only(phrase: Phrase, now: datetime) -> Mark:
    return Days(weekdays=tuple(map(int, phrase.name.split()[1:])))


_MEANINGS: Mapping[str, Callable[[Phrase, datetime], Mark | None]] = {
    "date": _date,
    "from_to": _from_to,
    "week_of_day": _week_of_day,
    "day_of_month": _day_of_month,
    "weeks_after": _weeks_after,
    "within": _within,
    "ahead": _ahead,
    "nth_weekday": _nth_weekday,
    "span": _span,
    "month": _month,
    "day": _day,
    "gone": _gone,
    "weekday": _weekday,
    "only": _only,
}
