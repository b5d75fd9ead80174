"""Splits a message into the things it asks. A split is a proposal: the classifier keeps it only where the pieces
are for different specialists, or are different questions (`agents.routing.parts`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.language.phrases import Phrases
from agents.language.reading import reading
from agents.language.tokens import Token, tokens
from agents.language.words import content, vocabulary

_AUX = "(is|are|was|were|does|do|did|can|could|should|shall|will|would|has|have|had|may|must)"
_HOW = "(after|at|by|for|from|in|on|since|till|to|until|up to|with|within) (how|what|which|when)"
_ASK = Phrases(
    (
        "(what|whats|which|who|whos|whose|how|why|whens|wheres)", f"(when|where) {_AUX}", _HOW, f"{_AUX} <word>",
        "((my|our|the) <any>|i|we|he|she|they) (also|) (want|wants|need|needs|is|am|are) (to know|wondering|curious)",
        "((my|our|the) <any>|i|we|he|she|they) (also|) would like (to know|wondering|curious)",
        "where (the|my|our|your|a|an|i)", "(tell|give|show|send|remind) me", "(id|i would) (also|) like",
        "(explain|compare|book|schedule|reschedule|cancel|arrange|list) <any>",
        "i (also|) (want|need) (a|an|to (know|book|have|make|get|bring|change|move|cancel|order))",
    )
)  # fmt: skip
_OPENERS = vocabulary("and also plus then please so but ok okay hi hello hey secondly next")
_OPENING_MARKS = frozenset(",:")
_DEMAND = Phrases(
    tuple(f"(also|) (the|its|my|your|a|an) {' '.join(['<any>'] * count)} (of|for|to)" for count in range(1, 6))
)
"""A thing asked for by its name alone: ", and the price of a service"."""
_JOINTS = frozenset({"and", "plus", "also"})
_FILLERS = vocabulary("also then please secondly")
_MOST_FILLERS = 4
_IDENTITY = Phrases(
    tuple(
        f"^ (and|) (what|which) {' '.join(['<any>'] * count)} (is|was|are) (it|that|this|they|those) $"
        for count in range(4)
    )
)
"""Asks for the name of what was just spoken of."""
_ALSO = Phrases(("^ (and|but|plus|) (i also|we also|also|another thing|separately)",))
_SEVERAL = 2
_NUMBER_MARKS = frozenset(").:")
_MATTER = 2
"""Words of content that tell what is the matter: "it pulls left"."""
_MEASURE = Phrases((_HOW,))
_ABBREVIATIONS = frozenset({"e.g.", "i.e.", "etc.", "approx.", "no.", "nr.", "vs.", "mr.", "mrs.", "dr."})
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
    pieces = _pieces(_unnumbered(text))
    merged: list[Clause] = []
    waiting = ""
    for n, piece in enumerate(pieces):
        joined = f"{waiting} {piece}".strip()
        asks = _asks(piece) or _listed(pieces, n)
        if not asks:
            waiting = joined
        elif waiting and _ALSO.opening(piece) and len(content(waiting)) >= _MATTER:
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


def _unnumbered(text: str) -> str:
    """The text with each of its questions that are numbered 1, 2, 3 on a line of its own, without the number."""
    read = tokens(text)
    numbers: list[Token] = []
    for at, token in enumerate(read):
        asked = at + 1 + (at + 1 < len(read) and read[at + 1].word in _NUMBER_MARKS)
        if token.word == str(len(numbers) + 1) and _ASK.at(text, asked):
            numbers.append(token)
    if len(numbers) < _SEVERAL:
        return text
    for number in reversed(numbers):
        text = f"{text[: number.start]}\n{text[number.end :].lstrip(').:')}"
    return text.strip()


def _pieces(text: str) -> list[str]:
    """The text cut at every break; not behind an abbreviation, nor where nothing has been said yet ("How long and how
    wide is it?")."""
    pieces: list[str] = []
    start = examined = 0
    telling = False
    for begin, end in _breaks(text):
        # Only what is new since the last break is read: a break lies between two words.
        telling = telling or bool(content(text[examined:begin]))
        examined = begin
        if not telling and not (pieces and _asks(text[start:begin])):
            continue
        last = text[max(start, begin - _LONGEST_ABBREVIATION - 1) : begin].casefold().split()[-1:]
        if not last or last[0].lstrip("(") not in _ABBREVIATIONS:
            pieces.append(text[start:begin].strip())
            start, telling = end, False
    rest = text[start:].strip()
    return [*pieces, rest] if rest else pieces


def _breaks(text: str) -> Iterator[tuple[int, int]]:
    """Where a text may be cut, with what stands there: behind a sentence, before a further question or demand."""
    read = tokens(text)
    at = 1
    while at < len(read):
        token, before = read[at], read[at - 1]
        comma = at if token.word == "," else at - 1
        joint = comma + 1
        behind = read[joint + 1].start if joint + 1 < len(read) else len(text)
        joined = joint < len(read) and read[joint].word in _JOINTS and read[joint].apart
        if token.line or (token.apart and before.word[-1] in ".?!;"):
            yield before.end, token.start
        elif joined and (_ASK.at(text, _filled(read, joint + 1)) or (joint > at and _demands(text, read, joint))):
            yield before.end, behind
            at = joint + 1
        elif comma == at and joint < len(read) and read[joint].apart and _ASK.at(text, joint):
            yield before.end, read[joint].start
        at += 1


def _demands(text: str, read: Sequence[Token], joint: int) -> bool:
    return read[joint].word != "also" and _DEMAND.at(text, joint + 1) is not None


def _filled(read: Sequence[Token], at: int) -> int:
    """The place behind a few words that say nothing."""
    return next(
        (place for place in range(at, min(at + _MOST_FILLERS, len(read))) if read[place].word not in _FILLERS),
        min(at + _MOST_FILLERS, len(read)),
    )


def opened(text: str) -> int:
    """The place of the first token behind the words with which a message opens: "and also", "ok, so"."""
    read = tokens(text)
    at = 0
    while at < len(read):
        another = read[at].word == "another" and at + 1 < len(read) and read[at + 1].word == "thing"
        if not another and read[at].word not in _OPENERS and (at == 0 or read[at].word not in _OPENING_MARKS):
            break
        at += 2 if another else 1
    return at


def _completes(piece: str) -> bool:
    """Whether a question only asks more of the one before it: "what is it?", "and up to how many kilometres?"."""
    measure = _MEASURE.at(piece, opened(piece)) is not None and len(reading(piece).content) <= 1
    return not reading(piece).content or measure or _IDENTITY.opening(piece) is not None


def _asks(piece: str) -> bool:
    read = tokens(piece)
    colons = (at for at, token in enumerate(read) if token.word == ":" and at + 1 < len(read) and read[at + 1].apart)
    return piece.endswith("?") or any(_ASK.at(piece, at) for at in (opened(piece), *(at + 1 for at in colons)))


def _listed(pieces: list[str], n: int) -> bool:
    """Whether a piece is one of several things asked for by name in one sentence."""
    after = n + 1 < len(pieces) and _is_demand(pieces[n + 1]) and pieces[n][-1] not in ".!;"
    return after or (n > 0 and _is_demand(pieces[n]) and pieces[n - 1][-1] not in ".!;")


def _is_demand(piece: str) -> bool:
    return _DEMAND.at(piece, opened(piece)) is not None
