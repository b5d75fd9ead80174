"""Which symptom of the guided checks a message tells of, by its meaning and its words; and whether it tells of one at
all, rather than asks for one thing to know. What sentences do is learnt from the examples beside this module."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from agents.diagnosis.guided_checks import GuidedChecks, Symptom
from agents.language.negation import is_negator
from agents.language.words import sentences, words
from agents.learning.choice import Choices, embedded
from agents.learning.examples import beside
from agents.learning.kernels import Floats
from agents.vehicles.range import Vehicles
from rag.embedder import Embedder
from rag.terms import STOP_WORDS, plain, stem

SENTENCE = "trouble told"
"""The name of the choice among `Resources.choices`, and its examples."""
EXAMPLES = beside(__file__)
ENOUGH = 0.62
"""Score from which on a message is taken to tell of a symptom; see `tests/integration/test_told_symptoms.py`."""
_ALONE, _AHEAD = 0.53, 0.1
"""The same where no other symptom comes near, and how far ahead of the next one it has to be."""
_BY_WORDS = 0.35
"""What the words count for; the meaning counts for the rest."""
_ASKS, _TELLS = 0.5, 0.4
"""Probabilities from which on a sentence asks for one thing, and tells of a trouble."""
_LONGEST = 240
"""Characters of a sentence that are looked at."""
_MOST_SENTENCES = 6
_DENYING = frozenset({"barely", "stopped", "refuses", "refuse", "without", "nothing"})
"""Words that deny as "not" does."""


@dataclass(frozen=True, slots=True)
class Match:
    """`score` is in 0..1."""

    symptom: Symptom
    score: float


def reports(text: str, choices: Choices) -> bool:
    """Whether a text tells of something that is wrong and has no sentence that wants to know one thing. Embeds, so that
    it blocks its thread, as all of this module does."""
    asks, tells = _likely(text, choices)
    return asks < _ASKS and tells >= _TELLS and bool(telling(text[:_LONGEST]) - {"not"})


def about_codes(text: str, choices: Choices) -> bool:
    """Whether a text that names a trouble code asks about that, rather than for a price or a place."""
    return _likely(text, choices)[0] < _ASKS


def _likely(text: str, choices: Choices) -> tuple[float, float]:
    """The probabilities that a sentence of a text asks for one thing, and that one tells of a trouble."""
    if not (said := _sentences(text)):
        return 0.0, 0.0
    choice = choices[SENTENCE]
    found = choice.shares(choice.rows(said)).max(axis=0)
    return float(found[choice.labels.index("question")]), float(found[choice.labels.index("trouble")])


def told(
    text: str, checks: GuidedChecks, vehicles: Vehicles, choices: Choices, *, another: bool = False
) -> Symptom | None:
    """The symptom that a text tells of; None where it tells of none, or not clearly of one. `another`: one is gone
    through already, so that it has to be quite clear."""
    if not reports(vehicles.generic(text), choices):
        return None
    found = match(text, checks, vehicles, choices[SENTENCE].embedder)
    return clear(found) if found and (found[0].score >= ENOUGH or not another) else None


def clear(found: Sequence[Match]) -> Symptom | None:
    """The best of the matches, where it is good enough."""
    best, second = (*(candidate.score for candidate in found[:2]), 0.0, 0.0)[:2]
    if best >= ENOUGH or (best >= _ALONE and best - second >= _AHEAD):
        return found[0].symptom
    return None


def match(text: str, checks: GuidedChecks, vehicles: Vehicles, embedder: Embedder) -> tuple[Match, ...]:
    """The symptoms by how well the text tells of them, the best first."""
    said = [vehicles.generic(sentence) for sentence in _sentences(text)]
    named = [(symptom, phrase) for symptom in checks.symptoms for phrase in (symptom.name, *symptom.also)]
    if not said or not named:
        return ()
    scores = likeness(said, tuple(phrase for _, phrase in named), embedder).max(axis=0)
    best: dict[str, Match] = {}
    for (symptom, _), score in zip(named, scores, strict=True):
        if symptom.name not in best or best[symptom.name].score < score:
            best[symptom.name] = Match(symptom, float(score))
    return tuple(sorted(best.values(), key=lambda candidate: -candidate.score))


def likeness(texts: Sequence[str], phrases: tuple[str, ...], embedder: Embedder) -> Floats:
    """How alike texts and phrases are by meaning and by words, 0..1, shape (texts, phrases)."""
    known: Floats = _vectors(embedder, phrases)  # type: ignore[arg-type]  # any object has a hash
    meant = np.maximum(np.matmul(embedded(embedder, texts), known.T), 0.0)
    shared = np.array([[_shared(text, phrase) for phrase in phrases] for text in texts])
    return np.asarray((1 - _BY_WORDS) * meant + _BY_WORDS * shared)


@lru_cache(maxsize=64)
def _vectors(embedder: Embedder, phrases: tuple[str, ...]) -> Floats:
    return embedded(embedder, phrases)


def _sentences(text: str) -> list[str]:
    """The first sentences of a text, each cut short."""
    apart = text[: 2 * _LONGEST * _MOST_SENTENCES].replace(": ", "; ")
    return [part[:_LONGEST] for part in sentences(apart)[:_MOST_SENTENCES]]


def _shared(text: str, phrase: str) -> float:
    """The share of the phrase's telling words that the text has too."""
    wanted = telling(phrase)
    return len(wanted & telling(text)) / len(wanted) if wanted else 0.0


@lru_cache(maxsize=4096)
def telling(text: str) -> frozenset[str]:
    """The stems of the words that say what a text is about; denials count, as "does not start" is about one."""
    spoken = [word for word in words(plain(text)) if not word[0].isdigit()]
    return frozenset(
        "not" if denied else stem(word)
        for word in spoken
        if (denied := is_negator(word) or word in _DENYING) or word not in STOP_WORDS
    )
