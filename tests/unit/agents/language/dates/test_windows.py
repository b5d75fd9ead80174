"""Phrases for days and times, with the windows that they stand for, at several moments."""

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.language.dates.windows import LONGEST, read, shifted
from agents.language.dates.wish import Window, Wish

DUBLIN = ZoneInfo("Europe/Dublin")
WEDNESDAY = datetime(2026, 3, 4, 10, 0, tzinfo=DUBLIN)
SUNDAY = datetime(2026, 3, 8, 10, 0, tzinfo=DUBLIN)
LEAP = datetime(2028, 2, 1, 10, 0, tzinfo=DUBLIN)
NEW_YEARS_EVE = datetime(2026, 12, 31, 10, 0, tzinfo=DUBLIN)
BEFORE_SUMMER_TIME = datetime(2026, 3, 28, 23, 30, tzinfo=DUBLIN)
BEFORE_WINTER_TIME = datetime(2026, 10, 24, 23, 30, tzinfo=DUBLIN)
LATE = datetime(2026, 3, 4, 23, 58, tzinfo=DUBLIN)
ANY_TIME = "0:00-23:59"
MORNING, AFTERNOON, EVENING = "0:00-11:59", "12:00-17:59", "17:00-23:59"


def shown(windows: tuple[Window, ...]) -> list[str]:
    return [one(window) for window in windows]


def one(window: Window) -> str:
    """ "10.3. 9:00-11:59", "9.3.-15.3. [1]", "5.3.-", "any"."""
    days = "any"
    if window.first or window.last:
        first, last = ((f"{day.day}.{day.month}." if day else "") for day in (window.first, window.last))
        days = first if window.first == window.last else f"{first}-{last}"
    named = f" {list(window.weekdays)}" if window.weekdays else ""
    hours = f"{_clock(window.earliest)}-{_clock(window.latest)}"
    return days + named + ("" if hours == ANY_TIME else f" {hours}")


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"


