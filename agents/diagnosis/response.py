"""A message as the answer to what a guided diagnosis said last, or as an order to it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from agents.context import Case
from agents.diagnosis import check_answers
from agents.diagnosis.note import Progress
from agents.diagnosis.ranking import Answer, refuting
from agents.language.consent import read_reply
from agents.language.words import words
from agents.types import YES_OR_NO
from agents.vehicles.applicability import Fitment

_RESTART = re.compile(
    r"\b(?:start (?:over|again|from scratch|anew)|begin again|from the (?:beginning|start|top))\b",
    re.IGNORECASE,
)
_CLOSE = re.compile(
    r"\b(?:never ?mind|forget (?:it|about it|that)|leave it(?: at that)?|drop it|doesn'?t matter|stop asking|no more "
    r"questions|that'?s enough|let'?s stop|cancel that|i give up)\b",
    re.IGNORECASE,
)
_SOLVED = re.compile(
    r"\b(?:(?:it'?s|it is|all) (?:fixed|solved|sorted|working again)|it works (?:again|now)|problem (?:is )?(?:solved"
    r"|gone)|that (?:fixed|solved|sorted) it|(?:starts|charges|runs|works) (?:again|fine now)|found it myself)\b",
    re.IGNORECASE,
)
_NOT_SOLVED = re.compile(r"\b(?:not|isn'?t|doesn'?t|won'?t|never)\b", re.IGNORECASE)
_WANTS = re.compile(
    r"^\W*(?:yes|yeah|yep|sure|please|ok|okay|go ahead|book|do (?:it|that)|that would be|i'?d like)\b", re.IGNORECASE
)
_ASKS = re.compile(
    r"^\W*(?:(?:ok|okay|and|but|so|also|oh|well|by the way|thanks)\W+)*(?:what|how|why|where|when|which|who|can|could"
    r"|do|does|did|is|are|will|would|should|may|tell me|show me|explain)\b(?!['’]t)",
    re.IGNORECASE,
)
_VISIT = re.compile(
    r"^\W*+(?:(?:ok|okay|yes|please|and|so|then|well|good|right|thanks)\W++)*"
    r"(?:(?:can|could|would|will) (?:you|i|we|someone|somebody|anyone)|i(?:'d| would) like|i want|let'?s)?\W*+"
    r"(?:please |to |have |get )*(?:book|an appointment|look at|check|fix|repair|see to|(?:it|that) (?:looked|seen"
    r"|fixed|checked|repaired))\b",
    re.IGNORECASE,
)
"""Asks for an appointment, also where it is put as a question."""
_INSTEAD = re.compile(
    r"\b(?:i mean|i meant|sorry|actually|not the|wrong (?:car|one)|other (?:car|one)|instead)\b", re.IGNORECASE
)
_DENIED = re.compile(
    r"(?:[,;.]\s*+|(?<!\s)\s*+)\b(?:not|instead of|rather than)\s+(?:the|my|our|an?)\b[^,;.]*", re.IGNORECASE
)
_ECHO = re.compile(r"^\W{0,5}\w{1,20}(?:[ '’]\w{1,20}){0,2}\?\s{0,5}(?=\w)")
"""The question said over before it is answered: "How old? Three years." """
_FEW = 6


class Command(Enum):
    GO_ON = auto()
    RESTART = auto()
    CLOSE = auto()
    SOLVED = auto()
    APPOINTMENT = auto()
    NO_APPOINTMENT = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """What to do now, with what is known now. `words`: what the customer said beside a yes."""

    command: Command
    progress: Progress
    words: str = ""


def read(case: Case, progress: Progress, fitment: Fitment, codes: tuple[str, ...]) -> Reply | None:
    """The reply that a message is; None where it is something else. What means nothing by itself, such as "no", counts
    only while the question is the last that was asked."""
    text = case.message.strip()
    last = _is_last(case, progress)
    if (order := _order(text, progress, last)) is not None:
        return order
    if progress.stage == "offered" and last and _VISIT.search(text):
        return Reply(Command.APPOINTMENT, progress, text)
    if (other := _other_vehicle(text, progress, fitment)) is not None:
        return other
    if _is_question(text):
        return None
    match progress.stage:
        case "vehicle":
            return _vehicle(text, progress, fitment, last)
        case "offered":
            return _offer(text, progress, last)
        case "advised":
            if last and (helped := check_answers.helped(text)) is not None:
                return _tried(progress, helped)
    return _check(text, progress, fitment, codes, last)


def _order(text: str, progress: Progress, last: bool) -> Reply | None:
    if len(words(text)) > 2 * _FEW:
        return None
    if _RESTART.search(text):
        return Reply(Command.RESTART, progress)
    if _SOLVED.search(text) and not _NOT_SOLVED.search(text):
        return Reply(Command.SOLVED, progress)
    if last and _CLOSE.search(text):
        return Reply(Command.CLOSE, progress)
    return None


def _vehicle(text: str, progress: Progress, fitment: Fitment, last: bool) -> Reply | None:
    """A vehicle named, or not known."""
    named = fitment.mentioned(text) and fitment.candidates(text, {}) & progress.cars
    marked = fitment.labelled(text, progress.cars)
    if chosen := named or (marked & progress.cars if marked else frozenset()):
        return Reply(Command.GO_ON, replace(progress, cars=chosen))
    unsure = check_answers.unknown(text)
    return Reply(Command.GO_ON, progress) if last and unsure else None


def _other_vehicle(text: str, progress: Progress, fitment: Fitment) -> Reply | None:
    """Another vehicle than was thought of, which the same symptom is gone through for anew."""
    if not _INSTEAD.search(text) or len(words(text)) > 2 * _FEW:
        return None
    meant = _DENIED.sub("", text)
    cars = fitment.candidates(meant, {}) & progress.symptom.cars if fitment.mentioned(meant) else frozenset()
    if not cars or cars & progress.cars:
        return None
    return Reply(Command.GO_ON, Progress(progress.symptom, cars))


def _offer(text: str, progress: Progress, last: bool) -> Reply | None:
    agreed = read_reply(text, "confirm", [(item.value, item.label) for item in YES_OR_NO], progress.question)
    if last and agreed is False:
        return Reply(Command.NO_APPOINTMENT, progress)
    if last and (agreed is True or isinstance(agreed, Mapping) or _WANTS.match(text)):
        return Reply(Command.APPOINTMENT, progress, "" if agreed is True else text)
    return None


def _tried(progress: Progress, helped: bool) -> Reply:
    """Advice that helped ends it; advice that did not speaks against its cause."""
    if helped or progress.cause is None:
        return Reply(Command.SOLVED, progress)
    answers: dict[str, Answer] = {**progress.answers, progress.cause.name: refuting(progress.cause)}
    return Reply(Command.GO_ON, replace(progress, answers=answers))


def _check(text: str, progress: Progress, fitment: Fitment, codes: tuple[str, ...], last: bool) -> Reply | None:
    stored = tuple(code for code in codes if any(code in cause.codes for cause in progress.causes))
    found = check_answers.read(text, progress.causes, progress.cause if progress.stage == "check" else None)
    named = bool(fitment.mentioned(text))
    if found is None and named and len(words(text)) <= _FEW:
        return _vehicle(text, progress, fitment, last)
    if not stored and (found is None or (found.direct and not last)):
        return None
    answers: dict[str, Answer] = {**progress.answers, **(found.answers if found else {})}
    cars = fitment.candidates(text, {}) & progress.cars if named else progress.cars
    known = tuple(dict.fromkeys((*progress.codes, *stored)))
    return Reply(Command.GO_ON, replace(progress, answers=answers, codes=known, cars=cars or progress.cars))


def _is_question(text: str) -> bool:
    text = _ECHO.sub("", text) or text
    return _ASKS.match(text) is not None or (text.endswith("?") and len(words(text)) > _FEW)


def _is_last(case: Case, progress: Progress) -> bool:
    """Whether what was asked is the last thing that was asked: nothing was said since, or nothing with a question."""
    said = next((turn.text for turn in reversed(case.history) if turn.role == "assistant"), None)
    if said is None or not progress.question:
        return True
    return progress.question.rstrip("?") in said or not said.rstrip().endswith("?")
