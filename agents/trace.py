"""What an answer shows of the way to it: thoughts, the stages of an analysis, its code and data, diagrams."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Aspect = Literal["route", "search", "plan", "approach", "cause"]
"""What a thought is about: who answers; what is searched and found; the problem taken apart; the way chosen; why an
attempt failed and what is changed."""


@dataclass(frozen=True, slots=True)
class Thought:
    """A consideration on the way to part `part`, in words for a person."""

    part: int
    text: str
    aspect: Aspect = "plan"


Stage = Literal["data_loader", "code_generator", "executor", "verifier", "analyst"]
"""The stages of an analysis, in their order; the middle three come again where an attempt fails."""


@dataclass(frozen=True, slots=True)
class Staged:
    """An analysis has come to a stage."""

    part: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class Coded:
    """The next piece of the code of attempt `attempt` (from 1): together they are the code."""

    part: int
    text: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Checked:
    """A result was verified: `valid` only if every check that could be made agreed. `confidence` is in 0..1,
    `attempts` how many it took, and each of `checks` says in words what was compared and how it came out."""

    part: int
    valid: bool
    confidence: float
    attempts: int
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Computed:
    """The result of `code` (SQL): `rows` are a preview, by column, of the `total` rows, None where they are too many to
    count; `figure` is a Vega-Lite specification with its data in it, None where nothing can be drawn."""

    part: int
    code: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    total: int | None
    dataset: str
    figure: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Drawn:
    """A diagram that belongs to part `part`, in Mermaid's language."""

    part: int
    diagram: str


@dataclass(frozen=True, slots=True)
class ToolUsed:
    """A tool is called for a part, as plain data; `iteration` counts the part's calls from 1."""

    part: int
    tool: str
    arguments: Mapping[str, Any]
    iteration: int


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """How the call ended, as plain data: the result's value, or where it is not `ok` what went wrong."""

    part: int
    tool: str
    ok: bool
    value: Any
    iteration: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider counted them; all zero offline. `cached_tokens`: those of the input it had ready."""

    input_tokens: int = 0
    output_tokens: int = 0
    model: str = ""
    cached_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        """Both together, put down to the later model."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            other.model,
            self.cached_tokens + other.cached_tokens,
        )
