"""Evaluate retrieval: over the knowledge base as it is, or over a corpus of one's own."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.evaluation.questions import Lines, question
from api.cli.terminal.output import note, progress
from api.failure import CommandFailed

if TYPE_CHECKING:
    from api.settings import Settings
    from orchestrator.evaluation.cases import Case
    from orchestrator.evaluation.outcomes import Outcome


def ranked(settings: "Settings", cases: "list[Case]", corpus: Path | None) -> "tuple[Lines, Sequence[Outcome]]":
    """Predictions {id, ranked, scores, answerable} and outcomes; ids are the corpus' own, as they were written."""
    from agents.conversation.followup import standalone
    from agents.vehicles.range import Vehicles
    from api.cli.evaluation.corpus import documents, searched
    from api.compose.learnt import load_vehicles
    from orchestrator.evaluation.retrieval import RANKED, Ranked, outcome

    vehicles = Vehicles() if corpus else load_vehicles(settings)
    lines, outcomes = [], []
    with searched(settings, corpus) as (retriever, original_ids), progress("Searching") as advance:
        if corpus:
            _check(corpus, original_ids, cases)
        for done, case in enumerate(cases):
            advance(done, len(cases), "")
            scored, answerable = documents(retriever, standalone(question(case, vehicles), vehicles).whole)
            ranking = list(scored.items())[:RANKED]
            outcomes.append(outcome(case, Ranked(tuple(name for name, _ in ranking), answerable)))
            lines.append(
                {
                    "id": case.id,
                    "ranked": [original_ids.get(name, name) for name, _ in ranking],
                    "scores": [round(score, 4) for _, score in ranking],
                    "answerable": round(answerable, 4),
                }
            )
        advance(len(cases), len(cases), "")
    return lines, outcomes


def _check(corpus: Path, original_ids: Collection[str], cases: "list[Case]") -> None:
    """Raises CommandFailed where there is nothing to search, and tells of relevant documents that cannot be found."""
    if not original_ids:
        raise CommandFailed(f"{corpus} holds no documents. Write one JSON object per line, with `id` and `text`.")
    unknown = sorted({name for case in cases for name in case.relevant or ()} - set(original_ids))
    if unknown:
        note(f"{len(unknown)} of the relevant documents are not in {corpus}, such as {unknown[0]}.")
