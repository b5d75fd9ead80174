"""Times of day as customers write them: "half nine", "9.30", "2 pm", "at three", "1400"."""

from collections.abc import Iterator

from agents.language.numbers import WORDS, before, is_part
from agents.language.phrases import Found, Phrases

_PAST = {"half": 30, "quarter past": 15, "quarter to": -15, "thirty": 30, "fifteen": 15, "forty five": 45}
_NOON = 720
_SIDE = "(am|pm|a m|p m|a. m.|p. m.|a. m|p. m|o clock|oclock)"
LEADS = ("at", "after", "before", "between", "around")
"""Behind one of these words a number is an hour."""


def _clock(written: str) -> tuple[str, int] | None:
    """Hour and minute of what is written as 9:30, 9.30, 930 or 1400."""
    for sign in ":.":
        hour, _, minute = written.partition(sign)
        if minute:
            right = hour.isdecimal() and len(hour) <= 2 and minute.isdecimal() and len(minute) == 2 and minute < "60"
            return (hour, int(minute)) if right else None
    joined = written.isdecimal() and 3 <= len(written) <= 4 and written[-2:] in {"00", "15", "30", "45"}
    return (written[:-2], int(written[-2:])) if joined else None


TIMES = {
    "noon": ("(at|) (noon|midday)",),
    "spoken": (f"(at|) (half|quarter past|quarter to) (past|) <hour> ({_SIDE}|)",),
    "clock": (f"(at|) <clock> ({_SIDE}|)", "(at|) <sharp> h", f"(at|) <hour> <tail> ({_SIDE}|)"),
    "named": (f"(at|) <hour> (thirty|fifteen|forty five) ({_SIDE}|)",),
    "full": (f"(at|) <hour> {_SIDE}",),
    "ish": ("(at|) <hour> ish", "(at|) <sharp> ish"),
}

CLASSES = {
    "hour": lambda token: token.word in WORDS or (token.word.isdecimal() and len(token.word) <= 2),
    "clock": lambda token: token.kind == "number" and _clock(token.word) is not None,
    "sharp": lambda token: token.kind == "number" and len(token.word) in (4, 5) and _clock(token.word) is not None,
    "tail": lambda token: token.word[0] == "h" and not token.apart and _clock(f"1:{token.word[1:]}") is not None,
}
"""Templates of times, and the classes of their tokens."""
_TIME = Phrases({**TIMES, "led": (f"({'|'.join(LEADS)}) <hour>",)}, CLASSES)


def meant(found: Found, text: str) -> tuple[int, ...]:
    """The minutes after midnight that a phrase of TIMES in a text can mean, as written first; none for a part of
    something else."""
    lead, behind = before(text, found.start) or " ", text[found.end : found.end + 1] or " "
    if lead in ":." or is_part(lead) or behind == ":" or is_part(behind):
        return ()
    if found.label == "noon":
        return (_NOON,)
    written = text[found.start : found.end].casefold()
    figures = found.parts.get("clock") or found.parts.get("sharp")
    if figures:
        hour, past = _clock(figures.word) or ("", 0)
    else:
        hour = found.parts["hour"].word
        past = next((count for words, count in _PAST.items() if words in written), 0)
    if "tail" in found.parts:
        past = int(found.parts["tail"].word[1:])
    letters = "".join(filter(str.isalpha, written[-6:]))
    return tuple(_meant(hour, past, letters[-2:]))


def with_times(text: str) -> str:
    """The text, which is in lower case and without apostrophes, with each time of day as one word that `minutes` reads.

    A bare number is no time: "at 2" is, "2" is not.
    """
    pieces, at = [], 0
    for found in _TIME.spans(text):
        if read := meant(found, text):
            lead = text[found.start : found.end].split()[0]
            kept = f"{lead} " if found.label == "led" and lead in LEADS[1:] else ""
            pieces += [text[at : found.start], kept, f" t{'or'.join(map(str, read))} "]
            at = found.end
    return "".join((*pieces, text[at:]))


def minutes(word: str) -> tuple[int, ...]:
    """The minutes after midnight that a word of `with_times` can mean, as written first; none for any other word."""
    figures = word[1:].split("or") if word[:1] == "t" else []
    return tuple(map(int, figures)) if figures and all(map(str.isdecimal, figures)) else ()


def hours(figure: str) -> tuple[int, ...]:
    """The full hours, in minutes after midnight, that a bare number of one or two digits can mean."""
    return tuple(_meant(figure, 0, ""))


def part_of_day(minute: int) -> str:
    """`morning` until noon, `afternoon` until 18:00, `evening` after it."""
    return "morning" if minute < _NOON else "afternoon" if minute < 1080 else "evening"


def _meant(hour: str, past: int, side: str) -> Iterator[int]:
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