ON_A_WEDNESDAY = {
    # one day
    "tomorrow": ["5.3."],
    "tomorow": ["5.3."],
    "tmrw": ["5.3."],
    "today": ["4.3."],
    "the day after tomorrow": ["6.3."],
    "Saturday": ["7.3."],
    "on saturday please": ["7.3."],
    "Wednesday": ["11.3."],
    "this Wednesday": ["4.3."],
    "this Friday": ["6.3."],
    "coming Friday": ["6.3."],
    "next Friday": ["13.3."],
    "next Tuesday": ["10.3."],
    "next Wednesday": ["11.3."],
    "wendesday": ["11.3."],
    "Thurs": ["5.3."],
    "Tuesday week": ["17.3."],
    "a week on Tuesday": ["17.3."],
    "two weeks on Tuesday": ["24.3."],
    "a week today": ["11.3."],
    "two weeks tomorrow": ["19.3."],
    "in 10 days": ["14.3."],
    "in ten days' time": ["14.3."],
    "10 days from now": ["14.3."],
    # dates
    "on the 3rd": ["3.4."],
    "on the 4th": ["4.3."],
    "the 12th": ["12.3."],
    "the 31st": ["31.3."],
    "the 20th of next month": ["20.4."],
    "12/03": ["12.3."],
    "03/12": ["3.12."],
    "03/25": ["25.3."],
    "12/03/2026": ["12.3."],
    "12.3.": ["12.3."],
    "12.03.2026": ["12.3."],
    "2026-03-12": ["12.3."],
    "12 March": ["12.3."],
    "12th of March": ["12.3."],
    "the 4th of May": ["4.5."],
    "March 12": ["12.3."],
    "march the 12th": ["12.3."],
    "12 Mar 2026": ["12.3."],
    "Thursday 12 March": ["12.3."],
    "Thursday, 12th March": ["12.3."],
    "Friday the 13th": ["13.3."],
    "1 June": ["1.6."],
    # weeks and months
    "next week": ["9.3.-15.3."],
    "sometime next week": ["9.3.-15.3."],
    "this week": ["4.3.-8.3."],
    "later this week": ["5.3.-8.3."],
    "the week after next": ["16.3.-22.3."],
    "in two weeks": ["16.3.-22.3."],
    "in a fortnight": ["16.3.-22.3."],
    "in a month": ["30.3.-5.4."],
    "early next week": ["9.3.-10.3."],
    "the middle of next week": ["10.3.-12.3."],
    "the end of next week": ["12.3.-15.3."],
    "next month": ["1.4.-30.4."],
    "next month before the 15th": ["1.4.-14.4."],
    "next month after the 20th": ["21.4.-30.4."],
    "next month, on the 15th": ["15.4."],
    "in April, from the 3rd to the 7th": ["3.4.-7.4."],
    "in April on the 3rd or the 7th": ["3.4.", "7.4."],
    "in April": ["1.4.-30.4."],
    "early April": ["1.4.-10.4."],
    "mid April": ["11.4.-21.4."],
    "end of March": ["21.3.-31.3."],
    "the first week of April": ["1.4.-7.4."],
    "in January": ["1.1.-31.1."],
    "within the next two weeks": ["4.3.-18.3."],
    "in the next few days": ["4.3.-7.3."],
    "the first Monday of April": ["6.4."],
    "the last Friday of next month at 9": ["24.4. 9:00-9:00"],
    "next weekend": ["14.3.-15.3."],
    "3 to 7 April": ["3.4.-7.4."],
    "3rd-7th of April": ["3.4.-7.4."],
    "a Saturday": ["any [5]"],
    "the second week of April": ["8.4.-14.4."],
    "the week of the 16th": ["16.3.-22.3."],
    "this day week": ["11.3."],
    "a fortnight on Monday": ["23.3."],
    "Monday fortnight": ["23.3."],
    # bounds
    "on or after the 15th": ["15.3.-"],
    "sooner than the 20th": ["4.3.-19.3."],
    "sometime before the 20th": ["4.3.-19.3."],
    "by the 20th": ["4.3.-20.3."],
    "until Friday": ["4.3.-6.3."],
    "after the 15th": ["16.3.-"],
    "from the 16th on": ["16.3.-"],
    "not before Monday": ["9.3.-"],
    "no later than the 20th": ["4.3.-20.3."],
    "Tuesday or later": ["10.3.-"],
    "between the 10th and the 14th": ["10.3.-14.3."],
    "from Monday to Wednesday": ["9.3.-11.3. [0, 1, 2]"],
    "Monday to Wednesday next week": ["9.3.-15.3. [0, 1, 2]"],
    # weekdays within
    "Tuesday next week": ["10.3."],
    "next week on Tuesday": ["10.3."],
    "Monday or Tuesday": ["9.3.", "10.3."],
    "next week, Monday or Tuesday": ["9.3.", "10.3."],
    "a Saturday in April": ["1.4.-30.4. [5]"],
    "on Saturdays": ["any [5]"],
    "any Tuesday": ["any [1]"],
    "on weekdays": ["any [0, 1, 2, 3, 4]"],
    "at the weekend": ["7.3.-8.3."],
    "only weekends": ["any [5, 6]"],
    # times
    "next Tuesday morning": ["10.3. " + MORNING],
    "tomorrow after 3": ["5.3. 15:00-23:59"],
    "this afternoon": ["4.3. " + AFTERNOON],
    "tonight": ["4.3. " + EVENING],
    "tomorrow am": ["5.3. " + MORNING],
    "not before 10": ["any 10:00-23:59"],
    "before 11 on Friday": ["6.3. 0:00-10:59"],
    "until 12": ["any 0:00-12:00"],
    "weekday evenings": ["any [0, 1, 2, 3, 4] " + EVENING],
    "Tuesday at 9": ["10.3. 9:00-9:00"],
    "Tuesday at 3": ["10.3. 15:00-15:00"],
    "Tuesday at half nine": ["10.3. 9:30-9:30"],
    "Tuesday 14:30": ["10.3. 14:30-14:30"],
    "make it 4": ["any 16:00-16:00"],
    "10.30": ["any 10:30-10:30"],
    "how about 2pm instead": ["any 14:00-14:00"],
    "around 9 tomorrow": ["5.3. 8:00-10:00"],
    "9ish on Friday": ["6.3. 8:00-10:00"],
    "between 9 and 11 on Friday": ["6.3. 9:00-11:00"],
    "9-11am tomorrow": ["5.3. 9:00-11:00"],
    "from 1 to 3 on Friday": ["6.3. 13:00-15:00"],
    "Friday, 6 in the evening": ["6.3. 18:00-18:00"],
    "tomorrow evening at 7": ["5.3. 19:00-19:00"],
    "Tuesday afternoon after 3": ["10.3. 15:00-17:59"],
    "late afternoon on the 12th": ["12.3. 15:00-18:00"],
    "first thing tomorrow": ["5.3. 0:00-9:00"],
    "lunchtime tomorrow": ["5.3. 12:00-14:00"],
    "after work next week": ["9.3.-15.3. 17:00-23:59"],
    "noon on Friday": ["6.3. 12:00-12:00"],
    "tomorrow at quarter past 3": ["5.3. 15:15-15:15"],
    "after 9am": ["any 9:00-23:59"],
    "2026-03-12 in the morning": ["12.3. " + MORNING],
    "after 12 March": ["13.3.-"],
    "ten-ish on Friday": ["6.3. 9:00-11:00"],
    "in 3 hours": ["4.3. 13:00-23:59"],
    "not earlier than 10": ["any 10:00-23:59"],
    "no later than 10": ["any 0:00-10:00"],
    "I work til 4": ["any 16:00-23:59"],
    "thurs arvo": ["5.3. " + AFTERNOON],
    # several
    "Tuesday at 9 or Wednesday at 2": ["10.3. 9:00-9:00", "11.3. 14:00-14:00"],
    "at 9 on Tuesday or at 2 on Wednesday": ["10.3. 9:00-9:00", "11.3. 14:00-14:00"],
    "Monday or Tuesday morning": ["9.3. " + MORNING, "10.3. " + MORNING],
    "Friday afternoon or Saturday morning": ["6.3. " + AFTERNOON, "7.3. " + MORNING],
    "mornings or evenings next week": ["9.3.-15.3. " + MORNING, "9.3.-15.3. " + EVENING],
    "Monday or Tuesday next week but not before 10": [
        "9.3. 10:00-23:59",
        "10.3. 10:00-23:59",
    ],
    # what is no day and no time
    "I want to book a service": [],
    "my 2030 Heron at 30 000 km": [],
    "the 900 km trip took 3 days": [],
    "error P0300, call 0700 555 101": [],
    "what oil do I need?": [],
    "the second one": [],
    "bought in May 2024": [],
    "serviced last April": [],
    "it stops after 8 years": [],
    "heavy at 100 km/h": [],
    "may I book?": [],
    "evening. I want to book": [],
    "Good morning, do you do brakes?": [],
}


