"""What a message wants of appointments, and what it replies to what was asked or offered: two choices, learnt from the
examples beside this module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from agents.appointments.works import names_visit
from agents.language.reading import reading
from agents.learning.choice import Choices, opens_question
from agents.learning.examples import beside
from agents.topics.reader import ordinary

Intent = Literal["book", "move", "cancel", "list"]
BY_ACT: Mapping[str, Intent] = {"book": "book", "move": "move", "cancel": "cancel", "appointments": "list"}
"""What a message wants by its act."""
EXAMPLES = beside(__file__)
"""Of acts too: `BY_ACT`, and what is `about` appointments and a question for a specialist."""
LONGEST = 2000
"""Characters that are looked at."""
PURPOSE, REPLY = "appointment purpose", "appointment reply"
"""Names of the choices among `Resources.choices`."""
TOWN, VEHICLE = "ashford", "car"
"""What every dealer and every vehicle is called in the examples."""
_VISITS = frozenset({"workshop_appointment", "test_drive", "courtesy_car", "seasonal_tyre_change", "small_service"})
"""Topics whose questions may wish for a visit."""
_WANTED = 0.45
"""The least probability of what is wanted. Whoever names two of day, dealer and work, and asks nothing, is understood
at half of it."""
_ELSEWHERE = 0.5
"""The probability from which a message is about something else. One that tells a day, a dealer, a vehicle or a work
has to be this far surer: opening hours on a Saturday are asked for, too."""
_TOLD = 0.25


def examples() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By the names of the choices the examples of their labels."""
    lists = EXAMPLES
    wants = {name: lists[name] for name in get_args(Intent)}
    replies = {name: lists[name] for name in ("agree", "any", "refuse", "stop")}
    asides = (*lists["about"], *lists["else"], *lists["chat"])
    answers = tuple(line for lines in replies.values() for line in lines if not names_visit(line))
    return {
        PURPOSE: {**wants, "other": (*asides, *lists["information"], *answers, *ordinary(2, _VISITS))},
        REPLY: {"detail": (*lists["detail"], *lists["book"]), **replies, "other": asides},
    }


@dataclass(frozen=True, slots=True)
class Purpose:
    """The probabilities of what a message wants and of what it replies; both empty where nothing was learnt."""

    wants: Mapping[str, float] = field(default_factory=dict)
    replies: Mapping[str, float] = field(default_factory=dict)
    question: bool = False

    def intent(self, told: int) -> Intent | None:
        """What the customer wants done, after a message that tells `told` things of an appointment; None where nothing
        is to be done, as in "how do I book?"."""
        best = max(get_args(Intent), key=lambda name: self.wants.get(name, 0.0))
        least = _WANTED / (1 + (told > 1 and not self.question))
        sure = self.wants.get(best, 0.0) >= least and self.wants.get("other", 1.0) < 1.0 - least
        return best if sure else None

    def reply(self, told: bool) -> str:
        """`detail`, `agree`, `any`, `refuse`, `stop`, or `other` for what goes on with nothing."""
        if not self.replies:
            return "detail" if told else "other"
        best = max(self.replies, key=lambda name: self.replies[name])
        if self.replies["other"] >= _ELSEWHERE + _TOLD * told:
            return "other"
        return "detail" if best == "other" else best


def read(text: str, choices: Choices) -> Purpose:
    """What the text, in which dealers and vehicles are called as in the examples, does. Blocks while embedding."""
    if not choices or not text.strip():
        return Purpose()
    *before, last = reading(text).sentences or [text]
    asked = last if before and opens_question(last) else text  # "no wait. how much is it?" asks
    question = "?" in text or opens_question(text)
    wants, replies = choices[PURPOSE], choices[REPLY]
    return Purpose(wants.probabilities(text), replies.probabilities(asked), question)
