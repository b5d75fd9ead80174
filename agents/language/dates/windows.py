"""What customers write about days and times, as windows: "next Tuesday morning", "not before 10", "any day but Friday".

Days are calendar days and times are the wall's clock, so a change to summer time moves neither. Days count from the
customer's today; `days.py` says how each phrase is read. A morning ends at noon, an afternoon runs from noon
to 18:00, an evening begins at 17:00. A time that may be before noon or after is the one between 7:00 and 18:59.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from agents.language import clock
from agents.language.dates.days import days, later
from agents.language.dates.grammar import COUNTS, Node, Phrase, parsed
from agents.language.dates.marks import Days, Unclear, week_of, weekday_named
from agents.language.dates.sentence import Said, Sentence
from agents.language.dates.wish import Window, Wish
from agents.language.numbers import WORDS, is_part
from agents.language.tokens import Token

LONGEST = 2000
"""Characters that are read; nobody needs more for a day and a time."""
_EARLIEST, _LATEST = 6, 18
"""Hours between which a number alone is one."""
_SIDES = {"am": Window(latest=719), "pm": Window(earliest=720, latest=1079)}
"""Behind a day."""
_UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)} | dict.fromkeys(
    ("minute", "min"), timedelta(minutes=1)
)
_HOURS_LEAD = frozenset({*clock.LEADS, "from", "until", "till", "til", "by", "past", "earliest", "latest"})
_JOINTS = frozenset({"-", "–", "to", "and", "or", "until", "til", "till"})
_JOINED = frozenset({"between", "from", "at", "around", "after", "before"})
"""Behind a time that follows one of these words, such a joint and a number are another time."""
_WISHES = (("make", "it"), ("make", "that"), ("rather",), ("say",), ("prefer",))


class _Asked(Exception):
    """What is named is no day; the question asks for one."""


def read(text: str, now: datetime, about: date | None = None, since: date | None = None, above: int = _LATEST) -> Wish:
    """What the text says of days and times; an empty wish where it says nothing.

    `now` is aware and in the customer's time zone. `about`: the day that is being spoken of, for "the day after" and "a
    week later"; `since`: from which day on a weekday or "the 9th" is meant, by itself from today on. A number `above`
    this is an hour of the day even where it stands alone. Only the first LONGEST characters are read. Never raises for
    a text.
    """
    text = text[:LONGEST]
    nodes = list(parsed(text, about is not None))
    bare = {at: int(node.word) for at, node in enumerate(nodes) if isinstance(node, Token) and _is_bare(text, node)}
    alone = len(bare) == 1 and max(above, _EARLIEST) < next(iter(bare.values())) <= _LATEST
    said: list[Said] = []
    try:
        for at, node in enumerate(nodes):
            if isinstance(node, Phrase):
                said += _meant(node, now, about, since)
            elif node.word in _SIDES and said and isinstance(said[-1], Days):
                said.append((_SIDES[node.word],))
            else:
                spelt = node.word in WORDS and said[-1:] and said[-1] in clock.LEADS
                hour = spelt or (at in bare and (alone or _is_hour(said, nodes[at + 1 : at + 3])))
                said.append((_times(clock.hours(node.word)) if hour else ()) or node.word)
        return Sentence(now).read(said)
    except _Asked as question:
        return Wish(unclear=str(question))
    except (OverflowError, ValueError):  # beyond the calendar's first or last day
        return Wish()


def shifted(text: str) -> timedelta | None:
    """How much later by the wall's clock is wished; earlier is negative: "an hour later", "two days earlier"."""
    phrases = (node for node in parsed(text[:LONGEST]) if isinstance(node, Phrase))
    found = next((node for node in phrases if node.table == "shift" or node.words[-1] == "back"), None)
    unit = (found["period"] or found["hours"] or found["unit"]).removesuffix("s") if found else ""
    if found is None or unit not in _UNITS or found["count"] == "few":
        return None
    count = found["count"]
    number = 0.5 if not count else COUNTS[count] if count in COUNTS else float(count)
    return number * _UNITS[unit] * (-1 if {"earlier", "forward"} & {*found.words} else 1)


def _meant(phrase: Phrase, now: datetime, about: date | None, since: date | None) -> Sequence[Said]:
    """The days, times and words that a phrase means. Raises _Asked."""
    match phrase.table:
        case "hours":
            first, last = phrase.name.split("-")
            return [(Window(earliest=int(first), latest=int(last)),)]
        case "clock":
            return [*(["around"] if phrase.name == "ish" else []), _times(phrase.times)]
        case "hour":
            dash = {"-", "–", phrase["dash"]} & {*phrase.words}
            times = _times(clock.hours(phrase["hour"]))
            return [times, phrase.name] if dash and times else phrase.words
        case "said":
            return phrase.name.split()
        case "counted":
            return [_counted(phrase, about)] if about else phrase.words
    if phrase.name == "hours_ahead":  # not by the wall's clock
        then = later(phrase["count"], "hours", now.astimezone(UTC)).astimezone(now.tzinfo)
        return [Days(then.date(), then.date()), "from", _times([then.hour * 60 + then.minute])]
    found = days(phrase, now)
    if isinstance(found, Unclear):
        raise _Asked(found.question)
    if not isinstance(found, Days):
        return [word for word in phrase.words if not word.isdecimal()]
    evening = [(Window(earliest=1020),)] if "tonight" in phrase.words else []
    return [_from(found, since) if since else found, *evening]


def _from(found: Days, since: date) -> Days:
    """A weekday or a day of the month named alone as the first one from that day on."""
    if found.first is None or not (found.loose or found.monthly):
        return found
    day = since + timedelta(days=(found.first.weekday() - since.weekday()) % 7)
    if found.monthly:
        ahead = (since + timedelta(days=days) for days in range(62))
        day = next((item for item in ahead if item.day == found.first.day), found.first)
    return replace(found, first=day, last=day)


def _counted(phrase: Phrase, about: date) -> Days:
    """A day or a week counted from the one that is being spoken of."""
    name, *ahead = phrase.name.split()
    if ahead:
        first, last = week_of(about + timedelta(weeks=int(ahead[0])))
        return Days(first, last)
    by = (weekday_named(phrase["weekday"]) or 0) - about.weekday() - 1
    day = about + timedelta(days=by % 7 + 1 if name == "weekday" else int(name))
    return Days(day, day)


def _times(minutes: Sequence[int]) -> tuple[Window, ...]:
    return tuple(Window(earliest=minute, latest=minute) for minute in minutes)


def _is_bare(text: str, token: Token) -> bool:
    """Whether it is one or two digits, and neither a part of a word nor of a date, a time or a size."""
    if not token.word.isdecimal() or len(token.word) > 2:
        return False
    sign, following = text[token.end : token.end + 1], text[token.end + 1 : token.end + 2]
    return not is_part(sign or " ") and not (sign in {":", ".", "/", "-"} and following.isalnum())


def _is_hour(said: Sequence[Said], behind: Sequence[Node]) -> bool:
    """Whether a bare number can only be an hour: "from 8", "between 3 and 5", "6 in the evening", "make it 4"."""
    if said and said[-1] in _HOURS_LEAD:
        return True
    if behind and isinstance(behind[0], Phrase) and behind[0].table == "hours" and behind[0].words[:2] == ["in", "the"]:
        return True
    last = not behind or [node.word for node in behind if isinstance(node, Token)] == ["please"]
    if last and any(tuple(said[-len(wish) :]) == wish for wish in _WISHES):
        return True
    joined = len(said) > 2 and said[-1] in _JOINTS and isinstance(said[-2], tuple)
    return joined and said[-3] in _JOINED
