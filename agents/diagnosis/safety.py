"""What to do in danger: one plain sentence for each kind, and what the documents order, forbid or advise besides."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from agents.diagnosis.danger import Kind
from agents.diagnosis.symptoms import telling
from agents.learning.examples import table
from agents.passages.statements import Statement, statements
from agents.vehicles.applicability import Cars, Fitment
from rag.types import Passage


@dataclass(frozen=True, slots=True)
class Advice:
    """What the file beside this module says of a danger, in its words."""

    first: str
    sought: str
    about: str
    emergency: bool = False


ADVICE: dict[Kind, Advice] = {kind: Advice(**table(__file__, "safety.toml")[kind]) for kind in get_args(Kind)}
_ORDERS = re.compile(
    r"\b(?:do not|don't|never|must not|stop|leave|keep (?:at least|away|your)|move (?:at least|away)|get (?:everybody"
    r"|everyone|out)|everybody out|call (?:the )?(?:fire|emergency|assistance|roadside|\d)|switch (?:it |the \w+ )?off"
    r"|tow(?:ed)?)\b",
    re.IGNORECASE,
)
_GENERAL = telling("do not stop call drive switch on off first keep safe place yourself")
_NUMBERED = re.compile(r"(?:^|\s)\d{1,2}(?:\.\d)? (?=[A-Z])")
"""The number of a step that a loader left in a sentence, and what may stand before it."""
_MOST = 3
_FEWEST_SHARED, _LEAST_SHARE = 2, 0.25
_SHORTEST, _LONGEST = 15, 260


def ordered(
    text: str, advice: Advice, passages: Sequence[Passage], fitment: Fitment, cars: Cars
) -> tuple[Statement, ...]:
    """The statements of passages that order or forbid something in such a danger, on one of `cars`, the nearest to what
    the customer told first."""
    sought, told, about = telling(advice.sought) - _GENERAL, telling(text), telling(advice.about)
    scored = []
    for statement in statements(passages, fitment):
        if statement.cars & cars and not statement.items and not statement.parts and _orders(statement.text):
            said = telling(statement.text)
            shared = len(said & sought)
            fits = about & (said | telling(statement.near)) and shared >= max(_FEWEST_SHARED, _LEAST_SHARE * len(said))
            scored += [(shared + len(said & told), statement)] if fits else []
    scored.sort(key=lambda item: -item[0])
    return tuple(_apart(statement for _, statement in scored))


def worded(statement: Statement) -> str:
    """What a statement says, without the number of its step and the headings before that."""
    return _NUMBERED.split(statement.text)[-1].strip()


def _orders(text: str) -> bool:
    return _SHORTEST <= len(text) <= _LONGEST and "?" not in text and _ORDERS.search(text) is not None


def _apart(found: Iterable[Statement]) -> list[Statement]:
    """The first few that do not say the same."""
    kept: list[Statement] = []
    for statement in found:
        words = telling(statement.text)
        if len(kept) < _MOST and all(len(words & telling(other.text)) < 0.6 * len(words) for other in kept):
            kept.append(statement)
    return kept
