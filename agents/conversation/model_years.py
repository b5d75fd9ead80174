"""Model years as people say them in short: "the 26 Heron", "2025 not 26", "osprey auto 25"."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from agents.language.tokens import Token, tokens
from agents.language.units import unit
from agents.language.words import vocabulary
from agents.types import Question, Turn
from agents.vehicles.range import Vehicles, years

_BESIDE = vocabulary("the a an my our new old petrol diesel hybrid electric auto automatic manual turbo model year")
"""Words between a vehicle's name and its year."""
_KINDS = vocabulary("plate plated reg registered model one car van truck pickup version")
_BEFORE_KIND = vocabulary("the a an my our his her their new")
_PAIRING = vocabulary("not or and vs versus against than to from")
_BEFORE_OTHER = vocabulary("the than to versus vs against")
"""Before another year, once one was named."""
_ALONE = vocabulary(
    "and the a for what about how in ok so sorry then mine mines is its it from turns out actually no wait oops i mean "
    "meant"
)
_MONTHS = vocabulary("january february march april may june july august september october november december")
_APOSTROPHES = frozenset("'’ʼ`")
_SHORT = 2
_BRIEF = 4
"""Words before a year that ends a message."""


def dated(question: Question, vehicles: Vehicles) -> Question:
    """The question, and what the customer said before it, with the years of vehicles in full."""
    turns: list[Turn] = []
    for turn in (*question.history, Turn("customer", question.text)):
        told = tuple(year for said in turns[-2:] for year in years(said.text))
        turns.append(replace(turn, text=in_full(turn.text, vehicles, told)) if turn.role == "customer" else turn)
    return replace(question, text=turns[-1].text, history=tuple(turns[:-1]))


def in_full(text: str, vehicles: Vehicles, told: Collection[str] = ()) -> str:
    """The text with the model years that it says in two digits in full. Two digits are one beside a vehicle's name or
    another year, after "the" and the like where a year was named, before "plate" and the like, and alone where `told`,
    the years that were spoken of just before, is not empty. Cost linear in the text."""
    known = {year[-_SHORT:]: year for row in vehicles.rows for year in row.years}
    read = tokens(text)
    if not any(token.kind == "number" and token.word in known for token in read):
        return text
    inside = {place for mention in vehicles.mentions(text) for place in range(mention.start, mention.end)}
    named = [token.start in inside for token in read]
    pieces, at = [], 0
    in_years = [bool(years(token.word)) for token in read]
    for place, token in enumerate(read):
        if token.word not in known or named[place] or not _stands_alone(read, place):
            continue
        if _is_year(read, place, named, in_years) or (told and _says_nothing_else(read, place)):
            in_years[place] = True
            pieces += [text[at : token.start], known[token.word]]
            at = token.end
    return "".join((*pieces, text[at:]))


def _stands_alone(read: Sequence[Token], place: int) -> bool:
    """Whether a number is no part of an amount, a date or another number."""
    token = read[place]
    before = read[place - 1] if place else None
    behind = read[place + 1] if place + 1 < len(read) else None
    if before and not token.apart and before.word not in _APOSTROPHES:
        return False
    if before and (before.word in _MONTHS or (before.kind == "number" and not years(before.word))):
        return False
    if behind is None:
        return True
    if not behind.apart and (behind.kind != "mark" or behind.word in "-/%°"):
        return False
    return behind.kind != "number" and behind.word not in _MONTHS and unit(behind.word) is None


def _is_year(read: Sequence[Token], place: int, named: Sequence[bool], in_years: Sequence[bool]) -> bool:
    behind = read[place + 1].word if place + 1 < len(read) else ""
    before = read[place - 1].word if place else ""
    if before in _BEFORE_OTHER and any(in_years):
        return True
    if behind in _KINDS and (not place or before in _BEFORE_KIND or before in _APOSTROPHES or named[place - 1]):
        return True
    for step in (-1, 1):
        at = place + step
        while 0 <= at < len(read) and not named[at] and read[at].word in _BESIDE | _APOSTROPHES:
            at += step
        if 0 <= at < len(read) and named[at]:
            return True
        while 0 <= at < len(read) and read[at].word in _PAIRING:
            at += step
        if 0 <= at < len(read) and in_years[at]:
            return True
    return False


def _says_nothing_else(read: Sequence[Token], place: int) -> bool:
    """Whether the message says nothing besides, or is as short as "my older one, 25"."""
    others = [token for at, token in enumerate(read) if at != place and token.kind != "mark"]
    last = all(token.kind == "mark" for token in read[place + 1 :])
    return all(token.word in _ALONE for token in others) or (
        last and len(others) <= _BRIEF and all(token.kind == "word" for token in others)
    )
