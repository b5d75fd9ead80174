"""What everyday words of a question stand for: words of like meaning, and the kind of value that is expected.

General English of cars and their workshop, not of one maker's documents. Stems are compared, see `rag.terms`.
"""

from functools import lru_cache
from itertools import pairwise

from agents.language.lexicon import lexicon
from agents.language.numbers import is_part
from agents.language.phrases import Phrases, Test
from agents.language.terms import terms
from agents.language.tokens import Token, tokens
from agents.language.words import vocabulary
from agents.language.words import words as plain_words

_LEXICON = lexicon(__file__)
_UNITS = {
    quantity: tuple(unit.replace("_", " ") for unit in told["written"].split())
    for quantity, told in _LEXICON["units"].items()
}
_CUES = {cue: quantity for quantity, told in _LEXICON["units"].items() for cue in told["asked"].split()}
_COUNTS = vocabulary("one two three four five six seven eight ten twelve")
_CLASSES: dict[str, Test] = {
    "count": lambda token: token.kind == "number" or token.word in _COUNTS,
    "year": lambda token: len(token.word) == 4 and token.word.startswith("20") and token.word.isdecimal(),
    "clock": lambda token: token.kind == "number" and len(token.word.replace(".", ":").split(":")) == 2
    and len(token.word.replace(".", ":").split(":")[1]) == 2,
}  # fmt: skip
_TIME = "<count> (year|years|month|months|week|weeks|day|days|hour|hours|minute|minutes|min|h|second|seconds)"
_SHAPES = {
    kind: Phrases([line.replace("{time}", _TIME) for line in lines], _CLASSES)
    for kind, lines in _LEXICON["shapes"].items()
}
_LONGEST_UNIT = 24
"""Characters behind a number among which its unit stands."""

_FORMS = Phrases(_LEXICON["forms"])
_WHETHER = Phrases(
    (
        "^ (|and|so|ok|hi|hello|please) (can|could|may|must|should|do|does|did|is|are|will|would|has|have|are|was)",
        "is there",
    )
)
_WHICH = Phrases(
    (
        "^ which",
        "(what|which) (|<word>|<word> <word>|<word> <word> <word>) (type|kind|sort|grade|brand|oil|fluid|spec*)",
    )
)
_UNMEASURED = Phrases(("(where|why)", "what (is|are|does|do) ... (mean|meant|meaning)", "meaning of"))
_DEGREE = Phrases(("how <word>",))
_NO_DEGREES = vocabulary("do does can should to is are must would")
_MANY = Phrases(("how (much|many|big|large)",))


@lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[str]]:
    alike: dict[str, frozenset[str]] = {}
    for line in _LEXICON["alike"]:
        stems = frozenset(terms(line))
        for stem in stems:
            alike[stem] = alike.get(stem, frozenset()) | stems
    return alike


@lru_cache(maxsize=1)
def words() -> frozenset[str]:
    """The words of this lexicon, which are no misspellings."""
    return frozenset(" ".join(_LEXICON["alike"]).split()) | frozenset(_CUES)


def alike(stem: str) -> frozenset[str]:
    """The stems that may stand for `stem` in an answer, itself left out."""
    return _groups().get(stem, frozenset()) - {stem}


def form(question: str) -> str:
    """How the question is to be answered: `telephone`, `mail`, `interval`, `duration`, `moment`, `steps`, `plain`."""
    named = _FORMS.labels(question)
    return next((name for name in _LEXICON["forms"] if name in named), "plain")


def expected(question: str) -> str | None:
    """The kind of value that answers the question: a quantity's name (`power`, `pressure`, …), `interval`, `moment`,
    `duration`, `telephone`, `mail`, `name` or `number`; None where any text may answer."""
    kind = form(question)
    if kind in {"interval", "moment", "duration", "telephone", "mail"}:
        return kind
    if kind == "plain" and question not in _UNMEASURED:
        cued = [_CUES[word] for word in plain_words(question) if word in _CUES]
        if cued:
            return "money" if "money" in cued else cued[0]
    if question in _WHICH:
        return "name"
    return "number" if question in _MANY else None


def has_value(kind: str, text: str) -> bool:
    """Whether `text` holds a value of the kind that `expected` names."""
    if kind in _SHAPES:
        return text in _SHAPES[kind]
    if kind == "mail":
        return any("@" in word[1:-1] for word in text.split())
    read = tokens(text)
    if kind == "telephone":
        return any(
            one.kind == other.kind == "number"
            and len(one.word) >= 3
            and len(other.word) >= 3
            and other.start == one.end + 1
            for one, other in pairwise(read)
        )
    if kind == "name":
        return any(character.isdigit() for character in text) or any(
            other.kind == "word" and text[other.start].isupper() and text[one.end - 1] not in ".!?;"
            for one, other in pairwise(read)
        )
    return any(_has_unit(text[token.end : token.end + _LONGEST_UNIT], kind) for token in read if _is_count(token))


def _is_count(token: Token) -> bool:
    return _CLASSES["count"](token)


def _has_unit(behind: str, kind: str) -> bool:
    """Whether what stands behind a number begins with a unit of that quantity."""
    behind = behind.lstrip(" -–")
    return any(
        behind.startswith(unit)
        and not is_part(behind[len(unit) : len(unit) + 1] or " ")
        and behind[len(unit) :][:1] != "/"
        for unit in _UNITS[kind]
    )


def asks_whether(question: str) -> bool:
    """Whether it is to be answered with yes or no."""
    return question in _WHETHER


@lru_cache(maxsize=64)
def cue_stems(kind: str) -> frozenset[str]:
    """The stems of the words that name a quantity: a heading with one of them says what bare numbers measure."""
    return frozenset(terms(_LEXICON["units"][kind]["asked"])) if kind in _UNITS else frozenset()


def degrees(question: str) -> frozenset[str]:
    """The words after `how` that ask for a measure (`how far`): an answer gives the measure and not the word."""
    asked = (found.parts["word"].word for found in _DEGREE.spans(question))
    return frozenset(word for word in asked if word not in _NO_DEGREES)


def unit_answers(word: str, text: str) -> bool:
    """Whether a value in `text` has the unit of the quantity that `word` names."""
    return word in _CUES and has_value(_CUES[word], text)
