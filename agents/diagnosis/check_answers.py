"""A customer's own words as the answer to a check: yes, no, not known, or about another check than was asked. Pure.

The file beside this module holds the phrases.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.diagnosis.guided_checks import Cause
from agents.diagnosis.ranking import Answer, confirming, refuting
from agents.diagnosis.symptoms import telling
from agents.language.consent import read_reply
from agents.language.words import words
from agents.learning.examples import beside
from agents.types import YES_OR_NO
from rag.terms import plain, stem

_LONGEST = 60
"""Words. A text that is longer tells a new story."""
_PHRASES = {name: "|".join(phrases) for name, phrases in beside(__file__).items()}
_DENIED = frozenset(beside(__file__)["denied"])
_CLAUSE = re.compile(r"[,;:!?\n]+|\.(?=\s)|\bbut\b|\band\b")
"""What a denial does not reach across."""
_DENIED_AFTER = frozenset({"not", "isnt", "arent", "wasnt", "none", "off"})
_GENERAL = frozenset(map(stem, beside(__file__)["general"])) | {"not"}


def _any(name: str, before: str = r"\b") -> re.Pattern[str]:
    return re.compile(rf"{before}(?:{_PHRASES[name]})\b")


_OPENING = rf"\W*(?:(?:{_PHRASES['opening']})\b\W*)*"
_YES, _NO = _any("yes", _OPENING), _any("no", _OPENING)
_UNKNOWN, _DONE, _FINE, _FAULTY = _any("unknown"), _any("done"), _any("fine"), _any("faulty")
_HELPED, _NOT_HELPED = _any("helped"), _any("not_helped")
_NOT_FAULTY = _any("faulty", r"\b(?:no|not|isnt|wasnt|arent|werent|nothing) (?:\w+ )?")
_NOT_FINE = _any("fine", r"\b(?:not|isnt|wasnt|arent|werent|never) (?:\w+ )?")


@dataclass(frozen=True, slots=True)
class Told:
    """What a text answers: by the names of causes the answers to their checks. `direct`: it answers what was asked and
    would mean nothing by itself, such as "no"."""

    answers: Mapping[str, Answer]
    direct: bool


def read(text: str, causes: Sequence[Cause], asked: Cause | None) -> Told | None:
    """What a text says about the checks of `causes`, of which `asked` was asked last; None where it says nothing."""
    said = _plain(text)
    if not said or len(words(said)) > _LONGEST:
        return None
    signs = signs_in(text, causes)
    about = _about(said, causes, asked)
    elsewhere = about is not None and about is not asked and _apart(said, about, asked)
    if asked is not None and not elsewhere and (direct := _direct(said, asked)) is not None:
        return Told({asked.name: direct, **signs}, direct=not signs and about is not asked)
    if about is not None and (stated := _stated(said, about)) is not None:
        return Told({about.name: stated, **signs}, direct=False)
    if asked is not None and _DONE.search(said):
        return Told({asked.name: _judged(said, asked) or refuting(asked), **signs}, direct=not signs)
    if signs:
        return Told({**_against(asked, signs, causes), **signs}, direct=False)
    return None


def unknown(text: str) -> bool:
    """Whether the text says that its writer does not know."""
    return _UNKNOWN.search(_plain(text)) is not None


def helped(text: str) -> bool | None:
    """Whether advice has helped; None where the text does not say."""
    said = _plain(text)
    if len(words(said)) > _LONGEST:
        return None
    return False if _NOT_HELPED.search(said) else True if _HELPED.search(said) else _agreed(said)


def signs_in(text: str, causes: Sequence[Cause]) -> dict[str, Answer]:
    """The causes whose signs a text has, with the answer that these amount to; a sign that is denied is none."""
    clauses = [stems for clause in _CLAUSE.split(_plain(text)) if (stems := _stems(clause))]
    return {
        cause.name: confirming(cause)
        for cause in causes
        if any(_has(clause, wanted) for wanted in map(_stems, map(_plain, cause.signs)) for clause in clauses)
    }


def _plain(text: str) -> str:
    return plain(text).replace("'", "").strip()


def _stems(said: str) -> list[str]:
    return [word if word in _DENIED else stem(word) for word in words(said)]


def _has(spoken: Sequence[str], sign: Sequence[str]) -> bool:
    """Whether the words of a sign stand in the text, in their order with at most one word between two."""
    for at, word in enumerate(spoken):
        if not sign or word != sign[0] or not _DENIED.isdisjoint(spoken[max(at - 2, 0) : at]):
            continue
        place = at
        for wanted in sign[1:]:
            near = spoken[place + 1 : place + 3]
            if wanted not in near:
                break
            place += 1 + near.index(wanted)
        else:
            if _DENIED_AFTER.isdisjoint(spoken[place + 1 : place + 3]):
                return True
    return False


def _direct(said: str, asked: Cause) -> Answer | None:
    """The answer to the check that was asked."""
    if _UNKNOWN.search(said):
        return "unknown"
    agreed = _agreed(said)
    if agreed is not None:
        return "yes" if agreed else "no"
    if _NOT_HELPED.search(said):
        return refuting(asked)
    return confirming(asked) if _HELPED.search(said) else None


def _agreed(said: str) -> bool | None:
    value = read_reply(said, "confirm", [(item.value, item.label) for item in YES_OR_NO])
    if isinstance(value, bool):
        return value
    return False if _NO.match(said) else True if _YES.match(said) else None


def _about(said: str, causes: Sequence[Cause], asked: Cause | None) -> Cause | None:
    """The cause whose check the text speaks of most plainly; the one that was asked where several are alike."""
    spoken = telling(said) - _GENERAL
    scored = [(len(spoken & _subject(cause)), cause is asked, -at) for at, cause in enumerate(causes) if cause.check]
    best = max(scored, default=(0, False, 0))
    return causes[-best[2]] if best[0] else None


def _apart(said: str, about: Cause, asked: Cause | None) -> bool:
    """Whether the text is about another check: it says what was done, or speaks of that far more than of what was
    asked."""
    spoken = telling(said) - _GENERAL
    of_asked = len(spoken & _subject(asked)) if asked is not None else 0
    return len(spoken & _subject(about)) >= of_asked + 2 or _DONE.search(said) is not None


def _subject(cause: Cause) -> frozenset[str]:
    return (telling(cause.check) | telling(cause.name)) - _GENERAL


def _stated(said: str, cause: Cause) -> Answer | None:
    """The answer that a statement about a check amounts to."""
    if _UNKNOWN.search(said):
        return "unknown"
    if (judged := _judged(said, cause)) is not None:
        return judged
    if len((telling(said) - _GENERAL) & _subject(cause)) < 2:
        return refuting(cause) if _DONE.search(said) else None
    return "yes" if _DENIED.isdisjoint(_stems(said)) else "no"


def _judged(said: str, cause: Cause) -> Answer | None:
    """What "it is fine" or "it was blown" says about a cause."""
    if _NOT_FINE.search(said):
        return confirming(cause)
    if _FINE.search(said) or _NOT_FAULTY.search(said) or _NOT_HELPED.search(said):
        return refuting(cause)
    return confirming(cause) if _FAULTY.search(said) else None


def _against(asked: Cause | None, signs: Mapping[str, Answer], causes: Sequence[Cause]) -> dict[str, Answer]:
    """What another cause's sign says of the one that was asked: a sign that confirms speaks against all others."""
    if asked is None or asked.name in signs:
        return {}
    confirmed = any(cause.name in signs and "confirms" in (cause.if_yes, cause.if_no) for cause in causes)
    return {asked.name: refuting(asked)} if confirmed else {}
