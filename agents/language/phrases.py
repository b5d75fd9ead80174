"""Phrases of words found in a text. They are compared word by word, so that no wording costs more than its length."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, product
from types import MappingProxyType

from agents.language.tokens import Token, tokens

_GAP = 40
"""Tokens that `...` stands for at most."""
_ENDS = frozenset(".!?;")
_JOINING = frozenset("-‐‑")
Test = Callable[[Token], bool]
_CLASSES: Mapping[str, Test] = {
    "number": lambda token: token.kind == "number",
    "word": lambda token: token.kind == "word",
    "any": lambda token: token.kind != "mark",
    "name": lambda token: token.kind == "word" and len(token.word) > 1,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase at `text[start:end]`, which are the tokens `first` to `last` (excluded). `label` is that of its list.
    `parts`: the tokens that stand for its classes, by their names."""

    label: str
    start: int
    end: int
    first: int
    last: int
    parts: Mapping[str, Token]


@dataclass(slots=True)
class _Node:
    """A state: where each word, beginning of a word and class leads, and whether a phrase ends here."""

    words: dict[str, "_Node"] = field(default_factory=dict)
    begins: list[tuple[str, "_Node"]] = field(default_factory=list)
    tests: list[tuple[str, Test, "_Node"]] = field(default_factory=list)
    gap: "_Node | None" = None
    label: str | None = None
    whole: bool = False


class Phrases:
    """What a list of templates stands for. Immutable.

    A template is words with a blank between them: `(a|b c|)` is one of these, and brackets nest; `chang*` is a word
    that begins so; `<number>`, `<word>` and `<any>` one token of that class, told by its name; `...` up to 40 tokens of
    one sentence. `^` at its beginning and `$` at its end stand for those of the text, marks left out. Hyphens between
    words do not matter, capitals and apostrophes neither; "what" is found in "what's" as well.
    """

    def __init__(
        self, templates: Iterable[str] | Mapping[str, Iterable[str]], classes: Mapping[str, Test] | None = None
    ) -> None:
        """`templates` by their labels, or without any; `classes` beside the general ones."""
        self._classes = {**_CLASSES, **(classes or {})}
        self._root, self._opening = _Node(), _Node()
        listed = templates if isinstance(templates, Mapping) else {"": templates}
        for label, lines in listed.items():
            for line in lines:
                for words in spelt_out(line):
                    self._add(label, words)

    def __contains__(self, text: str) -> bool:
        return next(self.spans(text), None) is not None

    def first(self, text: str) -> Found | None:
        """The first phrase of a text."""
        return next(self.spans(text), None)

    def opening(self, text: str) -> Found | None:
        """The phrase with which a text begins."""
        read = tokens(text)
        begin, end = _edges(text)
        return self._at(read, begin, begin, end) if read else None

    def is_all_of(self, text: str) -> bool:
        """Whether a text is one phrase and nothing else but marks."""
        found = self.opening(text)
        return found is not None and found.last == _edges(text)[1]

    def at(self, text: str, place: int) -> Found | None:
        """The phrase that begins at a token, by its place, or behind the hyphen there."""
        read = tokens(text)
        return self._at(read, _skip_hyphen(read, place), *_edges(text)) if place < len(read) else None

    def spans(self, text: str) -> Iterator[Found]:
        """The phrases of a text in order, at each place the longest; none overlaps another."""
        read = tokens(text)
        at, (begin, end) = 0, _edges(text)
        root = self._root
        words, plain = root.words, not (root.tests or root.begins or root.gap)
        while at < len(read):
            if plain and at != begin and read[at].word not in words and read[at].head not in words:
                at += 1
                continue
            found = self._at(read, at, begin, end)
            if found:
                yield found
            at = found.last if found else at + 1

    def among(self, read: Sequence[Token]) -> Callable[[int], Found | None]:
        """What finds the phrase that begins at a place among tokens, which may be a text's with slips put right."""
        begin, end = _said(read)
        return lambda at: self._at(read, at, begin, end)

    def labels(self, text: str) -> frozenset[str]:
        """The labels of all phrases of a text."""
        return frozenset(found.label for found in self.spans(text))

    def without(self, text: str, put: str = " ") -> str:
        """The text with `put` in the place of each phrase."""
        return self.rewritten(text, lambda _: put)

    def rewritten(self, text: str, how: Callable[[Found], str]) -> str:
        """The text with what `how` says in the place of each phrase."""
        pieces, at = [], 0
        for found in self.spans(text):
            pieces += [text[at : found.start], how(found)]
            at = found.end
        return "".join((*pieces, text[at:]))

    def split(self, text: str, most: int | None = None) -> list[str]:
        """The pieces of a text between its phrases, or between the first of them, and the blanks around them left out;
        one more piece than there are phrases."""
        pieces, at = [], 0
        for found in islice(self.spans(text), most):
            pieces.append(text[at : found.start].strip())
            at = found.end
        return [*pieces, text[at:].strip()]

    def _add(self, label: str, words: Sequence[str]) -> None:
        node = self._root
        if words and words[0] == "^":
            node, words = self._opening, words[1:]
        whole = bool(words) and words[-1] == "$"
        for word in words[:-1] if whole else words:
            node = self._next(node, word)
        if whole:
            node.whole = True
        if node.label is None:
            node.label = label

    def _next(self, node: _Node, item: str) -> _Node:
        if item == "...":
            node.gap = node.gap or _Node()
            return node.gap
        if item.startswith("<"):
            name = item[1:-1]
            known = next((after for other, _, after in node.tests if other == name), None)
            if known is None:
                known = _Node()
                node.tests.append((name, self._classes[name], known))
            return known
        if item.endswith("*"):
            known = next((after for begin, after in node.begins if begin == item[:-1]), None)
            if known is None:
                known = _Node()
                node.begins.append((item[:-1], known))
            return known
        return node.words.setdefault(item, _Node())

    def _at(self, read: Sequence[Token], at: int, begin: int, end: int) -> Found | None:
        best = _longest(self._root, read, at, end)
        if at == begin:
            opening = _longest(self._opening, read, at, end)
            best = max(filter(None, (best, opening)), key=lambda found: found[0], default=None)
        if best is None:
            return None
        last, label, parts = best
        return Found(label, read[at].start, read[last - 1].end, at, last, MappingProxyType(parts))


