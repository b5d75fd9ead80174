"""What a parked run leaves behind, as text: its outputs so far, from which its view is rebuilt later. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from agents.types import Delta, Output, Remembered, VisibleOutput
from orchestrator.errors import ProcessingError

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Output)} | {"Said": Delta}
"""Each output by its name, also by the one that an earlier version wrote."""


@dataclass(frozen=True, slots=True)
class Parked:
    """`interrupt_id` names the graph's interrupt; `elapsed_ms` is what the run had taken until it was parked."""

    interrupt_id: str
    elapsed_ms: float
    outputs: tuple[VisibleOutput, ...]


def encode_parked(parked: Parked) -> str:
    """The parked run as JSON; `decode_parked(encode_parked(x))` rebuilds the same view."""
    outputs = [[type(output).__name__, msgspec.to_builtins(output)] for output in _joined(parked.outputs)]
    return msgspec.json.encode([parked.interrupt_id, parked.elapsed_ms, outputs]).decode()


def decode_parked(text: str) -> Parked:
    """What `encode_parked` wrote. Raises ProcessingError for anything else, which an older version may have written:
    such a run cannot go on."""
    try:
        interrupt_id, elapsed_ms, bodies = msgspec.json.decode(text, type=tuple[str, float, list[tuple[str, Any]]])
        outputs = [msgspec.convert(body, _KINDS[kind]) for kind, body in bodies]
    except (msgspec.DecodeError, KeyError) as error:
        raise ProcessingError("INTERRUPTED") from error
    # An earlier version kept what the conversation remembers as well.
    return Parked(interrupt_id, elapsed_ms, tuple(out for out in outputs if not isinstance(out, get_args(Remembered))))


def _joined(outputs: Iterable[VisibleOutput]) -> list[VisibleOutput]:
    """Neighbouring pieces of one part as one: a long answer stays short here."""
    runs: list[tuple[VisibleOutput, list[str]]] = []
    for output in outputs:
        last = runs[-1][0] if runs else None
        if isinstance(output, Delta) and isinstance(last, Delta) and last.part == output.part:
            runs[-1][1].append(output.text)
        else:
            runs.append((output, [output.text] if isinstance(output, Delta) else []))
    return [Delta(first.part, "".join(texts)) if isinstance(first, Delta) else first for first, texts in runs]
