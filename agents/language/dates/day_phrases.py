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
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from agents.language.dates.figured import QUARTER, dated, stands_alone, with_figures
from agents.language.dates.marks import WEEKDAYS, Days, Mark, Unclear, gone, month_of, spoken, week_of, weekday_named
from agents.language.numbers import WORDS
from agents.language.phrases import Found, Phrases
from agents.language.tokens import Token

_MONTHS = {name.casefold(): number for number, name in enumerate(calendar.month_name) if name}
_PLURAL = frozenset(f"{day}s" for day in WEEKDAYS)
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}

_NUMBERS = {"a": 1, "an": 1, "couple": 2, "few": 3} | WORDS
Parts = Mapping[str, str]
"""What stands for the classes of a phrase, by their names; "" where nothing does. `all` is the phrase."""


def _written(found: Parts, now: datetime) -> Mark | None:
    """A day and a month by its name, perhaps with the weekday, which has to be the right one."""
    day, month = int(found["day"]), _MONTHS[found["month"]]
    if not 1 <= day <= 31:
        return None
    mark = dated(day, month, int(found["y"]) if found["y"] else None, now.date())
    named = weekday_named(found["weekday"])
    if isinstance(mark, Days) and mark.first and named is not None and mark.first.weekday() != named:
        return Unclear(
            f"{day} {calendar.month_name[month]} {mark.first.year} is a {calendar.day_name[mark.first.weekday()]}, "
            f"not a {WEEKDAYS[named].capitalize()}. Which day do you mean?"
        )
    return mark


def _between(found: Parts, now: datetime) -> Mark | None:
    """ "3 to 7 March"."""
    if not found["dash"] and "-" not in found["all"]:
        return None
    number = _MONTHS[found["month"]]
    first, last = (dated(int(found[name]), number, None, now.date()) for name in ("from", "to"))
    if isinstance(first, Unclear) or isinstance(last, Unclear):
        return first if isinstance(first, Unclear) else last
    return Days(first.first, last.last) if isinstance(first, Days) and isinstance(last, Days) else None


def _of_month(found: Parts, now: datetime) -> Mark | None:
    """ "the 3rd", perhaps with a weekday before it or "of next month" after it."""
    day, today, which = int(found["day"]), now.date(), found["which"]
    if not 1 <= day <= 31:
        return None
    if which:
        first, _ = month_of(today.year, today.month + (which == "next"))
        return dated(day, first.month, first.year, today)
    months = (month_of(today.year, today.month + ahead) for ahead in range(14))
    fitting = [first.replace(day=day) for first, last in months if day <= last.day]
    coming = [item for item in fitting if item >= today]
    named = weekday_named(found["weekday"])
    if named is not None:
        coming = [item for item in coming if item.weekday() == named][:1] or coming
        if coming[0].weekday() != named or coming[0] > today + timedelta(days=QUARTER):
            soonest = next(item for item in fitting if item >= today)
            return Unclear(
                f"The next {day}. is {spoken(soonest)}, not a {WEEKDAYS[named].capitalize()}. Which day do you mean?"
            )
    return Days(coming[0], coming[0], monthly=named is None)


def _week_of_day(found: Parts, now: datetime) -> Mark | None:
    """ "the week of the 16th"."""
    ahead = (now.date() + timedelta(days=days) for days in range(62))
    named = next((day for day in ahead if day.day == int(found["day"])), None)
    return Days(*week_of(named)) if named else None


def _in_month(found: Parts, now: datetime) -> Mark | None:
    """ "next month before the 15th"."""
    first, last = month_of(now.year, now.month + (found["which"] == "next"))
    day, bound = int(found["day"]), found["bound"]
    if not 1 <= day <= last.day:
        return None
    named = first.replace(day=day)
    if bound in ("before", "by", "until"):
        return Days(first, max(first, named - timedelta(days=bound == "before")))
    return Days(min(last, named + timedelta(days=bound == "after")), named if bound == "on" else last)


def _ahead(found: Parts, now: datetime) -> Mark | None:
    """ "in two weeks", "10 days from now": as many days of the wall's clock, however long they are."""
    unit = found["unit"]
    then = later(found["count"], unit, now)
    exact = unit.startswith("d") or "from" in found["all"].split()
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


def _within(found: Parts, now: datetime) -> Mark | None:
    """ "in the next two weeks", "within ten days": from today on; "the next few days" begin tomorrow."""
    return Days(
        now.date(), later(found["count"] or found["several"] or "one", found["unit"] or found["units"], now).date()
    )


