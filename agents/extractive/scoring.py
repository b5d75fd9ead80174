"""How well a statement answers a question: which of the question's words it holds, whether its value is of the kind
asked for, and how near its meaning is; from these the probability that it answers.

The weights are logistic regressions over questions whose answers are, or are not, in a knowledge base, see
`benchmarks/fit`; they hold only for the scores of search that they were fitted on.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from agents.language import synonyms
from agents.language.terms import identifiers, terms
from agents.passages.statements import Statement
from agents.vehicles.applicability import Cars
from rag import logistic
from rag.logistic import Logistic
from rag.terms import STOP_WORDS
from rag.types import Passage

Similarity = Callable[[str, Sequence[str]], NDArray[np.float32]]
"""The cosine similarity of one text to each of several."""

_WEAK = frozenset(
    terms(
        "car cars vehicle vehicles model models year variant type kind thing way sort new old my exactly right "
        "correct standard also really actually question wonder tell show give much many often use take need go look "
        "mean happen work come amount say state available have want like"
    )
)
_WORDS = re.compile(r"[^\W_](?:[\w.,'/-]*\w)?(?<!-)")
_COUNTED = re.compile(r"\bhow many (\w+)", re.IGNORECASE)
_NUMBERS = re.compile(r"(?<![\d.,])\d++(?![\d.,]*\d)")
_HEAVIEST = 4.0
_WIDE = 4  # values of a row from which on it is narrowed to those asked for
_STRICT = 2.0  # how much more a missing e-mail address tells than a missing measure
_SLIGHT = 0.7  # the weight of `far` in `how far`, which the value's unit answers rather than a word
_LIKE_CHARACTERS = 400

ANSWERS = 0.5
"""The least probability with which a statement is told as the answer: it is likelier than not."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """How statements are scored. `order`: the log odds of being a better answer than another statement to the same
    question; `sure`: the probability that a statement answers at all; `compared`: how many statements are compared in
    meaning; the others share too few words with the question."""

    order: Logistic
    sure: Logistic
    compared: int = 20


_MODELS = logistic.beside(__file__)
SCORING = Scoring(_MODELS["order"], _MODELS["sure"])
ASKED = Scoring(_MODELS["order_asked"], _MODELS["sure_asked"])
"""Where customers' questions are known with what answers them."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the question: the stems that match it exactly, those that may stand for it, and how telling it is."""

    word: str
    stems: frozenset[str]
    alike: frozenset[str]
    weight: float


@dataclass(frozen=True, slots=True)
class Scored:
    """A statement; its `order`, the log odds of being a better answer than another to the same question; the
    `probability` that it answers at all; the words of the question that it `holds` or stands under; how like the
    question is to those that the `whole` passage answers, a cosine."""

    statement: Statement
    order: float
    probability: float
    holds: frozenset[str]
    features: Mapping[str, float] = field(default_factory=dict, compare=False)
    whole: float = 0.0


def rank(
    question: str,
    statements: Sequence[Statement],
    passages: Sequence[Passage],
    similarity: Similarity,
    nameless: Callable[[str], str],
    cars: Cars,
    scoring: Scoring | None = None,
) -> list[Scored]:
    """The statements, best answer first. `passages` are what the statements stand in; the `scoring` that is right for
    them is used where none is given. `question` is without the names that say which car is meant and not what is asked,
    as `nameless` takes them out of a text; it is about `cars`."""
    if not statements:
        return []
    scoring = scoring or (ASKED if knows_questions(passages) else SCORING)
    texts = [_text(_narrowed(question, statement)) for statement in statements]
    question_terms = terms_of(question, texts)
    codes = identifiers(question)
    asks = _Asks(question)
    scored = []
    for text in texts:
        features = _features(text, question_terms, codes, asks)
        passage = passages[text.statement.span.passage]
        features["found"] = passage.score
        features |= _asked(text.statement, passage)
        features["beside"] = _beside(nameless(text.statement.subject), question_terms)
        features["cover"] = len(text.statement.cars & cars) / max(1, len(cars))
        features["apart"] = len(text.statement.cars - cars) / max(1, len(text.statement.cars))
        scored.append((text, features))
    scored.sort(key=lambda pair: -scoring.order.log_odds(pair[1]))
    near = similarity(question, [compared(text.statement) for text, _ in scored[: scoring.compared]])
    lowest = float(near.min()) if len(near) else 0.0
    for position, (_, features) in enumerate(scored):
        features["likeness"] = float(near[position]) if position < len(near) else min(lowest, 0.2)
    results = [
        Scored(
            text.statement,
            scoring.order.log_odds(features),
            scoring.sure.probability(features),
            _covered_words(text, question_terms),
            features,
            _asked_whole(passages[text.statement.span.passage]),
        )
        for text, features in scored
    ]
    return sorted(results, key=lambda result: -result.order)