@pytest.mark.parametrize("text", ON_A_WEDNESDAY)
def test_phrases_on_a_wednesday(text: str) -> None:
    wish = read(text, WEDNESDAY)
    assert (shown(wish.windows), wish.unclear) == (ON_A_WEDNESDAY[text], "")


AT_OTHER_MOMENTS = [
    (SUNDAY, "next Tuesday", ["10.3."]),
    (SUNDAY, "Tuesday", ["10.3."]),
    (SUNDAY, "next week", ["9.3.-15.3."]),
    (SUNDAY, "this week", ["8.3."]),
    (SUNDAY, "this Sunday", ["8.3."]),
    (SUNDAY, "Sunday", ["15.3."]),
    (LEAP, "29 February", ["29.2."]),
    (LEAP, "the 29th", ["29.2."]),
    (LEAP, "29/02", ["29.2."]),
    (NEW_YEARS_EVE, "tomorrow", ["1.1."]),
    (NEW_YEARS_EVE, "next week", ["4.1.-10.1."]),
    (NEW_YEARS_EVE, "the 3rd", ["3.1."]),
    (NEW_YEARS_EVE, "3 March", ["3.3."]),
    (NEW_YEARS_EVE, "in a month", ["25.1.-31.1."]),
    (NEW_YEARS_EVE, "next month", ["1.1.-31.1."]),
    (BEFORE_SUMMER_TIME, "tomorrow", ["29.3."]),
    (BEFORE_SUMMER_TIME, "in 2 days", ["30.3."]),
    (BEFORE_SUMMER_TIME, "the day after tomorrow", ["30.3."]),
    (BEFORE_SUMMER_TIME, "in 3 hours", ["29.3. 3:30-23:59"]),
    (BEFORE_SUMMER_TIME, "Sunday at 9", ["29.3. 9:00-9:00"]),
    (BEFORE_WINTER_TIME, "tomorrow", ["25.10."]),
    (BEFORE_WINTER_TIME, "in 2 days", ["26.10."]),
    (BEFORE_WINTER_TIME, "in 3 hours", ["25.10. 1:30-23:59"]),
    (BEFORE_WINTER_TIME, "a week today", ["31.10."]),
    (LATE, "tomorrow", ["5.3."]),
    (LATE + timedelta(minutes=3), "tomorrow", ["6.3."]),
    (LATE.astimezone(ZoneInfo("Asia/Tokyo")), "tomorrow", ["6.3."]),
    (LATE.astimezone(ZoneInfo("America/New_York")), "tomorrow", ["5.3."]),
    (datetime(2026, 1, 31, 9, tzinfo=DUBLIN), "the 30th", ["30.3."]),
]


