"""Quotes of the passages that come closest to a question, for where no single statement is sure to answer it."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import groupby

from agents.extractive.scoring import Scored
from agents.passages.spans import Span
from agents.passages.statements import Statement
from agents.types import Task
from agents.vehicles.applicability import Cars, Fitment

CLOSEST = "This is the closest I found in our documents:"
BESIDE = "Our documents also say:"
NEAREST = "These are the nearest passages I know, in case they help:"

_NEAR = 4.0  # what a likeness of 1 adds to the order of a passage
_BEHIND = 4.0  # log odds by which a passage may be behind the best and still be quoted


@dataclass(frozen=True, slots=True)
class Room:
    """How much is quoted: the most passages, and the most characters of all of them and of the first."""

    passages: int
    longest: int
    first: int


ALONE = Room(3, 1300, 450)
ASIDE = Room(2, 600, 350)
NEARBY = Room(2, 800, 450)


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted of one passage: statements in the document's order."""

    passage: int
    statements: tuple[Statement, ...]


def quotes(ranked: Sequence[Scored], room: Room = ALONE, used: Sequence[Statement] = ()) -> tuple[Quote, ...]:
    """The best passages' whole sentences, items and rows around their best statement, as many as there is `room` for
    and without those that were `used` already. Empty without statements."""
    spoken = {span for statement in used for span in statement.evidence}
    by_passage: dict[int, list[Scored]] = {}
    for scored in ranked:
        if scored.statement.span.kind != "list":
            by_passage.setdefault(scored.statement.span.passage, []).append(scored)
    chosen: list[Quote] = []
    left = room.longest
    standing = {passage: _standing(own) for passage, own in by_passage.items()}
    least = max(standing.values(), default=0.0) - _BEHIND
    for passage in sorted(by_passage, key=lambda passage: -standing[passage])[: room.passages]:
        if standing[passage] < least:
            break
        fitting = _around(by_passage[passage], left if chosen else min(left, room.first), spoken)
        if fitting:
            chosen.append(Quote(passage, fitting))
            left -= sum(len(statement.text) for statement in fitting)
    return tuple(chosen)


def _standing(own: Sequence[Scored]) -> float:
    """How likely a passage is to answer, by the statements of its `own`."""
    return max(scored.order for scored in own) + _NEAR * max(scored.features["likeness"] for scored in own)


def _around(scored: Sequence[Scored], longest: int, spoken: Set[Span]) -> tuple[Statement, ...]:
    """The statements of a passage that fit `longest` characters: the best with what stands around it, rows by how well
    they answer; without those `spoken`."""
    in_order = sorted(scored, key=lambda candidate: candidate.statement.span.start)
    best = max(scored, key=lambda candidate: candidate.order)
    place = in_order.index(best)

    def distance(position: int) -> tuple[float, float]:
        candidate = in_order[position]
        if candidate.statement.span.kind == "row":
            return (0.0 if best.statement.span.kind == "row" else 1.0, -candidate.order)
        other_block = candidate.statement.span.block != best.statement.span.block
        return (float(other_block), abs(position - place) - 0.5 * (position > place))

    kept: set[int] = set()
    length = 0
    for position in sorted(range(len(in_order)), key=lambda at: (at != place, *distance(at))):
        if in_order[position].statement.span in spoken:
            continue
        length += len(in_order[position].statement.text)
        if length > longest:
            break
        kept.add(position)
    return tuple(in_order[position].statement for position in sorted(kept))


def word(quoted: Sequence[Quote], lead: str, fitment: Fitment, task: Task, cars: Cars) -> str:
    """The quotes as text behind a `lead`, each under its heading and with its marker."""
    sections = [lead]
    for quote in quoted:
        chunk = task.passages[quote.passage].chunk
        heading = chunk.section[-1] if chunk.section else chunk.title
        lines = "\n".join(_lines(quote.statements, fitment, cars))
        sections.append(f"**{heading}**\n\n{lines} [{task.first_number + quote.passage}]")
    return "\n\n".join(sections)


def _lines(statements: Sequence[Statement], fitment: Fitment, cars: Cars) -> Iterator[str]:
    for _, group in groupby(statements, key=lambda statement: (statement.span.block, statement.span.kind)):
        block = list(group)
        kind = block[0].span.kind
        if kind == "sentence":
            yield " ".join(statement.text for statement in block)
        elif kind == "row":
            yield from (f"- {row}" for row in _rows(block, fitment, cars))
        else:
            yield from (f"{_mark(statement)} {statement.text}" for statement in block)


def _mark(statement: Statement) -> str:
    return statement.span.mark if statement.span.mark[:1].isdigit() else "-"


def _rows(statements: Sequence[Statement], fitment: Fitment, cars: Cars) -> Iterator[str]:
    """One line per row; where it tells cars apart, each value with its cars."""
    for _, group in groupby(statements, key=lambda statement: statement.span.start):
        row = list(group)
        named = [_of(statement, fitment, cars) for statement in row]
        if len(row) == 1:
            yield f"{named[0]}: {row[0].text}" if named[0] else row[0].text
            continue
        values = "; ".join(
            f"{name} {', '.join(part.value for part in statement.parts)}".strip()
            for name, statement in zip(named, row, strict=True)
        )
        yield f"{row[0].label}: {values}" if row[0].label else values


def _of(statement: Statement, fitment: Fitment, cars: Cars) -> str:
    return "" if cars <= statement.cars else fitment.name(statement.cars & cars)
