"""The spec tables of the knowledge base as one SQL table: looked up, ordered and filtered by typed values only.

It lives in memory and is made again for each state of the knowledge base. Every value leads back to the row of the
document that it stands in.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

from agents.language.units import Amount, NotConvertible, magnitude, unit
from agents.types import Evidence
from agents.vehicle_data.attributes import Attribute, Attributes, name_words, words_of
from agents.vehicle_data.comparatives import Operator
from agents.vehicle_data.facts import Fact, facts
from agents.vehicles.applicability import Cars, Fitment
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage

_TABLE = """
CREATE TABLE facts (
    id INTEGER PRIMARY KEY, attribute INTEGER NOT NULL, car TEXT NOT NULL, variant TEXT NOT NULL, year INTEGER NOT NULL,
    value TEXT NOT NULL, detail TEXT NOT NULL, number REAL, unit TEXT, measure TEXT, source INTEGER NOT NULL
);
CREATE INDEX facts_by_attribute ON facts (attribute, car);
"""
_INSERT = "INSERT INTO facts VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT = """
SELECT variant, year, value, detail, number, unit, source FROM facts
WHERE attribute = :attribute AND (:cars IS NULL OR car IN (SELECT value FROM json_each(:cars)))
"""
_COMPARED: dict[Operator, str] = {
    "<": "magnitude(number, unit) < :wanted - :same",
    "<=": "magnitude(number, unit) <= :wanted + :same",
    "=": "abs(magnitude(number, unit) - :wanted) <= :same",
    ">=": "magnitude(number, unit) >= :wanted - :same",
    ">": "magnitude(number, unit) > :wanted + :same",
}
_SAME = 1e-6  # relative, because converted amounts are not exact


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
    """Immutable once made, and safe in threads; a query takes well below a millisecond."""

    def __init__(self, found: Iterable[Fact], fitment: Fitment) -> None:
        self.fitment = fitment
        self._order = {car: place for place, car in enumerate(fitment.in_order)}
        self._sources: dict[tuple[str, int], tuple[int, Evidence]] = {}
        self._rows: list[Evidence] = []
        self._covered: dict[int, Cars] = {}
        self._stretches: dict[str, dict[tuple[int, int], set[str]]] = defaultdict(lambda: defaultdict(set))
        self._lock = Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.create_function("magnitude", 2, _magnitude, deterministic=True)
        self._database.executescript(_TABLE)
        self.attributes = Attributes.of(self._filled(found))
        self._database.execute("PRAGMA query_only = ON")

    def values(self, attribute: Attribute, cars: Cars | None = None) -> tuple[Entry, ...]:
        """What is said of an attribute, by car in the maker's order; of `cars` only, where given. Where several tables
        speak of a car, the one that speaks of most cars counts."""
        return self._best(self._entries(attribute, cars))

    def compared(
        self, attribute: Attribute, operator: Operator, wanted: Amount, cars: Cars | None = None
    ) -> tuple[Entry, ...]:
        """Those of `values` whose figure stands in this relation to `wanted` and measures the same."""
        amount = magnitude(wanted)
        parameters = {
            "wanted": amount,
            "same": abs(amount) * _SAME,
            "measure": wanted.unit.measure if wanted.unit else "",
        }
        found = self._entries(attribute, cars, f"AND measure = :measure AND {_COMPARED[operator]}", parameters)
        kept = {(entry.car, entry.detail, entry.value) for entry in found}
        return tuple(item for item in self.values(attribute, cars) if (item.car, item.detail, item.value) in kept)

    def covered(self, attribute: Attribute) -> Cars:
        """The cars of which the tables say this."""
        return self._covered[attribute.number]

    def stated(self, chunk_id: str, start: int, statement: str = "") -> frozenset[str]:
        """The names of the attributes that the row states which begins or goes on there; none where no row does. Of a
        row of several only the one in the last cell of `statement`, which is how the row begins."""
        rows = self._stretches.get(chunk_id, {})
        stated = frozenset(name for (begin, end), names in rows.items() if begin <= start < end for name in names)
        label = statement.rpartition("|")[2].partition(":")[0].strip().casefold()
        named = frozenset(name for name in stated if label and name.casefold().endswith(label))
        return named or stated

    def _entries(
        self, attribute: Attribute, cars: Cars | None, condition: str = "", parameters: dict[str, Any] | None = None
    ) -> list[Entry]:
        """`condition` is one of this module's own; all values are parameters."""
        given = {"attribute": attribute.number, "cars": _listed(cars), **(parameters or {})}
        with self._lock:
            rows = self._database.execute(f"{_SELECT} {condition} ORDER BY id", given).fetchall()
        return [
            Entry(
                attribute,
                variant,
                year,
                value,
                detail,
                Amount(number, unit(label) if label else None) if number is not None else None,
                self._rows[source],
            )
            for variant, year, value, detail, number, label, source in rows
        ]

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
            self._covered[number] = frozenset(car for fact in told for car in fact.cars)
            for fact in told:
                self._stretches[fact.chunk.id][fact.start, fact.end].add(name)
            self._database.executemany(_INSERT, [row for fact in told for row in self._written(number, fact)])
        return attributes

    def _written(self, attribute: int, fact: Fact) -> list[tuple[Any, ...]]:
        source = self._source(fact)
        amount = fact.amount
        known = amount.unit if amount else None
        figure = (
            (amount.value, known.label if known else None, known.measure if known else "")
            if amount
            else (None, None, None)
        )
        return [
            (attribute, _car(car), *car, fact.value, fact.detail, *figure, source)
            for car in sorted(fact.cars, key=lambda car: self._order.get(car, 0))
        ]

    def _source(self, fact: Fact) -> int:
        key = (fact.chunk.document_id, fact.start)
        if key not in self._sources:
            evidence = Evidence(Passage(fact.chunk, 1.0), fact.start, fact.end)
            self._sources[key] = (len(self._rows), evidence)
            self._rows.append(evidence)
        return self._sources[key][0]


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> VehicleData:
    """All that the tables among `chunks` say of the vehicles. Blocks: seconds for thousands of chunks."""
    fitment = Fitment(vehicles)
    return VehicleData(facts(chunks, fitment), fitment)


def _magnitude(number: float | None, label: str | None) -> float | None:
    """`magnitude` of a row's figure, worked out where one is compared: few ever are, and the units take half a second
    to load. None without a figure, or where it has no counterpart in the base unit."""
    if number is None:
        return None
    try:
        return magnitude(Amount(number, unit(label) if label else None))
    except NotConvertible:
        return None


def _by_document(found: Iterable[Fact], fitment: Fitment) -> dict[tuple[frozenset[str], str], list[Fact]]:
    grouped: dict[tuple[frozenset[str], str], list[Fact]] = defaultdict(list)
    known: dict[str, frozenset[str]] = {}
    for fact in found:
        if (words := known.get(fact.attribute)) is None:
            words = known[fact.attribute] = frozenset(name_words(fitment.question(fact.attribute)))
        if words:
            grouped[words, fact.chunk.document_id].append(fact)
    return grouped


def _measure(told: Sequence[Fact]) -> str:
    """What most of these figures measure; "" where they measure nothing."""
    counts = Counter(fact.amount.unit.measure for fact in told if fact.amount and fact.amount.unit)
    return counts.most_common(1)[0][0] if counts else ""


def _car(car: tuple[str, int]) -> str:
    return f"{car[0]}|{car[1]}"


def _listed(cars: Cars | None) -> str | None:
    return None if cars is None else json.dumps([_car(car) for car in cars])
