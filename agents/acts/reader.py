"""Reads what a message does, from examples: the act, and whether somebody is in danger."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast, get_args

import numpy as np

from agents.acts import language
from agents.acts.act import APPOINTMENTS, Act, Reading
from agents.diagnosis.danger import Kind, danger
from agents.language.words import content, sentences, words
from agents.learning.choice import Choice, opens_question
from agents.learning.examples import table
from agents.learning.kernels import Floats, Learner
from agents.routing.clauses import split
from agents.topics.reader import ordinary
from agents.vehicles.range import Vehicles
from rag.embedder import Embedder

_ACT = 0.5
"""The least probability with which a message is taken for another act than a request. To refuse a request is worse
than to look up a greeting."""
_LEANING = 0.35
"""The least probability of an act that a message for no specialist is taken for."""
_SURE, _BOOKING = 0.8, 0.95
"""The same of a statement, since many tell a fault and want to know what it is, and of what is done to appointments."""
_NEVER = 1.1
_CERTAIN = 0.97
"""The probability from which a danger is no answer to what we had asked."""
_FALSE_ALARMS = 0.02
"""Share of unseen examples without danger that an alarm is given for: to miss a danger is worse than to be careful."""
_MOST_SENTENCES = 12
_SHORTEST, _TELLING = 4, 2
"""Words, and words of content, of a sentence that is looked at for a danger by itself: "can't sleep lol" and "we have
the car" say too little."""
_HINTED = 0.2
"""The least probability of a danger in the whole message for one of its sentences to be looked at by itself."""


class ActReader:
    """Immutable and thread-safe; blocks while embedding."""

    def __init__(self, embedder: Embedder, vehicles: Vehicles, acts: Choice, danger: Choice, kinds: Choice) -> None:
        self._embedder = embedder
        self._vehicles = vehicles
        self._acts = acts
        self._danger = danger
        self._kinds = kinds
        self._alarming = danger.exceeded_by(_FALSE_ALARMS, "harmless", "danger")

    @classmethod
    def train(
        cls, embedder: Embedder, learner: Learner, vehicles: Vehicles | None = None, requests: Sequence[str] = ()
    ) -> Self:
        """Learn the examples beside this module; `requests` are further ones of messages for specialists, which are in
        no danger. The same inputs give the same reader."""
        vehicles = vehicles or Vehicles()
        acts = _examples()
        acts["request"] = (*acts["request"], *(vehicles.generic(text) for text in requests))
        situations = table(__file__, "dangers.toml")
        kinds = {kind: tuple(lines) for kind, lines in situations["danger"].items()}
        alarms = {
            "harmless": (
                *_joined(situations["harmless"]),
                *acts["request"],
                *ordinary(1, situations["topics"]["grave"]),
            ),
            "danger": _joined(situations["danger"]),
        }
        texts = list(dict.fromkeys((*_joined(acts), *_joined(alarms))))
        vectors = dict(zip(texts, embedder.embed(texts), strict=True))

        def choice(labelled: Mapping[str, Sequence[str]]) -> Choice:
            rows = {label: _rows([vectors[line] for line in lines]) for label, lines in labelled.items()}
            return Choice.train(labelled, rows, learner)

        return cls(embedder, vehicles, choice(acts), choice(alarms), choice(kinds))

    def read(self, text: str) -> Reading:
        """What a message does, in any language and of any length."""
        pieces = list(dict.fromkeys([text, *sentences(text)[:_MOST_SENTENCES]]))
        plain = [self._vehicles.generic(piece) for piece in pieces]
        vectors = _rows(self._embedder.embed(plain))
        if alarm := self._alarm(text, plain, vectors):
            return alarm
        tongue = language.detect(text)
        if tongue != "en":
            return Reading("language", 1.0, None, tongue)
        decision = self._acts.decide(plain[0], vectors[0])
        asks = any(clause.asks for clause in split(text)) or any(map(opens_question, pieces))
        sure = _BOOKING if decision.label in APPOINTMENTS else _SURE if decision.label == "statement" else _ACT
        least = _NEVER if asks and decision.label == "statement" else sure
        if decision.probability < least:
            return Reading("request", 1.0 - decision.probability, leaning=self._leaning(plain[0], vectors[0]))
        return Reading(cast(Act, decision.label), decision.probability)

    def _leaning(self, text: str, vector: Floats) -> Act | None:
        """The likeliest act but a request, where there is something to it."""
        probabilities = self._acts.probabilities([text], vector.reshape(1, -1))[0]
        probabilities[self._acts.labels.index("request")] = 0.0
        best = int(probabilities.argmax())
        return cast(Act, self._acts.labels[best]) if probabilities[best] >= _LEANING else None

    def _alarm(self, text: str, pieces: Sequence[str], vectors: Floats) -> Reading | None:
        """The danger that the piece which tells most of one is in."""
        risks = self._danger.probabilities(pieces, vectors)[:, self._danger.labels.index("danger")]
        vague = [len(words(piece)) < _SHORTEST or len(content(piece)) < _TELLING for piece in pieces]
        risks[[place > 0 and (short or risks[0] < _HINTED) for place, short in enumerate(vague)]] = 0.0
        worst = int(risks.argmax())
        said = danger(text)
        if risks[worst] < self._alarming and said is None:
            return None
        kind = said.kind if said else cast(Kind, self._kinds.decide(pieces[worst], vectors[worst]).label)
        return Reading("danger", float(risks[worst]), kind, sure=said is not None or bool(risks[worst] >= _CERTAIN))


def requests() -> tuple[str, ...]:
    """Examples of messages for specialists, whichever it is."""
    return _examples()["request"]


def _examples() -> dict[str, tuple[str, ...]]:
    examples = {act: tuple(lines) for act, lines in table(__file__, "acts.toml").items()}
    assert set(examples) <= set(get_args(Act)), "every list of examples is named after an act"
    return examples


def _joined(labelled: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(line for lines in labelled.values() for line in lines)


def _rows(vectors: Any) -> Floats:
    return np.asarray(vectors, dtype=np.float64)
