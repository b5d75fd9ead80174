"""Who answers a message? A semantic classifier, trained from the catalogue's example messages; no model is called.

First a gate (is it for us, or for a person?), then the route, both over the message's meaning (an embedding).
Probabilities are calibrated on examples as if the models had not seen them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from agents.conversation.followup import continues, depends, refers_back, standalone, subject
from agents.language.codes import code_places
from agents.language.reading import reading
from agents.language.spelling import Spelling
from agents.language.words import content
from agents.learning.choice import Choice, bare, meaning
from agents.learning.kernels import Floats, softmax
from agents.learning.teacher import Teacher
from agents.routing import headings, human_requests, out_of_scope, subject_matter
from agents.routing.clauses import split
from agents.routing.gate import OWN, gate, log_odds, probability
from agents.routing.headings import Knowledge
from agents.routing.parts import MOST, apart, label
from agents.routing.subject_matter import SubjectMatter
from agents.specialist import Catalogue
from agents.types import Part, Question, Route, StandaloneQuestion
from agents.vehicles.makes import make_named, other_make
from agents.vehicles.range import Vehicles
from rag.types import Chunk

_PERSONAL = "person"
_MOST_CERTAIN_NEEDED = 0.5
"""The probability from which the customer is not asked in any case; below it of the two in a hundred examples that are
least certain."""
_EVIDENCE = {"vehicle": 1.0, "code": 5.0, "answered before": 2.5, "continues": 2.0}
"""Log odds that these add to a message being in scope: the example messages hardly name any. A trouble code
counts where some of a catalogue's examples have one: it says nothing for a catalogue that is not about vehicles."""
_LEANING, _CONTINUING = 1.5, 1.0
"""Log odds for the specialist that answered last, when a message says too little by itself, or takes up what was said.
"""
_SPLIT_CONFIDENCE = 0.55
"""Each piece of a message must be this certain before it is given to another specialist."""
_OUT, _PIECE_OUT, _PERSON = 0.5, 0.2, 0.95
"""Probabilities from which a message is in scope, a piece of such a message is, or a message asks for a person. To
refuse an owner is worse than to try to answer a stranger."""
_MOST_READ = 12
"""Things asked in one message that are looked at."""
ROUTING = bare
"""The features by which specialists are told apart."""
_LOOKED_BACK = 4
"""Turns that are taken into account when an earlier question has to be routed again."""
_BEYOND_DOUBT = 6.0
"""Log odds of being in scope from which the subject matter of the knowledge base is not asked."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the models say about one text: log odds of scope and person, and one logit per specialist."""

    in_scope: float
    person: float
    logits: Floats


@dataclass(frozen=True, slots=True)
class Lessons:
    """What a classifier has learnt: the `names` of its specialists; the `signs` of scope among their examples; the
    choices between what is in scope and what is not, between any wish and that for a person, and between the
    specialists, None where there is one; how words are spelt; what the documents' headings say, and what they speak of
    at all."""

    names: tuple[str, ...]
    signs: frozenset[str]
    gate: Choice[str]
    person: Choice[str]
    router: Choice[str] | None
    spelling: Spelling
    knowledge: Knowledge
    subject_matter: SubjectMatter


