"""Text as search terms: stemmed English words, and identifiers in one spelling however they were written.

`AB-4471-C` and `ab4471c` are one term, as are `1,498` and `1498`. What people write in other ways, with blanks or
slashes, is told by `Notation`s. A term holds only letters, digits and dots.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.terms import FIGURES, UNSOUGHT, is_identifier, letters_and_digits, plain, stem

_GENERAL = (
    r"(?<![^\W_])(?P<part>(?=[a-z-]{0,40}+\d)(?=[\d-]{0,40}+[a-z])[a-z0-9]++(?:-[a-z0-9]++){1,40}+)(?![^\W_])",
    r"(?<![^\W_])(?P<number>\d++(?:[.,]\d++){1,40})(?![^\W_])",
    r"(?P<word>[^\W_]+(?:'[^\W_]+)*)",
)
_COMPOUND = re.compile(r"(?<![^\W_])[^\W_]+(?:[-./_:][^\W_]+)+")
_LOOKED_UP = re.compile(r"[a-z]{1,4}\d{3,}[a-z]{0,2}")
_ORDER_NUMBER = re.compile(r"[a-z]{1,3}(-\d+[a-z]{0,2}|-[a-z0-9]{1,4}){1,4}|(?<!\d)\d++[a-z](-[a-z0-9]{1,3})+")


@dataclass(frozen=True, slots=True)
class Notation:
    """How documents and customers write one kind of thing, such as a code or a size. `name`: a word; `pattern`: of text
    that `plain` has made plain, without named groups; blanks and hyphens in it do not matter, and a slash becomes a
    dot. `parts`: formats of the pattern's groups, from {0}, under which it is found besides; what has parts is always
    read whole. `identifier`: people look it up rather than describe it."""

    name: str
    pattern: str
    parts: tuple[str, ...] = ()
    identifier: bool = False


@dataclass(frozen=True, slots=True)
class SearchTerm:
    """A term that a question asks for. `otherwise`: the terms to look for where no document has it. `guess`: a reading
    of the question that counts only if some document has it."""

    term: str
    otherwise: tuple[str, ...] = ()
    guess: bool = False


class Analyzer:
    """Reads texts as terms. Pure: the same notations always give the same terms."""

    def __init__(self, notations: Sequence[Notation] = ()) -> None:
        self.notations = tuple(notations)
        self._named = {notation.name: notation for notation in self.notations}
        self._patterns = {notation.name: re.compile(notation.pattern) for notation in self.notations}
        own = (f"(?P<{notation.name}>{notation.pattern})" for notation in self.notations)
        self._token = re.compile("|".join((*own, *_GENERAL)))

    def terms(self, text: str) -> list[str]:
        """The terms under which a text is found; what was put together from parts is found by its parts as well."""
        terms: list[str] = []
        for kind, token in self._tokens(text):
            terms.append(self._term(kind, token))
            terms.extend(self._parts(kind, token))
        terms.extend(sorted(_compounds(text) - set(terms)))
        return terms

    def search_terms(self, question: str) -> tuple[SearchTerm, ...]:
        """What a question asks for, each once. Stop words are left out, unless nothing else is there."""
        tokens = list(self._tokens(question))
        telling = [(kind, token) for kind, token in tokens if kind != "word" or token.replace("'", "") not in UNSOUGHT]
        singles = [
            SearchTerm(self._term(kind, token), self._parts(kind, token) or _runs(token))
            for kind, token in telling or tokens
        ]
        pairs = [
            SearchTerm(first + second, guess=True)
            for (_, first), (_, second) in pairwise(telling)
            if (first + second).isalnum() and first.isdigit() != second.isdigit()
        ]
        return tuple(dict.fromkeys(singles + pairs))

    def identifiers(self, text: str) -> frozenset[str]:
        """The codes, sizes and part numbers that a text names: what people look up rather than describe."""
        return frozenset(
            self._term(kind, token) for kind, token in self._tokens(text) if self._is_identifier(kind, token)
        )

    def respelt(self, text: str) -> str:
        """The text with its codes and part numbers in capital letters and without anything between their parts."""
        folded = plain(text)
        if len(folded) != len(text):  # positions in one are not those in the other
            return text
        written, at = [], 0
        for match in self._token.finditer(folded):
            kind = str(match.lastgroup)
            if kind not in {"number", "word"} and not self._is_whole(kind) and self._is_identifier(kind, match.group()):
                written += [text[at : match.start()], self._term(kind, match.group()).upper()]
                at = match.end()
        return "".join((*written, text[at:]))

    def without_wholes(self, text: str) -> str:
        """A plain text with blanks in place of the identifiers that are read whole, whose parts would otherwise be read
        by themselves."""
        return self._token.sub(
            lambda match: " " * len(match[0]) if self._is_whole(str(match.lastgroup)) else match[0], text
        )

    def _tokens(self, text: str) -> Iterator[tuple[str, str]]:
        """The name of the notation, or `part`, `number` or `word`, with each token."""
        for match in self._token.finditer(plain(text)):
            yield str(match.lastgroup), match.group()

    def _is_whole(self, kind: str) -> bool:
        return kind in self._named and self._named[kind].identifier and bool(self._named[kind].parts)

    def _is_identifier(self, kind: str, token: str) -> bool:
        if kind in self._named:
            return self._named[kind].identifier
        shape = {"part": _ORDER_NUMBER, "word": _LOOKED_UP}.get(kind)
        return shape is not None and shape.fullmatch(token) is not None

    def _term(self, kind: str, token: str) -> str:
        match kind:
            case "word":
                word = token.removesuffix("'s").replace("'", "")
                return FIGURES.get(word) or stem(word)
            case "number":
                return re.sub(r",(?=\d{3}\b)", "", token).replace(",", ".")
            case _:
                return re.sub(r"[\s-]", "", token).replace("/", ".")

    def _parts(self, kind: str, token: str) -> tuple[str, ...]:
        if kind == "part":
            return tuple(stem(part) for part in token.split("-"))
        if kind not in self._named or not self._named[kind].parts:
            return ()
        match = self._patterns[kind].fullmatch(token)
        return tuple(part.format(*match.groups()) for part in self._named[kind].parts) if match else ()


def _compounds(text: str) -> set[str]:
    """The identifiers that a text writes with something between their parts, without that."""
    squeezed = {re.sub(r"[\W_]", "", match.group()) for match in _COMPOUND.finditer(plain(text))}
    return {name for name in squeezed if is_identifier(name)}


def _runs(token: str) -> tuple[str, ...]:
    """The letters and the digits of `item42`, which documents may write apart."""
    runs = letters_and_digits(token)
    return tuple(stem(run) for run in runs) if len(runs) > 1 and token.isalnum() else ()
