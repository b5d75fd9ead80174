"""The offer of an appointment that a plan ends with, and a customer's yes to it. Pure."""

from collections.abc import Sequence

from agents.language.phrases import Phrases
from agents.types import Turn

_LEAD = "Shall I look for an appointment for: "
_YES = Phrases(
    (
        "^ (oh|ok|okay|) (yes|yep|yeah|yup|sure|please|ok|okay|go ahead|go on|do (it|that|so)|that would be|thatd be)",
        "^ (oh|ok|okay|) (why not|gladly|absolutely|definitely|of course|by all means)",
        "^ (oh|ok|okay|) ((id|i would) (like|love) (that|to)|book (it|that|me))",
    )
)
_BUT = Phrases(
    ("(but|no|not|dont|never|later|wait|first|what|how|why|which|who|does)", "when is", "is it"),
)
_LONGEST, _LONGEST_WORK = 200, 300
"""Characters of a yes, and of the work that it is for."""


def offer(work: str) -> str:
    """The question that offers an appointment for `work`."""
    return f"{_LEAD}{work}?"


def accepted(text: str, history: Sequence[Turn]) -> str:
    """What is to be booked, in words, where the last answer offered an appointment and the text agrees to it, with or
    without a wish for the day; "" otherwise."""
    last = history[-1] if history else None
    _, _, offered = (last.text if last and last.role == "assistant" else "").rstrip().rpartition(_LEAD)
    work = offered.removesuffix("?")
    whole = offered.endswith("?") and not {"?", "\n"} & set(work) and 0 < len(work) <= _LONGEST_WORK
    agrees = len(text) <= _LONGEST and _YES.opening(text) is not None and text not in _BUT
    return work if whole and agrees else ""
