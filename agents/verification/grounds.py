"""What the passages of an answer state, laid out so that a claim finds its evidence: by words, figures, identifiers."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product, zip_longest

from agents.language.figures import Quantity, measures, unit_words
from agents.language.negation import is_negator
from agents.language.reading import reading
from agents.language.synonyms import alike
from agents.language.tokens import letters, split_clauses, tokens
from agents.language.words import sentences, vocabulary
from agents.passages.spans import plain
from agents.passages.statements import Statement, statements
from agents.vehicles.applicability import Cars, Fitment
from rag.terms import STOP_WORDS, stem
from rag.types import Chunk, Passage

_JOINTS = frozenset({"and", "but", "while", "whereas", "or"})
_QUOTE, _BEFORE = 4, 80
"""Words of a quotation, at least; and characters before it that may deny it."""
_EMPTY = STOP_WORDS | vocabulary(
    """car cars vehicle vehicles model models version variant also always please note remember make sure need needs
    should must can may recommend recommended important ensure use used using according following means apply applies
    given certain possible however therefore additionally depending usually typically generally simply already currently
    both each either every one two three first then next finally per approximately about around roughly up total overall
    it's that's so very just something somebody someone anything stay keep below above under over least most maximum
    minimum limit limited without exceed down than when while whichever whenever soon earlier later come comes came
    produce produces deliver delivers take takes hold holds offer offers provide provides require requires required
    happen happens work works find found located belong belongs put puts four five six seven eight nine ten twelve half
    not no never cannot neither nor none nothing nobody only still turn turns go goes gets become
    becomes try tries carry
    carries carried yes okay sure fine too"""
)
_COMMON = frozenset(map(stem, _EMPTY))


@lru_cache(maxsize=1)
def _unit_stems() -> frozenset[str]:
    return frozenset(map(stem, unit_words()))


def telling(text: str) -> frozenset[str]:
    """The stems of the words that say something of the matter, figures left out."""
    return frozenset(
        term
        for term in reading(text).terms
        if len(term) > 1 and not any(map(str.isdigit, term)) and term not in _COMMON and term not in _unit_stems()
    )


@lru_cache(maxsize=64)  # asked again for every figure of a sentence
def parts(text: str) -> tuple[str, ...]:
    """A sentence cut at its commas, brackets and conjunctions; the pieces that say anything."""
    return tuple(split_clauses(text, _JOINTS, ";:.!?,"))


@dataclass(frozen=True, slots=True)
class Detail:
    """A part of a statement: a clause of a sentence, a cell of a row. `denies` where it says that something is not."""

    text: str
    stems: frozenset[str]
    figures: tuple[Quantity, ...]
    identifiers: frozenset[str]
    cars: Cars
    denies: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """One statement of a passage. `own` are the stems of its text, `around` those of its headings, its title and its
    neighbours as well; `group` is shared by the statements of one paragraph, table or list; `units` are the measures
    that its columns and headings name."""

    statement: Statement
    own: frozenset[str]
    around: frozenset[str]
    details: tuple[Detail, ...]
    units: frozenset[str]
    group: int


class PassageGrounds:
    """The statements of one passage, to be looked up. Each part is laid out when it is first asked for: most answers
    draw on few of their passages."""

    def __init__(self, chunk: Chunk, fitment: Fitment) -> None:
        self._chunk = chunk
        self._fitment = fitment

    @cached_property
    def all(self) -> tuple[Ground, ...]:
        """The statements, in their order."""
        return _grounds(self._chunk, self._fitment)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The telling stems of the whole passage, its headings among them."""
        return telling(_whole(self._chunk))

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of all its words."""
        return words(_whole(self._chunk))

    @cached_property
    def bare(self) -> str:
        """Its text without marks."""
        return _bare(self._chunk.text)

    @cached_property
    def groups(self) -> Mapping[int, Sequence[Ground]]:
        """The statements of each paragraph, table or list."""
        groups: dict[int, list[Ground]] = defaultdict(list)
        for ground in self.all:
            groups[ground.group].append(ground)
        return groups

    @cached_property
    def holding(self) -> Mapping[str, Sequence[int]]:
        """The places of the statements that hold a stem, or have it around them."""
        holding: dict[str, list[int]] = defaultdict(list)
        for place, ground in enumerate(self.all):
            for stemmed in ground.around:
                holding[stemmed].append(place)
        return holding

    @cached_property
    def identified(self) -> Mapping[str, Sequence[tuple[Ground, Detail]]]:
        """The statements that name an identifier."""
        identified: dict[str, list[tuple[Ground, Detail]]] = defaultdict(list)
        for ground in self.all:
            for detail in ground.details:
                for identifier in detail.identifiers:
                    identified[identifier].append((ground, detail))
        return identified

    @cached_property
    def figures(self) -> Mapping[str, Sequence[tuple[Ground, Detail, Quantity]]]:
        """The statements that hold a figure, by its value and by its amount."""
        figures: dict[str, list[tuple[Ground, Detail, Quantity]]] = defaultdict(list)
        for ground in self.all:
            for detail in ground.details:
                for figure in detail.figures:
                    for key in {figure.value, figure.amount}:
                        figures[key].append((ground, detail, figure))
        return figures


class Grounds:
    """The statements of numbered passages, to be looked up in some of them, the `scope`."""

    def __init__(self, passages: Mapping[int, Passage], fitment: Fitment) -> None:
        self.passages = passages
        self._of = {number: PassageGrounds(passage.chunk, fitment) for number, passage in passages.items()}

    @cached_property
    def words(self) -> frozenset[str]:
        """The stems of all words of the passages."""
        return frozenset[str]().union(*(passage.words for passage in self._of.values()))

    def quoted(self, text: str, scope: Iterable[int]) -> bool:
        """Whether a text of several words stands in one of the passages as it is, marks aside, and not behind a word
        that denies it."""
        quote = _bare(text.rstrip(" .;:!?"))
        if quote.count(" ") <= _QUOTE:
            return False
        texts = (passage.bare for _, passage in self._in(scope))
        places = ((bare, bare.find(quote)) for bare in texts)
        return any(at >= 0 and not _denied(bare[max(0, at - _BEFORE) : at]) for bare, at in places)

    def _in(self, scope: Iterable[int]) -> Iterator[tuple[int, PassageGrounds]]:
        """The passages of a scope; an answer may name one that there is not."""
        return ((number, self._of[number]) for number in scope if number in self._of)

    def of(self, number: int) -> Sequence[Ground]:
        """The statements of one passage."""
        return self._of[number].all if number in self._of else ()

    def stems(self, scope: Iterable[int]) -> frozenset[str]:
        """The telling stems of passages."""
        return frozenset[str]().union(*(passage.stems for _, passage in self._in(scope)))

    def beside(self, number: int, ground: Ground) -> Sequence[Ground]:
        """The statements of the same paragraph, table or list of passage `number`, this one among them."""
        return self._of[number].groups[ground.group]

    def likeness(self, stems: Iterable[str], scope: Iterable[int]) -> list[tuple[int, Ground, int]]:
        """The statements that hold any of the stems, or words like them, or have them around: the passage's number, the
        statement, and how many of the stems."""
        alikes = [likes(stemmed) for stemmed in stems]
        found = []
        for number, passage in self._in(scope):
            counts: Counter[int] = Counter()
            for some in alikes:
                counts.update({place for like in some for place in passage.holding.get(like, ())})
            found += [(number, passage.all[place], count) for place, count in counts.items()]
        return found

    def with_identifier(self, identifier: str, scope: Iterable[int]) -> Iterator[tuple[int, Ground, Detail]]:
        """The statements that name it, in their text or above it, each with its passage's number."""
        for number, passage in self._in(scope):
            for ground, detail in passage.identified.get(identifier, ()):
                yield number, ground, detail

    def with_figure(self, figure: Quantity, scope: Iterable[int]) -> Iterator[tuple[int, Ground, Detail]]:
        """The statements that hold as much of the same, each with its passage's number. A bare figure of a row has the
        unit of its column."""
        for (number, passage), key in product(self._in(scope), {figure.value, figure.amount}):
            for ground, detail, other in passage.figures.get(key, ()):
                if figure.measure and not other.measure:
                    same = figure.value == other.value and figure.measure in ground.units
                else:
                    same = figure.same(other)
                if same:
                    yield number, ground, detail


