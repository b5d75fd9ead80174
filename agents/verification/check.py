"""Checks a finished answer against the passages that it was written from: what of it they bear out. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.types import Citation, MisplacedMarker, Task, UnsupportedSpan
from agents.vehicles.applicability import Fitment
from agents.verification.claims import Claim, claims
from agents.verification.grounds import overlap
from agents.verification.judge import Assertion, Judge
from rag.types import Chunk, Passage


@dataclass(frozen=True, slots=True)
class Checked:
    """What of an answer holds: its citations, one per passage in the order of their first markers; the statements that
    no passage supports; the markers whose passage does not support what they stand behind."""

    citations: tuple[Citation, ...] = ()
    unsupported: tuple[UnsupportedSpan, ...] = ()
    misplaced: tuple[MisplacedMarker, ...] = ()


def check(
    answer: str,
    passages: Mapping[int, Passage],
    fitment: Fitment,
    task: Task | None = None,
    *,
    tool_texts: Sequence[str] = (),
    declined: bool = False,
    truncated: bool = False,
) -> Checked:
    """Check an answer against its numbered passages; what the customer has said in `task` may be said back, and what
    tools told (`tool_texts`) needs no marker.

    A marker whose passage does not support its statement is no citation; where another passage supports it, that one is
    cited. In an answer that has `declined`, only statements with figures, identifiers or markers count; where one is
    `truncated`, a last statement that was cut off is left alone.
    """
    judge = Judge(answer, {**passages, **_unnumbered(tool_texts)}, fitment, task, tool_texts)
    answer_claims = claims(answer)
    unsupported: list[UnsupportedSpan] = []
    misplaced: list[MisplacedMarker] = []
    cited: dict[int, tuple[int, int, int]] = {}
    for claim in answer_claims:
        assertion = judge.read(claim.text)
        free = (
            claim.idle
            or _is_cut(claim, answer_claims, truncated)
            or (declined and not (assertion.hard or claim.markers))
        )
        if not free and not judge.holds(assertion, [marker.number for marker in claim.markers]):
            unsupported.append(UnsupportedSpan(claim.start, claim.end, answer[claim.start : claim.end]))
            misplaced += [MisplacedMarker(marker.start, marker.end, marker.number) for marker in claim.markers]
            continue
        for marker in claim.markers:
            number = marker.number if free else judge.supporter(assertion, marker)
            if number is not None and number < 0:
                number = marker.number
            if number != marker.number:
                misplaced.append(MisplacedMarker(marker.start, marker.end, marker.number, number))
            if number is not None and number in passages:
                best = _evidence(judge, assertion, number)
                cited[number] = max(cited.get(number, best), best, key=lambda evidence: evidence[0])
    citations = tuple(Citation(number, passages[number], start, end) for number, (_, start, end) in cited.items())
    return Checked(citations, tuple(unsupported), tuple(misplaced))


def _unnumbered(texts: Sequence[str]) -> dict[int, Passage]:
    """What tools told as passages, under numbers that no marker has."""
    return {
        -number: Passage(Chunk(f"tool {number}", "", "", "", (), None, 0, len(text), text), 1.0)
        for number, text in enumerate(texts, start=1)
    }


def _is_cut(claim: Claim, answer_claims: tuple[Claim, ...], truncated: bool) -> bool:
    return truncated and claim is answer_claims[-1] and claim.text[-1:] not in {".", "!", "?"}


def _evidence(judge: Judge, assertion: Assertion, number: int) -> tuple[int, int, int]:
    """How much of a claim the statement of a passage says that says most of it, and its place in the document; the
    whole passage where none says any."""
    chunk = judge.grounds.passages[number].chunk
    best = (0, chunk.start, chunk.end)
    for ground in judge.grounds.of(number):
        figures = [figure for detail in ground.details for figure in detail.figures]
        named = frozenset(identifier for detail in ground.details for identifier in detail.identifiers)
        score = overlap(assertion.stems, ground.own) + 2 * len(assertion.identifiers & named)
        score += 2 * sum(any(map(figure.same, figures)) for figure in assertion.figures)
        if score > best[0]:
            best = (score, ground.statement.span.start, ground.statement.span.end)
    return best
