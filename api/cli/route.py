"""`pitcrew route`: who would answer a message."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.terminal.output import print_json

if TYPE_CHECKING:
    from agents.types import Route

_MEANINGS = {
    "clarify": "too uncertain: the customer is asked which of these is meant",
    "out_of_scope": "not for this support: refused with what can be asked",
    "human": "the customer wants a person",
    "talk": "needs no specialist: the assistant itself replies",
}


def route(
    message: Annotated[str, typer.Argument(help="The customer's message.")],
    json: Annotated[bool, typer.Option("--json", help="The decision as one JSON object.")] = False,
) -> None:
    """Show what a message does, which specialist the classifier gives it to, and how certain it is. No model is asked.

    Example: pitcrew route "the brake warning light is on"
    """
    from agents.types import Question
    from api.compose.knowledge import open_embedder
    from api.compose.learnt import load_vehicles, open_learnt
    from api.settings import Settings
    from orchestrator.commands import Send

    Send(message).check()
    settings = Settings()
    vehicles = load_vehicles(settings)
    learnt = open_learnt(settings, open_embedder(settings), None, vehicles)
    act = learnt.acts.read(message).act
    decided = replace(learnt.classifier.classify(Question(message, facts=vehicles.facts(message, {}))), act=act)
    if json:
        print_json(_plain(decided))
    else:
        print(_describe(decided))


def _plain(decided: "Route") -> dict[str, Any]:
    return {
        "act": decided.act,
        "kind": decided.kind,
        "route": decided.parts[0].specialist if decided.kind == "answer" else decided.kind,
        "confidence": round(decided.confidence, 4),
        "parts": [
            {"specialist": part.specialist, "confidence": round(part.confidence, 4), "text": part.question.whole}
            for part in decided.parts
        ],
    }


def _describe(decided: "Route") -> str:
    lines = [f"{part.specialist}  {part.confidence:.2f}  {part.question.whole}" for part in decided.parts]
    if decided.kind != "answer":
        lines.insert(0, f"{decided.kind}  {decided.confidence:.2f}  ({_MEANINGS[decided.kind]})")
    if decided.act != "request":
        lines.insert(0, f"act: {decided.act}")
    return "\n".join(lines)
