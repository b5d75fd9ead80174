"""A measured run, and how it is kept: its figures for people, its outcomes so that others can be compared with it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import msgspec

from orchestrator.evaluation.cases import identity
from orchestrator.evaluation.measures import MEASURES, Measure
from orchestrator.evaluation.outcomes import Outcome

Kind = Literal["routing", "labels", "retrieval", "answers", "dialogues", "analysis", "cases"]


class DamagedRun(ValueError):
    """A file that is not a whole saved run; the message says why."""


@dataclass(frozen=True)
class Run:
    """What one evaluation found: one outcome per case, of its kind's type; no id twice."""

    kind: Kind
    outcomes: tuple[Outcome, ...]

    @property
    def measure(self) -> Measure:
        return MEASURES[self.kind]

    @cached_property
    def figures(self) -> dict[str, Any]:
        return self.measure.figures(self.outcomes)

    @cached_property
    def by_id(self) -> dict[str, Outcome]:
        return {identity(outcome.id): outcome for outcome in self.outcomes}

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits of the question set, whatever the order of its lines."""
        return _digest(self.outcomes)


class _Kept(msgspec.Struct):
    """A run as a file. The outcomes are decoded once their kind is known."""

    format: Literal["pitcrew-eval-1"]
    kind: Kind
    questions: str
    outcomes: msgspec.Raw
    figures: dict[str, Any]


def encode_run(run: Run) -> bytes:
    """The run as JSON, one line per outcome."""
    lines = (msgspec.json.encode(outcome, order="deterministic") for outcome in run.outcomes)
    outcomes = b"[\n" + b",\n".join(lines) + b"\n]"
    kept = _Kept("pitcrew-eval-1", run.kind, run.fingerprint, msgspec.Raw(outcomes), run.figures)
    return msgspec.json.encode(kept) + b"\n"


def decode_run(data: bytes) -> Run:
    """The run of `encode_run`. Raises DamagedRun for anything else."""
    try:
        kept = msgspec.json.decode(data, type=_Kept)
        outcome = MEASURES[kept.kind].outcome
        outcomes = msgspec.json.decode(kept.outcomes, type=tuple[outcome, ...])  # type: ignore[valid-type]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DamagedRun(f"it is no run that `--save` wrote: {error}") from error
    run = Run(kept.kind, outcomes)
    if len(run.by_id) < len(outcomes):
        raise DamagedRun("it has an id twice")
    if run.fingerprint != kept.questions:
        raise DamagedRun("its outcomes are not those of its question set: lines were removed or changed")
    return run


def _digest(outcomes: Sequence[Outcome]) -> str:
    return hashlib.sha256("".join(sorted(outcome.fingerprint for outcome in outcomes)).encode()).hexdigest()[:16]
