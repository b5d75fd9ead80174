"""`pitcrew eval`: measure routing, retrieval and answers on a set of questions."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api.cli.failure import CommandFailed
from api.cli.output import note, print_json, progress, read_json_lines, write_json_lines

if TYPE_CHECKING:
    from agents.types import Question, Route
    from agents.vehicles import Vehicles
    from api.settings import Settings
    from orchestrator.evaluate import Answer, Case, Routed
    from orchestrator.stream import CompiledGraph

Lines = list[dict[str, Any]]


def evaluate(
    kind: Annotated[Literal["routing", "retrieval", "answers"], typer.Argument(help="What to measure.")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The questions, as JSON Lines.")],
    corpus: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="retrieval: search these documents ({id, title, text})."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="routing: learn these examples ({text, label}) instead."),
    ] = None,
    predictions: Annotated[Path | None, typer.Option(help="Write one prediction per line to this file.")] = None,
    failures: Annotated[bool, typer.Option("--failures", help="answers: list the cases that failed.")] = False,
    json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object.")] = False,
) -> None:
    """Measure on a set of questions, offline: no language model is asked, so the figures repeat.

    Lines are {id, text} with what is known of the right result: `route` or `routes`; `documents` or `relevant`;
    `contains`; `kind`; `history`; `facts`.

    Example: pitcrew eval answers knowledge_base/questions.jsonl --failures
    """
    if (corpus and kind != "retrieval") or (labels and kind != "routing"):
        raise typer.BadParameter("--corpus belongs to retrieval, --labels to routing.")
    from api.settings import Settings

    settings = Settings().model_copy(update={"models": ""})
    lines = read_json_lines(file)
    if labels:
        made, figures = _labels(settings, lines, read_json_lines(labels))
    elif kind == "routing":
        made, figures = _routing(settings, _cases(file, lines))
    elif kind == "retrieval":
        made, figures = _retrieval(settings, _cases(file, lines), corpus)
    else:
        made, figures = _answers(settings, _cases(file, lines))
    if predictions:
        write_json_lines(predictions, made)
    if json:
        print_json(figures)
    else:
        failed = figures.pop("failed", [])
        print("\n".join(table(figures)))
        if failures and failed:
            print("failed: " + " ".join(map(str, failed)))


def _cases(file: Path, lines: Lines) -> "list[Case]":
    from orchestrator.evaluate import parse_case

    cases = []
    for number, line in enumerate(lines, start=1):
        try:
            cases.append(parse_case(line))
        except ValueError as error:
            raise CommandFailed(f"{file}, question {number}: {error}") from error
    return cases


def _question(case: "Case", vehicles: "Vehicles") -> "Question":
    """The case as the conversation would ask it: what the customer said before has taught it facts."""
    from agents.types import Question

    facts: Mapping[str, str] = case.facts
    for turn in case.history:
        if turn.role == "customer":
            facts = vehicles.facts(turn.text, facts)
    return Question(case.text, case.history, facts)


# --- routing ---------------------------------------------------------------------------------------------------------


def _routing(settings: "Settings", cases: "list[Case]") -> tuple[Lines, dict[str, Any]]:
    from dataclasses import replace

    from api.compose import open_classifier, open_embedder
    from orchestrator.evaluate import score_routing

    classifier, vehicles = open_classifier(settings, open_embedder(settings))
    made: list[Routed] = []
    lines: Lines = []
    with progress("Routing") as advance:
        for done, case in enumerate(cases):
            advance(done, len(cases), "")
            question = _question(case, vehicles)
            known = replace(question, facts=vehicles.facts(question.text, question.facts))
            route = classifier.classify(known)
            made.append(_routed(route))
            name = route.parts[0].specialist if route.parts else "out_of_scope"
            lines.append({"id": case.id, "route": name, "confidence": round(route.confidence, 4)})
    return lines, score_routing(cases, made)


def _routed(route: "Route") -> "Routed":
    """The choice that is scored: of a question back, the likeliest specialist."""
    from orchestrator.evaluate import Routed

    match route.kind:
        case "answer":
            return Routed(frozenset(part.specialist for part in route.parts), route.confidence)
        case "clarify":
            return Routed(frozenset({route.parts[0].specialist}), route.confidence, asked_back=True)
        case _:
            return Routed(frozenset({route.kind}), route.confidence)


def _labels(settings: "Settings", lines: Lines, examples: Lines) -> tuple[Lines, dict[str, Any]]:
    """Predict any labels, with a classifier whose specialists are the labels. Every line gets one."""
    from agents.classify import Classifier
    from agents.specialist import Specialist
    from api.compose import open_embedder
    from orchestrator.evaluate import Case, Routed, score_routing

    texts: dict[str, list[str]] = {}
    for number, example in enumerate(examples, start=1):
        if not isinstance(example.get("text"), str) or not isinstance(example.get("label"), str):
            raise CommandFailed(f"Example {number} has no `text` and `label`.")
        texts.setdefault(example["label"], []).append(example["text"])
    if not texts:
        raise CommandFailed("The file of --labels holds no examples.")
    catalogue = tuple(Specialist(label, label, label, tuple(said), (), "") for label, said in texts.items())
    note(f"Learning {len(catalogue)} labels from {len(examples)} examples...")
    classifier = Classifier.train(catalogue, open_embedder(settings))
    cases, made, predicted = [], [], []
    with progress("Labelling") as advance:
        for done, line in enumerate(lines):
            advance(done, len(lines), "")
            if "id" not in line or not isinstance(line.get("text"), str):
                raise CommandFailed(f"Line {done + 1} has no `id` and `text`.")
            label, confidence = classifier.ranked(line["text"])[0]
            predicted.append({"id": line["id"], "label": label, "confidence": round(confidence, 4)})
            expected = frozenset({line["label"]}) if isinstance(line.get("label"), str) else frozenset()
            cases.append(Case(line["id"], line["text"], routes=expected))
            made.append(Routed(frozenset({label}), confidence))
    return predicted, score_routing(cases, made)


# --- retrieval -------------------------------------------------------------------------------------------------------


def _retrieval(settings: "Settings", cases: "list[Case]", corpus: Path | None) -> tuple[Lines, dict[str, Any]]:
    from agents.followup import standalone
    from agents.vehicles import Vehicles
    from api.cli.corpus import documents, searched
    from api.compose import load_vehicles
    from orchestrator.evaluate import RANKED, Ranked, answerable_from, score_retrieval

    vehicles = Vehicles() if corpus else load_vehicles(settings)
    made: list[Ranked] = []
    lines: Lines = []
    with searched(settings, corpus) as (retriever, original_ids), progress("Searching") as advance:
        for done, case in enumerate(cases):
            advance(done, len(cases), "")
            ranked = list(documents(retriever, standalone(_question(case, vehicles), vehicles)).items())[:RANKED]
            answerable = answerable_from(ranked[0][1] if ranked else 0.0)
            made.append(Ranked(tuple(name for name, _ in ranked), answerable))
            lines.append(
                {
                    "id": case.id,
                    "ranked": [original_ids.get(name, name) for name, _ in ranked],
                    "scores": [round(score, 4) for _, score in ranked],
                    "answerable": round(answerable, 4),
                }
            )
    return lines, score_retrieval(cases, made)


# --- answers ---------------------------------------------------------------------------------------------------------


def _answers(settings: "Settings", cases: "list[Case]") -> tuple[Lines, dict[str, Any]]:
    import asyncio

    from orchestrator.evaluate import judge, score_answers

    answers = asyncio.run(_answered(settings, cases))
    lines = [
        {
            "id": case.id,
            "routes": sorted(answer.routes),
            "response": answer.response,
            "sources": list(answer.sources),
            "declined": answer.declined,
        }
        for case, answer in zip(cases, answers, strict=True)
    ]
    return lines, score_answers([judge(case, answer) for case, answer in zip(cases, answers, strict=True)])


async def _answered(settings: "Settings", cases: "list[Case]") -> "list[Answer]":
    from api.cli.knowledge import open_knowledge
    from api.compose import load_vehicles, open_crew
    from orchestrator.graph import build_graph

    vehicles = load_vehicles(settings)
    answers = []
    with open_knowledge(settings) as library, progress("Answering") as advance:
        async with open_crew(settings, library) as crew:
            graph = build_graph(crew)
            for done, case in enumerate(cases):
                advance(done, len(cases), str(case.id))
                answers.append(await _answer(graph, _question(case, vehicles)))
    return answers


async def _answer(graph: "CompiledGraph", question: "Question") -> "Answer":
    import uuid

    from orchestrator.evaluate import Answer
    from orchestrator.events import Completed, Sources
    from orchestrator.run import Desk, RunInput
    from orchestrator.stream import stream_events

    sources: tuple[str, ...] = ()
    completed: Completed | None = None
    run = RunInput(str(uuid.uuid4()), "evaluation", question, "customer")
    async for event in stream_events(graph, run, Desk()):
        if isinstance(event, Sources):
            sources = tuple(passage.source for passage in event.passages)
        elif isinstance(event, Completed):
            completed = event
    if completed is None:
        raise CommandFailed("The graph ended without an answer.")
    routes = frozenset(agent.name for agent in completed.agents) or frozenset({completed.agent})
    return Answer(routes, completed.response, sources, bool(completed.citations), completed.declined)


# --- the table -------------------------------------------------------------------------------------------------------


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """The figures as aligned text: single ones first, then each group, one row for each of its names."""
    groups = {name: value for name, value in figures.items() if isinstance(value, Mapping)}
    yield from _aligned([(name, [_cell(value)]) for name, value in figures.items() if name not in groups])
    overall = groups.pop("overall", None)
    for group, held in groups.items():
        rows = ({"all": overall} if overall else {}) | {name: _row(value) for name, value in held.items()}
        columns = list(next(iter(rows.values()), {}))
        yield ""
        heading = (group.removeprefix("by_"), columns)
        yield from _aligned([heading, *((name, [_cell(row[one]) for one in columns]) for name, row in rows.items())])


def _row(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {"accuracy": value}


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _aligned(rows: Sequence[tuple[str, Sequence[str]]]) -> Iterator[str]:
    width = max((len(name) for name, _ in rows), default=0)
    for name, cells in rows:
        yield f"{name:<{width}}  " + "  ".join(f"{cell:>9}" for cell in cells)
