"""The attributes of spec tables, found by the words of customers: "boot", "how tall", "what may it tow".

Every word of a question that says something must be accounted for by an attribute: by its name, by the headings that it
stands under, or by what its values measure. Otherwise the question asks for something else, and nothing is found.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from agents.language import synonyms
from agents.language.lexicon import lexicon
from agents.language.phrases import Phrases
from agents.language.spelling import nearest
from agents.language.tokens import tokens
from agents.language.units import amounts, unit
from agents.language.words import FUNCTION_WORDS, vocabulary
from rag.terms import STOP_WORDS, stem

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+(?:/[^\W_]+)?(?:'[^\W_]+)?|[%°]")
_COMPOUND = re.compile(r"(?<![\w-])[^\W\d_]+(?:-[^\W\d_]+)+(?![\w-])")
_ASIDE = re.compile(r"\([^()]*\)")
_IN_UNIT = re.compile(r"\bin [^\W\d_]+\s*$")
_MEASURE_OF = Phrases(
    ("how <any> (is|are|was|were|does|do|will|can) (the|this|that|these|those|your|our|my|a|an) <word>",)
)
_VEHICLE = vocabulary(
    "car cars vehicle vehicles model models version versions variant engine van truck pickup thing one ones"
)
_LONG = 8
"""From this length on two slips are put right, below it one."""
_TEXTS = 4_000
"""Texts whose words are remembered: a topic's terms come up in every question, and a question several times."""
_KEPT = 4_000
"""Words of which it is remembered which attributes account for them."""
_NEAR = 0.45
"""Points by which an attribute may be behind the best and still be meant as well."""
_BY_NAME = 1.5
"""Points from which on a word is the attribute's own, and not just one like it."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """`name` as printed; `words` what it is known by; `context` the words of the headings that it stands under;
    `measures` what its figures measure, empty where it has none; `subjects` those of the documents that have it.
    `head` is the word that says what kind of thing it is, the name's last. `number` is its key in the table."""

    number: int
    name: str
    words: frozenset[str]
    context: frozenset[str] = frozenset()
    measures: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()
    head: str = ""


@dataclass(frozen=True, slots=True)
class _Everyday:
    """The file of everyday words, read."""

    said: tuple[tuple[re.Pattern[str], str], ...]
    cues: dict[str, frozenset[str]]
    alone: dict[str, frozenset[str]]
    noise: frozenset[str]
    usual: frozenset[str]
    frame: frozenset[str]
    primary: frozenset[str]
    unheard: frozenset[str]
    plain: frozenset[str]
    spelt: frozenset[str]


@lru_cache(maxsize=1)
def _everyday() -> _Everyday:
    read = lexicon(__file__)
    said = tuple((re.compile(item["as"], re.IGNORECASE), f" {item['means']} ") for item in read["said"])
    cues = {measure: frozenset(map(stem, words.split())) for measure, words in read["cues"].items()}
    alone = {stem(word): frozenset(map(stem, means.split())) for word, means in read["alone"].items()}
    noise, usual, frame = (frozenset(map(stem, read["words"][name].split())) for name in ("noise", "usual", "frame"))
    phrases = " ".join(item["as"] for item in read["said"])
    spelt = frozenset(re.findall(r"[a-z]{4,}", phrases)) | frozenset(read["words"]["frame"].split())
    spelt |= frozenset(word for words in read["cues"].values() for word in words.split())
    spelt |= frozenset(read["alone"]) | synonyms.words()
    primary = frozenset(map(stem, read["words"]["primary"].split()))
    unheard = FUNCTION_WORDS | STOP_WORDS
    plain = frozenset(read["words"]["frame"].split()) | unheard
    return _Everyday(said, cues, alone, noise, usual, frame, primary, unheard, plain, spelt)


def canonical(text: str) -> str:
    """A text in which one thing is always said with the same words."""
    text = " ".join(text.casefold().replace("’", "'").split())
    for pattern, means in _everyday().said:
        text = pattern.sub(means, text)
    return text


@lru_cache(maxsize=_TEXTS)
def words_of(text: str) -> tuple[str, ...]:
    """The stems of a text's words that say what it is about, in order and each once."""
    plain = canonical(text)
    kept = [stem(word) for word in _words(plain.replace("-", " "))]
    frame = _everyday().frame
    kept += [  # a word such as take-off says more than its parts
        whole for whole in _COMPOUND.findall(plain) if frame.issuperset(map(stem, _words(whole.replace("-", " "))))
    ]
    return tuple(dict.fromkeys(kept))