def _weeks_after(found: Parts, now: datetime) -> Mark | None:
    """ "a week on Tuesday", "two weeks tomorrow", "Tuesday week"."""
    count = _NUMBERS.get(found["count"], 1)
    word = found["from"] or found["weekday"]
    named, today = weekday_named(word), now.date()
    base = today + timedelta(days=1 if word == "tomorrow" else 0) if named is None else _coming(named, today)
    day = base + timedelta(weeks=count)
    return Days(day, day)


def _coming(weekday: int, today: date) -> date:
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _weekday(found: Parts, now: datetime) -> Mark | None:
    which, word, today = found["which"], found["name"], now.date()
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


def _nth(found: Parts, now: datetime) -> Mark | None:
    """ "the first Monday of April", "the last Friday of next month"."""
    weekday, today = weekday_named(found["name"]), now.date()
    if weekday is None:
        return None
    first, last = _whole(found["all"], found["month"], today)
    if found["nth"] == "last":
        day = last - timedelta(days=(last.weekday() - weekday) % 7)
    else:
        day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * _NTH.index(found["nth"]))
    return gone(day) if day < today else Days(day, day)


def _span(found: Parts, now: datetime) -> Mark | None:
    """A week or a month, or a part of one: "early next week", "the end of March", "the week after next"."""
    part, which, today = found["part"] or found["ending"], found["all"], now.date()
    first, last = _whole(which, found["month"], today)
    length = (last - first).days + 1
    short = length <= 7
    if found["nth"]:
        weeks = dict(zip(("last", *_NTH), (None, 0, 1, 2, 3), strict=True))[found["nth"]]
        first = last - timedelta(days=6) if weeks is None else first + timedelta(weeks=weeks)
        last = first + timedelta(days=6)
    elif part.startswith(("early", "start", "beginning", "first")):
        last = first + timedelta(days=1 if short else length // 3 - 1)
    elif part.startswith("mid"):
        first, last = (first + timedelta(days=days) for days in ((1, 3) if short else (length // 3, 2 * length // 3)))
    elif part.startswith(("end", "late", "last", "rest", "remainder")):
        late = first + timedelta(days=3 if short else 2 * length // 3)
        first = max(late, today + timedelta(days=1)) if part in ("later", "rest", "remainder") else late
    last = max(first, last)
    if last < today:
        return Unclear(f"{spoken(last)} has gone by. Which day would you like instead?")
    return Days(max(first, today), last)


def _whole(which: str, month: str, today: date) -> tuple[date, date]:
    if month:
        number = _MONTHS[month]
        return month_of(today.year + (number < today.month), number)
    if "month" in which:
        return month_of(today.year, today.month + ("next" in which or "following" in which))
    ahead = (
        2 if "after next" in which or "next but one" in which else 1 if "next" in which or "following" in which else 0
    )
    first, last = week_of(today + timedelta(weeks=ahead))
    return (last - timedelta(days=1) if "weekend" in which else first, last)


def _named(ahead: int) -> Callable[[Parts, datetime], Mark]:
    def made(found: Parts, now: datetime) -> Mark:
        day = now.date() + timedelta(days=ahead)
        return gone(day) if ahead < 0 else Days(day, day)

    return made


def _only(*weekdays: int) -> Callable[[Parts, datetime], Mark]:
    return lambda found, now: Days(weekdays=weekdays)


_NTH = ("first", "second", "third", "fourth")
_PART = "((the|) <part>|(the|) <part> half|(the|) <nth> week)"
_SPANS = (
    "((the|) (week|weekend) after next|(the|) week next but one|(this|next|the following|the) (weekend|week|month))"
)
_TH = "(st|nd|rd|th)"
_BESIDE = "(<weekday> (,|) (the|)|)"
_COUNT = "(a|) <count> (of|)"
_UNITS = "(day|days|week|weeks|month|months|fortnight|fortnights|year|years)"
_RULES: tuple[tuple[Callable[[Parts, datetime], Mark | None] | None, tuple[str, ...]], ...] = (
    (_between, (f"<from> ({_TH}|) (<dash>|) <to> ({_TH}|) (of|) <month>",)),
    (_written, (
        f"{_BESIDE} <day> ({_TH}|.|) (of|) <month> (.|) ((,|) <y>|)",
        f"{_BESIDE} <month> (the|) <day> ({_TH}|) ((,|) <y>|)",
    )),
    (_in_month, (f"<which> month (,|) <bound> (the|) <day> {_TH}",)),
    (_week_of_day, (f"(the|) (week|wk) of (the|) <day> {_TH}",)),
    (_of_month, (f"{_BESIDE} (the|) <day> {_TH} (of <which> month|)",)),
    (None, (f"<day> {_TH} (one|option|slot|choice|time|car|vehicle|service|gear|owner|visit|appointment|year)",)),
    (_weeks_after, ("<count> (week|weeks) (on|from|) (<from>|<weekday>)", "<weekday> week")),
    (_within, (
        f"(in|within|over|during) the next ({_COUNT}|) <unit>", f"(the|) next (a few|<several>|{_COUNT}) <units>",
        f"within {_COUNT} <unit>",
    )),
    (_ahead, (f"in {_COUNT} <unit> (time|)", f"{_COUNT} <unit> from (now|today)")),
    (_nth, ("(the|) <nth> <name> (of|in) ((the|this|next) month|<month>)",)),
    (_span, (
        f"{_SPANS}", f"{_PART} (of|in|) {_SPANS}", f"({_PART} (of|in|)|in|during|next|this) <month>",
        "<ending> (of|) week",
    )),
    (_named(2), ("(the|) day after tomorrow", "overmorrow")),
    (_named(1), ("tomorrow",)),
    (_named(0), ("today", "<this> (morning|afternoon|evening|lunch|lunchtime)")),
    (_named(-1), ("yesterday", "(the|) day before yesterday")),
    (_named(-7), ("last (week|month)",)),
    (_weekday, ("(<which>|) <name>", "the coming <name>")),
    (_only(0, 1, 2, 3, 4), (
        "(any|on|) (weekday|weekdays|working day|working days|week day|week days)", "during the week",
    )),
    (_only(5, 6), ("(at|on|over|) (a|) (weekend|weekends)", "(at|on|over|) the weekends",)),
    (_only(1, 2, 3), ("(mid week|midweek)",)),
)  # fmt: skip


def _words(*said: str) -> Callable[[Token], bool]:
    return lambda token: token.word in said


_DAYS = Phrases(
    {str(at): templates for at, (_, templates) in enumerate(_RULES)},
    {
        **dict.fromkeys(("day", "from_day", "to"), lambda token: token.word.isdecimal() and len(token.word) <= 2),
        "from": lambda token: token.word in {"today", "tomorrow"} or (token.word.isdecimal() and len(token.word) <= 2),
        "y": lambda token: len(token.word) == 4 and token.word.startswith("20") and token.word.isdecimal(),
        "month": lambda token: token.word in _MONTHS,
        "weekday": lambda token: weekday_named(token.word) is not None and token.word not in _PLURAL,
        "name": lambda token: weekday_named(token.word) is not None,
        "count": lambda token: token.word in _NUMBERS or (token.word.isdecimal() and len(token.word) <= 3),
        "several": _words("couple", "few"),
        "unit": _words(*_UNITS.strip("()").split("|")),
        "units": _words("days", "weeks", "months"),
        "which": _words("this", "next", "coming", "last", "any", "every", "a"),
        "bound": _words("before", "by", "until", "after", "from", "on"),
        "ending": _words("end", "middle", "later"),
        "nth": _words(*_NTH, "last"),
        "part": _words(
            "early", "late", "later", "mid", "middle", "start", "beginning", "end", "rest", "remainder", "first", "last"
        ),
        "dash": _words("-", "–", "to", "until"),
        "this": _words("this"),
    },
)  # fmt: skip


def marked(text: str, now: datetime) -> tuple[str, list[Mark]]:
    """The text, which is in lower case and without apostrophes, with each day in it as `§n§`; and the marks by n."""
    marks: list[Mark] = []

    def kept(mark: Mark) -> str:
        marks.append(mark)
        return f"§{len(marks) - 1}§"

    text = with_figures(text.replace("§", " "), now.date(), kept)

    def day(found: Found) -> str:
        written = text[found.start : found.end]
        made = _RULES[int(found.label)][0]
        parts = defaultdict(str, {name: token.word for name, token in found.parts.items()}, all=written)
        mark = made(parts, now) if made and stands_alone(text, found.start, found.end) else None
        rest = written.removeprefix("this") if parts["this"] else ""
        return written if mark is None else kept(mark) + rest

    return _DAYS.rewritten(text, day), marks
