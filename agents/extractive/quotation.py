"""A quote of the passage that comes closest to a question, for where no single statement is sure to answer it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from agents.extractive.scoring import Scored
from agents.language.words import vocabulary
from agents.passages.statements import Statement
from agents.types import Task
from agents.vehicles.applicability import Cars, Fitment

FACT, EXPLANATION = 190, 300
"""Characters that are quoted for a plain fact, and for what takes more words: with its heading, as much as a customer
reads."""
PROCEDURE = 900
"""Characters up to which the steps of a procedure are quoted, all of them."""
_WHETHER = vocabulary("yes no none not standard option optional available included")
"""What a cell begins with that says whether a product has something."""
_HALF = 0.5
_BEHIND = 2.0  # log odds by which a row may be behind the best and still be quoted beside it
_NEAR = 4.0  # what a likeness of 1 adds to the order of a passage


@dataclass(frozen=True, slots=True)
class Quote:
    """What is quoted of one passage: statements in the document's order."""

    passage: int
    statements: tuple[Statement, ...]


def quote(ranked: Sequence[Scored], longest: int = FACT, *, whether: bool = False) -> Quote:
    """The best passage's whole sentences, items and rows around its best statement, as many as fit; or all steps of the
    procedure that the best statement is, or is a step of, where steps are asked for; or a row that says yes or no of
    what is asked for, where it is asked `whether`. Raises ValueError without statements."""
    plain = next((scored.statement for scored in ranked if whether and _says_whether(scored)), None)
    if plain is not None:
        return Quote(plain.span.passage, (plain,))
    best = ranked[0].statement
    procedure = next((scored.statement for scored in ranked if _is_whole(best, scored)), None)
    if procedure is not None and len(procedure.text) <= PROCEDURE:
        return Quote(procedure.span.passage, (procedure,))
    by_passage: dict[int, list[Scored]] = {}
    for scored in ranked:
        if scored.statement.span.kind != "list":
            by_passage.setdefault(scored.statement.span.passage, []).append(scored)
    passage = max(by_passage, key=lambda number: _standing(by_passage[number]))
    return Quote(passage, _around(by_passage[passage], longest))


def _says_whether(scored: Scored) -> bool:
    """Whether a statement is a row of what the question speaks of, half of its name at least, that says of it no more
    than whether it is there."""
    statement = scored.statement
    there = len(statement.parts) == 1 and statement.parts[0].value.casefold().split(" ")[0].rstrip(",;") in _WHETHER
    return there and bool(scored.holds) and scored.features["beside"] <= _HALF


def _is_whole(best: Statement, scored: Scored) -> bool:
    """Whether a statement is the procedure that the best one is, or is a step of, and steps are asked for."""
    statement = scored.statement
    return scored.features["steps"] > 0 and (statement is best or best.span in statement.items)


def _standing(own: Sequence[Scored]) -> float:
    """How likely a passage is to answer, by the statements of its `own`."""
    return max(scored.order for scored in own) + _NEAR * max(scored.features["likeness"] for scored in own)


def _around(scored: Sequence[Scored], longest: int) -> tuple[Statement, ...]:
    """The statements of a passage that fit `longest` characters: the best, however long, with what stands around it,
    rows by how well they answer."""
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
        if position != place and best.order - in_order[position].order > _BEHIND and best.statement.span.kind == "row":
            continue
        length += len(in_order[position].statement.whole)
        if kept and length > longest:
            break
        kept.add(position)
    return tuple(in_order[position].statement for position in sorted(kept))


def word(quoted: Quote, fitment: Fitment, task: Task, cars: Cars) -> str:
    """The quote as text, with where it stands and its marker."""
    chunk = task.passages[quoted.passage].chunk
    heading = chunk.section[-1] if chunk.section else chunk.title
    if (first := quoted.statements[0]).items:
        steps = "\n".join(f"{number}. {step.text}" for number, step in enumerate(first.items, 1))
        return f"Our documents say, under *{heading}* [{task.first_number + quoted.passage}]:\n\n{steps}"
    lines = list(_lines(quoted.statements, fitment, cars))
    marker = f"[{task.first_number + quoted.passage}]"
    if len(lines) == 1:
        text = lines[0].removeprefix("- ").removeprefix(f"{_mark(first)} ")
        return f"Our documents say, under *{heading}*: {text} {marker}"
    return f"Our documents say, under *{heading}* {marker}:\n\n" + "\n".join(lines)


def _lines(statements: Sequence[Statement], fitment: Fitment, cars: Cars) -> Iterator[str]:
    for _, group in groupby(statements, key=lambda statement: (statement.span.block, statement.span.kind)):
        block = list(group)
        kind = block[0].span.kind
        if kind == "sentence":
            spans = {statement.span for statement in block}
            yield " ".join(statement.text if statement.before in spans else statement.whole for statement in block)
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
            yield f"{named[0]}: {row[0].told}" if named[0] else row[0].told
            continue
        values = "; ".join(
            f"{name} {', '.join(part.value for part in statement.parts)}".strip()
            for name, statement in zip(named, row, strict=True)
        )
        yield f"{row[0].label}: {values}" if row[0].label else values


def _of(statement: Statement, fitment: Fitment, cars: Cars) -> str:
    return "" if cars <= statement.cars else fitment.name(statement.cars & cars)
