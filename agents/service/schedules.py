"""The service schedules of the knowledge base as data: what is to be done on which car how often, with its row."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from agents.language.phrases import Phrases
from agents.language.reading import reading
from agents.language.tokens import without_brackets
from agents.language.words import vocabulary
from agents.passages.spans import Cell
from agents.passages.statements import Statement, statements
from agents.passages.table_rows import UnreadRow, rows, strangers
from agents.service.intervals import Interval, Recurrence, interval, recurrence, spoken
from agents.types import Evidence
from agents.vehicles.applicability import Cars, Fitment, fitment_of
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Passage, Place

_SCHEDULE = Phrases(("(schedule|schedules|interval|intervals)", "(maintenance|service) plan", "periodic maintenance"))
_HOW_OFTEN = Phrases(("(interval|intervals|every)", "how often"))
_WHEN = Phrases(
    ("(interval|intervals|every|when|due|replace|replacement|replaced|change|changed|changes)", "how often")
)
_SERVICED = Phrases(("(is|are|be) serviced <every>",), {"every": lambda token: token.word == "every"})
_SEVERE = Phrases(("severe ... (interval|intervals)", "(interval|intervals) ... severe"))
_SIZES = vocabulary("major large main big")
_ALTERNATES = Phrases(
    ("(alternate|alternates) between ... <size> service",), {"size": lambda token: token.word in _SIZES}
)
_EVERY_NTH = Phrases(("(every|each) (|<any>|<any> <any>) service",))
_SERVICE = Phrases(("(service|services|inspection|inspections)",))
_BIGGER = Phrases((*_SIZES, "second", "full"))
_QUANTITY = Phrases(("<number> (litre|litres|liter|liters|l|ml|kg|g|quart|quarts)",))
_USUAL = "Service"
_FORMS = 'from "every 3 months" or "20,000 km or 12 months" it is worked out'
_REGULAR = frozenset({"regular", "next", "service", "inspection", "maintenance"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a schedule: `item` is done on `cars` as `when` says; `said` in the document's words. `service`: it
    is the regular service itself. `scheduled`: it stands in a schedule, rather than in a list of something else."""

    item: str
    cars: Cars
    when: Recurrence
    said: str
    evidence: Evidence
    service: bool = False
    scheduled: bool = True


