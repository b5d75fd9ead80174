"""Times of day as customers write them: "half nine", "9.30", "2 pm", "at three", "1400"."""

import re
from collections.abc import Iterator

_NAMED = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_HOUR = rf"(?:\d{{1,2}}|{'|'.join(_NAMED)})"
_MINUTES = {"half": 30, "quarter past": 15, "quarter to": -15, "thirty": 30, "fifteen": 15, "forty five": 45}
_TIME = re.compile(
    rf"""(?<![\w:.])(?:at\s)?(?:
        (?P<before>half|quarter\spast|quarter\sto)(?:\spast)?\s(?P<spoken>{_HOUR})
      | (?P<figure>\d{{1,2}})(?:[:.h](?P<minute>[0-5]\d)|(?P<quarter>00|15|30|45))
      | (?P<named>{_HOUR})\s(?P<after>thirty|fifteen|forty\sfive)
      | (?P<full>{_HOUR})(?=\s?(?:[ap]m|o\s?clock)\b)
      | (?:(?<=\bat\s)|(?<=\bafter\s)|(?<=\bbefore\s)|(?<=\bbetween\s)|(?<=\baround\s))(?P<hour>{_HOUR})
      | (?P<noon>noon|midday)
    )(?:\s?(?P<side>[ap]m|o\s?clock))?(?![\w:])""",
    re.VERBOSE,
)
_WORD = re.compile(r"t(\d+)(?:or(\d+))?")
_NOON = 720


def with_times(text: str) -> str:
    """The text, which is in lower case and without apostrophes, with each time of day as one word that `minutes` reads.

    A bare number is no time: "at 2" is, "2" is not.
    """
    return _TIME.sub(_word, re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text))


def minutes(word: str) -> tuple[int, ...]:
    """The minutes after midnight that a word of `with_times` can mean, as written first; none for any other word."""
    found = _WORD.fullmatch(word)
    return tuple(int(group) for group in found.groups() if group) if found else ()


def hours(figure: str) -> tuple[int, ...]:
    """The full hours, in minutes after midnight, that a bare number of one or two digits can mean."""
    return tuple(_meant(figure, 0, None))


def part_of_day(minute: int) -> str:
    """`morning` until noon, `afternoon` until 18:00, `evening` after it."""
    return "morning" if minute < _NOON else "afternoon" if minute < 1080 else "evening"


def _word(found: re.Match[str]) -> str:
    parts = found.groupdict()
    if parts["noon"]:
        return f" t{_NOON} "
    hour = parts["spoken"] or parts["figure"] or parts["named"] or parts["full"] or parts["hour"]
    spoken = _MINUTES.get(parts["before"] or parts["after"] or "", 0)
    meant = list(_meant(hour, spoken + int(parts["minute"] or parts["quarter"] or 0), parts["side"]))
    return f" t{'or'.join(map(str, meant))} " if meant else found.group()


def _meant(hour: str, past: int, side: str | None) -> Iterator[int]:
    """Both halves of the day, unless the writing tells which: "pm", "14", or a leading zero as in "09:30"."""
    number = _NAMED.index(hour) + 1 if hour in _NAMED else int(hour)
    if number > 24:
        return
    if side in ("am", "pm") and 1 <= number <= 12:
        yield (number % 12 + (12 if side == "pm" else 0)) * 60 + past
        return
    yield (number % 24 * 60 + past) % 1440
    if 1 <= number <= 12 and not hour.startswith("0"):
        yield ((number + 12) % 24 * 60 + past) % 1440
