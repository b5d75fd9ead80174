"""What a parked run leaves behind, as text: its outputs so far, from which its view is rebuilt later. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from agents.types import Output, Said

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(Output)}


@dataclass(frozen=True, slots=True)
class Parked:
    """`interrupt_id` names the graph's interrupt; `elapsed_ms` is what the run had taken until it was parked."""

    interrupt_id: str
    elapsed_ms: float
    outputs: tuple[Output, ...]


def encode_parked(parked: Parked) -> str:
    """The parked run as JSON; `decode_parked(encode_parked(x))` rebuilds the same view."""
    outputs = [[type(output).__name__, msgspec.to_builtins(output)] for output in _joined(parked.outputs)]
    return msgspec.json.encode([parked.interrupt_id, parked.elapsed_ms, outputs]).decode()


def decode_parked(text: str) -> Parked:
    """What `encode_parked` wrote. Raises msgspec.DecodeError, msgspec.ValidationError or KeyError on anything else."""
    interrupt_id, elapsed_ms, outputs = msgspec.json.decode(text, type=tuple[str, float, list[tuple[str, Any]]])
    return Parked(interrupt_id, elapsed_ms, tuple(msgspec.convert(body, _KINDS[kind]) for kind, body in outputs))


def _joined(outputs: Iterable[Output]) -> list[Output]:
    """Neighbouring pieces of one part as one: a long answer stays short here."""
    runs: list[tuple[Output, list[str]]] = []
    for output in outputs:
        last = runs[-1][0] if runs else None
        if isinstance(output, Said) and isinstance(last, Said) and last.part == output.part:
            runs[-1][1].append(output.text)
        else:
            runs.append((output, [output.text] if isinstance(output, Said) else []))
    return [Said(first.part, "".join(texts)) if isinstance(first, Said) else first for first, texts in runs]
