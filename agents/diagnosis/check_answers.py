"""A customer's own words as answers to checks: to the one that was asked, and to those that they speak of unasked.

What a reply does is learnt from the examples beside this module. Which check a clause is about is told by its likeness
to the signs, the question and the name of a cause. All of this embeds, so that it blocks its thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.diagnosis.guided_checks import Cause, Symptom
from agents.diagnosis.ranking import Answer, confirming, refuting
from agents.diagnosis.symptoms import likeness
from agents.language.negation import is_negator
from agents.language.reading import reading
from agents.language.tokens import split_clauses
from agents.language.words import vocabulary, words
from agents.learning.choice import Choices
from agents.learning.examples import beside

REPLY = "check reply"
"""The name of the choice among `Resources.choices`, and its examples."""
EXAMPLES = beside(__file__)
_LONGEST = 60
"""Words. A text that is longer tells a new story."""
_MOST_CHARACTERS = 400
_MOST_CLAUSES = 12
_SURE, _PLAINLY, _BOOKS = 0.4, 0.8, 0.85
"""The least probability of what a reply does; of a yes or no that decides alone; and of a wish for an appointment,
which goes to others."""
_SIGN, _ABOUT, _AHEAD = 0.6, 0.45, 0.06
"""Likeness from which on a clause has a sign, and is about a cause; and how far ahead of the next cause it is."""
_VAGUE = ("", "told", "question")
"""What a reply does that may wish for an appointment besides."""
_LEADING = 2
"""Words of a yes or no that stands before what is told besides."""
_COLOURS = vocabulary("red orange amber yellow green blue white black grey brown purple pink")
"""Alike by meaning, and never the same."""
_NOTHING = frozenset({"nothing", "without"})

_BY_QUESTION: dict[str, Answer] = {"yes": "yes", "no": "no", "unknown": "unknown", "partly": "unknown"}


@dataclass(frozen=True, slots=True)
class Told:
    """What a text answers: by the names of causes the answers to their checks. `direct`: it answers what was asked and
    would mean nothing by itself, such as "no". `kind`: what the whole does, one of the labels of the examples, "" where
    that is not sure."""

    answers: Mapping[str, Answer]
    direct: bool
    kind: str


@dataclass(slots=True)
class _Group:
    """Clauses that are about one cause's check; the sign that they have, if it is by a sign, and whether most of the
    cause's signs are much the same: only then is the cause denied with it."""

    cause: Cause | None
    text: str
    sign: str = ""
    alike: bool = False


def kind(text: str, choices: Choices) -> str:
    """What a reply does; "" where that is not sure or the text is too long for one."""
    if len(text) > _MOST_CHARACTERS or not 0 < len(reading(text).words) <= _LONGEST:
        return "yes" if "👍" in text[:8] else "no" if "👎" in text[:8] else ""
    decision = choices[REPLY].decide(text)
    return decision.label if decision.probability >= (_BOOKS if decision.label == "book" else _SURE) else ""


def read(text: str, symptom: Symptom, causes: Sequence[Cause], asked: Cause | None, choices: Choices) -> Told:
    """What a text says about the checks of `causes`, of which `asked` was asked last."""
    does = kind(text, choices)
    if does in _VAGUE and any(kind(clause, choices) == "book" for clause in clauses(text)):
        does = "book"
    if len(reading(text).words) > _LONGEST:
        return Told({}, False, does)
    answers: dict[str, Answer] = {}
    direct = False
    for group in _groups(text, symptom, causes, asked, choices):
        cause = group.cause or asked
        answer = _answer(group, cause, choices) if cause else None
        if cause and answer:
            answers.setdefault(cause.name, answer)
            direct = direct or group.cause is None
    if asked is not None and asked.name not in answers:
        answers |= _against(asked, answers, causes)
    return Told(answers, direct and len(answers) == 1, does)


def clauses(text: str) -> list[str]:
    """The first clauses of a text."""
    return [part for part in split_clauses(text, marks=".,;:!?") if words(part)][:_MOST_CLAUSES]


def _groups(
    text: str, symptom: Symptom, causes: Sequence[Cause], asked: Cause | None, choices: Choices
) -> list[_Group]:
    """The clauses, each with the cause it is about; one that is about none goes with the clause before it."""
    said = clauses(text)
    if not said:
        return [_Group(None, text)] if asked else []
    phrases: list[tuple[Cause | None, str, bool]] = [(None, name, False) for name in (symptom.name, *symptom.also)]
    for cause in causes:
        phrases += [(cause, sign, True) for sign in cause.signs]
        phrases += [(cause, phrase, False) for phrase in (cause.check, cause.name) if phrase and cause.check]
    scores = likeness(said, tuple(phrase for _, phrase, _ in phrases), choices[REPLY].embedder)
    colours = [_COLOURS.intersection(words(phrase)) for _, phrase, _ in phrases]
    groups: list[_Group] = []
    for clause, row in zip(said, scores, strict=True):
        own = _COLOURS.intersection(words(clause))
        row[[bool(own and of and own.isdisjoint(of)) for of in colours]] = 0.0
        best = int(row.argmax())
        about, phrase, sign = phrases[best]
        others = [score for (other, _, _), score in zip(phrases, row, strict=True) if other is not about]
        if about and row[best] >= (_SIGN if sign else _ABOUT) and row[best] - max(others, default=0.0) >= _AHEAD:
            near = [score >= _ABOUT for (of, _, by), score in zip(phrases, row, strict=True) if of is about and by]
            groups.append(_Group(about, clause, phrase if sign else "", 2 * sum(near) >= len(near)))
        elif groups and (asked or groups[-1].cause):
            groups[-1].text += f", {clause}"
        else:
            groups.append(_Group(None, clause))
    return groups


def _answer(group: _Group, cause: Cause, choices: Choices) -> Answer | None:
    """What the clauses of a group say of a cause's check."""
    lead = group.text.split(",")[0]
    agreed = choices[REPLY].decide(lead) if len(words(lead)) <= _LEADING else None
    plainly = agreed is not None and agreed.label in ("yes", "no") and agreed.probability >= _PLAINLY
    does = agreed.label if agreed is not None and plainly else kind(group.text, choices)
    if group.cause is None and does not in _BY_QUESTION:
        return _by_state(does, cause)
    if does in ("question", "unknown"):
        return "unknown" if does == "unknown" else None
    if group.sign and does not in ("fine", "done"):
        denied = _denies(lead) != _denies(group.sign)
        return confirming(cause) if not denied else refuting(cause) if group.alike else None
    return _BY_QUESTION.get(does) or _by_state(does, cause) or ("no" if _denies(group.text) else "yes")


def _by_state(does: str, cause: Cause) -> Answer | None:
    """What "it is fine" or "it was blown" says about a cause."""
    if does in ("fine", "done", "failed"):
        return refuting(cause)
    return confirming(cause) if does in ("faulty", "solved") else None


def _denies(text: str) -> bool:
    return any(is_negator(word) or word in _NOTHING for word in reading(text).words)


def _against(asked: Cause, answers: Mapping[str, Answer], causes: Sequence[Cause]) -> dict[str, Answer]:
    """What another cause's sign says of the one that was asked: a sign that confirms speaks against all others."""
    confirmed = any(
        answers.get(cause.name) == confirming(cause) and "confirms" in (cause.if_yes, cause.if_no) for cause in causes
    )
    return {asked.name: refuting(asked)} if confirmed else {}
