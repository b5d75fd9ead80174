"""Which tables a text names, in whatever spelling: `fact_service_orders`, "service orders", "the Service-Order table",
"servce orders"; or a part of the name, "orders". Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from agents.dataset import Table
from agents.datasets.identifiers import CAMEL, WORD, parts, singular, subject
from agents.language.words import FUNCTION_WORDS, vocabulary

MOST_CHARACTERS = 600
"""Of a text that are read for names."""
_SHORTEST = 5
_LONG = 9
"""From this length on a word may have two slips, from _SHORTEST on one."""
_CLOSE = 60.0
_JOINING = vocabulary("and or to with from table view refer reference")
SCHEMA_WORDS = vocabulary(
    """table tables column columns field fields attribute attributes schema schemas database databases dataset datasets
    relationship relationships relation relations related relate relates join joins joined connect connects connected
    connection link links linked refer refers referred reference references referenced referencing point points depend
    depends foreign primary key keys diagram erd er draw display list describe description structure details detail
    model data stored kept held contain contains hold holds called named name names type types row rows entity entities
    available exist exists between overview definition define visualise visualize chart picture graph metadata catalog
    catalogue look find search inside belong belongs use uses used
    null nulls nullable optional mandatory cardinality"""
)
"""Words of questions about tables; they name a table only in quotes or where all of its name is there."""


@dataclass(frozen=True, slots=True)
class Mention:
    """The tables that the text from `start` to `end` may mean; `whole` where it is all of their names."""

    start: int
    end: int
    tables: tuple[Table, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    quoted: bool


def mentions(text: str, tables: Sequence[Table]) -> tuple[Mention, ...]:
    """What the text names, in its order. Where several tables have the same claim, all of them."""
    names = _Names(tables)
    heard = _words(text[:MOST_CHARACTERS])
    found, at = [], 0
    while at < len(heard):
        mention, taken = names.whole(heard, at)
        if mention is None:
            mention, taken = names.partly(heard, at)
        if mention is not None:
            found.append(mention)
        at += max(taken, 1)
    return tuple(found)


def closest(name: str, tables: Iterable[Table], most: int = 3) -> tuple[Table, ...]:
    """The tables whose names look most like a name that none has."""
    by_name = {table: table.name for table in tables}
    return tuple(
        item[2]
        for item in process.extract(name[:MOST_CHARACTERS], by_name, scorer=fuzz.ratio, limit=most, score_cutoff=_CLOSE)
    )


class _Names:
    def __init__(self, tables: Iterable[Table]) -> None:
        self._first: dict[str, list[tuple[tuple[str, ...], Table, bool]]] = defaultdict(list)
        self._holding: dict[str, list[Table]] = defaultdict(list)
        for table in tables:
            whole, own, schema = parts(table.own_name), subject(table.own_name), parts(table.schema)
            for name, short in ((whole, bool(schema)), (own, own != whole or bool(schema))):
                for words in {name, ("".join(name),)} - {(), ("",)}:
                    self._first[words[0]].append((words, table, short))
                    if schema:
                        self._first[schema[0]].append(((*schema, *words), table, own != whole and name == own))
            for word in dict.fromkeys((*schema, *own)):
                self._holding[word].append(table)
        self._known = {word for held in self._first.values() for words, *_ in held for word in words}
        self._meant: dict[str, frozenset[str]] = {}

    def whole(self, heard: Sequence[_Word], at: int) -> tuple[Mention | None, int]:
        """The tables with the longest name that stands here, and how many words it takes. Where one table is called
        so and others would be without their schema or prefix, it is meant."""
        best: dict[int, list[tuple[tuple[int, bool], Table]]] = defaultdict(list)
        for first in self._may_be(heard[at]):
            for words, table, short in self._first.get(first, ()):
                said = heard[at : at + len(words)]
                if len(said) == len(words) and all(
                    word in self._may_be(item) for word, item in zip(words, said, strict=True)
                ):
                    slips = sum(a != b.text for a, b in zip(words, said, strict=True))
                    best[len(words)].append(((slips, short), table))
        for length in sorted(best, reverse=True):
            said = heard[at : at + length]
            if length == 1 and not self._means_a_name(heard, at):
                continue
            nearest = min(how for how, _ in best[length])
            tables = tuple(dict.fromkeys(table for how, table in best[length] if how == nearest))
            return Mention(said[0].start, said[-1].end, tables), length
        return None, 0

    def _means_a_name(self, heard: Sequence[_Word], at: int) -> bool:
        """Whether a word is no other word: a table may be called `a`, and be meant in "a and b"."""
        word = heard[at]
        if word.quoted or word.text not in FUNCTION_WORDS | _STEMS:
            return True
        return len(word.text) == 1 and at + 1 < len(heard) and heard[at + 1].text in _JOINING

    def partly(self, heard: Sequence[_Word], at: int) -> tuple[Mention | None, int]:
        """The tables whose name holds the words here: of "orders", those that end with it before any others."""
        tables: list[Table] = []
        taken = 0
        for word in heard[at:]:
            if word.text in FUNCTION_WORDS | _STEMS:
                break
            with_it = [table for item in self._may_be(word) for table in self._holding.get(item, ())]
            both = [table for table in with_it if table in tables] if taken else with_it
            if not both:
                break
            tables, taken = list(dict.fromkeys(both)), taken + 1
        if not taken:
            return None, 0
        said = heard[at : at + taken]
        ending = [table for table in tables if {*subject(table.own_name)[-1:]} & self._may_be(said[-1])]
        return Mention(said[0].start, said[-1].end, tuple(ending or tables), whole=False), taken

    def _may_be(self, word: _Word) -> frozenset[str]:
        """The words of names that a word of the text is, or is a slip of where it is none."""
        known = self._meant.get(word.text)
        if known is None:
            known = self._meant[word.text] = self._spelt(word.text)
        return known

    def _spelt(self, word: str) -> frozenset[str]:
        if word in self._known:
            return frozenset({word})
        if len(word) < _SHORTEST or word in FUNCTION_WORDS | _STEMS:
            return frozenset()
        slips = 2 if len(word) >= _LONG else 1
        near = process.extract(word, self._known, scorer=OSA.distance, score_cutoff=slips, limit=5)
        return frozenset(
            candidate[0] for candidate in near if len(candidate[0]) >= _SHORTEST and candidate[1] == near[0][1]
        )


_STEMS = SCHEMA_WORDS | {singular(word) for word in SCHEMA_WORDS}


def _words(text: str) -> list[_Word]:
    """The words in the singular. Camel case is several words."""
    found = []
    for run in WORD.finditer(text):
        marks = text[max(run.start() - 1, 0) : run.start()] + text[run.end() : run.end() + 1]
        quoted = any(mark in "`\"'“”" for mark in marks)
        cuts = [0, *(cut.start() for cut in CAMEL.finditer(run.group())), len(run.group())]
        for start, end in pairwise(cuts):
            found.append(_Word(singular(run.group()[start:end]), run.start() + start, run.start() + end, quoted))
    return found


def likeness(wanted: Sequence[str], name: str) -> float:
    """How many of the wanted words (in the singular) an identifier or description has, 0..1; a slip counts as most of
    a word."""
    have = parts(name)
    if not wanted or not have:
        return 0.0
    scores = (max(_near(word, item) for item in have) for word in wanted)
    return sum(scores) / len(wanted)


def _near(word: str, other: str) -> float:
    if word == other:
        return 1.0
    if len(word) < _SHORTEST or len(other) < _SHORTEST:
        return 0.0
    return 0.8 if fuzz.ratio(word, other) >= 85 else 0.0
