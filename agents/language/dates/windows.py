"""What customers write about days and times, as windows: "next Tuesday morning", "not before 10", "any day but Friday".

Days are calendar days and times are the wall's clock, so a change to summer time moves neither. Days count from the
customer's today; `day_phrases.py` says how each phrase is read. A morning ends at noon, an afternoon runs from noon
to 18:00, an evening begins at 17:00. A time that may be before noon or after is the one between 7:00 and 18:59.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from rapidfuzz.distance import OSA

from agents.language.clock import minutes, with_times
from agents.language.dates.day_phrases import later, marked
from agents.language.dates.marks import WEEKDAYS, Days, Hours, Mark, Unclear
from agents.language.dates.sentence import WORDS, Sentence
from agents.language.dates.wish import Wish
from agents.language.numbers import is_part, numbers
from agents.language.phrases import Found, Phrases
from agents.language.tokens import Token, joined, joined_words, tokens

LONGEST = 2000
"""Characters that are read; nobody needs more for a day and a time."""
_SLIPS = (*WEEKDAYS, "tomorrow", "january", "february", "september", "october", "november", "december")
_NO_SLIPS = frozenset({"someday", "midday", "payday"})
_CONTROL = str.maketrans(
    dict.fromkeys(
        map(
            chr,
            (*range(0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
             *range(0x2060, 0x2070), 0xFEFF),
        ),
        " ",
    )
)  # fmt: skip
_WEEKDAY = {"weekday": lambda token: token.word in WEEKDAYS}
_GREETING = Phrases(("^ (hi|hello|hey|) (good|) (morning|afternoon|evening)",))
_AFTER_A_GREETING = frozenset(".,!;:") | {"all"}
_NO_TIME = Phrases(
    {
        "number": (
            "<quarter>", "<figure> (hour|hours|hr|hrs|minute|minutes|min|mins|day|days|week|weeks)",
            "<figure> (month|months|year|years)",
            "<figure> (km|kms|k|mile|miles|mi|euro|euros|eur|litre|litres|l|bar|psi|%|€)",
        ),
        "": ("<quarter> h",),
    },
    {
        "quarter": lambda token: token.word in {"2000", "2015", "2030", "2045"},  # years of vehicles
        "figure": lambda token: token.kind == "number" and ":" not in token.word,
    },
)  # fmt: skip
_HOURS_AHEAD = Phrases(
    ("in <count> (hour|hours) (time|)",),
    {
        "count": lambda token: (
            token.word in {"a", "an", "one", "two", "three", "four", "five", "six"}
            or (token.word.isdecimal() and len(token.word) < 3)
        )
    },
)
_MEANT = Phrases(
    {
        "tomorrow": ("(tmrw|tmw|tomoz|tmoro)", "2 moro"),
        "today evening": ("tonight",),
        "a week today": ("this day week",),
        "two weeks on {weekday}": ("a fortnight (on|) <weekday>", "<weekday> fortnight"),
        "morning": ("morn",),
        "afternoon": ("arvo",),
        "from": ("on or after", "(but|just|) (not|nothing|never|no) (before|earlier than|sooner than|until)"),
        "by": ("(but|just|) (not|nothing|never|no) (after|later than)",),
        "before": ("(sooner|earlier) than",),
        "unsuitable": (
            "(dont|doesnt|do not|does not|wont|cant|cannot) (work|works|suit|suits) (for me|me|)",
            "(i|we) (cant|cannot|can not) $", "(isnt|arent) (good|possible|okay|ok|great)",
            "(is|are) (no good|bad|not (good|possible|okay|ok|great))",
        ),
        **{f"unsuitable {mark}": (f"(i|we) (cant|cannot|can not) {mark}",) for mark in ".,;!?"},
        "soonest never": (
            "any (other|) (day|time|thing) (but|bar|except|other than|apart from)",
            "(anyday|anytime|anything|any) (but|bar|except|other than|apart from)",
        ),
        "never": (
            "(except|excluding|other than|apart from|but not|just not|not|nor)",
            "(i|) (cant|cannot|can not) (do|make|come|manage) (it|)",
            "(im|i am|we are|ill be) (busy|away|working|on holiday|not free|unavailable|at work)", "(i|we) work",
        ),
        "": ("(i|we) work late", "how (about|roughly|say)", "what (about|roughly|say)"),
        "after": ("(i|we) (work (until|till|til)|finish (work|)|am off|get off)",),
        "never {days}": ("no <days>",),
        "around {number}": ("(at|) (about|roughly|approx|approximately|circa|ca|say) <number>",),
        "soonest": (
            "as (soon|early|quickly) as (possible|you can|u can)", "as (soon|early) as", "asap",
            "at (the|your) earliest",
            "(first|next|earliest|soonest) (possible|available|free|) (slot|date|day|appointment|time|one|opportunity)",
            "(first|next|earliest|soonest) (possible|available|free|) convenience", "earliest possible",
            "next available",
            "(urgent|urgently|right away|straight away|immediately|whenever)", "(the|your|) (earliest|soonest)",
            "anytime",
            "any (time|day)", "soon", "(dont|do not) mind when", "(im|i am) flexible",
        ),
        "around {hour}": ("(at|) <hour> ish",),
        "{bound} {number}": ("<bound> <number>",),
        "{bound} one": ("<bound> one",),
    },
    {
        **_WEEKDAY,
        "days": lambda token: token.word.endswith("s")
        and token.word[:-1] in {*WEEKDAYS, "morning", "afternoon", "evening", "weekend"},
        "bound": lambda token: token.word in {"earliest", "soonest"},
        "hour": lambda token: token.kind == "number" and len(token.word) in (1, 2, 4, 5),
    },
)  # fmt: skip
"""What means the same written alike, in the words of `sentence.py`."""
_HOURS_LEAD = frozenset({"from", "until", "till", "til", "by", "past", "earliest", "latest"})
_RANGE_LEADS, _RANGES = (
    frozenset({"between", "from", "at", "around", "after"}),
    frozenset({"-", "–", "to", "and", "until", "til", "till"}),
)
_OR_LEADS = frozenset({"at", "after", "before", "around"})
_WISHES = Phrases(("(make (it|that)|rather|say|prefer) $",))
_PARTS = tuple(
    (Phrases(tuple(f"(in the|during the|in|during|) (this|) {template}" for template in templates)), Hours(*hours))
    for templates, hours in (
        (("early (in the|) (morning|mornings)", "first thing", "before work", "crack of dawn"), (0, 540)),
        (("late (in the|) (morning|mornings)", "before lunch", "(mid morning|midmorning|mid mornings)"), (600, 719)),
        (("(morning|mornings)", "§ am"), (0, 719)),
        (("late (in the|) (afternoon|afternoons)", "end of the day", "late in the day"), (900, 1080)),
        (("early (in the|) (afternoon|afternoons)", "after lunch"), (780, 900)),
        (("(afternoon|afternoons)", "§ pm"), (720, 1079)),
        (("(early|late|) (evening|evenings)", "after (work|hours)", "tonight"), (1020, 1439)),
        (("(lunchtime|lunchtimes|lunch time|lunch times|over lunch|lunch break|lunchbreak|lunch hour)",), (720, 840)),
    )
)
_FROM_THAT_DAY = Phrases(
    {
        "1": ("(the|a|one|) (next day|following day|day after|day later)",),
        "-1": ("(the|) (day before|previous day)", "(a|one) day earlier"),
        "7": ("(a|one) week later",),
        "-7": ("a week earlier",),
        "0": ("(on|) (the|) same day", "that day", "(earlier|later|) that day"),
        "weekday": ("(the|) <weekday> after (that|)", "(the|) following <weekday>"),
        "week 1": ("(the|) (week after|following week)",),
        "week -1": ("the week before",),
        "": (
            "(the|) day after tomorrow", "(the|) day before yesterday", "(the|) week after next",
            "(the|) <weekday> after (that|) (next|the|<number>)",
        ),
    },
    _WEEKDAY,
)  # fmt: skip
_KEPT_MARKS = frozenset(".,;!?–-")


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
    plain = _NO_TIME.rewritten(
        plain, lambda found: f" {found.label} " if found.label else plain[found.start : found.end]
    )
    for phrases, part in _PARTS:
        pieces, at = [], 0
        for found in phrases.spans(plain):
            pieces += [plain[at : found.start], "§" * (plain[found.start] == "§"), f" ¤{_added(hours, part)}¤ "]
            at = found.end
        plain = "".join((*pieces, plain[at:]))
    return list(_words(with_times(plain))), marks, hours


def _words(plain: str) -> Iterator[str]:
    """The words and marks, each number of a day or of hours with its signs."""
    said = iter(joined_words(plain, ()))
    for word in said:
        if word in {"§", "¤"}:
            yield f"{word}{next(said)}{next(said)}"
        elif word[0].isalnum() or word in _KEPT_MARKS:
            yield word


def _added(hours: list[Hours], part: Hours) -> int:
    hours.append(part)
    return len(hours) - 1


def _plain(text: str) -> str:
    """In lower case, without apostrophes and with slips put right; and with what means the same written alike."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("§", " ").replace("¤", " ")
    text = " ".join(joined(text).translate(_CONTROL).split())[: 2 * LONGEST]
    text = _unlike_times(_ungreeted(_spelt(text)))
    meant = _MEANT.rewritten(text, lambda found: _said(found, text))
    return _with_hours(" ".join(meant.split()))


