"""What to do in danger: one plain sentence for each kind, and what the documents order, forbid or advise besides."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agents.diagnosis.danger import Kind
from agents.diagnosis.symptoms import telling
from agents.passages.statements import Statement, statements
from agents.vehicles.applicability import Cars, Fitment
from rag.types import Passage


@dataclass(frozen=True, slots=True)
class Advice:
    """`first` is the answer's first sentence: how to get out of the danger, as every driver's handbook says it.
    `sought` is searched for; `about` has the words of which one must stand in what is quoted, or above it.
    `emergency`: the emergency services are called first."""

    first: str
    sought: str
    about: str
    emergency: bool = False


ADVICE: dict[Kind, Advice] = {
    "crash": Advice(
        "Switch on the hazard lights, switch the vehicle off and get everybody to safety.",
        "after an accident: hazard lights, first aid, call the emergency number",
        "accident collision hurt first aid emergency scene",
        emergency=True,
    ),
    "injured": Advice(
        "Stop where it is safe and call the emergency services now; do not drive on, and stay with whoever is unwell.",
        "someone is hurt or unwell: first aid, call the emergency number",
        "hurt injured unwell first aid emergency ambulance",
        emergency=True,
    ),
    "trapped": Advice(
        "Call the emergency services now if anybody is in distress. In heat do not wait: break a window on the side "
        "away from them.",
        "locked in or locked out, child in the vehicle: open the doors, emergency key, call for help",
        "locked lock child door window key",
        emergency=True,
    ),
    "falling": Advice(
        "Keep everybody away from the vehicle and what may fall or roll, and never reach beneath it.",
        "vehicle slips off the jack, load or trailer comes loose: never get underneath, keep away",
        "jack load trailer underneath secure",
        emergency=True,
    ),
    "roadside": Advice(
        "Switch on the hazard lights, get everybody out on the side away from the traffic and behind the barrier, and "
        "keep off the road.",
        "breakdown on the road or motorway: hazard lights, high-visibility vest, behind the barrier, warning triangle",
        "breakdown motorway barrier triangle vest hazard",
        emergency=True,
    ),
    "visibility": Advice(
        "Slow down gently, switch on the hazard lights, and stop at the first safe place. Do not drive on.",
        "headlights failed, bonnet open, windscreen broken while driving: stop at a safe place",
        "light headlight bonnet windscreen wiper",
    ),
    "water": Advice(
        "Unfasten the belts, get everybody out through a side window at once, and leave the vehicle.",
        "vehicle sinks or was flooded: what to do, do not switch on",
        "flood water sink",
        emergency=True,
    ),
    "fire": Advice(
        "Stop, switch off, get everybody out and keep well away from the vehicle.",
        "fire or smoke: everybody out, keep away, call the fire service, do not extinguish",
        "fire smoke burn",
        emergency=True,
    ),
    "high_voltage": Advice(
        "Stop, switch off and get everybody out. Do not touch cables, plugs or any liquid, and do not charge.",
        "damaged high-voltage battery, torn orange cable, burning plug: do not touch, keep away",
        "voltage orange battery plug cable",
    ),
    "fuel": Advice(
        "Do not start the engine and do not drive on: switch off, leave the vehicle, keep flames and sparks away.",
        "strong smell of fuel or a leak: do not start the engine, call assistance",
        "petrol fuel diesel leak",
    ),
    "fumes": Advice(
        "Stop, switch the engine off and get everybody into fresh air. Do not drive on.",
        "exhaust gas gets into the cabin",
        "exhaust gas fumes",
    ),
    "brakes": Advice(
        "Stop as soon as it is safe and do not drive on.",
        "brake pedal soft or sinks to the floor, red brake lamp: stop, do not drive on",
        "brake pedal",
    ),
    "accelerator": Advice(
        "Brake firmly, put it into neutral, stop as soon as it is safe and switch off. Do not drive on.",
        "accelerator pedal stuck, vehicle accelerates by itself: stop",
        "accelerator accelerates throttle",
    ),
    "steering": Advice(
        "Slow down gently, stop as soon as it is safe and do not drive on.",
        "power steering failed, steering wheel lamp red: stop, do not drive on",
        "steering steer",
    ),
    "wheel": Advice(
        "Slow down gently, stop at a safe place and do not drive on.",
        "wheel bolts loose, burst tyre: stop at a safe place, do not drive on",
        "wheel tyre bolt",
    ),
}
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
