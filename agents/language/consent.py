"""A customer's own words while a proposal waits for an answer: yes, no, an option, a change, or something else. Pure.

Consent has to be whole. A text is cut into phrases of known meaning and counts as a yes only where nothing but
agreement and politeness was said; whatever is not known, question and quotation marks included, stands against it.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, Literal

from agents.language.clock import hours, minutes, part_of_day, with_times
from agents.language.consent_phrases import BOOKING, CANCELLATION, KNOWN, Phrase, Role, segmented
from agents.language.phrases import Phrases
from agents.language.spelling import nearest
from agents.language.tokens import joined, joined_words
from agents.language.words import sentences, vocabulary

LONGEST = 200
"""Characters. A text that is longer has more to say than an answer."""
_SIGNS = {"👍": "yes", "👌": "yes", "✅": "yes", "✔": "yes", "👎": "no", "❌": "no", "🙏": "please"} | dict.fromkeys(
    "🙂😊😀😃😄☺❤🎉", "thanks"
)
_VARIATION = str.maketrans(dict.fromkeys(map(chr, (0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)))))
"""Colours of skin and forms of a sign; they change no meaning."""
_PLAIN = frozenset(".,!;:()–—#-")
"""Punctuation that says nothing."""
_I_AM = Phrases(("i am",))
_ABBREVIATED = {
    short: day
    for day, shorts in {
        "monday": "mon", "tuesday": "tue tues", "wednesday": "wed weds", "thursday": "thu thur thurs",
        "friday": "fri", "saturday": "sat", "sunday": "sun", "january": "jan", "february": "feb", "april": "apr",
        "june": "jun", "july": "jul", "august": "aug", "september": "sep sept", "october": "oct", "november": "nov",
        "december": "dec", "tomorrow": "tmrw tmw tomoz", "good": "gud", "please": "pleas plez",
    }.items()
    for short in shorts.split()
}  # fmt: skip
_ABBREVIATED |= {"yse": "yes", "yess": "yes", "yees": "yes", "eys": "yes"}
_ABBREVIATED |= {f"{day}s": day for day in _ABBREVIATED.values() if day.endswith("day")}
_DAYS = vocabulary("monday tuesday wednesday thursday friday saturday sunday")
_MONTHS = frozenset(_ABBREVIATED.values()) - _DAYS | {"march", "may"}
_SHORTEST, _LONG = 5, 8
"""Letters from which on one slip is put right, and two."""
_LONGEST_WORD = 40
"""Letters; what is longer is no word."""
_NO_SLIPS = vocabulary(
    "charge charged charger closed closes brother repaired lease launch plate plane months words world wrong things "
    "tires tyres along letter litre liter forgot forgets forth through tough native negate swift shaft actual layer "
    "certain easiest interest others wording timer spots suite excerpt prevent fifty dance logger meant certify"
)
"""Right as they are, and near to a word of the phrases."""

_CORRECTABLE = {letter: frozenset(same) for letter, same in groupby(sorted(KNOWN), key=lambda word: word[0])}
"""The known words by their first letter, which is rarely missed."""
_CANCELS = Phrases(("^ cancel", "(i|we|to) cancel"))
_ALSO_BOOKS = Phrases(("book",))
_AGREEING = {Role.YES, Role.OKAY}
_HARMLESS = _AGREEING | {Role.POLITE}
_SAID_BESIDE_A_CHOICE = _HARMLESS | {Role.JOIN, Role.PLACE, Role.REQUEST}
_SAID_AGAINST_A_REASON = {Role.YES, Role.STEER, Role.SHIFT, Role.BUT, Role.WHEN, Role.REQUEST, Role.ASK}
_ASKING = vocabulary(
    "? what whats how hows why when where which who whose tell explain show help cost costs price much question"
)
"""Words of a question of its own, where no known phrase holds them."""
_ASKING_FIRST = vocabulary("do does did should can could would are is have has will")
_AFTER_NO = vocabulary("i im ill id ive its it we thats too")
"""Before one of them "no" is an answer, and not the "no" of "no brakes"."""
_HESITATING = vocabulary("hmm hm um er erm well actually so")
QUOTING = frozenset("\"'`«»„“”‘’“")
_MOST_REASONS, _MOST_NAMES = 12, 3
"""Unknown words that a reason may have, and what a customer wants instead."""
_ORDINAL_ENDINGS = frozenset({"", "st", "nd", "rd", "th"})
_INDEX = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "former": 0, "last": -1, "latter": -1} | {
    "one": 0, "two": 1, "three": 2, "four": 3
}  # fmt: skip


def read_reply(
    text: str, kind: Literal["confirm", "choose"], options: Sequence[tuple[Any, str]], prompt: str = ""
) -> Any | None:
    """What `text` answers to a question of this `kind`, or None where it answers nothing.

    confirm: True or False. choose: the value of one of the `options`, which are pairs of a value and a label, or False
    for none of them. Both: `{"change": text}` where the customer wants something else than was proposed, such as
    another time; also where a choice fits several options or is only asked for ("Tuesday?"). A label typed as it
    stands is its option. None is a new question, chit-chat, a condition, doubt: never a reason to act.

    `prompt` is what the customer was asked. By it "yes, Tuesday at 9:30" is a yes and not a change, and "cancel it" is
    consent to a cancellation; without it a proposal is taken for a booking. Never raises.
    """
    words = _words(text)
    if not words or not QUOTING.isdisjoint(words):
        return None
    labels = [frozenset(_words(label)) for _, label in options]
    asked = frozenset(word for word in _words(prompt[:LONGEST]) if word.isalnum())
    names = asked.union(*labels)
    words = [_spelt(word, names) for word in words]
    said = [
        (Role.WHEN if role is Role.UNKNOWN and _dated(phrase) else role, phrase)
        for role, phrase in segmented(words, CANCELLATION if cancels(prompt) else BOOKING)
    ]
    typed = [value for value, label in options if _core(said) == _core(segmented(_words(label), BOOKING))]
    if len(typed) == 1:
        return typed[0]
    if kind == "confirm" and (_agrees(said) or _repeats(said, asked)):
        return True
    if _refuses(said):
        return False
    chosen = _chosen(said, labels) if kind == "choose" else []
    if len(chosen) == 1 and _wishes(said):
        return options[chosen[0]][0]
    return {"change": text} if chosen or _changes(said) else None


def cancels(prompt: str) -> bool:
    """Whether a prompt asks whether to cancel something, and does not only say that a booking can be cancelled."""
    *_, asked = ("", *sentences(prompt, ".!?"))
    return asked.endswith("?") and asked in _CANCELS and asked not in _ALSO_BOOKS


def _words(text: str) -> list[str]:
    """Words, signs as words, and every other character that is not plain punctuation; [] for a text too long."""
    text = text.strip()
    if len(text) > LONGEST:
        return []
    text = unicodedata.normalize("NFKC", text).casefold().translate(_VARIATION)
    for sign, meaning in _SIGNS.items():
        text = text.replace(sign, f" {meaning} ")
    text = with_times(_I_AM.without(joined(text), "im"))
    return [_ABBREVIATED.get(word, word) for word in joined_words(text, _PLAIN)]


def _spelt(word: str, names: frozenset[str]) -> str:
    """The word as it was meant: letters held down too long, and slips in longer words."""
    if word in KNOWN or word in names or not word.isalpha() or len(word) > _LONGEST_WORD:
        return word
    runs = ["".join(run) for _, run in groupby(word)]
    for most in (2, 1):
        if (shorter := "".join(run[:most] if len(run) > 2 else run for run in runs)) in KNOWN:
            return shorter
    if (shorter := "".join((*runs[:-1], runs[-1][:1]))) in KNOWN:
        return shorter
    if len(word) < _SHORTEST or word in _NO_SLIPS:
        return word
    return _nearest(word, names) or _nearest(word, _CORRECTABLE.get(word[0], frozenset())) or word


@lru_cache(maxsize=1024)
def _nearest(word: str, right: frozenset[str]) -> str:
    """The one word that takes the fewest slips, or "" where there is none or more than one. Words that begin as others
    end, such as "certain" and "certainly", are words of their own."""
    own = (other for other in right if len(other) >= _SHORTEST and other.isalpha())
    apart = [other for other in own if not other.startswith(word) and not word.startswith(other)]
    near = [(count, other) for count, other in nearest(word, apart, 2) if count <= (2 if len(other) >= _LONG else 1)]
    return near[0][1] if near and (len(near) == 1 or near[0][0] < near[1][0]) else ""


def _core(said: Sequence[Phrase]) -> list[str]:
    return [word for role, phrase in said if role is not Role.POLITE for word in phrase]


def _agrees(said: Sequence[Phrase]) -> bool:
    roles = {role for role, _ in said}
    return roles <= _HARMLESS and not roles.isdisjoint(_AGREEING)


def _repeats(said: Sequence[Phrase], asked: frozenset[str]) -> bool:
    """Whether it is a yes that beside politeness only repeats what was asked. A prompt with two days or two times names
    something that is to be left as well; repeating a part of it says nothing."""
    days, times = len(asked & _DAYS), sum(1 for word in asked if minutes(word))
    rest = [(role, phrase) for role, phrase in said if role not in _HARMLESS | {Role.JOIN, Role.PLACE}]
    return (
        rest != []
        and days <= 1
        and times <= 1
        and any(role is Role.YES for role, _ in said)
        and all(role in (Role.WHEN, Role.UNKNOWN) and _fits(phrase, asked) for role, phrase in rest)
    )


def _refuses(said: Sequence[Phrase]) -> bool:
    """Whether it is a no and politeness, perhaps after an "ok"; or a clear no at the start, and its reason."""
    order = [role for role, phrase in said if role is not Role.POLITE and phrase[0] not in _HESITATING]
    if order[:1] == [Role.OKAY]:
        order = order[1:]
    if not order or order[0] not in (Role.NO, Role.REFUSAL):
        return False
    if set(order) <= {Role.NO, Role.REFUSAL}:
        return True
    opening = next(at for at, (role, _) in enumerate(said) if role in (Role.NO, Role.REFUSAL))
    rest = said[opening + 1 :]
    unknown = [word for role, phrase in rest if role is Role.UNKNOWN for word in phrase]
    return (
        (order[0] is Role.REFUSAL or (said[opening][1] == ("no",) and rest[0][1][0] in _AFTER_NO))
        and _SAID_AGAINST_A_REASON.isdisjoint(order)
        and _ASKING.isdisjoint(unknown)
        and rest[0][1][0] not in _ASKING_FIRST
        and len(unknown) <= _MOST_REASONS
    )


def _changes(said: Sequence[Phrase]) -> bool:
    """Whether it asks for something else in words that are all known, or names it in a few that are not."""
    roles = {role for role, _ in said}
    unknown = [word for role, phrase in said if role is Role.UNKNOWN for word in phrase]
    if not [word for word in unknown if word != "?" and not _date(word)]:
        return bool(roles & {Role.STEER, Role.SHIFT, Role.WHEN}) or roles >= {Role.BUT, Role.PLACE}
    if len(unknown) > _MOST_NAMES or not (_ASKING | _ASKING_FIRST).isdisjoint(set(unknown) - {"?"}):
        return False
    steers = bool(roles & {Role.STEER, Role.BUT}) and bool(roles & {Role.WHEN, Role.PLACE})
    return steers or (Role.STEER, ("instead",)) in said


def _chosen(said: Sequence[Phrase], labels: Sequence[frozenset[str]]) -> list[int]:
    """The places of the options whose labels hold all that is said of them."""
    rest = [(role, phrase) for role, phrase in said if phrase != ("?",)]
    told = [(role, phrase) for role, phrase in rest if role not in _SAID_BESIDE_A_CHOICE]
    if not told:
        return []
    fitting = {at for at, label in enumerate(labels) if all(_fits(phrase, label) for _, phrase in told)}
    if len(told) == 1:
        fitting |= _counted(told[0][1][-1], labels, [word for _, phrase in rest for word in phrase])
    return sorted(fitting)


def _counted(word: str, labels: Sequence[frozenset[str]], words: Sequence[str]) -> set[int]:
    """The place that the word counts to, and the options at the full hour that a bare number may be."""
    digits = word.rstrip("stndrh")
    if not digits.isdecimal() or len(digits) > 2 or word[len(digits) :] not in _ORDINAL_ENDINGS:
        index = _INDEX.get(word, len(labels))
        return {index % len(labels)} if -len(labels) <= index < len(labels) else set()
    if word != digits:
        dated = any(not _MONTHS.isdisjoint(label) for label in labels)
        return _place(int(digits), labels) if not dated or "one" in words or "option" in words else set()
    if "on" in words:
        return set()
    meant = set(hours(digits))
    return _place(int(digits), labels) | {at for at, label in enumerate(labels) if meant & _times(label)}


def _place(number: int, labels: Sequence[frozenset[str]]) -> set[int]:
    return {number - 1} if 1 <= number <= len(labels) else set()


def _wishes(said: Sequence[Phrase]) -> bool:
    """Whether it is no question, or one in form only: "can we do Tuesday?"."""
    return ("?",) not in {phrase for _, phrase in said} or any(role is Role.REQUEST for role, _ in said)


def _fits(phrase: Sequence[str], label: frozenset[str]) -> bool:
    times = _times(label)
    return all(
        word in label
        or _date(word) in label
        or bool(times.intersection(minutes(word)))
        or word.removesuffix("s") in {part_of_day(time) for time in times}
        for word in phrase
    )


def _times(label: frozenset[str]) -> set[int]:
    """Our own times are written in 24 hours, so the first reading is meant."""
    return {meant[0] for word in label if (meant := minutes(word))}


def _date(word: str) -> str:
    """A number as labels write it: "1" for "1st" and "01"; "" for what is no number."""
    digits = word.rstrip("stndrh")
    whole = digits.isdecimal() and word[len(digits) :] in _ORDINAL_ENDINGS
    if whole and len(digits) == 3 and digits[0] == "0":
        return digits[1:]
    return digits.removeprefix("0") or digits if whole and len(digits) <= 2 else ""


def _dated(phrase: Sequence[str]) -> bool:
    """Whether a time of day or a day of the month is named."""
    return any(minutes(word) or (_date(word) and not word.isdecimal()) for word in phrase)