class Classifier:
    """Routes messages among the specialists it was taught. Immutable and thread-safe; blocks while embedding."""

    def __init__(self, vehicles: Vehicles, lessons: Lessons) -> None:
        self.names = lessons.names
        self.lessons = lessons
        self._vehicles = vehicles
        self._signs = lessons.signs
        self._gate = lessons.gate
        self._person = lessons.person
        self._router = lessons.router
        self._spelling = lessons.spelling
        self._knowledge = lessons.knowledge
        self._subject_matter = lessons.subject_matter

    def with_lessons(self, lessons: Lessons) -> Self:
        """A classifier that knows these."""
        return type(self)(self._vehicles, lessons)

    @classmethod
    def taught(
        cls,
        catalogue: Catalogue,
        teacher: Teacher,
        vehicles: Vehicles | None = None,
        chunks: Sequence[Chunk] = (),
        vocabulary: Collection[str] = (),
        requests: Sequence[str] = (),
    ) -> Self:
        """Learn the catalogue's utterances. `chunks` of the knowledge base are further evidence: their headings of
        whose message it is, their words of how words are spelt, beside the `vocabulary` of the language, in lower case.
        `requests` are messages for any of the specialists. The same inputs give the same classifier. Raises ValueError
        for a catalogue without utterances.
        """
        vehicles = vehicles or Vehicles()
        utterances = {
            specialist.name: [vehicles.generic(text) for text in specialist.utterances] for specialist in catalogue
        }
        texts = [text for lines in utterances.values() for text in lines]
        if not texts:
            raise ValueError("the catalogue has no example utterances to learn from")
        topics = [
            vehicles.generic(text)
            for specialist in catalogue
            for text in (specialist.label, specialist.description, *specialist.topics)
        ]
        beyond = [text for specialist in catalogue for text in specialist.beyond]
        own = [*texts, *topics, *(vehicles.generic(text) for text in requests)]
        others = [*texts, *beyond, *out_of_scope.UTTERANCES]
        named = {
            specialist.name: [
                *utterances[specialist.name],
                specialist.label,
            ]
            for specialist in catalogue
        }
        knowledge = headings.learn(chunks, catalogue, vehicles, teacher)
        words = [*texts, *topics, *beyond, *requests, *out_of_scope.UTTERANCES, *human_requests.UTTERANCES]
        lessons = Lessons(
            tuple(named),
            frozenset({"vehicle"}).union(*(_signs(text, vehicles) for text in texts)),
            gate(teacher, own, out_of_scope.SUBJECTS, [*out_of_scope.BEYOND, *beyond]),
            teacher.choice({"other": others, _PERSONAL: human_requests.UTTERANCES}),
            teacher.choice(named, ROUTING) if len(named) > 1 else None,
            Spelling([*words, *(chunk.searchable for chunk in chunks)], vocabulary),
            knowledge,
            subject_matter.learn(chunks, knowledge.vectors, (), catalogue, vehicles, teacher),
        )
        return cls(vehicles, lessons)

    def classify(
        self, question: Question, catalogue: Catalogue | None = None, whole: StandaloneQuestion | None = None
    ) -> Route:
        """The route of a message among the specialists of `catalogue` that it was taught, or among all. `whole` is
        the message as it stands alone; without it that is worked out here."""
        message = whole or standalone(question, self._vehicles)
        clauses = [clause.text for clause in split(message.text) if clause.asks]
        clauses, unread = clauses[:_MOST_READ], clauses[_MOST_READ:]
        pieces = [message, *_clauses(message, clauses)] if len(clauses) > 1 else [message]
        readings = self._read(question, pieces)
        first = readings[0]
        if probability(first.person) >= _PERSON:
            return Route("human", probability(first.person))
        allowed = self._allowed(catalogue)
        in_scope = [n for n, reading in enumerate(readings) if probability(reading.in_scope) >= _OUT]
        if not in_scope or not allowed:
            return Route("out_of_scope", 1.0 - probability(first.in_scope))
        if len(pieces) > 1:
            ranked_pieces = [
                (pieces[n], self._choose(readings[n], allowed))
                for n in range(1, len(pieces))
                if probability(readings[n].in_scope) >= (_PIECE_OUT if 0 in in_scope else _OUT)
            ]
            parts = self._parts(message, ranked_pieces)
            if len(parts) > 1:
                certain = min(part.confidence for part in parts[:MOST])
                left_out = (*(part.question.text for part in parts[MOST:]), *(["…"] if unread else []))
                return Route("answer", certain, parts[:MOST], left_out)
        return self._decide(message, self._choose(first, allowed))

    def ranked(self, text: str) -> tuple[tuple[str, float], ...]:
        """Every specialist with its probability, likeliest first, as if the message were for one of them."""
        return tuple(self._choose(self._read(Question(text), [StandaloneQuestion(text)])[0], self._allowed(None)))

    def _read(self, question: Question, pieces: Sequence[StandaloneQuestion]) -> list[_Reading]:
        topics = [_topic(piece) for piece in pieces]
        plain = [self._plain(topic) for topic in topics]
        rows = self._gate.rows(plain)
        in_scope = log_odds(self._gate, OWN, rows)
        person = log_odds(self._person, _PERSONAL, rows)
        meanings = meaning(rows)
        doubtful = in_scope < _BEYOND_DOUBT
        in_scope[doubtful] = np.maximum(in_scope[doubtful], self._subject_matter.odds(meanings[doubtful]))
        logits = self._router.logits(meanings) if self._router else np.zeros((len(rows), 1))
        logits += self._knowledge.leaning(meanings)
        before, sign, leaning = self._before(question, pieces[0].text)
        lean = np.array([leaning * (name == before) for name in self.names])
        readings = []
        for n, topic in enumerate(topics):
            evidence = self._evidence(topic) + (_EVIDENCE[sign] if before else 0.0)
            readings.append(_Reading(float(in_scope[n] + evidence), float(person[n]), logits[n] + lean))
        return readings

    def _before(self, question: Question, text: str) -> tuple[str, str, float]:
        """Who answered last, if the text goes on from there: the specialist or "", the sign of scope that this is, and
        the specialist's log odds. Where the history does not say who answered, the question before is routed again."""
        if not question.history or not continues(text, self._vehicles):
            return "", "", 0.0
        sign, leaning = ("answered before", _LEANING) if depends(text) else ("continues", _CONTINUING)
        agent = _answered_before(question)
        if agent:
            return agent, sign, leaning
        customer_turns = [n for n, turn in enumerate(question.history) if turn.role == "customer"]
        if not customer_turns:
            return "", "", 0.0
        last = customer_turns[-1]
        earlier = Question(question.history[last].text, question.history[max(0, last - _LOOKED_BACK) : last])
        parts = self.classify(earlier).parts
        return (parts[-1].specialist if parts else ""), sign, leaning

    def _plain(self, text: str) -> str:
        """The text in words that the embedding model has seen."""
        for start, end in reversed(code_places(text) if "code" in self._signs else ()):
            text = f"{text[:start]}fault code {text[start:end].upper()}{text[end:]}"
        return self._spelling.correct(self._vehicles.generic(text))

    def _evidence(self, text: str) -> float:
        return sum(_EVIDENCE[sign] for sign in _signs(text, self._vehicles) & self._signs)

    def _allowed(self, catalogue: Catalogue | None) -> list[int]:
        if catalogue is None:
            return list(range(len(self.names)))
        catalogue_names = {specialist.name for specialist in catalogue}
        return [n for n, name in enumerate(self.names) if name in catalogue_names]

    def _choose(self, reading: _Reading, allowed: Sequence[int]) -> list[tuple[str, float]]:
        """The allowed specialists with their probabilities, likeliest first."""
        probabilities = softmax(reading.logits[list(allowed)])
        ranked = sorted(zip(probabilities, allowed, strict=True), key=lambda pair: (-pair[0], pair[1]))
        return [(self.names[n], float(p)) for p, n in ranked]

    def _decide(self, message: StandaloneQuestion, ranked: list[tuple[str, float]]) -> Route:
        name, confidence = ranked[0]
        if len(ranked) > 1 and self._router and confidence < min(self._router.doubt, _MOST_CERTAIN_NEEDED):
            return Route("clarify", confidence, tuple(Part(message, other, p) for other, p in ranked[:2]))
        return Route("answer", confidence, (Part(message, name, confidence),))

    def _parts(
        self, message: StandaloneQuestion, ranked_pieces: Sequence[tuple[StandaloneQuestion, list[tuple[str, float]]]]
    ) -> tuple[Part, ...]:
        """A part for each different question, if every piece is certain; each can be understood without the others. An
        uncertain piece that hardly says anything goes with the one before it."""
        groups: list[list[tuple[StandaloneQuestion, str, float]]] = []
        for piece, ranked in ranked_pieces:
            name, confidence = ranked[0]
            if confidence < _SPLIT_CONFIDENCE:
                if not groups or len(content(_topic(piece))) > 1:
                    return ()
                _, name, confidence = groups[-1][-1]
                groups[-1].append((piece, name, confidence))
                continue
            own = next(
                (candidate for candidate in groups if candidate[0][1] == name and not self._apart(candidate, piece)),
                None,
            )
            if own is None:
                groups.append(own := [])
            own.append((piece, name, confidence))
        repeated = len({group[0][1] for group in groups}) < len(groups)
        parts = []
        for group in groups:
            joined = _joined([piece for piece, _, _ in group])
            certain = min(confidence for _, _, confidence in group)
            heading = label(joined.text) if repeated else ""
            parts.append(Part(self._shared(joined, ranked_pieces[0][0], message), group[0][1], certain, heading))
        return tuple(parts)

    def _apart(self, group: Sequence[tuple[StandaloneQuestion, str, float]], piece: StandaloneQuestion) -> bool:
        """Whether a piece asks something else than a group of the same specialist's does."""
        return apart(_topic(_joined([other for other, _, _ in group])), _topic(piece), self._vehicles)

    def _shared(
        self, piece: StandaloneQuestion, first: StandaloneQuestion, message: StandaloneQuestion
    ) -> StandaloneQuestion:
        """A piece with what the whole message says about its vehicle, or about what its pronoun stands for."""
        if piece.text != first.text and not piece.subject and refers_back(piece.text, self._vehicles):
            piece = replace(piece, subject=subject(replace(first, own_vehicle="")))
        if self._vehicles.mentions(_topic(piece)) or other_make(_topic(piece)):
            return piece
        upto = message.text.find(piece.text) if piece.text in message.text else 0
        mentions = self._vehicles.mentions(message.text)
        nearest = next(
            (mention for mention in reversed(mentions) if mention.end <= upto), mentions[0] if mentions else None
        )
        if nearest:
            return replace(piece, vehicle=message.text[nearest.start : nearest.end])
        vehicle = message.vehicle or make_named(message.text)
        return replace(piece, vehicle=vehicle, year=message.year, own_vehicle="" if vehicle else message.own_vehicle)


def _signs(text: str, vehicles: Vehicles) -> frozenset[str]:
    """What in a text alone says that it is about vehicles of ours."""
    presence = {"vehicle": bool(vehicles.mentions(text)), "code": bool(reading(text).codes)}
    return frozenset(sign for sign, present in presence.items() if present)


def _answered_before(question: Question) -> str:
    return next((turn.agent for turn in reversed(question.history) if turn.agent), "")


def _topic(question: StandaloneQuestion) -> str:
    """The question without the customer's own vehicle, which helps a search and says nothing about the topic."""
    return replace(question, own_vehicle="").whole


def _clauses(message: StandaloneQuestion, texts: Sequence[str]) -> list[StandaloneQuestion]:
    """The clauses of a message. It is the first that takes up the conversation; the others lean on it."""
    return [replace(message, text=texts[0]), *map(StandaloneQuestion, texts[1:])]


def _joined(pieces: Sequence[StandaloneQuestion]) -> StandaloneQuestion:
    """Pieces of one message as one question, in the context of the first."""
    return replace(pieces[0], text=" ".join(piece.text for piece in pieces))
