"""What can go wrong with a provider, one name each.

Asked for by `POST /script {"faults": [{"kind": "stall", "after": 5}, null, …], "always": null}` (one entry per chat
request, `null` for none; then `always`), or by a model name: `fault-stall-5`, `fault-status-503`, `fault-never`.

    status          refuse with `status` (401, 429, 500, 529 …) and, if set, `Retry-After: retry_after`
    reset           TCP reset before a byte of the answer
    never           accept the request and say nothing
    tools           refuse a request that offers tools, as Ollama does for a model without them
    html            a web page with status 200
    stall           fall silent after `after` pieces
    cut             close the connection after `after` pieces
    broken          TCP reset after `after` pieces
    malformed       an event that is no JSON after `after` pieces
    raw             `payload` as the data of an event after `after` pieces, then the rest
    error           an error event after `after` pieces
    no_finish       the whole text, then [DONE] without a finish reason
    empty_choices   every chunk without choices
    null_delta      every chunk with a null delta
    empty           a finished answer without text
    says            `payload` as the whole answer, in pieces of `after` characters (0: of words)
    written         where tools are offered, a call of the first as text, after the words of `payload`
    prose           a sentence, whatever form was asked for
    length          finished by the length limit after `after` pieces
    endless         the text over and over
"""

from dataclasses import dataclass
from typing import Any

BEFORE = frozenset({"status", "reset", "never", "html", "tools"})
"""Faults in place of an answer."""

MIDWAY = frozenset({"stall", "cut", "broken", "malformed", "raw", "error"})
"""Faults after `after` pieces of a stream."""

WHOLE = frozenset(
    {"no_finish", "empty_choices", "null_delta", "empty", "says", "written", "prose", "length", "endless"}
)
"""Faults of the answer's content."""

ABOUT_TOOLS = frozenset({"tools", "written"})
"""Faults of requests that offer tools; others are answered."""


@dataclass(frozen=True)
class Fault:
    kind: str
    status: int = 500
    retry_after: str | None = None
    after: int = 0
    payload: str = ""

    def __post_init__(self) -> None:
        if self.kind not in BEFORE | MIDWAY | WHOLE:
            raise ValueError(f"no such fault: {self.kind}")


def read_fault(value: dict[str, Any] | None) -> Fault | None:
    """The fault that a control message describes. Raises ValueError, TypeError."""
    return None if value is None else Fault(**value)


def named_fault(model: str) -> Fault | None:
    """The fault that a model's name asks for."""
    first, _, rest = model.partition("-")
    if first != "fault":
        return None
    kind, _, number = rest.partition("-")
    if kind == "status":
        return Fault(kind, status=int(number or 500))
    return Fault(kind, after=int(number or 0))
