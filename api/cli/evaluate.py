"""`pitcrew eval`: measure routing, retrieval and answers on a set of questions, and compare with an earlier run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from api.cli.evaluation.plots import check_suffix
from api.cli.terminal.output import check_writable, print_json, write_json_lines
from api.failure import CommandFailed

if TYPE_CHECKING:
    from api.cli.evaluation.questions import Lines
    from api.settings import Settings
    from orchestrator.evaluation.outcomes import Outcome
    from orchestrator.evaluation.saved_runs import Kind


def evaluate(
    kind: Annotated[
        Literal["routing", "retrieval", "answers", "dialogues", "analysis", "cases"],
        typer.Argument(help="What to measure."),
    ],
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="The questions, as JSON Lines; dialogues also as TOML.")
    ],
    corpus: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="retrieval: search these documents ({id, title, text})."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="routing: learn these examples ({text, label}) instead."),
    ] = None,
    predictions: Annotated[Path | None, typer.Option(help="Write one prediction per line to this file.")] = None,
    save: Annotated[Path | None, typer.Option(help="Write the run to this file, for a later --baseline.")] = None,
    baseline: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Compare with this saved run; exit 1 if a figure is worse."),
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw coverage against accuracy: a .png or .svg file.")] = None,
    failures: Annotated[
        bool,
        typer.Option("--failures", help="List what failed; for dialogues and analysis also why."),
    ] = False,
    with_model: Annotated[
        bool, typer.Option("--with-model", help="dialogues: let the model that the settings name answer.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="The figures as one JSON object.")] = False,
) -> None:
    """Measure on a set of questions. No language model is asked, so that the figures repeat; --with-model asks one.

    Lines are {id, text} with what is known of the right result: `route` or `routes`; `documents` or `relevant`;
    `contains`; `kind`; `history`; `facts`. Dialogues are {id, turns}, each turn with what the customer says and what
    is expected; they are held in a database of their own, and nothing is really booked. For analysis lines are {id,
    question, answer} about the figures of the registered datasets: `answer` is null where they hold none, or one of
    {figure}, {date}, {series}, {ranking}, {rows}, {names}, {groups}, {among}, {any}; `dataset`, `before`, `today` and
    `tolerance` may stand beside it. Cases are answers that the staff has corrected, as GET /api/v1/staff/cases.jsonl
    gives them: each is answered again from the passages of its time. Brackets hold the interval that 95 % of such
    question sets would give.

    Example: pitcrew eval answers knowledge_base/questions.jsonl --baseline last.json
    """
    if (corpus and kind != "retrieval") or (labels and kind != "routing") or (with_model and kind != "dialogues"):
        raise typer.BadParameter("--corpus belongs to retrieval, --labels to routing, --with-model to dialogues.")
    _check_outputs((file, corpus, labels, baseline), predictions, save, plot)
    from api.cli.evaluation.baseline import as_json, read_baseline
    from api.cli.evaluation.baseline import save as save_run
    from api.cli.evaluation.plots import draw
    from api.cli.evaluation.tables import changes, table
    from api.settings import Settings
    from orchestrator.evaluation.comparison import compare
    from orchestrator.evaluation.saved_runs import Run

    measured: Kind = "labels" if labels else kind
    settings = Settings() if with_model else Settings().model_copy(update={"models": ""})
    cases = _cases(kind, file, bool(labels))
    old = read_baseline(baseline, measured, cases) if baseline else None
    lines, outcomes = _measured(settings, kind, cases, corpus, labels, with_model=with_model)
    run = Run(measured, tuple(outcomes))
    comparison = compare(old, run) if old else None
    if predictions:
        write_json_lines(predictions, lines)
    if save:
        save_run(save, run)
    if plot:
        draw(plot, run, old, f"{measured}: {file.name}, {len(cases)} questions")
    if json:
        print_json(run.figures | ({"baseline": as_json(comparison)} if comparison else {}))
    else:
        print("\n".join([*table(run.figures), *(changes(comparison) if comparison else ())]))
        if failures and run.figures.get("failed"):
            print("failed: " + " ".join(map(str, run.figures["failed"])))
            print("\n".join(f"{line['id']}: {why}" for line in lines for why in _failures(line)))
    if comparison and comparison.regressions:
        raise CommandFailed(f"Worse than the baseline, beyond noise: {', '.join(comparison.regressions)}.")


def _cases(kind: "Kind", file: Path, labelled: bool) -> Sequence[Any]:
    """The lines of the file."""
    from api.cli.evaluation.analysis import read_analysis_questions
    from api.cli.evaluation.corrections import read_corrections
    from api.cli.evaluation.dialogues import read_dialogues
    from api.cli.evaluation.questions import read_questions

    match kind:
        case "dialogues":
            return read_dialogues(file)
        case "analysis":
            return read_analysis_questions(file)
        case "cases":
            return read_corrections(file)
        case _:
            return read_questions(file, labelled)


def _failures(line: dict[str, Any]) -> Sequence[str]:
    """Why a case failed, where its prediction tells."""
    if line.get("result", "right") == "right":
        return list(line.get("failures", ()))
    return [f"{line['result']}{' and verified' if line['verified'] else ''}: {' '.join(line['said'].split())}"]


def _check_outputs(
    inputs: Sequence[Path | None], predictions: Path | None, save: Path | None, plot: Path | None
) -> None:
    """Ends the command as wrongly used where a file cannot be written, or one would take the place of another."""
    if plot:
        check_suffix(plot)
    places = {path.resolve() for path in inputs if path}
    for path in (predictions, save, plot):
        if path is None:
            continue
        check_writable(path)
        if path.resolve() in places and (path.is_file() or not path.exists()):
            raise typer.BadParameter(f"{path} is read, or written, by another option too: name another file.")
        places.add(path.resolve())


def _measured(
    settings: "Settings",
    kind: str,
    cases: Sequence[Any],
    corpus: Path | None,
    labels: Path | None,
    *,
    with_model: bool,
) -> "tuple[Lines, Sequence[Outcome]]":
    from api.cli.evaluation.analysis import analysed
    from api.cli.evaluation.answers import answered
    from api.cli.evaluation.corrections import corrected
    from api.cli.evaluation.dialogues import evaluate_dialogues
    from api.cli.evaluation.retrieval import ranked
    from api.cli.evaluation.routing import labelled, routed

    cases = list(cases)
    if labels:
        return labelled(settings, cases, labels)
    match kind:
        case "routing":
            return routed(settings, cases)
        case "retrieval":
            return ranked(settings, cases, corpus)
        case "dialogues":
            return evaluate_dialogues(settings, cases, with_model=with_model)
        case "analysis":
            return analysed(settings, cases)
        case "cases":
            return corrected(settings, cases)
        case _:
            return answered(settings, cases)
