"""Times of day as customers write them: "half nine", "9.30", "2 pm", "at three", "1400"."""

from collections.abc import Iterator

from agents.language.numbers import WORDS, before, is_part
from agents.language.phrases import Found, Phrases
from agents.language.tokens import Token

_MINUTES = {"half": 30, "quarter past": 15, "quarter to": -15, "thirty": 30, "fifteen": 15, "forty five": 45}
_NOON = 720
_SIDES = "(am|pm|a m|p m|a. m.|p. m.|a. m|p. m|o clock|oclock|)"
_LEADS = "at|after|before|between|around"


def _is_hour(token: Token) -> bool:
    return token.word in WORDS or (token.word.isdecimal() and len(token.word) <= 2)


def _is_clock(token: Token) -> bool:
    """Whether it is written as 9:30, 9.30, 930 or 1400."""
    return token.kind == "number" and _clock(token.word) is not None


def _clock(written: str) -> tuple[str, int] | None:
    for sign in ":.":
        hour, _, minute = written.partition(sign)
        if minute:
            right = hour.isdecimal() and len(hour) <= 2 and minute.isdecimal() and len(minute) == 2 and minute < "60"
            return (hour, int(minute)) if right else None
    joined = written.isdecimal() and 3 <= len(written) <= 4 and written[-2:] in {"00", "15", "30", "45"}
    return (written[:-2], int(written[-2:])) if joined else None


_TIME = Phrases(
    {
        "noon": ["(at|) (noon|midday)"],
        "spoken": [f"(at|) (half|quarter past|quarter to) (past|) <hour> {_SIDES}"],
        "clock": [f"(at|) <clock> {_SIDES}", f"(at|) <hour> <tail> {_SIDES}"],
        "named": [f"(at|) <hour> (thirty|fifteen|forty five) {_SIDES}"],
        "full": [f"(at|) <hour> {_SIDES.replace('|)', ')')}", f"({_LEADS}) <hour>"],
    },
    {
        "hour": _is_hour,
        "clock": _is_clock,
        "tail": lambda token: token.word[0] == "h" and not token.apart and _clock(f"1:{token.word[1:]}") is not None,
    },
)


def with_times(text: str) -> str:
    """The text, which is in lower case and without apostrophes, with each time of day as one word that `minutes` reads.

    A bare number is no time: "at 2" is, "2" is not.
    """
    pieces, at = [], 0
    for found in _TIME.spans(text):
        word = _word(text[found.start : found.end], found)
        start, end = found.start, found.end
        if (before(text, start) or " ") in ":." or is_part(before(text, start)) or (text[end : end + 1] or " ") in ":_":
            continue
        if not word or is_part(text[end : end + 1]):
            continue
        lead = text[start:end].split()[0]
        kept = f"{lead} " if found.label == "full" and lead in _LEADS.split("|")[1:] else ""
        pieces += [text[at:start], kept, word]
        at = end
    return "".join((*pieces, text[at:]))


def minutes(word: str) -> tuple[int, ...]:
    """The minutes after midnight that a word of `with_times` can mean, as written first; none for any other word."""
    figures = word[1:].split("or") if word[:1] == "t" else []
    return tuple(map(int, figures)) if figures and all(map(str.isdecimal, figures)) else ()


def hours(figure: str) -> tuple[int, ...]:
    """The full hours, in minutes after midnight, that a bare number of one or two digits can mean."""
    return tuple(_meant(figure, 0, None))


def part_of_day(minute: int) -> str:
    """`morning` until noon, `afternoon` until 18:00, `evening` after it."""
    return "morning" if minute < _NOON else "afternoon" if minute < 1080 else "evening"


def _word(written: str, found: Found) -> str:
    if found.label == "noon":
        return f" t{_NOON} "
    hour, past = "", 0
    if "clock" in found.parts:
        hour, past = _clock(found.parts["clock"].word) or ("", 0)
    else:
        hour = found.parts["hour"].word
        said = written.casefold()
        past = next((count for words, count in _MINUTES.items() if words in said), 0)
    if "tail" in found.parts:
        past = int(found.parts["tail"].word[1:])
    letters = "".join(filter(str.isalpha, written[-6:]))
    side = "am" if letters.endswith("am") else "pm" if letters.endswith("pm") else None
    meant = list(_meant(hour, past, side))
    return f" t{'or'.join(map(str, meant))} " if meant else ""


def _meant(hour: str, past: int, side: str | None) -> Iterator[int]:
    """Both halves of the day, unless the writing tells which: "pm", "14", or a leading zero as in "09:30"."""
    number = WORDS.get(hour) or int(hour)
    if number > 24:
        return
    if side in ("am", "pm") and 1 <= number <= 12:
        yield (number % 12 + (12 if side == "pm" else 0)) * 60 + past
        return
    yield (number % 24 * 60 + past) % 1440
    if 1 <= number <= 12 and not hour.startswith("0"):
        yield ((number + 12) % 24 * 60 + past) % 1440