def _words(text: str) -> list[str]:
    """The words that are no function words, or are one but name an attribute."""
    everyday = _everyday()
    tokens = (token.removesuffix("'s") for token in _TOKEN.findall(text))
    return [word for word in tokens if stem(word) in everyday.alone or word not in everyday.unheard]


def name_words(name: str) -> tuple[str, ...]:
    """The words that an attribute's printed name is known by; brackets, amounts and units only explain it."""
    bare = _ASIDE.sub(" ", name)
    for amount in reversed(amounts(bare)):
        bare = f"{bare[: amount.start]} {bare[amount.end :]}" if amount.unit and amount.start else bare
    kept = tuple(word for word in words_of(_IN_UNIT.sub("", bare)) if word not in _everyday().noise)
    return kept or words_of(name)


def whole_name_words(name: str) -> tuple[str, ...]:
    """`name_words` with those that most names can do without: "maximum", "total", "permitted"."""
    return words_of(_ASIDE.sub(" ", name)) or name_words(name)


def measures_named(text: str) -> frozenset[str]:
    """What the words of a text are the measure's own names of: "tyre pressure" of pressure."""
    said = words_of(text)
    return frozenset(measure for measure in _everyday().cues if stem(measure) in said)


def telling(text: str) -> tuple[str, ...]:
    """The stems that a question asks with: its words without those of its frame."""
    return tuple(word for word in words_of(text) if word not in _everyday().frame)


def primary(found: Sequence[Attribute]) -> tuple[Attribute, ...]:
    """Of attributes that a question can mean those that it means where it must be one; all where none stands out."""
    return tuple(match for match in found if match.words & _everyday().primary) or tuple(found)


def of_something_else(text: str, found: Sequence[Attribute]) -> bool:
    """Whether a text asks for a measure of a thing that the attributes are not of: "how heavy is the roof box". `text`
    is without the names of vehicles."""
    plain = canonical(text)
    read = tokens(plain)
    for phrase in _MEASURE_OF.spans(plain):
        thing, behind = phrase.parts["word"].word, read[phrase.last].word if phrase.last < len(read) else ""
        vehicle = not _VEHICLE.isdisjoint({thing, behind}) or thing in _everyday().unheard
        if not vehicle and not any(_accounted(stem(thing), item)[0] for item in found):
            return True
    return False


@dataclass(frozen=True, slots=True)
class _Match:
    attribute: Attribute
    uncovered: int
    points: float
    in_full: bool


