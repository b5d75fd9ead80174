"""Reads what a message does, from examples: the act, and whether somebody is in danger."""

from collections.abc import Mapping, Sequence
from typing import Self, cast, get_args

from agents.acts import language
from agents.acts.act import APPOINTMENTS, Act, ActReading
from agents.appointments import purposes
from agents.diagnosis.danger import Kind
from agents.language.reading import reading
from agents.learning.choice import Choice, opens_question
from agents.learning.examples import table
from agents.learning.kernels import Floats
from agents.learning.teacher import Teacher
from agents.routing.clauses import split
from agents.topics.reader import ordinary
from agents.vehicles.range import Vehicles

_ACT = 0.5
"""The least probability with which a message is taken for another act than a request. To refuse a request is worse
than to look up a greeting."""
_LEANING = 0.35
"""The least probability of an act that a message for no specialist is taken for."""
_SURE, _BOOKING = 0.8, 0.95
"""The same of a statement, since many tell a fault and want to know what it is, and of what is done to appointments."""
_NEVER = 1.1
_CERTAIN = 0.9
"""The probability from which a danger is no answer to what we had asked."""
_ALARMING = 0.85
"""The probability from which an alarm is given. Lower ones find hardly more, and alarm those who only use the words."""
_MOST_SENTENCES = 12
_BARE = {"car", "cars"}
"""What is left of a message that only names a vehicle."""
_CALM = ("request", "statement", "correct", "acknowledgement")
"""Acts whose examples are learnt as messages of people in no danger."""
_SHORTEST, _TELLING = 4, 2
"""Words, and words of content, of a sentence that is looked at for a danger by itself: "can't sleep lol" and "we have
the car" say too little."""


class ActReader:
    """Immutable and thread-safe; blocks while embedding."""

    def __init__(self, vehicles: Vehicles, acts: Choice[str], danger: Choice[str], kinds: Choice[str]) -> None:
        self._vehicles = vehicles
        self._acts = acts
        self._danger = danger
        self._kinds = kinds

    @property
    def choices(self) -> dict[str, Choice[str]]:
        """What it reads by, under the names of its own parameters."""
        return {"acts": self._acts, "danger": self._danger, "kinds": self._kinds}

    @classmethod
    def taught(cls, teacher: Teacher, vehicles: Vehicles | None = None, requests: Sequence[str] = ()) -> Self:
        """Learn the examples beside this module; `requests` are further ones of messages for specialists, which are in
        no danger. The same inputs give the same reader."""
        vehicles = vehicles or Vehicles()
        own = _examples()  # the danger is learnt from these alone: then it is the same for everybody's vehicles
        acts = own | {"request": (*own["request"], *(vehicles.generic(text) for text in requests))}
        situations = table(__file__, "dangers.toml")
        alarms = {
            "harmless": (
                *_joined(situations["harmless"]),
                *(line for act in _CALM for line in own[act]),
                *ordinary(1, situations["topics"]["grave"]),
            ),
            "danger": _joined(situations["danger"]),
        }
        return cls(
            vehicles,
            teacher.choice(acts, spells=True),
            teacher.choice(alarms, spells=True),
            teacher.choice(situations["danger"], spells=True),
        )

    def read(self, text: str) -> ActReading:
        """What a message does, in any language and of any length."""
        pieces = list(dict.fromkeys([text, *reading(text).sentences[:_MOST_SENTENCES]]))
        plain = [self._vehicles.generic(piece) for piece in pieces]
        rows = self._acts.rows(plain)
        if alarm := self._alarm(plain, rows):
            return alarm
        tongue = language.detect(text, self._vehicles)
        if tongue != "en":
            return ActReading("language", 1.0, None, tongue)
        decision = self._acts.decided(rows[:1])
        asks = any(clause.asks for clause in split(text)) or any(map(opens_question, pieces))
        sure = _BOOKING if decision.label in APPOINTMENTS else _SURE if decision.label == "statement" else _ACT
        least = _NEVER if asks and decision.label == "statement" else sure
        if decision.probability < least:
            return ActReading("request", 1.0 - decision.probability, leaning=self._leaning(rows[:1]))
        return ActReading(cast(Act, decision.label), decision.probability)

    def _leaning(self, row: Floats) -> Act | None:
        """The likeliest act but a request, where there is something to it."""
        probabilities = self._acts.shares(row)[0]
        probabilities[self._acts.labels.index("request")] = 0.0
        best = int(probabilities.argmax())
        return cast(Act, self._acts.labels[best]) if probabilities[best] >= _LEANING else None

    def _alarm(self, pieces: Sequence[str], rows: Floats) -> ActReading | None:
        """The danger that the piece which tells most of one is in."""
        risks = self._danger.shares(rows)[:, self._danger.labels.index("danger")]
        vague = [len(reading(piece).words) < _SHORTEST or len(reading(piece).content) < _TELLING for piece in pieces]
        risks[[place > 0 and short for place, short in enumerate(vague)]] = 0.0
        risks[[set(reading(piece).content) <= _BARE for piece in pieces]] = 0.0
        worst = int(risks.argmax())
        if risks[worst] < _ALARMING:
            return None
        kind = cast(Kind, self._kinds.decided(rows[[worst]]).label)
        return ActReading("danger", float(risks[worst]), kind, sure=bool(risks[worst] >= _CERTAIN))


def requests() -> tuple[str, ...]:
    """Examples of messages for specialists, whichever it is."""
    return _examples()["request"]


def _examples() -> dict[str, tuple[str, ...]]:
    examples = {act: tuple(lines) for act, lines in table(__file__, "acts.toml").items()}
    examples |= {act: purposes.EXAMPLES[intent] for act, intent in purposes.BY_ACT.items()}
    examples["request"] += purposes.EXAMPLES["about"]
    assert set(examples) <= set(get_args(Act)), "every list of examples is named after an act"
    return examples


def _joined(labelled: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(line for lines in labelled.values() for line in lines)