def _longest(root: _Node, read: Sequence[Token], at: int, end: int) -> tuple[int, str, dict[str, Token]] | None:
    best: tuple[int, str, dict[str, Token]] | None = None
    waiting: list[tuple[_Node, int, dict[str, Token]]] = [(root, at, {})]
    while waiting:
        node, place, parts = waiting.pop()
        ends = node.label is not None and (not node.whole or place >= end)
        if ends and place > at and (best is None or place > best[0]):
            best = (place, node.label or "", parts)
        if node.gap is not None:
            waiting.extend((node.gap, later, parts) for later in _reach(read, place))
        if place < len(read):
            token = _skip_hyphen(read, place) if place > at else place
            waiting.extend((after, token + 1, given) for after, given in _steps(node, read[token], parts))
    return best


def _steps(node: _Node, token: Token, parts: dict[str, Token]) -> Iterator[tuple[_Node, dict[str, Token]]]:
    for word in {token.word, token.head}:
        if word in node.words:
            yield node.words[word], parts
    for begin, after in node.begins:
        if token.word.startswith(begin):
            yield after, parts
    for name, test, after in node.tests:
        if test(token):
            yield after, {**parts, name: token}


def _reach(read: Sequence[Token], place: int) -> Iterator[int]:
    """The places that `...` reaches from one."""
    for later in range(place, min(place + _GAP, len(read)) + 1):
        yield later
        if later < len(read) and read[later].word in _ENDS:
            return


def _skip_hyphen(read: Sequence[Token], place: int) -> int:
    """The place itself, or the next where a hyphen joins two words here."""
    token = read[place]
    joins = token.word in _JOINING and not token.apart and place + 1 < len(read) and not read[place + 1].apart
    return place + 1 if joins else place


@lru_cache(maxsize=512)
def _edges(text: str) -> tuple[int, int]:
    return _said(tokens(text))


def _said(read: Sequence[Token]) -> tuple[int, int]:
    """The places of the first token that is no mark, and behind the last."""
    said = [at for at, token in enumerate(read) if token.kind != "mark"]
    return (said[0], said[-1] + 1) if said else (0, 0)


def spelt_out(template: str) -> Iterator[tuple[str, ...]]:
    """The sequences of words that a template with brackets stands for."""
    return _sequence(_pieces(template))


def _pieces(template: str) -> list[str]:
    """Brackets, bars, and what a text of the same words would be taken apart into."""
    pieces: list[str] = []
    for part in template.replace("(", " ( ").replace(")", " ) ").replace("|", " | ").split():
        if part in {"(", ")", "|", "...", "^", "$"} or part[0] == "<" or part[-1] == "*":
            pieces.append(part)
        else:
            pieces += [token.word for token in tokens(part) if token.word != "-"]
    return pieces


def _sequence(pieces: list[str]) -> Iterator[tuple[str, ...]]:
    options: list[list[tuple[str, ...]]] = []
    at = 0
    while at < len(pieces):
        if pieces[at] != "(":
            options.append([(pieces[at],)])
            at += 1
            continue
        choices, at = _choices(pieces, at + 1)
        options.append(choices)
    for chosen in product(*options):
        yield tuple(word for words in chosen for word in words)


def _choices(pieces: list[str], at: int) -> tuple[list[tuple[str, ...]], int]:
    """What the bracket that opens before `at` stands for, and the place behind it."""
    choices: list[tuple[str, ...]] = []
    inner: list[str] = []
    depth = 0
    while depth or pieces[at] != ")":
        if pieces[at] == "|" and not depth:
            choices += _sequence(inner)
            inner = []
        else:
            depth += {"(": 1, ")": -1}.get(pieces[at], 0)
            inner.append(pieces[at])
        at += 1
    return [*choices, *_sequence(inner)], at + 1