@dataclass(frozen=True, slots=True)
class Plan:
    """The schedule that `cars` share, named as people call them; the regular service stands first."""

    cars: Cars
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Schedules:
    """What is to be done on each car, the regular service first; `items` are the names of all that is, with the stems
    by which they are found. `fitment` knows the cars. `unread`: rows of schedules of which nothing is made."""

    by_car: Mapping[tuple[str, int], tuple[Entry, ...]]
    items: Mapping[str, frozenset[str]]
    fitment: Fitment
    unread: tuple[UnreadRow, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them, car after car."""
        return tuple(entry for entries in self.by_car.values() for entry in entries)

    @property
    def by_distance(self) -> bool:
        """Whether anything is counted in kilometres: what does not drive has no mileage to ask for."""
        return any(entry.when.every.km or entry.when.first.km for entry in self.entries)

    def holds(self, place: Place) -> bool:
        """Whether a place is in one of the documents' sections that the schedules come from."""
        return any(entry.evidence.passage.chunk.id == place.chunk.id for entry in self.entries)

    def of(self, variant: str, year: int) -> tuple[Entry, ...]:
        """What is to be done on one car. `variant` is a vehicle's whole name, such as `Wren 58`."""
        return self.by_car.get((variant, year), ())

    def plans(self, cars: Cars, item: str = "") -> tuple[Plan, ...]:
        """The different schedules of `cars`, cars with the same one together; of nothing but `item` where it is given.
        Cars without an entry are left out."""
        found: dict[frozenset[tuple[str, Recurrence]], tuple[list[tuple[str, int]], tuple[Entry, ...]]] = {}
        for car, entries in self.by_car.items():
            chosen = () if car not in cars else matching(item, entries) if item else entries
            if chosen:
                same = frozenset((choice.item, choice.when) for choice in chosen)
                found.setdefault(same, ([], chosen))[0].append(car)
        return tuple(
            Plan(frozenset(own), self.fitment.name(frozenset(own)), entries) for own, entries in found.values()
        )


def _of_car(car: tuple[str, int], entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """What is to be done on one car, the regular service first, each thing once: what a schedule says counts before
    what other documents say."""
    own = [entry for entry in entries if car in entry.cars]
    own.sort(key=lambda entry: (not entry.scheduled, not entry.service))
    usual = next((entry.when.every for entry in own if entry.service), None)
    kept: list[Entry] = []
    for entry in own:
        if not entry.scheduled and not entry.service and entry.when.every == usual:
            entry = replace(entry, when=Recurrence(services=1))
        if not any(_covers(other, entry) for other in kept):
            kept.append(entry)
    return tuple(sorted(kept, key=lambda entry: not entry.service))


def matching(item: str, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries that a name such as "brake fluid" or "air filters" stands for, "service" for the regular one; none
    where nothing is called so."""
    wanted = _stems(item)
    if regular(item):
        return tuple(entry for entry in entries if entry.service)
    return tuple(entry for entry in entries if wanted and wanted <= _stems(entry.item))


def regular(item: str) -> bool:
    """Whether a name is that of the regular service itself."""
    wanted = _stems(item)
    return bool(wanted) and wanted <= _REGULAR


def _stems(text: str) -> frozenset[str]:
    return frozenset(word.removesuffix("s") for word in reading(text).words)


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> Schedules:
    """The schedules in `chunks`, for `Reference.derived`. A schedule is known by its heading and by columns that say
    how often, a single line by "is serviced every"."""
    fitment = fitment_of(vehicles)
    found: list[Entry] = []
    unread: list[UnreadRow] = []
    for chunk in chunks:
        if not (chunk.searchable in _SCHEDULE or chunk.searchable in _HOW_OFTEN):
            continue
        stated = statements([Passage(chunk, 1.0)], fitment)
        entries = [entry for statement in stated for entry in _read(statement, chunk, fitment)]
        found += _with_severe(entries, stated)
        found += _headed(chunk, stated)
        unread += _unread(chunk, {entry.evidence.start for entry in entries}, fitment)
    by_car = {car: _of_car(car, found) for car in fitment.in_order}
    names = {entry.item for entries in by_car.values() for entry in entries if not entry.service}
    return Schedules(by_car, {name: _stems(name) for name in sorted(names)}, fitment, tuple(unread))


def _unread(chunk: Chunk, read: Set[int], fitment: Fitment) -> Iterator[UnreadRow]:
    """The rows of a schedule that are not among those `read`, known by their beginnings, or are for no product."""
    if _headings(chunk) not in _SCHEDULE:
        return
    for row in rows([chunk]):
        said = [f"{name!r} is {value!r}" for name, value in row.cells.items() if name in _WHEN]
        if not said:
            continue
        words = () if row.evidence.start in read else (f"{' and '.join(said)}, which is told as it stands: {_FORMS}",)
        strange = tuple(strangers(row, ("applies to",), fitment))
        if words or strange:
            meant = not strange and not any(map(str.isdecimal, "".join(said)))
            yield UnreadRow(row.evidence, (*words, *strange), meant)


def _headings(chunk: Chunk) -> str:
    return " ".join((chunk.title, *chunk.section))


def _read(statement: Statement, chunk: Chunk, fitment: Fitment) -> Iterator[Entry]:
    if statement.span.kind == "sentence":
        yield from _prose(statement, chunk)
    elif statement.span.kind == "row":
        scheduled = _headings(chunk) in _SCHEDULE
        for cell in statement.parts:
            column = _WHEN if scheduled else _HOW_OFTEN
            if cell.column in column or (scheduled and not cell.column):
                yield from _row(statement, cell, chunk, fitment, scheduled)


def _row(statement: Statement, cell: Cell, chunk: Chunk, fitment: Fitment, scheduled: bool) -> Iterator[Entry]:
    said = _meant(statement, cell.value)
    when = recurrence(said)
    if when is None:
        return
    label, cars = statement.label, statement.cars
    if not label or fitment.labelled(label, fitment.everything) is not None:
        label = _HOW_OFTEN.without(cell.column).strip() or _USUAL
    for word in _name(label).split():  # "Manual gearbox oil" is for one of the variants
        cars = cars & (fitment.labelled(word, cars) or cars) or cars
    item, (kind, _, rest) = _name(label), said.partition(":")
    if rest and kind.strip().isalpha():
        item, said = f"{item} ({kind.strip()})", rest.strip()
    usual = item in _SERVICE and item not in _BIGGER
    yield Entry(item, cars, when, said, _evidence(statement, chunk), usual, scheduled)


def _prose(statement: Statement, chunk: Chunk) -> Iterator[Entry]:
    if found := _SERVICED.first(statement.text):
        when = recurrence(statement.text[found.parts["every"].start :])
        if when is not None:
            yield Entry(_USUAL, statement.cars, when, spoken(when.every), _evidence(statement, chunk), True, False)
    elif found := _ALTERNATES.first(statement.text):
        when, item = Recurrence(services=2), statement.text[found.parts["size"].start : found.end]
        yield Entry(_capital(item), statement.cars, when, "every second service", _evidence(statement, chunk))


def _headed(chunk: Chunk, stated: Sequence[Statement]) -> Iterator[Entry]:
    """What a heading says, such as "Major service (every second service)", with the first thing that stands below."""
    item, _, said = (chunk.section[-1] if chunk.section else "").strip().removesuffix(")").rpartition("(")
    when = recurrence(said) if item and _EVERY_NTH.is_all_of(said) else None
    if when and when.services > 1 and stated:
        first = stated[0]
        yield Entry(_capital(item.strip()), first.cars, when, said.strip(), _evidence(first, chunk))


def _with_severe(entries: Sequence[Entry], stated: Sequence[Statement]) -> Iterator[Entry]:
    """The entries, the regular service with the interval for severe use that stands beside it in a sentence."""
    severe = next((interval(statement.text) for statement in stated if statement.text in _SEVERE), Interval())
    for entry in entries:
        if severe and entry.service and not entry.when.severe:
            said = f"{entry.said}, severe use {spoken(severe)}"
            entry = replace(entry, when=replace(entry.when, severe=severe), said=said)
        yield entry


def _meant(statement: Statement, value: str) -> str:
    """A cell's value; that of the cell before it where it says "same"."""
    values = [cell.value for cell in statement.span.cells]
    at = values.index(value) if value in values else 0
    while at > 0 and values[at].casefold().startswith("same"):
        at -= 1
    return values[at] if value.casefold().startswith("same") else value


def _name(label: str) -> str:
    """What a row is about, without quantities, grades and remarks: `Brake fluid` of "Brake fluid DOT 4, 0.8 litres"."""
    plain = _QUANTITY.without(without_brackets(label)).split(":")[0]
    pieces = [" ".join(_ungraded(piece.split())) for piece in plain.split(",")]
    named = [piece for n, piece in enumerate(pieces) if piece and (n == 0 or piece[0].islower())]
    return _capital(", ".join(named).replace(", and ", " and "))


def _ungraded(said: Sequence[str]) -> Sequence[str]:
    """The words before the first that is a grade, such as "DOT" and "5W-30"; the first word is none."""
    graded = (at for at, word in enumerate(said) if at and word.upper() == word and word[0].isalnum())
    return said[: next(graded, len(said))]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text[1:2].islower() else text


def _evidence(statement: Statement, chunk: Chunk) -> Evidence:
    return Evidence(Passage(chunk, 1.0), statement.span.start, statement.span.end)


def _covers(kept: Entry, other: Entry) -> bool:
    """Whether `kept` already says what `other` does: the same thing by name, or much the same name at the same time.
    A service that a document calls otherwise is the same service."""
    if kept.service and other.service:
        return True
    known, named = set(reading(kept.item).words), set(reading(other.item).words)
    if known == named:
        return True
    alike = 2 * len(known & named) >= min(len(known), len(named)) + (len(known & named) < 2) * (len(named) > 2)
    same = (kept.when.every, kept.when.services) == (other.when.every, other.when.services)
    return alike and same and bool(known & named) and not other.scheduled
