"""Evaluate routing: with the product's own classifier, or with one that learns any labels."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.cli.evaluation.questions import Lines, question
from api.cli.terminal.output import note, numbered_json_lines, progress
from api.failure import CommandFailed

if TYPE_CHECKING:
    from agents.types import Route
    from api.settings import Settings
    from orchestrator.evaluation.cases import Case
    from orchestrator.evaluation.outcomes import Outcome
    from orchestrator.evaluation.routing import Routed


def routed(settings: "Settings", cases: "list[Case]") -> "tuple[Lines, Sequence[Outcome]]":
    """Predictions {id, route, confidence} and outcomes of the product's classifier."""
    from dataclasses import replace

    from api.compose.knowledge import open_embedder
    from api.compose.learnt import load_vehicles, open_learnt
    from orchestrator.evaluation.routing import outcome

    vehicles = load_vehicles(settings)
    classifier = open_learnt(settings, open_embedder(settings), None, vehicles).classifier
    lines, outcomes = [], []
    with progress("Routing") as advance:
        for done, case in enumerate(cases):
            advance(done, len(cases), "")
            case_question = question(case, vehicles)
            route = classifier.classify(
                replace(case_question, facts=vehicles.facts(case_question.text, case_question.facts))
            )
            outcomes.append(outcome(case, _scored(route)))
            name = route.parts[0].specialist if route.parts else "out_of_scope"
            lines.append({"id": case.id, "route": name, "confidence": round(route.confidence, 4)})
        advance(len(cases), len(cases), "")
    return lines, outcomes


def _scored(route: "Route") -> "Routed":
    """The choice that is scored: of a question back, the likeliest specialist."""
    from orchestrator.evaluation.routing import Routed

    match route.kind:
        case "answer":
            return Routed(frozenset(part.specialist for part in route.parts), route.confidence)
        case "clarify":
            return Routed(frozenset({route.parts[0].specialist}), route.confidence, asked_back=True)
        case _:
            return Routed(frozenset({route.kind}), route.confidence)


def labelled(settings: "Settings", cases: "list[Case]", examples: Path) -> "tuple[Lines, Sequence[Outcome]]":
    """Predictions {id, label, confidence} and outcomes of a classifier whose specialists are the labels of `examples`,
    lines {text, label}. Every case gets a label."""
    from agents.learning.teacher import Teacher
    from agents.routing.classifier import Classifier
    from agents.specialist import Specialist
    from api.compose.knowledge import open_embedder
    from orchestrator.evaluation.routing import Routed, outcome

    texts = _examples(examples)
    catalogue = tuple(Specialist(label, label, label, tuple(phrases), (), "") for label, phrases in texts.items())
    note(f"Learning {len(catalogue)} labels from {sum(map(len, texts.values()))} examples...")
    classifier = Classifier.taught(catalogue, Teacher(open_embedder(settings), shipped=None))
    lines, outcomes = [], []
    with progress("Labelling") as advance:
        for done, case in enumerate(cases):
            advance(done, len(cases), "")
            label, confidence = classifier.ranked(case.text)[0]
            lines.append({"id": case.id, "label": label, "confidence": round(confidence, 4)})
            outcomes.append(outcome(case, Routed(frozenset({label}), confidence)))
        advance(len(cases), len(cases), "")
    return lines, outcomes


def _examples(file: Path) -> dict[str, list[str]]:
    """The texts of each label. Raises CommandFailed that names file and line."""
    texts: dict[str, list[str]] = {}
    for number, example in numbered_json_lines(file):
        text, label = example.get("text"), example.get("label")
        if not isinstance(text, str) or not isinstance(label, str):
            raise CommandFailed(f"{file}, line {number} has no `text` and `label`, both texts.")
        texts.setdefault(label, []).append(text)
    if len(texts) < 2:
        raise CommandFailed(f"{file} holds examples of {len(texts)} labels: at least two are needed to choose from.")
    return texts
