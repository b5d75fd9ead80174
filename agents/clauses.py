"""Splits a message into the things it asks. A split is a proposal: the classifier keeps it only where the pieces
belong to different specialists."""

import re
from dataclasses import dataclass

from agents.words import content

_SUBJECT = r"(?:the|an?|it|its|there|my|our|your|this|that|these|those|i|we|you|they|he|she|any|[A-Z]\w+)\b"
_AUX = r"(?:is|are|was|were|does|do|did|can|could|should|shall|will|would|has|have|had|may|must)"
_ASK = (
    r"(?:(?:what|whats|which|who|whose|how|why)\b"
    rf"|(?:when|where)(?:'s|\s+{_AUX})\b"
    rf"|{_AUX}\s+{_SUBJECT}"
    r"|where\s+(?:the|my|our|your|an?|i)\b"
    r"|(?:tell|give|show|send|remind)\s+me\b|(?:explain|compare|book|schedule|reschedule|cancel|arrange|list)\s+\w"
    r"|i(?:'d| would)\s+(?:also\s+)?like\b|i\s+(?:also\s+)?(?:want|need)\s+(?:to|an?)\b)"
)
_OPENING = r"(?:(?:and|also|plus|then|please|so|but|ok|okay|hi|hello|hey|secondly|another thing|next)\b[\s,:]*)*"
_ASKS = re.compile(_OPENING + _ASK, re.IGNORECASE)
_SENTENCE = r"(?<=[.?!;])\s+|\s*\n+\s*"
_JOINED = rf"\s*,?\s+(?:and|plus|also)\s+(?=(?:(?:also|then|please|secondly)\s+)*(?:{_ASK}))|\s*,\s+(?=(?:{_ASK}))"
_BREAK = re.compile(f"{_SENTENCE}|{_JOINED}", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|approx|no|nr|vs|mr|mrs|dr)\.$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a message with the statements that belong to it; `asks` when it asks or demands something."""

    text: str
    asks: bool


def split(text: str) -> tuple[Clause, ...]:
    """The clauses of a message, in order; one clause when it asks one thing or nothing.

    A statement belongs to the question after it, or else to the one before. A question that does not say what it is
    about ("what should I do?") belongs to the one before it.
    """
    merged: list[Clause] = []
    waiting = ""
    for piece in _pieces(text):
        joined = f"{waiting} {piece}".strip()
        asks = _asks(piece)
        if not asks:
            waiting = joined
        elif merged and not waiting and not content(piece):
            merged[-1] = Clause(f"{merged[-1].text} {piece}", True)
        else:
            merged.append(Clause(joined, True))
            waiting = ""
    if waiting and merged:
        merged[-1] = Clause(f"{merged[-1].text} {waiting}", True)
    elif waiting:
        merged.append(Clause(waiting, False))
    return tuple(merged)


def _pieces(text: str) -> list[str]:
    """The text cut at every break; not behind an abbreviation, nor where nothing has been said yet ("How long and how
    wide is it?")."""
    pieces: list[str] = []
    start = 0
    for cut in _BREAK.finditer(text):
        piece = text[start : cut.start()]
        if (content(piece) or (pieces and _asks(piece))) and not _ABBREVIATION.search(piece):
            pieces.append(piece.strip())
            start = cut.end()
    rest = text[start:].strip()
    return [*pieces, rest] if rest else pieces


def _asks(piece: str) -> bool:
    return piece.endswith("?") or bool(_ASKS.match(piece))
