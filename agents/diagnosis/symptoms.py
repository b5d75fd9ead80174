"""Which symptom of the guided checks a message tells of, by its words and its meaning; and whether it is a report of
one at all, rather than a question about something."""

import re
from dataclasses import dataclass
from functools import lru_cache

from agents.diagnosis.guided_checks import GuidedChecks, Symptom
from agents.language.words import vocabulary
from agents.vehicles.range import Vehicles
from rag.embedder import Embedder, Vectors
from rag.terms import STOP_WORDS, plain, stem

ENOUGH = 0.62
"""Score from which on a message is taken to tell of a symptom; see `tests/integration/test_told_symptoms.py`."""
_BY_WORDS = 0.35
"""What the words count for; the meaning counts for the rest."""
_LONGEST = 240
"""Characters of a sentence that are looked at."""
_MOST_SENTENCES = 6
_SENTENCE = re.compile(r"(?<=[.!?\n])\s+|\n+|;\s+")
_DENIALS = vocabulary(
    "no not never wont cant cannot doesnt dont didnt isnt arent without nothing hardly barely couldnt stopped refuses"
)
_SPECIFIC = re.compile(
    r"\b(?:where|when|which|who|whose|price|costs?"
    r"|how (?!(?:do|can|should|could) (?:i|we|you) (?:fix|solve|stop|get|sort|repair|deal|make|start|open|clear)"
    r"\b|come\b)|(?:is|are) there (?!(?:something|anything) (?:wrong|i can|else))"
    r"|(?:up to|at|to|below|above|under|until|within|from|for|by) what"
    r"|what (?:(?:is|are|was) (?:a|an|the|my|your)\b(?! (?:problem|matter|cause|reason|likely cause|fault))|(?!is|are"
    r"|was|could|can|might|may|should|do|does|did|would|has|have|now|next|else|happen\w*|went|causes?)\w+)"
    r"|what do(?:es)? (?:the|a|an|my) (?:[\w-]+ ){1,6}?(?:mean|tell|say|do|stand)"
    r"|do(?:es)? (?:the|your|a) [\w ]{1,30} (?:have|need|use|come|fit|support)|can i (?:use|add|fit|buy|order))\b"
)
"""A question for one thing to know, rather than for what is wrong."""
_QUESTION = re.compile(
    r"^\W*(?:(?:and|but|so|or|also|ok|then|hi|hello|please)\W+)*(?:what|how|why|where|when|which|who|whose|can|could|do"
    r"|does|is|are|will|would|should|may)\b"
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


@dataclass(frozen=True, slots=True)
class Match:
    """`score` is in 0..1."""

    symptom: Symptom
    score: float


def sentences(text: str) -> tuple[str, ...]:
    """The first sentences of a text, each cut short."""
    parts = [part.strip()[:_LONGEST] for part in _SENTENCE.split(text[: _LONGEST * _MOST_SENTENCES * 2])]
    return tuple(part for part in parts if part)[:_MOST_SENTENCES]


def reports(text: str) -> bool:
    """Whether a text may tell of something that is wrong: it says more than "no", and has no question for one thing to
    know."""
    return bool(telling(text[:_LONGEST]) - {"not"}) and not any(
        _SPECIFIC.search(question) for question in _questions(text)
    )


def asks_about_codes(text: str) -> bool:
    """Whether a text that names a trouble code asks about that, or just names it."""
    asked = (re.sub(r"\bwhat (?:do(?:es)?|is|are)\b", "", question) for question in _questions(text))
    return not any(_SPECIFIC.search(question) for question in asked)


def _questions(text: str) -> list[str]:
    said = (plain(sentence) for sentence in sentences(text))
    return [word for word in said if word.endswith("?") or _QUESTION.match(word)]


def match(text: str, checks: GuidedChecks, vehicles: Vehicles, embedder: Embedder) -> tuple[Match, ...]:
    """The symptoms by how well the text tells of them, the best first. Embeds, so that it blocks its thread."""
    said = [vehicles.generic(sentence) for sentence in sentences(text)]
    phrases = [(symptom, phrase) for symptom in checks.symptoms for phrase in (symptom.name, *symptom.also)]
    if not said or not phrases:
        return ()
    known = _vectors(embedder, tuple(phrase for _, phrase in phrases))  # type: ignore[arg-type]  # any object has a hash
    alike = embedder.embed(said) @ known.T
    best: dict[str, Match] = {}
    for at, (symptom, phrase) in enumerate(phrases):
        score = max(
            (1 - _BY_WORDS) * max(float(alike[number, at]), 0.0) + _BY_WORDS * shared(sentence, phrase)
            for number, sentence in enumerate(said)
        )
        if symptom.name not in best or best[symptom.name].score < score:
            best[symptom.name] = Match(symptom, score)
    return tuple(sorted(best.values(), key=lambda candidate: -candidate.score))


@lru_cache(maxsize=4)
def _vectors(embedder: Embedder, phrases: tuple[str, ...]) -> Vectors:
    return embedder.embed(phrases)


def shared(text: str, phrase: str) -> float:
    """The share of the phrase's telling words that the text has too."""
    wanted = telling(phrase)
    return len(wanted & telling(text)) / len(wanted) if wanted else 0.0


@lru_cache(maxsize=4096)
def telling(text: str) -> frozenset[str]:
    """The stems of the words that say what a text is about; denials count, as "does not start" is about one."""
    words = [word.replace("'", "") for word in _WORD.findall(plain(text))]
    return frozenset(
        "not" if word in _DENIALS else stem(word) for word in words if word in _DENIALS or word not in STOP_WORDS
    )
