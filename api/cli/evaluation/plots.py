"""The curve of coverage against accuracy as a picture."""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from api.cli.terminal.output import written_whole
from api.failure import CommandFailed

if TYPE_CHECKING:
    from orchestrator.evaluation.saved_runs import Run

SUFFIXES = (".png", ".svg")
_WIDTH, _HEIGHT = 7.0, 4.6
_DOTS_PER_INCH = 150


def check_suffix(path: Path) -> None:
    """Ends the command as wrongly used where the file's name tells no kind of picture. Raises CommandFailed where
    nothing is installed that draws."""
    if path.suffix.lower() not in SUFFIXES:
        raise typer.BadParameter(f"{path} is neither a .png nor a .svg file.")
    if find_spec("matplotlib") is None:
        raise CommandFailed(f"A plot needs matplotlib. Install it: {sys.executable} -m pip install matplotlib")


def draw(path: Path, run: "Run", baseline: "Run | None", title: str) -> None:
    """Write the run's curve with the band of its intervals, and the baseline's beside it. No display is needed."""
    import matplotlib
    import numpy as np
    from matplotlib.figure import Figure

    from orchestrator.evaluation.coverage import STEPS, band

    figure = Figure(figsize=(_WIDTH, _HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    for series, name, style in ((run, "this run", "-"), (baseline, "baseline", "--")):
        if series is None:
            continue
        curve = series.measure.curve(series.outcomes)
        accuracies = curve.accuracies(np.ones((1, len(curve.order))))[0]
        (line,) = axes.plot(STEPS, accuracies, style, label=f"{name}: {accuracies[-1]:.3f} when all are answered")
        if series is run:
            low, high = band(curve)
            axes.fill_between(STEPS, low, high, color=line.get_color(), alpha=0.18, linewidth=0, label="95 % interval")
    axes.set_title(title)
    axes.set_xlabel(f"coverage: share answered, most certain first ({run.measure.certainty})")
    axes.set_ylabel(f"accuracy: share {run.measure.accuracy}")
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.02)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    kind = path.suffix.lower().removeprefix(".")
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pitcrew"}), written_whole(path) as file:
        figure.savefig(file, format=kind, dpi=_DOTS_PER_INCH, metadata={"Date": None} if kind == "svg" else None)
