"""The frames of an analysis: what its two dialects, one question or many, have in common."""

from typing import Any, Literal

import msgspec

from agents.types import Stage
from api.protocol.error_frame import ErrorFrame


class QueryFrame(msgspec.Struct, tag_field="action", tag="query"):
    """Ask about the data. `dataset` names the one that the figures are to come from; absent or `all`: any.
    `client_message_id` makes a question that is sent twice count once."""

    question: str = ""
    dataset: str | None = None
    client_message_id: str | None = None


class PingFrame(msgspec.Struct, tag_field="action", tag="ping"):
    """Ask for a `pong` with the same `timestamp`."""

    timestamp: Any = None


class CancelFrame(msgspec.Struct, tag_field="action", tag="cancel"):
    """Stop the analysis."""


class StartFrame(msgspec.Struct, tag="start"):
    """The question is accepted: its analysis begins."""

    message: str


class ProgressFrame(msgspec.Struct, tag="progress"):
    """The analysis has come to a stage; the middle three come again where an attempt fails."""

    stage: Stage
    message: str


class ChainOfThoughtFrame(msgspec.Struct, tag="chain_of_thought"):
    """The problem, taken apart."""

    content: str


class ReasoningFrame(msgspec.Struct, tag="reasoning"):
    """The way that was chosen."""

    content: str


class CodeChunkFrame(msgspec.Struct, tag="code_chunk"):
    """The next piece of the code of an attempt (from 1)."""

    chunk: str
    attempt: int


class ReflectionChunkFrame(msgspec.Struct, tag="reflection_chunk"):
    """The next piece of why an attempt failed and what is changed."""

    content: str


class ReflectionFrame(msgspec.Struct, tag="reflection"):
    """Its pieces put together."""

    content: str


class VerificationFrame(msgspec.Struct, tag="verification"):
    """The result was checked by other means; `confidence` is in 0..1, `checks` say in words what was compared."""

    is_valid: bool
    confidence: float
    attempts: int
    checks: tuple[str, ...] = ()


class Data(msgspec.Struct):
    """A result: the first of its `total` rows, null where they are too many to count, by column, and a Vega-Lite
    specification with its data in it, null where nothing can be drawn."""

    code: str
    result_preview: tuple[dict[str, Any], ...]
    figure: dict[str, Any] | None
    columns: tuple[str, ...]
    total: int | None
    dataset: str


class DataReadyFrame(msgspec.Struct, tag="data_ready"):
    """The result, before it is told in words."""

    data: Data


class AnalysisChunkFrame(msgspec.Struct, tag="analysis_chunk"):
    """The next piece of the answer. Put together they are the answer. Where the analysis had to begin again and says
    something else, the piece begins with a line `---`, and the answer follows it from its first word."""

    chunk: str


class CompleteFrame(msgspec.Struct, tag="complete"):
    """The analysis is done; `response` is the whole answer."""

    message: str
    response: str
    session_id: str
    run_id: str


class CancelledFrame(msgspec.Struct, tag="cancelled"):
    """The analysis was stopped."""

    message: str


class StreamEndFrame(msgspec.Struct, tag="stream_end"):
    """Nothing more comes of this question."""

    message: str


class QueryCompleteFrame(msgspec.Struct, tag="query_complete"):
    """The next question may be asked; `status` tells how this one ended."""

    message: str
    status: Literal["complete", "cancelled", "error"]


class PongFrame(msgspec.Struct, tag="pong"):
    """The answer to `ping`."""

    timestamp: Any


SENT = (
    StartFrame,
    ProgressFrame,
    ChainOfThoughtFrame,
    ReasoningFrame,
    CodeChunkFrame,
    ReflectionChunkFrame,
    ReflectionFrame,
    VerificationFrame,
    DataReadyFrame,
    AnalysisChunkFrame,
    CompleteFrame,
    CancelledFrame,
    ErrorFrame,
    StreamEndFrame,
    PongFrame,
)
