"""The offer of an appointment that a plan ends with, and a customer's yes to it. Pure."""

import re
from collections.abc import Sequence

from agents.types import Turn

_OFFER = "Shall I look for an appointment for: {work}?"
_OFFERED = re.compile(r"Shall I look for an appointment for: ([^?\n]{1,300})\?\s*$")
_YES = re.compile(
    r"^\W*(?:oh\s+|ok(?:ay)?\W+)?(?:yes|yep|yeah|yup|sure|please|ok|okay|go ahead|go on|do (?:it|that|so)"
    r"|that would be|that'?d be|why not|gladly|absolutely|definitely|of course|by all means"
    r"|(?:i'?d|i would) (?:like|love) (?:that|to)|book (?:it|that|me))\b",
    re.IGNORECASE,
)
_BUT = re.compile(
    r"\b(?:but|no|not|don'?t|never|later|wait|first|what|how|why|which|when is|who|does|is it)\b", re.IGNORECASE
)
_LONGEST = 200


def offer(work: str) -> str:
    """The question that offers an appointment for `work`."""
    return _OFFER.format(work=work)


def accepted(text: str, history: Sequence[Turn]) -> str:
    """What is to be booked, in words, where the last answer offered an appointment and the text agrees to it, with or
    without a wish for the day; "" otherwise."""
    last = history[-1] if history else None
    offered = _OFFERED.search(last.text) if last is not None and last.role == "assistant" else None
    agrees = len(text) <= _LONGEST and _YES.match(text) is not None and not _BUT.search(text)
    return offered.group(1) if offered and agrees else ""