def _said(found: Found, text: str) -> str:
    """What a phrase means, in the words of `sentence.py`."""
    if not found.label:
        return text[found.start : found.end]
    return found.label.format_map({name: token.word for name, token in found.parts.items()})


def _ungreeted(text: str) -> str:
    """The text without a "good morning" at its beginning."""
    greeting = _GREETING.opening(text)
    behind = tokens(text)[greeting.last : greeting.last + 2] if greeting else ()
    ends = bool(behind) and behind[0].word in _AFTER_A_GREETING and (len(behind) > 1 or behind[0].kind == "word")
    return text[greeting.end :] if greeting and ends else text


def _unlike_times(text: str) -> str:
    """The text without mileages and telephone numbers."""
    found = list(numbers(text, " ,."))
    long = [number for number in found if len(number.written) >= 3]
    chained = {
        each.start
        for one, other in pairwise(long)
        if text[one.end : other.start] in {" ", "-"}
        for each in (one, other)
    }
    pieces, at = [], 0
    for number in found:
        if number.start in chained or len(number.written) > len(number.plain(points=True)):
            pieces += [text[at : number.start], " number "]
            at = number.end
    return "".join((*pieces, text[at:]))


def _with_hours(text: str) -> str:
    """The text with "at" before the bare numbers that can only be hours: "from 8", "between 3 and 5", "2 or 3"."""
    read, pieces, at = tokens(text), [], 0
    for place, token in enumerate(read):
        following = [word.word for word in read[place + 1 : place + 4]]
        halves = following[0:1] in (["-"], ["–"], ["to"], ["until"]) and following[2:] in (["am"], ["pm"])
        if not halves and not _is_bare(text, token):
            continue
        said = [word.word for word in read[:place]]
        lead = said[-1] if said else ""
        if (halves and token.kind == "number") or _is_hour(said, lead, following):
            joint = read[place - 1].start if lead in {"-", "–"} else token.start
            pieces += [text[at:joint], " to at " if lead in {"-", "–"} else "at "]
            at = token.start
    return "".join((*pieces, text[at:]))


