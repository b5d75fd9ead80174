"""Phrases that name days, found in a text and replaced by marks: "3 April", "next Tuesday", "in two weeks". Pure.

How they are read, `now` being the customer's:

- A weekday alone is the next one after today; "this Friday" the next one, today included; "next Tuesday" the one of
  the calendar week after this one; "Tuesday week" a week after the next Tuesday. Weeks run from Monday to Sunday.
- A date without a year is the next one from today on. One that went by less than QUARTER days ago is taken for a slip
  and asked about, not for next year's. "the 3rd" is the next 3rd of a month that has one.
- In figures the day stands before the month, as in Europe: 12/03 is 12 March. Only where that gives no date, the month
  stands first.
- "in two weeks" and "in a month" are the calendar week that holds that day; "in 10 days" and "two weeks today" the day.
"""

import calendar
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from agents.language.dates.marks import WEEKDAYS, Days, Mark, Unclear, gone, month_of, spoken, week_of, weekday_named

QUARTER = 90
"""Days."""
_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}

_DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|tues?|weds?|thurs?|mon|fri|sat|sun)"
_MONTH = rf"(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})"
_COUNT = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|(?:a )?couple(?: of)?|(?:a )?few|\d{1,3})"
_ORDINAL = r"(?P<day>\d{1,2})(?:st|nd|rd|th)"
_NUMBERS = dict.fromkeys(("a", "an", "one"), 1) | dict.fromkeys(("a couple of", "couple of", "a couple", "couple"), 2)
_NUMBERS |= {"two": 2, "three": 3, "a few": 3, "few": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_NUMBERS |= {"nine": 9, "ten": 10, "twelve": 12}


def _dated(day: int, number: int, year: int | None, today: date) -> Mark:
    """The date, or a question where there is none or it has gone by."""
    if year is None:
        year = today.year
        if (number, day) < (today.month, today.day) and not _just_gone(day, number, today):
            year += 1
    elif year < 100:
        year += 2000
    last = month_of(year, number)[1]
    if not 1 <= day <= last.day:
        name = calendar.month_name[number]
        return Unclear(
            f"{name} {year} has only {last.day} days, so there is no {day} {name}. Do you mean {spoken(last)} or "
            f"{spoken(last + timedelta(days=1))}?"
        )
    found = date(year, number, day)
    return gone(found) if found < today else Days(found, found)


def _just_gone(day: int, number: int, today: date) -> bool:
    try:
        return timedelta() < today - date(today.year, number, day) < timedelta(days=QUARTER)
    except ValueError:
        return False


def _figures(found: re.Match[str], now: datetime) -> Mark | None:
    first, second, year = int(found["a"]), int(found["b"]), found["y"]
    day, month = (first, second) if second <= 12 else (second, first)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return _dated(day, month, int(year) if year else None, now.date())


def _iso(found: re.Match[str], now: datetime) -> Mark | None:
    year, month, day = int(found["y"]), int(found["b"]), int(found["a"])
    return _dated(day, month, year, now.date()) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _written(found: re.Match[str], now: datetime) -> Mark | None:
    """A day and a month by its name, perhaps with the weekday, which has to be the right one."""
    parts = found.groupdict()
    day, month = int(parts["day"]), _MONTHS[parts["month"]]
    if not 1 <= day <= 31:
        return None
    mark = _dated(day, month, int(parts["y"]) if parts.get("y") else None, now.date())
    named = weekday_named(parts.get("weekday") or "")
    if isinstance(mark, Days) and mark.first and named is not None and mark.first.weekday() != named:
        return Unclear(
            f"{day} {calendar.month_name[month]} {mark.first.year} is a {calendar.day_name[mark.first.weekday()]}, "
            f"not a {WEEKDAYS[named].capitalize()}. Which day do you mean?"
        )
    return mark


def _between(found: re.Match[str], now: datetime) -> Mark | None:
    """ "3 to 7 March"."""
    number = _MONTHS[found["month"]]
    first, last = (_dated(int(found[name]), number, None, now.date()) for name in ("from", "to"))
    if isinstance(first, Unclear) or isinstance(last, Unclear):
        return first if isinstance(first, Unclear) else last
    return Days(first.first, last.last) if isinstance(first, Days) and isinstance(last, Days) else None


def _of_month(found: re.Match[str], now: datetime) -> Mark | None:
    """ "the 3rd", perhaps with a weekday before it or "of next month" after it."""
    day, today, which = int(found["day"]), now.date(), found["which"]
    if not 1 <= day <= 31:
        return None
    if which:
        first, _ = month_of(today.year, today.month + (which == "next"))
        return _dated(day, first.month, first.year, today)
    months = (month_of(today.year, today.month + ahead) for ahead in range(14))
    fitting = [first.replace(day=day) for first, last in months if day <= last.day]
    coming = [item for item in fitting if item >= today]
    named = weekday_named(found["weekday"] or "")
    if named is not None:
        coming = [item for item in coming if item.weekday() == named][:1] or coming
        if coming[0].weekday() != named or coming[0] > today + timedelta(days=QUARTER):
            soonest = next(item for item in fitting if item >= today)
            return Unclear(
                f"The next {day}. is {spoken(soonest)}, not a {WEEKDAYS[named].capitalize()}. Which day do you mean?"
            )
    return Days(coming[0], coming[0], monthly=named is None)


def _week_of_day(found: re.Match[str], now: datetime) -> Mark | None:
    """ "the week of the 16th"."""
    ahead = (now.date() + timedelta(days=days) for days in range(62))
    named = next((day for day in ahead if day.day == int(found["day"])), None)
    return Days(*week_of(named)) if named else None


def _in_month(found: re.Match[str], now: datetime) -> Mark | None:
    """ "next month before the 15th"."""
    first, last = month_of(now.year, now.month + (found["which"] == "next"))
    day, bound = int(found["day"]), found["bound"]
    if not 1 <= day <= last.day:
        return None
    named = first.replace(day=day)
    if bound in ("before", "by", "until"):
        return Days(first, max(first, named - timedelta(days=bound == "before")))
    return Days(min(last, named + timedelta(days=bound == "after")), named if bound == "on" else last)


def _ahead(found: re.Match[str], now: datetime) -> Mark | None:
    """ "in two weeks", "10 days from now": as many days of the wall's clock, however long they are."""
    unit = found["unit"]
    then = later(found["count"], unit, now)
    exact = unit.startswith("d") or (found.groupdict().get("exact") or "") != ""
    return Days(then.date(), then.date()) if exact else Days(*week_of(then.date()))


def later(count: str, unit: str, now: datetime) -> datetime:
    """`count` of a unit such as "weeks" after `now`, by the wall's clock. Raises OverflowError or ValueError at the end
    of the calendar."""
    number = _NUMBERS.get(count) or int(count)
    by = {
        "h": relativedelta(hours=number),
        "d": relativedelta(days=number),
        "w": relativedelta(weeks=number),
        "m": relativedelta(months=number),
        "f": relativedelta(weeks=2 * number),
        "y": relativedelta(years=number),
    }
    then: datetime = now + by[unit[0]]
    return then


def _within(found: re.Match[str], now: datetime) -> Mark | None:
    """ "in the next two weeks", "within ten days": from today on; "the next few days" begin tomorrow."""
    return Days(now.date(), later(found["count"] or "one", found["unit"], now).date())


def _weeks_after(found: re.Match[str], now: datetime) -> Mark | None:
    """ "a week on Tuesday", "two weeks tomorrow", "Tuesday week"."""
    count = {"a": 1, "one": 1, "two": 2, "three": 3}.get(found.groupdict().get("count") or "a", 1)
    word = found["from"]
    named, today = weekday_named(word), now.date()
    base = today + timedelta(days=1 if word == "tomorrow" else 0) if named is None else _coming(named, today)
    day = base + timedelta(weeks=count)
    return Days(day, day)


def _coming(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _weekday(found: re.Match[str], now: datetime) -> Mark | None:
    which, word, today = found["which"] or "", found["name"], now.date()
    named = weekday_named(word)
    if named is None:
        return None
    if which == "last":
        return gone(_coming(named, today) - timedelta(weeks=1 + (named == today.weekday())))
    if which in ("a", "any", "every") or (word.endswith("days") and which != "next"):
        return Days(weekdays=(named,))
    if which == "next":
        day = week_of(today + timedelta(weeks=1))[0] + timedelta(days=named)
    elif which == "this":
        day = today + timedelta(days=(named - today.weekday()) % 7)
    else:
        day = _coming(named, today)
    return Days(day, day, loose=not which)


def _nth(found: re.Match[str], now: datetime) -> Mark | None:
    """ "the first Monday of April", "the last Friday of next month"."""
    weekday, today = weekday_named(found["name"]), now.date()
    if weekday is None:
        return None
    first, last = _whole(found["span"] or "", found["month"], today)
    if found["nth"] == "last":
        day = last - timedelta(days=(last.weekday() - weekday) % 7)
    else:
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * _NTH.index(found["nth"]))
    return gone(day) if day < today else Days(day, day)


def _span(found: re.Match[str], now: datetime) -> Mark | None:
    """A week or a month, or a part of one: "early next week", "the end of March", "the week after next"."""
    part, which, today = (found["part"] or "").removeprefix("the "), found["span"], now.date()
    first, last = _whole(which, found["month"], today)
    length = (last - first).days + 1
    short = length <= 7
    if part.endswith("week"):
        weeks = dict(zip(("last", *_NTH), (None, 0, 1, 2, 3), strict=True))[part.split()[0]]
        first = last - timedelta(days=6) if weeks is None else first + timedelta(weeks=weeks)
        last = first + timedelta(days=6)
    elif re.match(r"early|start|beginning|first", part):
        last = first + timedelta(days=1 if short else length // 3 - 1)
    elif re.match(r"mid", part):
        first, last = (first + timedelta(days=days) for days in ((1, 3) if short else (length // 3, 2 * length // 3)))
    elif re.match(r"end|late|last|rest|remainder", part):
        late = first + timedelta(days=3 if short else 2 * length // 3)
        first = max(late, today + timedelta(days=1)) if "later" in part or "re" in part else late
    last = max(first, last)
    if last < today:
        return Unclear(f"{spoken(last)} has gone by. Which day would you like instead?")
    return Days(max(first, today), last)


def _whole(which: str, month: str | None, today: date) -> tuple[date, date]:
    if month:
        number = _MONTHS[month]
        return month_of(today.year + (number < today.month), number)
    if "month" in which:
        return month_of(today.year, today.month + ("next" in which or "following" in which))
    ahead = 2 if "after next" in which or "next but one" in which else 1 if re.search("next|following", which) else 0
    first, last = week_of(today + timedelta(weeks=ahead))
    return (last - timedelta(days=1) if "weekend" in which else first, last)


def _named(ahead: int) -> Callable[[re.Match[str], datetime], Mark]:
    def made(found: re.Match[str], now: datetime) -> Mark:
        day = now.date() + timedelta(days=ahead)
        return gone(day) if ahead < 0 else Days(day, day)

    return made


def _only(*weekdays: int) -> Callable[[re.Match[str], datetime], Mark]:
    return lambda found, now: Days(weekdays=weekdays)


_BESIDE = rf"(?:(?P<weekday>{_DAY}),? (?:the )?)?"
_YEAR = r"(?:,? (?P<y>20\d\d))?"
_PART = (
    r"(?:early|later?|mid(?:dle)?|(?:the )?(?:start|beginning|middle|end|rest|remainder)"
    r"|(?:the )?(?:first|last) half|(?:the )?(?:first|second|third|fourth|last) week)"
)
_SPANS = (
    r"(?:the )?week after next|(?:the )?week next but one|(?:this|next|the following|the) (?:weekend|week|month)"
    r"|(?:the )?weekend after next"
)
_NTH = ("first", "second", "third", "fourth")
_NO_DATE = r"(?! (?:one|option|slot|choice|time|car|vehicle|service|gear|owner|visit|appointment|year)\b)"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], datetime], Mark | None]], ...] = tuple(
    (re.compile(rf"(?<![\w§.:/-])(?:{pattern})(?![\w§])"), made)
    for pattern, made in (
        (r"(?P<y>20\d\d)-(?P<b>\d{1,2})-(?P<a>\d{1,2})", _iso),
        (r"(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-](?P<y>20\d\d|\d\d)", _figures),
        (r"(?P<a>\d{1,2})/(?P<b>\d{1,2})(?P<y>)(?!/)", _figures),
        (r"(?P<a>\d{1,2})\.(?P<b>\d{1,2})\.(?P<y>)(?!\d)", _figures),
        (rf"(?P<from>\d{{1,2}})(?:st|nd|rd|th)? ?(?:-|–|to|until) ?(?P<to>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? "
         rf"(?P<month>{_MONTH})", _between),
        (rf"{_BESIDE}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?: of)? (?P<month>{_MONTH})\.?{_YEAR}", _written),
        (rf"{_BESIDE}(?P<month>{_MONTH}) (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![.:]?\d){_YEAR}", _written),
        (rf"(?P<which>this|next) month,? (?P<bound>before|by|until|after|from|on) (?:the )?{_ORDINAL}", _in_month),
        (rf"(?:the )?(?:week|wk) of (?:the )?{_ORDINAL}", _week_of_day),
        (rf"{_BESIDE}(?:the )?{_ORDINAL}(?: of (?P<which>this|next) month)?{_NO_DATE}", _of_month),
        (r"(?P<count>a|one|two|three) weeks? (?:on |from )?(?P<from>today|tomorrow|"
         rf"{_DAY})", _weeks_after),
        (rf"(?P<from>{_DAY}) week", _weeks_after),
        (rf"(?:in|within|over|during) the next (?:(?P<count>{_COUNT}) )?(?P<unit>days?|weeks?|months?|fortnight)",
         _within),
        (rf"(?:the )?next (?P<count>(?!an? |one ){_COUNT}) (?P<unit>days|weeks|months)", _within),
        (rf"within (?P<count>{_COUNT}) (?P<unit>days?|weeks?|months?)", _within),
        (rf"in (?P<count>{_COUNT}) (?P<unit>days?|weeks?|months?|fortnights?|years?)(?: time)?", _ahead),
        (rf"(?P<count>{_COUNT}) (?P<unit>days?|weeks?|months?) from (?:now|today)(?P<exact>)", _ahead),
        (rf"(?:the )?(?P<nth>{'|'.join(_NTH)}|last) (?P<name>{_DAY}) (?:of|in) (?:(?P<span>(?:the|this|next) month)"
         rf"|(?P<month>{_MONTH}))", _nth),
        (rf"(?:(?P<part>{_PART})(?: of| in)? )?(?P<span>{_SPANS})(?P<month>)", _span),
        (rf"(?:(?P<part>{_PART})(?: of| in)? |in |during |next |this )(?P<span>)(?P<month>{_MONTH})", _span),
        (r"(?P<part>end|middle|later)(?: of)? (?P<span>week)(?P<month>)", _span),
        (r"(?:the )?day after tomorrow|overmorrow", _named(2)),
        (r"tomorrow", _named(1)),
        (r"today|this(?= (?:morning|afternoon|evening|lunch))", _named(0)),
        (r"yesterday|(?:the )?day before yesterday", _named(-1)),
        (r"last (?:week|month)", _named(-7)),
        (rf"(?:(?P<which>this|next|coming|the coming|last|any|every|a) )?(?P<name>{_DAY}s?)", _weekday),
        (r"(?:any |on )?(?:weekdays?|working days?|week days?|during the week)", _only(0, 1, 2, 3, 4)),
        (r"(?:at |on |over )?(?:the |a )?weekends?", _only(5, 6)),
        (r"mid ?week", _only(1, 2, 3)),
    )
)  # fmt: skip


def marked(text: str, now: datetime) -> tuple[str, list[Mark]]:
    """The text, which is in lower case and without apostrophes, with each day in it as `§n§`; and the marks by n."""
    marks: list[Mark] = []

    def replaced(found: re.Match[str], made: Callable[[re.Match[str], datetime], Mark | None]) -> str:
        mark = made(found, now)
        if mark is None:
            return found.group()
        marks.append(mark)
        return f"§{len(marks) - 1}§"

    text = text.replace("§", " ")
    for pattern, made in _RULES:
        text = pattern.sub(lambda found, made=made: replaced(found, made), text)  # type: ignore[misc]
    return text, marks
