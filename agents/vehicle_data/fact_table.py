"""What the spec tables of the knowledge base say, by attribute and car: looked up and compared.

It lives in memory and is made again for each state of the knowledge base. Every value leads back to the row of the
document that it stands in.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.language.units import Amount, NotConvertible, magnitude
from agents.types import Evidence
from agents.vehicle_data.attributes import Attribute, Attributes, name_words, whole_name_words, words_of
from agents.vehicle_data.comparatives import Operator
from agents.vehicle_data.facts import Fact, facts
from agents.vehicles.applicability import Cars, Fitment, fitment_of
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

_SAME = 1e-6
"""Of an amount: less than this is no difference, because converted amounts are not exact."""
_COMPARED: Mapping[Operator, Callable[[float], bool]] = {
    "<": lambda more: more < -_SAME,
    "<=": lambda more: more <= _SAME,
    "=": lambda more: abs(more) <= _SAME,
    ">=": lambda more: more >= -_SAME,
    ">": lambda more: more > _SAME,
}
"""By how much more one amount is than another, in parts of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a table says of one variant in one model year (0 where it has none): `value` as printed, `detail` what it
    holds for besides, such as a tyre size, and the row that it stands in."""

    attribute: Attribute
    variant: str
    year: int
    value: str
    detail: str
    amount: Amount | None
    evidence: Evidence

    @property
    def car(self) -> tuple[str, int]:
        return self.variant, self.year


class VehicleData:
    """Immutable once made, and safe in threads; a look-up takes well below a millisecond."""

    def __init__(self, found: Iterable[Fact], fitment: Fitment) -> None:
        self.fitment = fitment
        self._order = {car: place for place, car in enumerate(fitment.in_order)}
        self._entries: dict[int, list[Entry]] = {}
        self._covered: dict[int, Cars] = {}
        self._spoken_of: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._stretches: dict[str, dict[tuple[int, int], set[str]]] = defaultdict(lambda: defaultdict(set))
        self.attributes = Attributes.of(self._filled(found))

    def values(self, attribute: Attribute, cars: Cars | None = None) -> tuple[Entry, ...]:
        """What is said of an attribute, by car in the maker's order; of `cars` only, where given. Where several tables
        speak of a car, the one that speaks of most cars counts."""
        return self._best([entry for entry in self._entries[attribute.number] if cars is None or entry.car in cars])

    def compared(
        self, attribute: Attribute, operator: Operator, wanted: Amount, cars: Cars | None = None
    ) -> tuple[Entry, ...]:
        """Those of `values` whose figure stands in this relation to `wanted` and measures the same."""
        return tuple(
            entry
            for entry in self.values(attribute, cars)
            if (more := _more(entry.amount, wanted)) is not None and _COMPARED[operator](more)
        )

    def covered(self, attribute: Attribute) -> Cars:
        """The cars of which the tables say this."""
        return self._covered[attribute.number]

    def beside(self, attribute: Attribute) -> Cars:
        """The cars of which the documents speak that say this of others, and of which they do not say it."""
        documents = {entry.evidence.passage.chunk.document_id for entry in self._entries[attribute.number]}
        spoken_of = frozenset[tuple[str, int]]().union(*(self._spoken_of[document] for document in documents))
        return spoken_of - self._covered[attribute.number]

    def stated(self, chunk_id: str, start: int, statement: str = "") -> frozenset[str]:
        """The names of the attributes that the row states which begins or goes on there; none where no row does. Of a
        row of several only the one in the last cell of `statement`, which is how the row begins."""
        rows = self._stretches.get(chunk_id, {})
        stated = frozenset(name for (begin, end), names in rows.items() if begin <= start < end for name in names)
        label = statement.rpartition("|")[2].partition(":")[0].strip().casefold()
        named = frozenset(name for name in stated if label and name.casefold().endswith(label))
        return named or stated

    def _best(self, entries: Sequence[Entry]) -> tuple[Entry, ...]:
        """For each car what one document says of it: the one that speaks of most of these cars, then the first."""
        spoken: dict[str, set[tuple[str, int]]] = defaultdict(set)
        for entry in entries:
            spoken[entry.evidence.passage.chunk.document_id].add(entry.car)
        chosen: dict[tuple[str, int], str] = {}
        for document in sorted(spoken, key=lambda item: -len(spoken[item])):
            for car in spoken[document]:
                chosen.setdefault(car, document)
        kept = [item for item in entries if chosen[item.car] == item.evidence.passage.chunk.document_id]
        unique = {(item.car, item.value, item.detail): item for item in reversed(kept)}
        return tuple(sorted(unique.values(), key=lambda item: (self._order.get(item.car, 0), item.evidence.start)))

    def _filled(self, found: Iterable[Fact]) -> list[Attribute]:
        """The attributes of the facts, which are put into the table. Facts of one name are one attribute, unless
        documents give other measures by it."""
        groups: dict[tuple[frozenset[str], str], list[Fact]] = defaultdict(list)
        for (words, _), told in _by_document(found, self.fitment).items():
            groups[words, _measure(told)] += told
        attributes: list[Attribute] = []
        names: set[str] = set()
        widest = sorted(groups.items(), key=lambda group: -len(group[1]))
        for number, ((words, _), told) in enumerate(widest, start=1):
            printed = Counter(fact.attribute for fact in told).most_common(1)[0][0]
            name = printed if printed.casefold() not in names else f"{printed} ({told[0].chunk.title})"
            names.add(name.casefold())
            context = frozenset(word for text in {fact.context for fact in told} for word in words_of(text))
            measures = frozenset(fact.amount.unit.measure for fact in told if fact.amount and fact.amount.unit)
            subjects = frozenset(fact.chunk.subject for fact in told)
            head = name_words(self.fitment.question(printed))[-1]
            attributes.append(Attribute(number, name, words, context, measures, subjects, head))
            for fact in told:
                self._stretches[fact.chunk.id][fact.start, fact.end].add(name)
                self._spoken_of[fact.chunk.document_id] |= fact.cars
            self._covered[number] = frozenset(car for fact in told for car in fact.cars)
            self._entries[number] = [entry for fact in told for entry in self._of(attributes[-1], fact)]
        return attributes

    def _of(self, attribute: Attribute, fact: Fact) -> Iterator[Entry]:
        evidence = Evidence(Passage(fact.chunk, 1.0), fact.start, fact.end)
        for variant, year in sorted(fact.cars, key=lambda car: self._order.get(car, 0)):
            yield Entry(attribute, variant, year, fact.value, fact.detail, fact.amount, evidence)


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> VehicleData:
    """All that the tables among `chunks` say of the vehicles. Blocks: seconds for thousands of chunks."""
    fitment = fitment_of(vehicles)
    return VehicleData(facts(chunks, fitment), fitment)


def _more(amount: Amount | None, wanted: Amount) -> float | None:
    """By how much an amount is more than the one wanted, in parts of that; None where they do not measure the same. It
    is worked out where one is compared: few ever are, and the units take half a second to load."""
    if amount is None or (amount.unit and amount.unit.measure) != (wanted.unit and wanted.unit.measure):
        return None
    try:
        least = magnitude(wanted)
        return (magnitude(amount) - least) / (abs(least) or 1.0)
    except NotConvertible:  # it has no counterpart in the base unit
        return None


def _by_document(found: Iterable[Fact], fitment: Fitment) -> dict[tuple[frozenset[str], str], list[Fact]]:
    """The facts of a document by the words of their names. Two columns of one row are two things, even where their
    names differ only in words that others can do without: the weight, and the maximum total weight."""
    grouped: dict[tuple[frozenset[str], str], list[Fact]] = defaultdict(list)
    known: dict[str, frozenset[str]] = {}
    for fact in found:
        if (words := known.get(fact.attribute)) is None:
            words = known[fact.attribute] = frozenset(name_words(fitment.question(fact.attribute)))
        if words:
            grouped[words, fact.chunk.document_id].append(fact)
    for (words, document), told in list(grouped.items()):
        if _share_a_row(told):
            del grouped[words, document]
            for fact in told:
                whole = frozenset(whole_name_words(fitment.question(fact.attribute)))
                grouped[whole or words, document].append(fact)
    return grouped


def _share_a_row(told: Iterable[Fact]) -> bool:
    """Whether a row tells several of these, under names of their own."""
    names: dict[tuple[str, int], str] = {}
    return any(names.setdefault((fact.chunk.id, fact.start), fact.attribute) != fact.attribute for fact in told)


def _measure(told: Sequence[Fact]) -> str:
    """What most of these figures measure; "" where they measure nothing."""
    counts = Counter(fact.amount.unit.measure for fact in told if fact.amount and fact.amount.unit)
    return counts.most_common(1)[0][0] if counts else ""
