"""Saved runs as files: the one a run is compared with, and the one it leaves."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.terminal.output import written_whole
from api.failure import USAGE, CommandFailed

if TYPE_CHECKING:
    from orchestrator.evaluation.cases import Identified
    from orchestrator.evaluation.comparison import Comparison
    from orchestrator.evaluation.saved_runs import Kind, Run

_LONGEST = 256 << 20


def read_baseline(path: Path, kind: "Kind", cases: "Sequence[Identified]") -> "Run":
    """The saved run that these cases are to be compared with. Ends the command as wrongly used where it is damaged, or
    of something else."""
    from orchestrator.evaluation.comparison import ForeignBaseline, common
    from orchestrator.evaluation.saved_runs import DamagedRun, decode_run

    with path.open("rb") as file:
        data = file.read(_LONGEST + 1)
    try:
        if len(data) > _LONGEST:
            raise DamagedRun(f"it is longer than {_LONGEST >> 20} MB")
        run = decode_run(data)
        common(run, kind, cases)
    except (DamagedRun, ForeignBaseline) as error:
        raise CommandFailed(
            f"The baseline {path} cannot be used: {error}. Make one with --save {path}, on the same questions.", USAGE
        ) from error
    return run


def save(path: Path, run: "Run") -> None:
    """Write the run for a later --baseline."""
    from orchestrator.evaluation.saved_runs import encode_run

    with written_whole(path) as file:
        file.write(encode_run(run))


def as_json(comparison: "Comparison") -> dict[str, Any]:
    """The comparison as it stands in --json."""
    from dataclasses import asdict

    common = comparison.common
    return {
        "cases": len(common.shared),
        "missing": common.missing,
        "added": common.added,
        "changed": common.changed,
        "figures": {name: asdict(change) for name, change in comparison.figures.items()},
        "worse": comparison.worse,
        "better": comparison.better,
    }
