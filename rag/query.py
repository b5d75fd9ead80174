"""A question against the vocabulary of the documents: what to look for, how much each term weighs, and the identifiers
that it names, in whatever spelling, and the documents have or lack. Pure; an index answers for its vocabulary.

`A 1200`, `a-1200` and `NOA1200` are the identifier `a1200` where some document has that: neighbouring runs of letters
and digits are put together, and a prefix of letters is taken off, as long as the vocabulary knows the result.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.analyzer import Analyzer
from rag.near_terms import SHORTEST, halves, nearest
from rag.terms import STOP_WORDS, Run, is_identifier, kind_of, plain, runs

_LONGEST = 2000  # characters of a question that are read
_MOST_TERMS = 64
_MOST_RUNS = 4  # of letters and digits that one identifier may be written in
_LONGEST_WORD = 40  # that may be misspelt
_KIND = 8  # so many identifiers of one kind make a table of codes or a list of parts


class Vocabulary(Protocol):
    """The terms that an index holds."""

    @property
    def total(self) -> int:
        """How many chunks there are."""

    def chunk_count(self, term: str) -> int:
        """How many chunks hold the term."""

    def beginning(self, letter: str) -> Iterable[tuple[str, int]]:
        """The terms that begin with a letter, with how many chunks hold each."""

    def alike(self, kind: tuple[str, int]) -> int:
        """How many of the terms are identifiers of a kind, see `kind_of`."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What a question asks for. `weights`: the terms that chunks hold, in the question's order, with their inverse
    document frequency; `reach`: the sum of these weights and of those of terms that no chunk holds; `named`: the
    identifiers that chunks hold; `unknown`: the identifiers of a kind that chunks hold, but not this one."""

    weights: Mapping[str, float]
    reach: float
    named: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


def seek(question: str, vocabulary: Vocabulary, analyzer: Analyzer) -> Sought:
    """Read a question. The weight of a term is BM25's: ln(1 + (N - n + 0.5) / (n + 0.5)) for n of N chunks
    (Robertson and Zaragoza 2009, as in Lucene)."""
    named, unknown, rest = _named(plain(question[:_LONGEST])[:_LONGEST], vocabulary, analyzer)
    weights = {name: _weight(vocabulary, name) for name in named}
    reach = sum(weights.values())
    rarest = math.log(1 + (vocabulary.total + 0.5) / 0.5)
    for search_term in analyzer.search_terms(rest)[:_MOST_TERMS]:
        term_weights = _look_up(search_term.term, vocabulary) or {
            term: weight for other in search_term.otherwise for term, weight in _look_up(other, vocabulary).items()
        }
        if not term_weights and search_term.guess:
            continue
        term_weights = term_weights or {
            term: _weight(vocabulary, term) for term in _corrections(search_term.term, vocabulary)
        }
        if term_weights:
            reach += sum(weight for term, weight in term_weights.items() if term not in weights)
            weights |= term_weights
        else:
            reach += rarest * max(1, len(search_term.otherwise))
    reach += rarest * len(unknown)
    identifiers = (name for name in analyzer.identifiers(rest) if name in weights)
    return Sought(weights, reach, frozenset((*named, *identifiers)), frozenset(unknown))


def _weight(vocabulary: Vocabulary, term: str) -> float:
    count = vocabulary.chunk_count(term)
    return math.log(1 + (vocabulary.total - count + 0.5) / (count + 0.5))


def _look_up(term: str, vocabulary: Vocabulary) -> dict[str, float]:
    return {term: _weight(vocabulary, term)} if vocabulary.chunk_count(term) else {}


def _named(question: str, vocabulary: Vocabulary, analyzer: Analyzer) -> tuple[list[str], list[str], str]:
    """The identifiers of a plain question that the vocabulary knows, however they are written, the longest reading
    first; those that it lacks, though it has others of the kind; and what else the question says. What several blanks
    part is only lacking where nothing in it is known: `a 1200 20 times` names `a1200`."""
    windows = list(_windows(runs(analyzer.without_wholes(question))))
    taken: dict[int, int] = {}
    identifiers: list[str] = []
    unknown: list[str] = []
    for parted in (False, True):
        for window in windows:
            if any(run.start in taken for run in window):
                continue
            names = list(_names(window))
            identifier = None if parted else next((name for name in names if vocabulary.chunk_count(name)), None)
            if identifier:
                identifiers.append(identifier)
            elif _is_written_so(window, question, parted=parted) and (lacking := _lacking(names, vocabulary)):
                unknown.append(lacking)
            else:
                continue
            taken |= {run.start: run.end for run in window}
    rest = question
    for start, end in taken.items():
        rest = rest[:start] + " " * (end - start) + rest[end:]
    return list(dict.fromkeys(identifiers)), list(dict.fromkeys(unknown)), rest


def _windows(written: Sequence[Run]) -> Iterator[Sequence[Run]]:
    """Neighbouring runs that may be one identifier, most runs first: an identifier has a figure in it."""
    numbered = [any(map(str.isdecimal, run.text)) for run in written]
    for size in range(_MOST_RUNS, 0, -1):
        for at in range(len(written) - size + 1):
            if any(numbered[at : at + size]) and all(run.apart <= 1 for run in written[at + 1 : at + size]):
                yield written[at : at + size]


def _names(window: Sequence[Run]) -> Iterator[str]:
    """The identifiers that runs may stand for: all of them together, or one without letters that are written before
    it."""
    name = "".join(run.text for run in window)
    cuts = len(kind_of(name)[0]) if len(window) == 1 else 1
    return (name[cut:] for cut in range(max(cuts, 1)) if is_identifier(name[cut:]))


def _is_written_so(window: Sequence[Run], question: str, *, parted: bool) -> bool:
    """Whether the runs may be one identifier as they are written: behind the letters that it begins with there may be
    a blank, and where `parted` anywhere; but `my 2019` is none."""
    lettered = window[0].text.isalpha() and window[0].text not in STOP_WORDS
    if parted:
        return lettered
    start = window[1].start if lettered and len(window) > 1 else window[0].start
    return " " not in question[start : window[-1].end]


def _lacking(names: Iterable[str], vocabulary: Vocabulary) -> str | None:
    """The first of these identifiers that is of a kind which the vocabulary has many of."""
    kinds = ((name, kind_of(name)) for name in names)
    return next((name for name, kind in kinds if kind[0] and vocabulary.alike(kind) >= _KIND), None)


def _corrections(term: str, vocabulary: Vocabulary) -> Iterator[str]:
    """The known terms that an unknown one most likely stands for, if any."""
    if not SHORTEST <= len(term) <= _LONGEST_WORD or not term.isalpha():
        return
    if correction := nearest(term, vocabulary.beginning(term[0])):
        yield correction
        return
    pair = next((pair for pair in halves(term) if all(vocabulary.chunk_count(half) for half in pair)), ())
    yield from pair
