"""Splits a message into the things it asks. A split is a proposal: the classifier keeps it only where the pieces
are for different specialists, or are different questions (`agents.routing.parts`)."""

import re
from dataclasses import dataclass

from agents.language.words import content

_SUBJECT = r"(?:the|an?|it|its|there|my|our|your|this|that|these|those|i|we|you|they|he|she|any|[A-Z]\w+)\b"
_AUX = r"(?:is|are|was|were|does|do|did|can|could|should|shall|will|would|has|have|had|may|must)"
_AFTER = r"(?:after|at|by|for|from|in|on|since|till|to|until|up to|with|within)"
_ASK = (
    r"(?:(?:what|whats|which|who|whose|how|why)\b"
    rf"|(?:when|where)(?:'s|\s+{_AUX})\b"
    rf"|{_AFTER}\s+(?:how|what|which|when)\b"
    r"|(?:(?:my|our|the)\s+\w+|i|we|he|she|they)\s+(?:also\s+)?(?:wants?|would like|needs?|is|am|are)\s+"
    r"(?:to know|wondering|curious)\b"
    rf"|{_AUX}\s+{_SUBJECT}"
    r"|where\s+(?:the|my|our|your|an?|i)\b"
    r"|(?:tell|give|show|send|remind)\s+me\b|(?:explain|compare|book|schedule|reschedule|cancel|arrange|list)\s+\w"
    r"|i(?:'d| would)\s+(?:also\s+)?like\b"
    r"|i\s+(?:also\s+)?(?:want|need)\s+(?:an?|to\s+(?:know|book|have|make|get|bring|change|move|cancel|order))\b)"
)
_OPENING = r"(?:(?:and|also|plus|then|please|so|but|ok|okay|hi|hello|hey|secondly|another thing|next)\b[\s,:]*+)*+"
_ASKS = re.compile(_OPENING + _ASK, re.IGNORECASE)
_BLANKS = r"(?<!\s)\s++"
"""All the blanks between two words; a pattern that begins with them is tried once for each gap, not for each blank."""
_SENTENCE = r"(?<=[.?!;])\s++|(?=\s)(?<!\s)(?=[^\S\n]*+\n)\s++"
_COMMA = rf"(?:{_BLANKS})?,\s++"
_JOINED = (
    rf"(?:{_BLANKS}(?:,\s++)?|,\s++)(?:and|plus|also)\s++(?=(?:(?:also|then|please|secondly)\s++){{0,4}}+(?:{_ASK}))"
    rf"|{_COMMA}(?=(?:{_ASK}))"
)
_DEMAND = r"(?:also\s+)?(?:the|its|my|your|an?)\s+(?:[\w\-]+\s+){1,5}?(?:of|for|to)\s"
_LISTED = rf"{_COMMA}(?:and|plus)\s++(?={_DEMAND})"
_BREAK = re.compile(f"{_SENTENCE}|{_JOINED}|{_LISTED}", re.IGNORECASE)
_DEMANDS = re.compile(_OPENING + _DEMAND, re.IGNORECASE)
"""A thing asked for by its name alone: ", and the price of a service"."""
_ASKS_AFTER = re.compile(rf":\s+(?:{_ASK})", re.IGNORECASE)
_IDENTITY = re.compile(
    r"(?:and\s+)?(?:what|which)\s+(?:\w+\s+){0,3}(?:is|was|are)\s+(?:it|that|this|they|those)\W*$", re.IGNORECASE
)
"""Asks for the name of what was just spoken of."""
_ALSO = re.compile(r"\W*(?:(?:and|but|plus)\s+)?(?:(?:i|we)\s+also|also|another thing|separately)\b", re.IGNORECASE)
_MATTER = 2
"""Words of content that tell what is the matter: "it pulls left"."""
_MEASURE = re.compile(rf"{_OPENING}{_AFTER}\s+(?:how|what|which|when)\b", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|approx|no|nr|vs|mr|mrs|dr)\.$", re.IGNORECASE)
_LONGEST_ABBREVIATION = 7


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of a message with the statements that belong to it; `asks` when it asks or demands something."""

    text: str
    asks: bool


def split(text: str) -> tuple[Clause, ...]:
    """The clauses of a message, in order; one clause when it asks one thing or nothing.

    A statement belongs to the question after it, or else to the one before; where the question is asked beside it, "and
    I also need to know", it is a matter of its own. A question that does not say what it is
    about ("what should I do?") belongs to the one before it.
    """
    pieces = _pieces(text)
    merged: list[Clause] = []
    waiting = ""
    for n, piece in enumerate(pieces):
        joined = f"{waiting} {piece}".strip()
        asks = _asks(piece) or _listed(pieces, n)
        if not asks:
            waiting = joined
        elif waiting and _ALSO.match(piece) and len(content(waiting)) >= _MATTER:
            merged += [Clause(waiting, True), Clause(piece, True)]
            waiting = ""
        elif merged and not waiting and _completes(piece):
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
    start = examined = 0
    telling = False
    for cut in _BREAK.finditer(text):
        # Only what is new since the last break is read: a break lies between two words.
        telling = telling or bool(content(text[examined : cut.start()]))
        examined = cut.start()
        if not telling and not (pieces and _asks(text[start : cut.start()])):
            continue
        if not _ABBREVIATION.search(text, max(start, cut.start() - _LONGEST_ABBREVIATION - 1), cut.start()):
            pieces.append(text[start : cut.start()].strip())
            start, telling = cut.end(), False
    rest = text[start:].strip()
    return [*pieces, rest] if rest else pieces


def _completes(piece: str) -> bool:
    """Whether a question only asks more of the one before it: "what is it?", "and up to how many kilometres?"."""
    measure = _MEASURE.match(piece) is not None and len(content(piece)) <= 1
    return not content(piece) or measure or _IDENTITY.match(piece) is not None


def _asks(piece: str) -> bool:
    return piece.endswith("?") or bool(_ASKS.match(piece) or _ASKS_AFTER.search(piece))


def _listed(pieces: list[str], n: int) -> bool:
    """Whether a piece is one of several things asked for by name in one sentence."""
    after = n + 1 < len(pieces) and bool(_DEMANDS.match(pieces[n + 1])) and pieces[n][-1] not in ".!;"
    return after or (n > 0 and bool(_DEMANDS.match(pieces[n])) and pieces[n - 1][-1] not in ".!;")