def knows_questions(passages: Sequence[Passage]) -> bool:
    """Whether the search that found these passages knew questions of customers."""
    return any(passage.asked is not None for passage in passages)


def _asked(statement: Statement, passage: Passage) -> dict[str, float]:
    """How like the question is to those of customers that the statement answers: the nearest (`asked_own`), the nearest
    three (`asked_mean`) and by their words (`asked_words`); and to those that something in its passage answers
    (`asked_near`): cosines."""
    likenesses = passage.asked or ()
    own = [
        likeness
        for likeness in likenesses
        if likeness.start is not None and any(span.start <= likeness.start < span.end for span in statement.evidence)
    ]
    return {
        "asked_own": max((likeness.cosine for likeness in own), default=0.0),
        "asked_mean": max((likeness.mean for likeness in own), default=0.0),
        "asked_words": max((likeness.words for likeness in own), default=0.0),
        "asked_near": max((likeness.cosine for likeness in likenesses), default=0.0),
    }


def _asked_whole(passage: Passage) -> float:
    """How like the question is to those that all of the passage answers: a cosine."""
    return max((likeness.cosine for likeness in passage.asked or () if likeness.start is None), default=0.0)


def _narrowed(question: str, statement: Statement) -> Statement:
    """A wide row without the values that the question does not ask for: they would drown the one that it does."""
    if len(statement.parts) < _WIDE:
        return statement
    kept = {*matching_parts(question, statement), *key_parts(question, statement)}
    parts = tuple(part for position, part in enumerate(statement.parts) if position in kept)
    values = ", ".join(f"{part.column} {part.value}".strip() for part in parts)
    return replace(statement, parts=parts, text=f"{statement.label}: {values}" if statement.label else values)


def _beside(label: str, question_terms: Sequence[Term]) -> float:
    """The share of a row's label, 0..1, that the question does not speak of: `Length at the floor` for `length`."""
    stems = frozenset[str]().union(*(term.stems | term.alike for term in question_terms))
    words = telling(label)
    return sum(stem not in stems for stem in words) / len(words) if words else 0.0


class _Asks:
    """What form of answer a question wants."""

    def __init__(self, question: str) -> None:
        self.kind = synonyms.expected(question)
        self.steps = synonyms.form(question) == "steps"
        counted = _COUNTED.search(question)
        self._counted = terms(counted[1])[:1] if counted and self.kind == "number" else []

    def answered(self, text: "_Text") -> bool:
        """Whether the text has a value of the kind asked for; for `how many gears`, a number of gears."""
        statement_text = text.statement.text
        if self.kind is None:
            return False
        if not synonyms.has_value(self.kind, statement_text):
            bare = text.statement.span.kind == "row" and any(word[:1].isdigit() for word in text.own)
            return bare and bool(synonyms.cue_stems(self.kind) & (text.own | text.near | text.far))
        return not self._counted or self._counts(terms(statement_text), text.statement.span.kind == "row")

    def _counts(self, words: Sequence[str], row: bool) -> bool:
        nouns = {*self._counted, *synonyms.alike(self._counted[0])}
        places = [place for place, word in enumerate(words) if word.replace(".", "").isdigit()]
        after = any(nouns & set(words[place : place + 4]) for place in places)
        return after or (row and any(nouns & set(words[max(0, place - 3) : place]) for place in places))


@dataclass(frozen=True, slots=True)
class _Text:
    """A statement and its words, by how close they stand to what it says. A whole list says what its heading says, and
    lists and rows stand directly under their document's title."""

    statement: Statement
    own: frozenset[str]
    near: frozenset[str]
    far: frozenset[str]


def _text(statement: Statement) -> _Text:
    kind = statement.span.kind
    inherits = f"{statement.near} {statement.far}" if kind in {"list", "row"} else statement.near
    body, heading = _with_numbers(statement.text), _with_numbers(inherits)
    own, near = (heading, body) if kind == "list" else (body, heading)
    return _Text(statement, own, near, _stems(statement.far))


def compared(statement: Statement) -> str:
    """What of a statement is compared with a question in meaning."""
    return f"{statement.near}: {statement.text}"[:_LIKE_CHARACTERS]


@lru_cache(maxsize=20_000)  # the same statements and headings come up in many answers
def _with_numbers(text: str) -> frozenset[str]:
    """The terms of a text, and the numbers of ranges such as `0–100` by themselves."""
    return _stems(text) | frozenset(_NUMBERS.findall(text))


@lru_cache(maxsize=4_000)
def _stems(text: str) -> frozenset[str]:
    return frozenset(terms(text))


