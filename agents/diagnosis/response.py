"""A message as the answer to what a guided diagnosis said last, or as an order to it."""

from dataclasses import dataclass, replace
from enum import Enum, auto

from agents.context import Case
from agents.diagnosis import check_answers
from agents.diagnosis.check_answers import Told
from agents.diagnosis.note import Progress
from agents.diagnosis.ranking import Answer, refuting
from agents.language.negation import denies
from agents.language.reading import reading
from agents.language.words import words
from agents.learning.choice import Choices
from agents.vehicles.applicability import Cars, Fitment

_FEW, _SHORT = 6, 12
"""Words of a message that says hardly more than a vehicle's name, and of one that says it in a sentence."""
_ECHO = 3
"""Words of a question that is said over."""
_BARE = 3
"""Words that a yes has which says nothing besides."""


class Command(Enum):
    GO_ON = auto()
    RESTART = auto()
    CLOSE = auto()
    SOLVED = auto()
    LATER = auto()
    APPOINTMENT = auto()
    NO_APPOINTMENT = auto()


_ORDERS = {
    "restart": Command.RESTART,
    "solved": Command.SOLVED,
    "book": Command.APPOINTMENT,
    "resume": Command.GO_ON,
}


_VAGUE = ("told", "other", "")
"""What a reply does that answers nothing by itself."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What to do now, with what is known now. `words`: what the customer said beside a yes."""

    command: Command
    progress: Progress
    words: str = ""

    def answers(self, before: Progress) -> bool:
        """Whether it says more of the checks than was known, or of the codes that are stored."""
        new = {name for name, answer in self.progress.answers.items() if before.answers.get(name) != answer}
        return any(self.progress.answers[name] != "unknown" for name in new) or self.progress.codes != before.codes


def read(case: Case, progress: Progress, fitment: Fitment, codes: tuple[str, ...], choices: Choices) -> Reply | None:
    """The reply that a message is; None where it is something else, such as a question. What means nothing by itself,
    such as "no", counts only while the question is the last that was asked. Embeds, so that it blocks its thread."""
    text, last = _without_echo(case.message.strip()), _is_last(case, progress)
    if not text:
        return None
    told = check_answers.read(fitment.question(text), progress.symptom, progress.causes, progress.cause, choices)
    if command := _ORDERS.get(told.kind):
        return Reply(command, progress, text if command is Command.APPOINTMENT else "")
    if other := _other_vehicle(text, progress, fitment):
        return Reply(Command.GO_ON, Progress(progress.symptom, other))
    if told.kind == "question" or (text.endswith("?") and told.kind in _VAGUE):
        return None
    if last and told.kind == "close":
        return Reply(Command.CLOSE, progress)
    if last and (reply := _by_stage(text, told, progress, fitment, choices)):
        return reply
    return _check(case, told, progress, fitment, codes, last)


def _by_stage(text: str, told: Told, progress: Progress, fitment: Fitment, choices: Choices) -> Reply | None:
    """The reply to a question for the vehicle, to an offer, or to advice."""
    match progress.stage, told.kind:
        case "vehicle", _:
            named = _named(text, progress.cars, fitment)
            unsure = told.kind in ("unknown", "no")
            return Reply(Command.GO_ON, replace(progress, cars=named or progress.cars)) if named or unsure else None
        case "offered", "yes":
            return Reply(Command.APPOINTMENT, progress, text if len(reading(text).words) > _BARE else "")
        case "offered", "no":
            return Reply(Command.NO_APPOINTMENT, progress)
        case "advised", "yes":
            return Reply(Command.SOLVED, progress)
        case "advised", "faulty" | "told" | "" if _solves(text, choices):
            return Reply(Command.SOLVED, progress)
        case "advised", "unknown" | "faulty":
            return Reply(Command.LATER, progress)
        case "advised", "no" | "partly" | "told" if progress.cause is not None:
            answers: dict[str, Answer] = {**progress.answers, **told.answers}
            return Reply(
                Command.GO_ON, replace(progress, answers=answers | {progress.cause.name: refuting(progress.cause)})
            )
    return None


def _solves(text: str, choices: Choices) -> bool:
    """Whether one clause says that it works again, and none that it does not."""
    kinds = {check_answers.kind(clause, choices) for clause in check_answers.clauses(text)}
    return "solved" in kinds and kinds.isdisjoint({"failed", "no", "question"})


def _check(
    case: Case, told: Told, progress: Progress, fitment: Fitment, codes: tuple[str, ...], last: bool
) -> Reply | None:
    """The answers to checks, codes that are stored, or the vehicle."""
    text = case.message
    stored = tuple(code for code in codes if any(code in cause.codes for cause in progress.causes))
    named = _named(text, progress.cars, fitment)
    answers: dict[str, Answer] = {} if told.direct and not last else dict(told.answers)
    asked = progress.stage == "check" and (_just_asked(case, progress) or (last and told.kind == "told"))
    more = asked and told.kind in ("told", "") and len(reading(text).words) <= _SHORT
    if not (answers or stored or more or (named and len(reading(text).words) <= _FEW)):
        return None
    if asked and progress.cause and not named:
        answers.setdefault(progress.cause.name, "unknown")  # what was not answered is not asked again
    known = tuple(dict.fromkeys((*progress.codes, *stored)))
    cars = named or progress.cars
    return Reply(Command.GO_ON, replace(progress, answers={**progress.answers, **answers}, codes=known, cars=cars))


def _named(text: str, within: Cars, fitment: Fitment) -> Cars:
    """Those of the cars that a text names, by a whole name or by what tells them apart; none where it names none."""
    named = fitment.candidates(text, {}) & within if fitment.mentioned(text) else frozenset()
    return named or (fitment.labelled(text, within) or frozenset()) & within


def _other_vehicle(text: str, progress: Progress, fitment: Fitment) -> Cars:
    """Another vehicle than was thought of, which the same symptom is gone through for anew; none as a rule."""
    if len(reading(text).words) > _SHORT:
        return frozenset()
    meant = ", ".join(clause for clause in check_answers.clauses(text) if not denies(clause))
    cars = fitment.candidates(meant, {}) & progress.symptom.cars if fitment.mentioned(meant) else frozenset()
    return frozenset() if cars & progress.cars else cars


def _without_echo(text: str) -> str:
    """The text without the question said over before it is answered: "How old? Three years." """
    echo, _, rest = text.partition("?")
    return rest.strip() if rest.strip(" ?!.") and len(words(echo)) <= _ECHO else text


def _is_last(case: Case, progress: Progress) -> bool:
    """Whether what was asked is the last thing that was asked: nothing was said since, or nothing with a question."""
    said = next((turn.text for turn in reversed(case.history) if turn.role == "assistant"), None)
    if said is None or not progress.question:
        return True
    return _just_asked(case, progress) or not said.rstrip().endswith("?")


def _just_asked(case: Case, progress: Progress) -> bool:
    """Whether the last answer asks it."""
    said = next((turn.text for turn in reversed(case.history) if turn.role == "assistant"), "")
    return bool(progress.question) and progress.question.rstrip("?") in said