def likes(stemmed: str) -> frozenset[str]:
    """A stem and those that may stand for it."""
    return alike(stemmed) | {stemmed}


def overlap(stems: Collection[str], by: Collection[str]) -> int:
    """How many of the stems `by` holds, or words like them."""
    return sum(not likes(stem).isdisjoint(by) for stem in stems)


def words(text: str) -> frozenset[str]:
    """The stems of all words of a text."""
    return frozenset(map(stem, letters(text)))


@lru_cache(maxsize=2_000)
def _bare(text: str) -> str:
    """The words, figures and ends of sentences of a text with a blank on either side of each."""
    read = tokens(plain(text))
    ends = {token.end for token, after in zip_longest(read, read[1:]) if after is None or after.apart}
    said = (token.word for token in read if token.kind != "mark" or (token.word in ".;:!?" and token.end in ends))
    return f" {' '.join(said)} "


def _denied(before: str) -> bool:
    """Whether one of the last three words denies what follows."""
    return any(is_negator(word) for word in before.rsplit(maxsplit=3)[-3:])


def _whole(chunk: Chunk) -> str:
    return " \n ".join((chunk.title, *chunk.section, *chunk.header, chunk.text))


@lru_cache(maxsize=2_000)  # the same chunks come up in many answers
def _grounds(chunk: Chunk, fitment: Fitment) -> tuple[Ground, ...]:
    outer = fitment.everything
    for heading in (chunk.title, *chunk.section):
        outer = fitment.narrowed(heading, outer)
    stated = statements([Passage(chunk, 0.0)], fitment)
    return tuple(_each([statement for statement in stated if statement.span.kind != "list"], outer, fitment))


