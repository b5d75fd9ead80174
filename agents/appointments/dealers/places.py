"""Places named in free text, spelt roughly: towns, dealers, and what lies around them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz import fuzz

from agents.language.tokens import Token, tokens
from agents.language.words import FUNCTION_WORDS

T = TypeVar("T")
Key = tuple[str, ...]

ALIKE = 85.0
"""From this likeness (rapidfuzz's ratio, 0..100) on, a misspelt word is taken for a name."""
SHORTEST_MISSPELT = 5
MOST_CHARS = 8000
"""Of a text that is looked through."""

_BEFORE_A_PLACE = frozenset({"in", "at", "near", "to", "around", "nearby", "by", "close", "towards"})
_AFTER_A_PLACE = frozenset({"dealer", "dealership", "garage", "workshop", "branch", "one", "site", "shop"})
_MARKS = frozenset(".,;:!?")
_FILLER = frozenset({"sure", "rather", "maybe", "perhaps", "instead", "make", "take", "prefer", "best"})


@dataclass(frozen=True, slots=True)
class Mention(Generic[T]):
    """`text[start:end]` names all of `found`."""

    start: int
    end: int
    found: tuple[T, ...]


class Places(Generic[T]):
    """What is to be found by names. `names` lead to the thing itself; `near` are names of places around it, which
    count where no name of the first kind is the same. Names in `makes` count only where a place can be meant: "in",
    "near", or nothing else said. Immutable."""

    def __init__(self, names: Sequence[tuple[str, T]], near: Sequence[tuple[str, T]], makes: Sequence[str]) -> None:
        own: dict[Key, list[T]] = {}
        around: dict[Key, list[T]] = {}
        for table, pairs in ((own, names), (around, near)):
            for name, thing in pairs:
                table.setdefault(_key(name), []).append(thing)
        self._makes = {_key(make) for make in makes} - {()}
        self._names: dict[Key, tuple[T, ...]] = dict.fromkeys(self._makes, ()) | {
            key: tuple(dict.fromkeys(found)) for key, found in (around | own).items() if key
        }
        self._longest = max(map(len, self._names), default=0)
        self._initials: dict[tuple[int, str], list[tuple[str, Key]]] = {}
        for key in self._names.keys() - self._makes:
            self._initials.setdefault((len(key), key[0][0]), []).append((" ".join(key), key))

    def mentions(self, text: str, *, asked: bool = False) -> tuple[Mention[T], ...]:
        """Every place that the text names, in order; the longest name wins, and one spelt rightly over a guess.
        `asked`: a place was asked for, so that one is meant rather than a maker."""
        words = [token for token in tokens(text[:MOST_CHARS]) if token.kind != "mark"]
        plain = [_named(text, word) for word in words]
        named = list(self._scan(plain))
        certain = [
            name
            for name in named
            if self._names[name[2]]
            and (asked or not self._doubtful(plain, *name) or _apart(text, words[name[0]], words[name[1] - 1]))
        ]
        if not certain:
            bare = len([word for word in plain if word not in FUNCTION_WORDS | _FILLER]) <= 2
            certain = [name for name in named if self._names[name[2]] and (bare or _followed(plain, name[1]))]
        return tuple(Mention(words[a].start, words[b - 1].end, self._names[key]) for a, b, key in certain)

    def _scan(self, plain: Sequence[str]) -> Iterator[tuple[int, int, Key]]:
        """Which words are which name, exactly or roughly."""
        at = 0
        while at < len(plain):
            for length in range(min(self._longest, len(plain) - at), 0, -1):
                key = self._known(tuple(plain[at : at + length]))
                if key:
                    yield at, at + length, key
                    at += length - 1
                    break
            at += 1

    def _known(self, words: Key) -> Key:
        if words in self._names:
            return words
        said = " ".join(words)
        if len(said) < SHORTEST_MISSPELT or (len(words) == 1 and said in FUNCTION_WORDS):
            return ()
        likely = self._initials.get((len(words), said[0]), ())
        scored = [(fuzz.ratio(said, name, score_cutoff=ALIKE), key) for name, key in likely]
        return max(scored, default=(0.0, ()))[1] if any(score for score, _ in scored) else ()

    def _doubtful(self, plain: Sequence[str], start: int, _end: int, key: Key) -> bool:
        """Whether the maker may be meant, not the place."""
        return key in self._makes and (start == 0 or plain[start - 1] not in _BEFORE_A_PLACE)


def _apart(text: str, first: Token, last: Token) -> bool:
    """Whether it stands between marks, as in "book it. Ashby"."""
    before, after = text[: first.start].rstrip(), text[last.end :].lstrip()
    return before[-1:] in _MARKS and bool(before) and (not after or after[0] in _MARKS)


def _followed(plain: Sequence[str], end: int) -> bool:
    return end < len(plain) and plain[end] in _AFTER_A_PLACE


def _key(name: str) -> Key:
    return tuple(_named(name, token) for token in tokens(name) if token.kind != "mark")


def _named(text: str, token: Token) -> str:
    """A word without the ending of "Ashby's"."""
    return text[token.start : token.end].casefold().replace("’", "'").removesuffix("'s").replace("'", "")
