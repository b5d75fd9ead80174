"""What the router itself says, when no specialist is to answer. Derived from the catalogue, so that it stays true."""

from collections.abc import Sequence

from agents.specialist import Catalogue
from agents.types import Route

STUCK = (
    "I can't take this any further here. One of our dealers, or our customer service, will gladly help you: ask me for "
    "their telephone numbers."
)
"""Where a question would be passed round in a circle."""


def left_out(questions: Sequence[str]) -> str:
    """What follows an answer to a message that asked too much at once."""
    lines = "\n".join(f"- {question}" for question in questions)
    return f"That was more than I can answer in one go. Please ask me again:\n\n{lines}"


def out_of_scope(catalogue: Catalogue) -> str:
    """A kind refusal that says what can be asked instead."""
    offers = _offers(catalogue)
    return f"I am sorry, I can't help with that. I can help you with:\n\n{offers}\n\nWhat would you like to know?"


def human(catalogue: Catalogue) -> str:
    """The answer to a request for a person."""
    return (
        "I am an automated assistant and cannot put you through to a person from here. Our dealers and our customer "
        "service will gladly talk to you: ask me for their telephone numbers and opening hours.\n\n"
        f"If you like, I can also help you right away with:\n\n{_offers(catalogue)}"
    )


def clarify(catalogue: Catalogue, route: Route) -> str:
    """One question back, between the likeliest readings."""
    likely = [part.specialist for part in route.parts]
    options = [s for s in catalogue if s.name in likely] or list(catalogue)
    choices = "\n".join(f"- **{specialist.label}**: {specialist.description}" for specialist in options)
    return f"I want to be sure I understand you. Is it about one of these?\n\n{choices}\n\nA few more words will do."


def _offers(catalogue: Catalogue) -> str:
    return "\n".join(f"- **{specialist.label}**: {specialist.description}" for specialist in catalogue)
