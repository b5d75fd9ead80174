"""A customer's own words while a proposal waits for an answer.

What is carried out has to be agreed to as a whole: that is read exactly, see `agents.language.consent`. What is not a
plain answer in known words is read by what it does, which is learnt from the examples beside this module: another
wording of a no, of a wish for something else, or hesitation, after which the proposal is put again.
"""

from collections.abc import Sequence
from typing import Any, Literal

from agents.language.consent import LONGEST, QUOTING, cancels, read_reply
from agents.language.negation import is_negator
from agents.language.tokens import joined, spoken
from agents.language.words import vocabulary
from agents.learning.choice import Choice
from agents.learning.examples import beside

CONSENT = "consent"
"""The name of the choice among `Resources.choices`, and its examples."""
EXAMPLES = beside(__file__)
UNDECIDED = "undecided"
"""In an answer: the customer neither agrees nor refuses, and may be asked again."""
_REFUSES = _CHANGES = _HESITATES = 0.9
"""The least probability with which a reply is a no, a wish for something else, or neither yes nor no."""
_STOPS = vocabulary("cancel stop abort scrap bin drop")
_REFUSALS = vocabulary(
    "no nope nah naw cancel stop forget leave drop skip pass decline declined refuse abort scrap bin off negative nein "
    "non nee nej não nyet neither"
)
"""A refusal that is learnt holds one of them, or a negation, and only one: "don't cancel it" is none."""


def read(
    text: str,
    kind: Literal["confirm", "choose"],
    options: Sequence[tuple[Any, str]],
    prompt: str = "",
    choice: Choice[str] | None = None,
) -> Any | None:
    """What `text` answers to a question of this `kind`: as `agents.language.consent.read_reply` tells it and, where
    that knows no answer, as the `choice` does; hesitation is a change that is UNDECIDED. None where it is about
    something else. Blocks while embedding."""
    value = read_reply(text, kind, options, prompt)
    said = text.strip()
    if value is not None or choice is None or not said or len(said) > LONGEST or not QUOTING.isdisjoint(joined(said)):
        return value
    shares = choice.probabilities(said.casefold())
    if shares["no"] >= _REFUSES and _refuses_once(said, prompt):
        return False
    if shares["hesitates"] + shares["later"] >= _HESITATES:
        return {"change": text, UNDECIDED: True}
    return {"change": text} if shares["change"] >= _CHANGES else None


def _refuses_once(text: str, prompt: str) -> bool:
    """Whether there is one refusing word and no question; "stop" is none where the proposal is to stop something."""
    refusals = _REFUSALS - (_STOPS if cancels(prompt) else frozenset())
    return "?" not in text and len({word for word in spoken(text) if word in refusals or is_negator(word)}) == 1