def terms_of(question: str, texts: Sequence[_Text]) -> tuple[Term, ...]:
    """The telling words of a question. A word that few statements hold weighs more."""
    counts = Counter(stem for text in texts for stem in text.own | text.near)
    question_terms = []
    degrees = synonyms.degrees(question)
    for stem, word in telling(question).items():
        stems = frozenset() if word in degrees else frozenset({stem})
        alike = frozenset(other for base in stems | {stem} for other in synonyms.alike(base)) - stems
        if not stems and not alike and not synonyms.expected(word):
            continue
        count = max((counts[stem] for stem in stems | alike), default=0)
        weight = _SLIGHT if word in degrees else min(_HEAVIEST, max(1.0, math.log(1 + len(texts) / (count + 0.5))))
        question_terms.append(Term(word, stems, alike, weight))
    return tuple(question_terms)


def telling(question: str) -> dict[str, str]:
    """The words of a question that say what it is about, by their stems."""
    words = [word.strip(".,'") for word in _WORDS.findall(question.casefold().replace("’", "'"))]
    words_by_stem = {}
    for word in words:
        stems = terms(word) if word not in STOP_WORDS else []
        if stems and stems[0] not in _WEAK and word.replace("'", "") not in STOP_WORDS:
            words_by_stem[stems[0]] = word
    return words_by_stem


def _features(text: _Text, question_terms: Sequence[Term], codes: frozenset[str], asks: _Asks) -> dict[str, float]:
    total = sum(term.weight for term in question_terms) or 1.0
    matches = [(term.weight, _match(term, text), _own_match(term, text)) for term in question_terms]
    span = text.statement.span
    value = 0.0
    if asks.kind is not None:
        value = 1.0 if asks.answered(text) else -1.0
    measured = asks.kind is not None and span.kind == "row"
    own = sum(weight * own for weight, _, own in matches)
    return {
        "coverage": sum(weight * match for weight, match, _ in matches) / total if question_terms else 0.5,
        "focus": own / (own + len(text.own)),
        "missing": max((weight for weight, match, _ in matches if match < 0.5), default=0.0) / _HEAVIEST,
        "value": float(value > 0),
        "no_value": float(value < 0) * (_STRICT if asks.kind in {"mail", "telephone"} else 1.0),
        "row": float(measured and value > 0),
        "steps": float(asks.steps and span.kind == "list" and span.mark[:1].isdigit()),
        "list": float(not asks.steps and span.kind == "list"),
        "instead": float(asks.steps and span.kind in {"row", "sentence"}),
        "code": float(bool(codes - text.own - text.near - text.far)),
    }


def _own_match(term: Term, text: _Text) -> float:
    if term.stems & text.own:
        return 1.0
    if term.alike & text.own or synonyms.unit_answers(term.word, text.statement.text):
        return 0.85
    return 0.0


def _match(term: Term, text: _Text) -> float:
    own = _own_match(term, text)
    if own == 1.0:
        return own
    if term.stems & text.near:
        return 0.95
    if term.alike & text.near:
        return max(own, 0.8)
    return max(own, 0.6 * bool(term.stems & text.far), 0.45 * bool(term.alike & text.far))


def _covered_words(text: _Text, question_terms: Sequence[Term]) -> frozenset[str]:
    return frozenset(term.word for term in question_terms if _match(term, text) >= 0.7)


def key_parts(question: str, statement: Statement) -> frozenset[int]:
    """The positions of a row's parts that the question already names: what the row is looked up by."""
    question_stems = frozenset(terms(question))
    return frozenset(
        position
        for position, part in enumerate(statement.parts)
        if (words := frozenset(terms(part.value)) - STOP_WORDS) and words <= question_stems and part.column
    )


def matching_parts(question: str, statement: Statement) -> tuple[int, ...]:
    """The positions of a row's parts that the question asks for: those whose column or value answers to its words,
    or has a value of the kind asked for; all when none does."""
    kind = synonyms.expected(question)
    stems = frozenset(telling(question))
    keys = key_parts(question, statement)
    free = [position for position in range(len(statement.parts)) if position not in keys]
    if not free or (keys and identifiers(question)):
        return tuple(free) or tuple(range(len(statement.parts)))
    marks: list[float] = []
    named = False
    label = frozenset(terms(statement.label))
    for position in free:
        part = statement.parts[position]
        own = frozenset(terms(part.column))
        value_stems = frozenset(terms(part.value)) - label
        exact = 2.0 * len(stems & own) + len(stems & value_stems)
        similar = sum(1.0 for stem in stems if stem not in own and synonyms.alike(stem) & own)
        fits = 1.5 if kind and synonyms.has_value(kind, f"{part.column} {part.value}") else 0.0
        marks.append(exact + similar + fits)
        named = named or exact + similar + fits > len(stems & value_stems)
    best = max(marks, default=0.0)
    if best <= 0 or (len(free) < _WIDE and not named):  # what is only in a value is what the row is looked up by
        return tuple(free)
    return tuple(position for position, mark in zip(free, marks, strict=True) if mark >= 0.7 * best)