@pytest.mark.parametrize(("now", "text", "expected"), AT_OTHER_MOMENTS)
def test_phrases_at_other_moments(now: datetime, text: str, expected: list[str]) -> None:
    wish = read(text, now)
    assert (shown(wish.windows), wish.unclear) == (expected, "")


UNWANTED = [
    ("any day but Friday", [], ["any [4]"], True),
    ("any day bar Friday", [], ["any [4]"], True),
    ("I work mornings", [], ["any " + MORNING], False),
    ("any time except mornings", [], ["any " + MORNING], True),
    ("not on Mondays or Tuesdays", [], ["any [0]", "any [1]"], False),
    ("Friday doesn't work for me", [], ["any [4]"], False),
    ("I can't do Friday", [], ["any [4]"], False),
    ("not Friday, Monday instead", ["9.3."], ["any [4]"], False),
    ("next week but not Monday morning", ["9.3.-15.3."], ["any [0] " + MORNING], False),
    ("I'm away until the 20th", [], ["4.3.-20.3."], False),
    ("no, Tuesday", ["10.3."], [], False),
    ("no Saturdays", [], ["any [5]"], False),
    ("not the 12th", [], ["12.3."], False),
]


@pytest.mark.parametrize(("text", "windows", "never", "soonest"), UNWANTED)
def test_what_is_not_wanted(text: str, windows: list[str], never: list[str], soonest: bool) -> None:
    wish = read(text, WEDNESDAY)
    assert (shown(wish.windows), shown(wish.never), wish.soonest) == (windows, never, soonest)


@pytest.mark.parametrize(
    "text",
    ["as soon as possible", "asap", "the earliest slot", "next available appointment", "any day", "I'm flexible"],
)
def test_the_soonest(text: str) -> None:
    assert read(text, WEDNESDAY) == Wish(soonest=True)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("29 February", "28 February 2027"),
        ("29/02/2027", "1 March 2027"),
        ("31 April", "only 30 days"),
        ("31 June at 9", "1 July 2026"),
        ("3 March", "Tuesday 3 March 2026 has gone by"),
        ("yesterday", "has gone by"),
        ("last Tuesday", "Tuesday 3 March 2026 has gone by"),
        ("12/02/2026", "has gone by"),
        ("today at 9", "has gone by"),
        ("Thursday 11 March", "11 March 2026 is a Wednesday, not a Thursday"),
        ("Monday the 12th of March", "is a Thursday, not a Monday"),
    ],
)
def test_days_that_are_none_are_asked_about(text: str, asked: str) -> None:
    wish = read(text, WEDNESDAY)
    assert asked in wish.unclear
    assert wish.unclear.endswith("?")
    assert wish.windows == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a day later", ["18.3."]),
        ("the day before", ["16.3."]),
        ("a week later", ["24.3."]),
        ("the Monday after", ["23.3."]),
        ("the Tuesday after that", ["24.3."]),
        ("the following Monday", ["23.3."]),
        ("same day at 3", ["17.3. 15:00-15:00"]),
        ("the week after", ["23.3.-29.3."]),
        ("Thursday the week after", ["26.3."]),
        ("the day after tomorrow", ["6.3."]),
        ("the next day", ["18.3."]),
        ("not before the week after", ["23.3.-"]),
        ("next week after work", ["9.3.-15.3. 17:00-23:59"]),
        ("next Friday after work", ["13.3. 17:00-23:59"]),
        ("Thursday after work", ["5.3. 17:00-23:59"]),
    ],
)
def test_days_counted_from_the_one_spoken_of(text: str, expected: list[str]) -> None:
    assert shown(read(text, WEDNESDAY, date(2026, 3, 17)).windows) == expected