@dataclass(frozen=True, slots=True)
class Attributes:
    """All attributes of a knowledge base, to be looked up by what people call them. Immutable."""

    all: tuple[Attribute, ...]
    _matching: Callable[[tuple[str, ...]], tuple[_Match, ...]] = field(repr=False, compare=False)
    _spelt: frozenset[str] = field(default=frozenset(), repr=False)
    _apart: frozenset[str] = field(default=frozenset(), repr=False)
    """Words that most names can do without, of names that differ in nothing else."""

    @classmethod
    def of(cls, found: Iterable[Attribute]) -> "Attributes":
        every = tuple(found)
        names = " ".join(candidate.name for candidate in every).casefold()
        accounting = lru_cache(maxsize=_KEPT)(partial(_accounting, every))
        matching = lru_cache(maxsize=_TEXTS)(partial(_matches, every, accounting))
        spelt = frozenset(re.findall(r"[^\W\d_]{4,}", names)) | _everyday().spelt
        apart = frozenset[str]().union(*(candidate.words for candidate in every)) & _everyday().noise
        return cls(every, matching, spelt, apart)

    def named(self, name: str) -> tuple[Attribute, ...]:
        """The attributes with exactly this name, but for capitals and blanks."""
        wanted = " ".join(name.casefold().split())
        return tuple(item for item in self.all if item.name.casefold() == wanted)

    def meant(
        self,
        text: str,
        fits: Callable[[Attribute], bool] = lambda _: True,
        *,
        as_written: bool = False,
        by_name: bool = False,
    ) -> tuple[Attribute, ...]:
        """The attributes that a text asks for, best first: several where it leaves open which of them, none where it
        asks for something else or for too many. Only those that `fits` lets through are looked at. `as_written`: slips
        of the finger are not put right. `by_name`: its own name must be said in full."""
        text = text if as_written else self.spelt(text)
        asked = telling(text)
        if not asked:
            return ()
        precisely = tuple(word for word in words_of(text) if word in asked or word in self._apart)
        for words in dict.fromkeys((precisely, asked)):
            found = (match for match in self._matching(words) if fits(match.attribute))
            if matches := [match for match in found if match.in_full or not by_name]:
                break
        matches.sort(key=lambda match: (match.uncovered, -match.points))
        best = {
            match.attribute.words: match.attribute
            for match in reversed(matches)
            if match.uncovered == matches[0].uncovered and match.points >= matches[0].points - _NEAR
        }
        return tuple(reversed(best.values()))

    def spelt(self, text: str) -> str:
        """The text with slips of the finger put right, towards the words of attributes; never towards words that would
        then be overheard."""
        return re.sub(r"[^\W\d_]{4,}", lambda found: self._right(found.group()), text)

    def _right(self, word: str) -> str:
        plain = word.casefold()
        if plain in self._spelt or plain in STOP_WORDS or plain in FUNCTION_WORDS or unit(plain) is not None:
            return word
        if stem(plain) in _stems(self._spelt):
            kin = [other for other in self._spelt if stem(other) == stem(plain)]
            return min(kin, key=lambda other: (OSA.distance(plain, other), other))
        slips = 2 if len(plain) >= _LONG else 1
        near = nearest(plain, self._spelt - _everyday().plain, slips)
        return near[0][1] if near else word

    def closest(self, text: str, most: int = 5) -> tuple[str, ...]:
        """The names that look most like a text, for somebody who has to choose another one."""
        names = tuple(dict.fromkeys(item.name for item in self.all))
        wanted = canonical(text[:200])
        ranked = process.extract(wanted, names, scorer=fuzz.token_set_ratio, processor=canonical, limit=most)
        return tuple(name for name, _, _ in ranked)


@lru_cache(maxsize=4)
def _stems(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(stem, words))


_Account = tuple[float, frozenset[str]]
"""How well an attribute accounts for a word, 0 not at all, and the words of its name that do."""


def _accounting(every: Sequence[Attribute], word: str) -> Mapping[int, _Account]:
    """The attributes that account for a word, by their positions."""
    accounts = ((at, _accounted(word, item)) for at, item in enumerate(every))
    return {at: account for at, account in accounts if account[0]}


def _matches(
    every: Sequence[Attribute], accounting: Callable[[str], Mapping[int, _Account]], asked: tuple[str, ...]
) -> tuple[_Match, ...]:
    by_word = [accounting(word) for word in asked]
    shared = set(by_word[0]).intersection(*by_word[1:]) if by_word else set()
    matches = (_matched([accounts[at] for accounts in by_word], every[at]) for at in sorted(shared))
    return tuple(match for match in matches if match)


def _matched(accounts: Sequence[_Account], attribute: Attribute) -> _Match | None:
    """How the attribute accounts for all the words asked, None where it does not."""
    points, exact, covered = 0.0, 0, set[str]()
    for worth, names in accounts:
        points += worth
        covered |= names
        exact += worth >= _BY_NAME
    own = attribute.words - _everyday().usual
    uncovered = len(own - covered)
    headless = attribute.head in own - covered
    if (uncovered and (uncovered >= exact or headless)) or (not covered and points < 1.0):
        return None
    return _Match(attribute, uncovered, points / len(accounts), not uncovered and bool(own & covered))


def _accounted(word: str, attribute: Attribute) -> _Account:
    everyday = _everyday()
    if word in attribute.words:
        return 2.0, frozenset({word})
    if named := everyday.alone.get(word, frozenset()) & attribute.words:
        return 1.6, named
    if named := synonyms.alike(word) & attribute.words:
        return 1.4, named
    measured = unit(word)
    if measured is not None and measured.measure in attribute.measures:
        return 1.0, frozenset()
    if any(word in everyday.cues.get(measure, ()) for measure in attribute.measures or {"text"}):
        return 1.0, frozenset()
    if word in attribute.context:
        return 0.6, frozenset()
    return (0.4 if synonyms.alike(word) & attribute.context else 0.0), frozenset()
