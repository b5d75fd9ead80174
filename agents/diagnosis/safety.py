"""What to do in danger: one plain sentence for each kind, and what the documents order, forbid or advise besides."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import get_args

from agents.diagnosis.danger import Kind
from agents.diagnosis.symptoms import telling
from agents.language.phrases import Phrases
from agents.language.tokens import tokens
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


def _read(kind: Kind) -> tuple[Advice, Advice]:
    said = dict(table(__file__, "safety.toml")[kind])
    driving = said.pop("driving", {})
    return Advice(**said), Advice(**said | driving)


_ADVICE = {kind: _read(kind) for kind in get_args(Kind)}
_ORDERS = Phrases(
    (
        "do not", "(dont|never|stop|leave)", "must not", "keep (at least|away|your)", "move (at least|away)",
        "get (everybody|everyone|out)", "everybody out", "call (the|) (fire|emergency|assistance|roadside|<number>)",
        "switch (it|the <word>|) off", "(tow|towed)",
    )
)  # fmt: skip
_GENERAL = telling("do not stop call drive switch on off first keep safe place yourself")
EMERGENCY_SERVICES = "emergency services"
_CALL_NOW = "Please call now:"
_MOST = 3
_FEWEST_SHARED, _LEAST_SHARE = 2, 0.25
_SHORTEST, _LONGEST = 15, 260


def advice(kind: Kind, *, driving: bool) -> Advice:
    """What is advised; `driving`: to people who ask about vehicles."""
    return _ADVICE[kind][driving]


def call(advice: Advice, told: Collection[str], *, driving: bool) -> str:
    """What stands before the numbers of whom the documents tell, or in their place."""
    if driving:
        return _CALL_NOW if told else "Please call roadside assistance or your emergency number now."
    if EMERGENCY_SERVICES in told:
        return _CALL_NOW
    urgent = "now" if advice.emergency else "if anybody is hurt or it gets worse"
    said = f"Please call your emergency number {urgent} (112 in Europe, 911 in North America)."
    return f"{said} You reach us here:" if told else said


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
    text, begin = statement.text, 0
    for number, following in pairwise(tokens(text)):
        numbered = number.kind == "number" and number.apart | (number.start == 0) and len(number.word) <= 2
        if numbered and following.apart and text[following.start].isupper():
            begin = following.start  # the number of a step that a loader left in the sentence
    return text[begin:].strip()


def _orders(text: str) -> bool:
    return _SHORTEST <= len(text) <= _LONGEST and "?" not in text and text in _ORDERS


def _apart(found: Iterable[Statement]) -> list[Statement]:
    """The first few that do not say the same."""
    kept: list[Statement] = []
    for statement in found:
        words = telling(statement.text)
        if len(kept) < _MOST and all(len(words & telling(other.text)) < 0.6 * len(words) for other in kept):
            kept.append(statement)
    return kept
