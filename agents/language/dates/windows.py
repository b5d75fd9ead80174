"""What customers write about days and times, as windows: "next Tuesday morning", "not before 10", "any day but Friday".

Days are calendar days and times are the wall's clock, so a change to summer time moves neither. Days count from the
customer's today; `day_phrases.py` says how each phrase is read. A morning ends at noon, an afternoon runs from noon
to 18:00, an evening begins at 17:00. A time that may be before noon or after is the one between 7:00 and 18:59.
"""

import re
import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from rapidfuzz.distance import OSA

from agents.language.clock import minutes, with_times
from agents.language.dates.day_phrases import later, marked
from agents.language.dates.marks import WEEKDAYS, Days, Hours, Mark, Unclear
from agents.language.dates.sentence import WORDS, Sentence
from agents.language.dates.wish import Wish

LONGEST = 2000
"""Characters that are read; nobody needs more for a day and a time."""
_SLIPS = (*WEEKDAYS, "tomorrow", "january", "february", "september", "october", "november", "december")
_NO_SLIPS = frozenset({"someday", "midday", "payday"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
_NO_TIME = re.compile(
    r"\b20(?:00|15|30|45)\b(?! ?(?:h|hrs|hours)\b)"  # years of vehicles
    r"|\b\d+(?:[.,]\d+)? ?(?:hours?|hrs?|minutes?|mins?|days?|weeks?|months?|years?|kms?|k|miles?|mi|euros?|eur"
    r"|litres?|l|bar|psi)\b|\b\d+ ?[%€]"
)
_HOURS_AHEAD = re.compile(r"\bin (an?|one|two|three|four|five|six|\d{1,2}) hours?(?: time)?\b")
_FIGURE = r"\d{1,2}(?:[:.][0-5]\d)?(?: ?[ap]m)?"
_PLAIN = tuple(
    (re.compile(pattern), word)
    for pattern, word in (
        (r"^\W*(?:(?:hi|hello|hey) )?(?:good )?(?:morning|afternoon|evening)(?= ?[.,!;:] ?\w| all\b)", ""),
        (r"\b\d{1,3}(?:[ ,.]\d{3})+\b|\b\d{3,}(?:[ -]\d{3,})+\b", " number "),
        (r"(?<![\w:.])(\d{1,2}) (?=in the (?:morning|afternoon|evening)\b)", r"at \1 "),
        (r"\b(make (?:it|that)|rather|say|prefer) (?=\d{1,2}(?: please)?$)", r"\1 at "),
        (r"\btonight\b", "today evening"),
        (r"\bthis day week\b", "a week today"),
        (rf"\b(?:a fortnight (?:on )?({'|'.join(WEEKDAYS)})|({'|'.join(WEEKDAYS)}) fortnight)\b", r"two weeks on \1\2"),
        (r"\bmorn\b", "morning"),
        (r"\barvo\b", "afternoon"),
        (r"\bon or after\b", "from"),
        (r"(?<!not )(?<!nothing )(?<!never )(?<!no )\b(?:sooner|earlier) than\b", "before"),
        (r"\b(?:at )?(\d{1,2}(?:[:.][0-5]\d)?) ?ish\b", r"around \1"),
        (r"\b(?:lets|we|ill) say (?=\d)", "at "),
        (r"(?<!how )(?<!what )\b(?:at )?(?:about|roughly|approx(?:imately)?|circa|ca|say)\.? (?=\d)", "around "),
        (rf"\b(between|from|at|around|after)( {_FIGURE}) ?(?:-|–|to|and|until|til|till) ?(\d{{1,2}})(?![\w:.])",
         r"\1\2 to at \3"),
        (rf"(?<![\w:.])({_FIGURE}) ?(?:-|–|to|until) ?({_FIGURE})(?<=m)\b", r"at \1 to at \2"),
        (r"\b(from|until|till?|by|past|not before"
         r"|(?:no|not) (?:later|earlier) than|earliest|latest) (?=\d{1,2}(?![\w:./-]))", r"\1 at "),
        (rf"\b(at|after|before|around)( {_FIGURE}) or (?=\d{{1,2}}(?![\w:.]))", r"\1\2 or at "),
        (r"\b(?:not|nothing|never|no) (?:before|earlier than|sooner than|until)\b", "from"),
        (r"\b(?:not|nothing|never|no) (?:after|later than)\b", "by"),
        (r"\b(?:dont|doesnt|do not|does not|wont|cant|cannot) (?:work|suit)s?(?: for me| me)?\b", "unsuitable"),
        (r"\b(?:i|we) (?:cant|cannot|can not)(?=[.,;!?]|$)", "unsuitable"),
        (r"\b(?:is|are) (?:no good|bad|not (?:good|possible|okay|ok|great))\b", "unsuitable"),
        (r"\b(?:isnt|arent) (?:good|possible|okay|ok|great)\b", "unsuitable"),
        (r"\b(?:any ?(?:other )?(?:day|time|thing)|any) (?:but|bar|except|other than|apart from)\b", "soonest never"),
        (r"\b(?:except|excluding|other than|apart from|but not|just not|not|nor)\b", "never"),
        (r"\b(?:i )?(?:cant|cannot|can not) (?:do|make|come|manage)(?: it)?\b", "never"),
        (r"\b(?:im|i am|we are|ill be) (?:busy|away|working|on holiday|not free|unavailable|at work)\b", "never"),
        (r"\b(?:i|we) (?:work (?:un)?till?|finish(?: work)?|(?:am|get) off) (?:at )?(?=\d)", "after at "),
        (r"\b(?:i|we) work (?!(?:un)?til|till|late)", "never "),
        (r"\bno (?=(?:mon|tues|wednes|thurs|fri|satur|sun)days\b|mornings\b|afternoons\b|evenings\b|weekends\b)",
         "never "),
        (r"\bas (?:soon|early|quickly) as (?:possible|you can|u can)|\bas (?:soon|early) as\b", "soonest"),
        (r"\b(?:asap|at (?:the|your) earliest|(?:first|next|earliest|soonest) (?:possible|available|free)?"
         r" ?(?:slot|date|day|appointment|time|one|opportunity|convenience)|earliest possible|next available"
         r"|urgent(?:ly)?|right away|straight away|immediately|whenever"
         r"|(?:the |your )?(?:earliest|soonest)(?! \d| one)|any ?time|any day|soonest|soon"
         r"|dont mind when|do not mind when|(?:im|i am) flexible)\b", "soonest"),
    )
)  # fmt: skip
_PARTS = tuple(
    (re.compile(rf"\b(?:(?:in|during) (?:the )?)?(?:this )?(?:{pattern})\b"), Hours(*hours))
    for pattern, hours in (
        (r"early (?:in the )?mornings?|first thing|before work|crack of dawn", (0, 540)),
        (r"late (?:in the )?mornings?|before lunch|mid ?mornings?", (600, 719)),
        (r"mornings?|(?<=§ )am", (0, 719)),
        (r"late (?:in the )?afternoons?|end of the day|late in the day", (900, 1080)),
        (r"early (?:in the )?afternoons?|after lunch", (780, 900)),
        (r"afternoons?|(?<=§ )pm", (720, 1079)),
        (r"(?:early |late )?evenings?|after work|after hours|tonight", (1020, 1439)),
        (r"lunch ?times?|over lunch|lunch ?break|lunch hour", (720, 840)),
    )
)
_NAMED = rf"({'|'.join(WEEKDAYS)})"
_AFTER_THAT = re.compile(rf"\b(?:the )?{_NAMED} after(?: that)?\b(?! (?:next|the|\d))|\b(?:the )?following {_NAMED}\b")
_TOKEN = re.compile(r"§\d+§|¤\d+¤|[^\W_]+|[.,;!?–-]")


def read(text: str, now: datetime, about: date | None = None, since: date | None = None) -> Wish:
    """What the text says of days and times; an empty wish where it says nothing.

    `now` is aware and in the customer's time zone. `about`: the day that is being spoken of, for "the day after" and "a
    week later"; `since`: from which day on a weekday or "the 9th" is meant, by itself from today on. Only the first
    LONGEST characters are read. Never raises for a text.
    """
    try:
        return _read(_plain(text[:LONGEST]), now, about, since)
    except (OverflowError, ValueError):  # beyond the calendar's first or last day
        return Wish()


def without(text: str, now: datetime, about: date | None = None) -> str:
    """The words of the text that say nothing of days and times, in lower case. Never raises for a text."""
    try:
        tokens, _, _ = _tokens(_plain(text[:LONGEST]), now, about)
    except (OverflowError, ValueError):
        return text[:LONGEST]
    return " ".join(word for word in tokens if word[0] not in "§¤" and not minutes(word) and word not in WORDS)


def _read(plain: str, now: datetime, about: date | None, since: date | None) -> Wish:
    tokens, marks, hours = _tokens(plain, now, about)
    for mark in marks:
        if isinstance(mark, Unclear):
            return Wish(unclear=mark.question)
    if since is not None:
        marks = [_from(mark, since) for mark in marks]
    return Sentence(now, marks, hours).read(tokens)


def _from(mark: Mark, since: date) -> Mark:
    """A weekday or a day of the month named alone as the first one from that day on."""
    if not isinstance(mark, Days) or mark.first is None or not (mark.loose or mark.monthly):
        return mark
    day = since + timedelta(days=(mark.first.weekday() - since.weekday()) % 7)
    if mark.monthly:
        ahead = (since + timedelta(days=days) for days in range(62))
        day = next((item for item in ahead if item.day == mark.first.day), mark.first)
    return replace(mark, first=day, last=day)


def _tokens(plain: str, now: datetime, about: date | None) -> tuple[list[str], list[Mark], list[Hours]]:
    """The words, with marks in the place of days and of parts of the day, and times as one word each."""
    plain, marks = marked(_relative(_in_hours(plain, now), about), now)
    hours: list[Hours] = []
    plain = _NO_TIME.sub(" number ", plain)
    for pattern, part in _PARTS:
        plain = pattern.sub(lambda _, part=part: f" ¤{_added(hours, part)}¤ ", plain)  # type: ignore[misc]
    return _TOKEN.findall(with_times(plain)), marks, hours


def _added(hours: list[Hours], part: Hours) -> int:
    hours.append(part)
    return len(hours) - 1


def _plain(text: str) -> str:
    """In lower case, without apostrophes and with slips put right; and with what means the same written alike."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("§", " ").replace("¤", " ")
    text = re.sub(r"(?<=\w)['’ʼ`](?=\w)", "", text)
    text = " ".join(_CONTROL.sub(" ", text).split())[: 2 * LONGEST]
    text = re.sub(r"[^\W\d_]{6,10}", _spelt, re.sub(r"\b(?:tmrw|tmw|tomoz|2moro|tmoro)\b", "tomorrow", text))
    for pattern, word in _PLAIN:
        text = pattern.sub(word, text)
    return text


def _spelt(found: re.Match[str]) -> str:
    word = found.group()
    if word in _SLIPS or word.removesuffix("s") in _SLIPS or word in _NO_SLIPS:
        return word
    near = [right for right in _SLIPS if right[0] == word[0] and OSA.distance(word, right, score_cutoff=1) <= 1]
    return near[0] if len(near) == 1 else word


def _in_hours(text: str, now: datetime) -> str:
    """ "in 3 hours", which is not by the wall's clock, as a day and a time."""

    def then(found: re.Match[str]) -> str:
        local = later(found[1], "hours", now.astimezone(UTC)).astimezone(now.tzinfo)
        return f"{local:%Y-%m-%d} from {local:%H:%M}"

    return _HOURS_AHEAD.sub(then, text)


def _relative(text: str, about: date | None) -> str:
    """Days counted from the one that is being spoken of, as dates."""
    if about is None:
        return text
    for pattern, days in (
        (r"(?:the |a |one )?(?:next day|following day|day after|day later)(?! tomorrow)", 1),
        (r"(?:the )?(?:day before|previous day)(?! yesterday)|a day earlier|one day earlier", -1),
        (r"(?:a|one) week later", 7),
        (r"a week earlier", -7),
        (r"(?:on )?(?:the )?same day|that day|(?:earlier|later) that day", 0),
    ):
        text = re.sub(rf"\b(?:{pattern})\b", (about + timedelta(days=days)).isoformat(), text)
    for found in _AFTER_THAT.finditer(text):
        ahead = (WEEKDAYS.index(found[1] or found[2]) - about.weekday() - 1) % 7 + 1
        text = _AFTER_THAT.sub((about + timedelta(days=ahead)).isoformat(), text, count=1)
    monday = about - timedelta(days=about.weekday())
    for pattern, weeks in ((r"(?:the )?(?:week after(?! next)|following week)", 1), (r"the week before", -1)):
        first = monday + timedelta(weeks=weeks)
        text = re.sub(rf"\b(?:{pattern})\b", f"{first} to {first + timedelta(days=6)}", text)
    return text
