"""Whose question a message answers, where a chat model asked it in its own words. Pure."""

import re

from agents.types import Question

_LONGEST = 12
"""Words. A message that is longer says by itself what it is about."""
_ASKS = re.compile(
    r"\?|^\W*(?:what|whats|which|who|whose|how|why|when|where|tell|show|give|explain|write|is|are|do|does|did|can|could)\b",
    re.IGNORECASE,
)
_MARKER = re.compile(r"(?:(?<!\s)\s++)?\[\d+\]")


def find_asker(question: Question) -> str | None:
    """The specialist that ended its answer with a question, if the message reads as the reply to it; None otherwise.
    "The 18th at 9" belongs to who asked for a day, and says to nobody else what it is about."""
    last = question.history[-1] if question.history else None
    if last is None or last.role != "assistant" or not _MARKER.sub("", last.text).rstrip("* \n").endswith("?"):
        return None
    if _ASKS.search(question.text) or len(question.text.split()) > _LONGEST:
        return None
    return last.agent