def _each(passage_statements: Sequence[Statement], outer: Cars, fitment: Fitment) -> Iterator[Ground]:
    texts = [telling(statement.text) for statement in passage_statements]
    for place, statement in enumerate(passage_statements):
        span = statement.span
        context = " ".join((statement.near, statement.far, span.lead, *(cell.column for cell in span.cells)))
        beside = frozenset[str]().union(*texts[max(0, place - 1) : place + 2])
        yield Ground(
            statement=statement,
            own=texts[place] | telling(" ".join(cell.column for cell in span.cells)),
            around=beside | telling(f"{statement.label} {context}"),
            details=tuple(_details(statement, outer, fitment)),
            units=measures(context.replace("_", " ")) if span.kind == "row" else frozenset(),
            group=span.block,
        )


def _details(statement: Statement, outer: Cars, fitment: Fitment) -> Iterable[Detail]:
    """The clauses or cells of a statement, and what stands above it. A clause that names no cars is about those of the
    clause before it; in an item of several sentences, the first may be about more cars than a later one names."""
    label = telling(statement.label) if statement.parts else frozenset[str]()
    texts = [f"{cell.column} {cell.value}" for cell in statement.parts] or parts(statement.text)
    named = outer if len(sentences(statement.text, ".!?")) > 1 else statement.cars
    listed: Cars = frozenset()  # of clauses that are nothing but a name: "the Wren" in "the Wren and the Heron have it"
    for text in texts:
        mentioned = fitment.mentioned(text) & statement.cars
        if mentioned and not telling(fitment.question(text)) and not reading(text).quantities:
            listed |= mentioned
            continue
        named = mentioned | listed or named
        cars = named if listed else fitment.narrowed(text, named)
        listed = frozenset()
        yield Detail(
            text, telling(text) | label, reading(text).quantities, reading(text).identifiers, cars, reading(text).denies
        )
    context = " ".join((statement.near, statement.far, statement.label))
    said = reading(context)
    yield Detail(context, telling(context), said.quantities, said.identifiers, statement.cars)