def _is_bare(text: str, token: Token) -> bool:
    """Whether it is one or two digits, and neither a part of a word nor of a date, a time or a size."""
    if not token.word.isdecimal() or len(token.word) > 2:
        return False
    sign, following = text[token.end : token.end + 1], text[token.end + 1 : token.end + 2]
    return not is_part(sign or " ") and not (sign in {":", ".", "/", "-"} and following.isalnum())


def _is_hour(said: Sequence[str], lead: str, behind: Sequence[str]) -> bool:
    if lead in _HOURS_LEAD or (behind[:2] == ["in", "the"] and behind[2:] in (["morning"], ["afternoon"], ["evening"])):
        return True
    if " ".join(said[-2:]) in _WISHES and (not behind or behind == ["please"]):
        return True
    before = [word for word in said[-5:-1] if word not in {"am", "pm"}]
    timed = len(before) > 1 and before[-1][0].isdecimal()
    return timed and ((lead in _RANGES and before[-2] in _RANGE_LEADS) or (lead == "or" and before[-2] in _OR_LEADS))


def _spelt(text: str) -> str:
    pieces, at = [], 0
    for token in tokens(text):
        if 6 <= len(token.word) <= 10 and token.word.isalpha():
            pieces += [text[at : token.start], _day_name(token.word)]
            at = token.end
    return "".join((*pieces, text[at:]))


def _day_name(word: str) -> str:
    """A day or month with a slip put right; any other word as it is."""
    if word in _SLIPS or word.removesuffix("s") in _SLIPS or word in _NO_SLIPS:
        return word
    near = [right for right in _SLIPS if right[0] == word[0] and OSA.distance(word, right, score_cutoff=1) <= 1]
    return near[0] if len(near) == 1 else word


def _in_hours(text: str, now: datetime) -> str:
    """ "in 3 hours", which is not by the wall's clock, as a day and a time."""

    def then(found: Found) -> str:
        local = later(found.parts["count"].word, "hours", now.astimezone(UTC)).astimezone(now.tzinfo)
        return f"{local:%Y-%m-%d} from {local:%H:%M}"

    return _HOURS_AHEAD.rewritten(text, then)


def _relative(text: str, about: date | None) -> str:
    """Days counted from the one that is being spoken of, as dates."""
    if about is None:
        return text

    def then(found: Found) -> str:
        if not found.label:
            return text[found.start : found.end]
        if found.label == "weekday":
            ahead = (WEEKDAYS.index(found.parts["weekday"].word) - about.weekday() - 1) % 7 + 1
            return (about + timedelta(days=ahead)).isoformat()
        if found.label.startswith("week"):
            first = about - timedelta(days=about.weekday()) + timedelta(weeks=int(found.label.split()[1]))
            return f"{first} to {first + timedelta(days=6)}"
        return (about + timedelta(days=int(found.label))).isoformat()

    return _FROM_THAT_DAY.rewritten(text, then)
