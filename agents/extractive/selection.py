"""Which of the scored statements make the answer: enough to cover the cars asked about, and no more."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agents.extractive.scoring import ANSWERS, Scored
from agents.passages.statements import Statement
from agents.vehicles.applicability import Cars

_OF_KIND = 2.5  # log odds by which a statement of the kind asked for may be behind one that is of another
_PEER = 2.0  # log odds by which a statement about other cars may be behind the best and still belong beside it
_BESIDE = 0.4  # the least probability of a statement beside the best
_KINSHIP = 1.0  # log odds that each sign of saying the same as the best is worth
_ADDS = 1.0  # log odds by which a sentence that adds words of the question may be behind the best
_EXCEPTION = 3.0  # log odds by which what is said of the cars asked about alone may be behind a rule for more cars
_SENTENCES = 3
_POINTED, _AHEAD = 0.62, 0.03
"""The likeness to a question that one step answers from which on that step is meant and not the whole procedure, and by
how much it is likelier than one that all of it answers."""


@dataclass(frozen=True, slots=True)
class Share:
    """What is said about `cars`, a part of the cars asked about."""

    cars: Cars
    statement: Statement


@dataclass(frozen=True, slots=True)
class Selection:
    """The statements that answer. `shares` differ by car; `more` are sentences that complete the first share."""

    shares: tuple[Share, ...]
    more: tuple[Statement, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements used."""
        return (*(share.statement for share in self.shares), *self.more)


def led(ranked: Sequence[Scored]) -> list[Scored]:
    """The statements with the one in front that is of the kind asked for, a value or steps, where the best is not and
    this one is hardly behind it; of a list, with the one entry that is meant."""
    best, rest = ranked[0], ranked[1:]
    wanted = "steps" if best.features["instead"] else "value" if best.features["no_value"] else ""
    close = (scored for scored in rest if scored.order >= best.order - _OF_KIND)
    first = next((scored for scored in close if scored.features.get(wanted, 0.0) > 0), best)
    if (entry := _pointed(ranked, first)) is not None:
        ranked = [scored for scored in ranked if entry.statement.span not in scored.statement.items]
        first = entry
    return [first, *(scored for scored in ranked if scored is not first)]


def _pointed(ranked: Sequence[Scored], first: Scored) -> Scored | None:
    """The entry, of the list that is first or has the first in it, that answers what other customers have asked in such
    words; None where it is all of it."""
    lists = (scored for scored in ranked if scored is first or first.statement.span in scored.statement.items)
    whole = next((scored for scored in lists if scored.statement.items), None)
    if whole is None:
        return None
    entries = [scored for scored in ranked if scored.statement.span in whole.statement.items]
    best = max(entries, key=lambda scored: scored.features["asked_own"], default=None)
    if best is None or best.features["asked_own"] < max(_POINTED, whole.whole + _AHEAD):
        return None
    return best


def select(ranked: Sequence[Scored], cars: Cars) -> Selection | None:
    """The answer's statements out of `ranked`, best first, all of which concern `cars`; None when none answers."""
    if not ranked or ranked[0].probability < ANSWERS:
        return None
    best = _whole(ranked)
    shares = [Share(best.statement.cars & cars, best.statement)]
    rest = cars - best.statement.cars
    for scored in _peers(ranked, best):
        if not rest:
            break
        fresh = scored.statement.cars & rest
        if fresh:
            shares.append(Share(fresh, scored.statement))
            rest -= fresh
    more = _completing(ranked, best) if len(shares) == 1 else ()
    if (narrower := _narrower(ranked, best, cars)) is not None and narrower not in more:
        more = (*more, narrower)
    return Selection(tuple(shares), _once(best.statement, more))


def _once(first: Statement, more: Sequence[Statement]) -> tuple[Statement, ...]:
    """What completes the first statement, without what that or another repeats to be understood."""
    told = {first.span, first.before}
    kept: list[Statement] = []
    for statement in more:
        if statement.span not in told:
            kept.append(replace(statement, before=None) if statement.before in told else statement)
            told |= {statement.span, statement.before}
    return tuple(kept)


def _whole(ranked: Sequence[Scored]) -> Scored:
    """The best; where it is one step of several and the question asks for steps, all of them."""
    best = ranked[0]
    if best.statement.span.kind == "step":
        for scored in ranked:
            if best.statement.span in scored.statement.items and scored.features["steps"]:
                return scored
    return best


def _peers(ranked: Sequence[Scored], best: Scored) -> list[Scored]:
    """Statements good enough to stand beside the best, those first that say the same thing of other cars."""
    good = [
        (scored.order + _KINSHIP * _kinship(scored.statement, best.statement), scored)
        for scored in ranked
        if scored is not best
        and scored.probability >= _BESIDE
        and len(best.holds - scored.holds) <= len(best.holds) // 2
        and scored.statement.span.kind != "list"
        and scored.features["no_value"] <= best.features["no_value"]
    ]
    near = [candidate for candidate in good if candidate[0] >= best.order - _PEER]
    return [scored for _, scored in sorted(near, key=lambda candidate: -candidate[0])]


def _kinship(statement: Statement, other: Statement) -> int:
    """How much two statements are of a kind: rows of one table and about one thing are most."""
    same_table = statement.span.passage == other.span.passage and statement.span.block == other.span.block
    same_subject = bool(statement.subject) and statement.subject.casefold() == other.subject.casefold()
    return int(same_table) + 2 * int(same_subject) + int(statement.near == other.near)


def _narrower(ranked: Sequence[Scored], best: Scored, cars: Cars) -> Statement | None:
    """What the section of the best statement says of the cars asked about and not of all that the best is true of: the
    exception to its rule, where other customers have asked for it in such words."""
    rule = best.statement
    if rule.span.kind != "sentence" or not cars < rule.cars:
        return None
    exceptions = (
        scored.statement
        for scored in ranked
        if scored.statement.span.kind == "sentence"
        and scored.statement.near == rule.near
        and cars <= scored.statement.cars < rule.cars
        and scored.features["asked_own"] >= _POINTED
        and scored.order >= best.order - _EXCEPTION
    )
    return next(exceptions, None)


def _completing(ranked: Sequence[Scored], best: Scored) -> tuple[Statement, ...]:
    if best.statement.span.kind == "list":
        return ()
    covered = set(best.holds)
    chosen: list[Statement] = []
    for scored in ranked[1:]:
        statement = scored.statement
        close = scored.probability >= ANSWERS and scored.order >= best.order - _ADDS
        if len(chosen) + 1 < _SENTENCES and close and statement.span.kind != "list" and not scored.holds <= covered:
            chosen.append(statement)
            covered |= scored.holds
    return tuple(chosen)
