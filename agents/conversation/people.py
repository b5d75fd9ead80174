"""What was said while a person of the staff had the conversation. Pure."""

from collections.abc import Sequence

from agents.types import STAFF, Question, Turn


def not_learned(question: Question) -> tuple[Turn, ...]:
    """The turns of which nothing was learned when they were said: a client tells them, or a person was told."""
    return (*(question.wishes.history or ()), *_told_to_people(question.history))


def _told_to_people(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns since the bot's last answer, where people had a part in them."""
    last = max((place for place, turn in enumerate(history) if _of_the_bot(turn)), default=-1)
    since = tuple(history[last + 1 :])
    return since if any(turn.agent == STAFF for turn in since) else ()


def _of_the_bot(turn: Turn) -> bool:
    return turn.role == "assistant" and turn.agent != STAFF
