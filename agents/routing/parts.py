"""Which of the things that a message asks are different questions, and what each is called. Pure.

What belongs together stays together: a question that leans on the one before it, or speaks of the same thing, is part
of it. When in doubt nothing is parted: an answer to half a question is worse than one to two.
"""

from agents.conversation.followup import refers_back
from agents.language.phrases import Phrases
from agents.language.tokens import tokens
from agents.language.words import content, vocabulary
from agents.language.words import sentences as said
from agents.routing.clauses import opened, split
from agents.vehicles.range import Vehicles
from rag.terms import stem

MOST = 4
"""Questions that are answered at once."""
_MOST_READ = 24
"""Clauses that are compared with each other."""
LONGEST_LABEL = 60
_SHORTEST = 4
"""Words of a question that can stand alone: "how much torque?" goes with what was asked before it."""

_LEANING = vocabulary(
    """drive driving driven drove continue go going gone stop stopped workshop dealer dealership garage mechanic repair
    repaired repairs fix fixed tow towed home today tomorrow now immediately urgent urgently worried worrying call
    phone number address open opening hours cost costs costing expensive cheap price charge pay paid serious
    dangerous danger safe unsafe cause causes caused check checked try tried happen happens reset clear wait long
    far fast quick quickly speed soon later ready include included includes contain find found out litres kilometres
    km miles percent euros year years months model models version versions variant extra free covered cover warranty
    use used using work works working part parts new own yourself myself owner manual way ways reason reasons
    difference differ different better best worse summer winter city motorway maximum minimum exactly roughly apply
    applies order ordered available fitted standard possible necessary required allowed legal recommend recommended
    advisable turn switch press push set change changed replace replaced bring take takes come comes keep put remove
    removed add tell write read lose lost damage damaged"""
)
"""Words that say what is asked about a thing without naming one."""
_ALSO = Phrases(
    (
        "^ (and|but|) (also|another (thing|question)|one more (thing|question)|secondly|separately|btw|by the way)",
        "^ (and|but|) (apart from that|besides|something else|next question|second question)",
    )
)
_CONDITION = Phrases(("^ (and|but|) (if|in that case|then|so|or|otherwise|because|since|any)",))
_OWNS = vocabulary(
    "drive own have got bought car cars vehicle skelby hello hi thinking considering two three things questions"
)
_ASKS = Phrases(
    (
        "^ (what|whats|which|who|whos|whose|how|hows|why|when|whens|where|wheres)",
        "^ (is|are|does|do|did|can|could|will|may|must)",
    ),
)
_MARKUP = str.maketrans(dict.fromkeys("*_`[]<>|#~\\"))
_ENDS = ".!?;:"


def apart(first: str, second: str, vehicles: Vehicles) -> bool:
    """Whether two pieces of a message, in its order, are different questions for the same specialist."""
    if refers_back(second, vehicles) or _CONDITION.opening(second) or len(second.split()) < _SHORTEST:
        return False
    before, after = _things(first, vehicles), _things(second, vehicles)
    if not after or before & after:
        return False
    if _other_vehicle(first, second, vehicles):
        return True
    return bool(before) and (not _explains_first(first, vehicles) or _ALSO.opening(second) is not None)


def questions(text: str, vehicles: Vehicles) -> tuple[str, ...]:
    """The things that a message asks, those that belong together joined, in its order."""
    pieces: list[str] = []
    for clause in split(text)[:_MOST_READ]:
        if clause.asks:
            place = next((n for n, other in enumerate(pieces) if not apart(other, clause.text, vehicles)), None)
            if place is None:
                pieces.append(clause.text)
            else:
                pieces[place] = f"{pieces[place]} {clause.text}"
    return tuple(pieces)


def label(question: str) -> str:
    """What a part is called where one specialist answers several: the customer's own words, at most 60 characters."""
    sentences = said(question.translate(_MARKUP), _ENDS)
    asks = next((part for part in sentences if part.rstrip().endswith("?")), sentences[-1] if sentences else "")
    read, behind = tokens(asks), opened(asks)
    words = " ".join(asks[read[behind].start if behind < len(read) else len(asks) :].split())
    words = words[:1].upper() + words[1:]
    if words[-1:].isalnum() and _ASKS.opening(words):
        words += "?"
    if len(words) <= LONGEST_LABEL:
        return words
    return words[: LONGEST_LABEL - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def _things(text: str, vehicles: Vehicles) -> frozenset[str]:
    """The stems of the words that name what a piece is about."""
    named = vehicles.generic(text, "")
    return frozenset(stem(word) for word in content(named) if word not in _LEANING)


def _explains_first(text: str, vehicles: Vehicles) -> bool:
    """Whether a piece says what is the matter before it asks, so that what follows is about that as well."""
    sentences = said(text, _ENDS)
    statements = [part for part in sentences[:-1] if not part.rstrip().endswith("?")]
    return any(set(content(vehicles.generic(statement, ""))) - _OWNS for statement in statements)


def _other_vehicle(first: str, second: str, vehicles: Vehicles) -> bool:
    before, after = vehicles.mentioned(first), vehicles.mentioned(second)
    return bool(before and after) and not set(before) & set(after)