@pytest.mark.parametrize(
    ("before", "change", "expected"),
    [
        ("next Tuesday morning", "make it Wednesday", ["11.3. " + MORNING]),
        ("next Tuesday at 9", "at 3 instead", ["10.3. 15:00-15:00"]),
        ("Monday or Tuesday", "in the afternoon", ["9.3. " + AFTERNOON, "10.3. " + AFTERNOON]),
        ("next Tuesday at 9", "Friday at 10", ["6.3. 10:00-10:00"]),
        ("Tuesday morning", "thanks", ["10.3. " + MORNING]),
        ("in April", "Tuesdays or Thursdays", ["1.4.-30.4. [1]", "1.4.-30.4. [3]"]),
        ("in April", "early morning, any day", ["1.4.-30.4. 0:00-9:00"]),
        ("next Tuesday", "as soon as possible", []),
    ],
)
def test_a_change_keeps_what_it_leaves_open(before: str, change: str, expected: list[str]) -> None:
    assert shown(read(change, WEDNESDAY).over(read(before, WEDNESDAY)).windows) == expected


def test_the_wishes_hold_times_of_the_walls_clock() -> None:
    wish = read("weekday mornings, not on Friday", WEDNESDAY)
    monday = datetime(2026, 3, 30, 9, 0, tzinfo=DUBLIN)
    assert wish.holds(monday)
    assert not wish.holds(monday.replace(hour=12))
    assert not wish.holds(monday + timedelta(days=4))
    assert not wish.holds(monday + timedelta(days=5))


@given(st.text(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    read(text, WEDNESDAY, date(2026, 3, 17))


PUZZLE = (
    "not but or to between and before §0§ ¤1¤ the 31st 9 at 29/02 monday next week in 99 weeks february 2026 until "
    "afternoon , . never soonest"
)


@given(st.lists(st.sampled_from(PUZZLE.split()), max_size=25))
@settings(max_examples=300, deadline=None)
def test_no_order_of_its_words_breaks_it(words: list[str]) -> None:
    for window in read(" ".join(words), WEDNESDAY, date(2026, 3, 17)).windows:
        assert window.first is None or window.last is None or window.first <= window.last


@pytest.mark.parametrize(
    "piece", ["next ", "1 ", "9", "the 3rd or ", "monday to ", "in 99 ", "§", "١ ", "\0", "12/", "a"]
)
def test_huge_texts_take_no_longer_than_long_ones(piece: str) -> None:
    huge = piece * (200_000 // len(piece))
    begun = time.process_time()
    read(huge, WEDNESDAY)
    assert time.process_time() - begun < 1.0
    assert read("x" * LONGEST + " tomorrow", WEDNESDAY) == Wish()


@pytest.mark.parametrize("year", [1, 9999])
def test_the_calendars_edges(year: int) -> None:
    for text in ("next week", "in 99 weeks", "yesterday", "the 31st", "before tomorrow", "last month", "in December"):
        read(text, datetime(year, 12 if year > 1 else 1, 31 if year > 1 else 1, 12, 0, tzinfo=ZoneInfo("UTC")))


def test_times_joined_by_or_belong_to_the_day_before_them() -> None:
    assert shown(read("Tuesday 10 March, either 9:00 or 14:00", WEDNESDAY).windows) == [
        "10.3. 9:00-9:00",
        "10.3. 14:00-14:00",
    ]


def test_a_day_that_i_cannot_is_not_wanted() -> None:
    wish = read("Tuesday I can't. Thursday?", WEDNESDAY)
    assert len(wish.windows) == 1
    assert wish.never


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("an hour later please", timedelta(hours=1)),
        ("can we make it half an hour earlier?", timedelta(minutes=-30)),
        ("push it back by two days", timedelta(days=2)),
        ("30 mins back", timedelta(minutes=30)),
        ("a few days later", None),
        ("in two days", None),
    ],
)
def test_by_how_much_later(text: str, by: timedelta | None) -> None:
    assert shifted(text) == by


def test_a_number_alone_is_an_hour_above_those_that_count_offers() -> None:
    assert shown(read("9 then", WEDNESDAY, above=3).windows) == ["any 9:00-9:00"]
    assert not read("2 then", WEDNESDAY, above=3)
    assert not read("9 then", WEDNESDAY)
