"""What a customer gets out of one turn: whether the reply is of a kind that helps, says what it must, and is short.

A turn names all kinds of replies that would do, because a good desk may answer or ask back; what it needs is checked in
replies that tell something. Pure.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import msgspec

from orchestrator.evaluation.answers import plain

Reply = Literal[
    "answer", "ask", "decline", "small_talk", "acknowledge", "person", "danger", "refuse", "proposal", "failed"
]
REPLIES: tuple[Reply, ...] = get_args(Reply)
_TELLING = frozenset({"answer", "person", "danger"})
"""Replies whose words are checked for what the turn needs; of small talk where no answer was expected."""
_BY_ACT: dict[str, Reply] = {
    "statement": "acknowledge",
    "acknowledgement": "acknowledge",
    "forget": "acknowledge",
    "complaint": "person",
    "money_back": "person",
    "privacy": "person",
    "person": "person",
    "human": "person",
    "danger": "danger",
    "injection": "refuse",
    "abuse": "small_talk",
    "repeat": "answer",
    "shorten": "answer",
    "out_of_scope": "refuse",
    "clarify": "ask",
}
"""The kind of reply that an act of the customer gets from the assistant itself; any other is small talk."""
_BY_STATUS: dict[str, Reply] = {
    "answered": "answer",
    "asked_back": "ask",
    "declined": "decline",
    "to_person": "person",
    "passed_on": "answer",
}


class Verdict(msgspec.Struct, frozen=True):
    """How one turn went. `wrong`: it told something that is not so, or something else than was asked. `needless`: it
    declined what the documents hold. `short`: the reply is no longer than a customer puts up with."""

    right: bool
    short: bool
    wrong: bool
    needless: bool


def replies(
    agent: str, act: str, statuses: Sequence[str], *, cites: bool = False, looked_up: bool = True
) -> frozenset[Reply]:
    """The kinds of reply that a finished answer is: by how its parts ended, or without parts by the act that the
    assistant itself replied to. An answer whose parts were only declined in part is an answer, and so is a
    question back that follows on what the documents say (`cites`). What cites nothing and has not `looked_up` anything
    tells nothing either: "All right, I leave it at that" takes note."""
    if act == "danger":
        return frozenset({"danger"})
    if not statuses:
        return frozenset({_BY_ACT.get(act if act != "request" else agent, "small_talk")})
    if not cites and not looked_up and set(statuses) == {"answered"}:
        return frozenset({"acknowledge"})
    kinds = frozenset(_BY_STATUS[status] for status in statuses)
    return (kinds - {"decline"} or kinds) | ({"answer"} if cites and "ask" in kinds else frozenset())


def verdict(
    text: str,
    got: frozenset[Reply],
    *,
    outcomes: Sequence[Reply],
    needs: Sequence[Sequence[str]] = (),
    lacks: Sequence[str] = (),
    most: int | None = None,
    known: bool = True,
    hedged: bool = False,
) -> Verdict:
    """The verdict on a reply. Of every group in `needs` one text has to occur, none of `lacks` may; case and blanks do
    not count. `known`: the documents hold what was asked. `hedged`: the reply quotes what comes closest without
    calling it the answer, so that it is wrong only where it says what it must not."""
    answer = plain(text)
    telling = _TELLING if "answer" in outcomes else _TELLING | {"small_talk"}
    false = any(plain(phrase) in answer for phrase in lacks)
    missing = any(not any(plain(phrase) in answer for phrase in group) for group in needs)
    fitting = got & frozenset(outcomes)
    right = not false and bool(fitting - telling or (fitting and not missing))
    wrong = not right and "answer" in got and "ask" not in got and (false or not hedged)
    needless = known and "decline" in got and "decline" not in outcomes
    return Verdict(right, most is None or len(text) <= most, wrong, needless)
