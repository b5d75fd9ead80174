"""What a message can do, and what reading it gives."""

from dataclasses import dataclass
from typing import Literal

from agents.diagnosis.danger import Kind

Act = Literal[
    "greeting",
    "thanks",
    "goodbye",
    "praise",
    "wellbeing",
    "identity",
    "abilities",
    "statement",
    "acknowledgement",
    "yes",
    "no",
    "undecided",
    "unknown",
    "why",
    "repeat",
    "shorten",
    "explain",
    "forget",
    "correct",
    "unhelpful",
    "complaint",
    "money_back",
    "privacy",
    "person",
    "abuse",
    "injection",
    "language",
    "danger",
    "book",
    "move",
    "cancel",
    "appointments",
    "request",
]
"""`request` is whatever asks for something, and all that is not surely another act."""

REPLIES_TO_US: frozenset[Act] = frozenset({"yes", "no", "undecided", "unknown", "why", "acknowledgement"})
"""What only means something beside what was asked."""
ASIDE: frozenset[Act] = frozenset(
    {
        "greeting",
        "wellbeing",
        "identity",
        "abilities",
        "complaint",
        "money_back",
        "privacy",
        "person",
        "injection",
        "language",
    }
)
"""What answers no question of ours, whatever was asked."""
SPOKEN_BACK: frozenset[Act] = REPLIES_TO_US | {"statement", "forget", "correct"}
"""What may still ask something of a specialist's skill: "actually, yes, book it after all"."""
APPOINTMENTS: frozenset[Act] = frozenset({"book", "move", "cancel", "appointments"})
"""What is done to appointments."""
FOR_SPECIALISTS: frozenset[Act] = frozenset({"request", "correct", "explain"})
"""What specialists answer: a correction asks the last question again, an explanation is about the last answer."""


@dataclass(frozen=True, slots=True)
class ActReading:
    """What a message does. `danger` is the gravest danger that it tells of, and `sure`
    whether there is no other way to understand it; `language` an ISO 639-1 code, "en" where it
    is English or cannot be told. `leaning`: what a request may be else, if it turns out to be for no specialist."""

    act: Act = "request"
    probability: float = 1.0
    danger: Kind | None = None
    language: str = "en"
    sure: bool = False
    leaning: Act | None = None
