"""What jobs cost, as the tables of prices say: rows of a job with its price, and rows of a vehicle with one for each
service."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agents.language.reading import reading
from agents.language.words import words
from agents.passages.table_rows import TableRow, UnreadRow, applicable, strangers, tables
from agents.service.jobs import named
from agents.types import Evidence
from agents.vehicles.applicability import Cars, Fitment, fitment_of
from agents.vehicles.range import Vehicles
from rag.types import Chunk, Place

_PRICE = frozenset({"price", "prices", "cost", "costs"})
_SERVICE = frozenset({"service", "servicing", "serviced", "services"})
_FITS = ("applies to", "vehicle", "vehicles", "model", "fits")
_MONEY = {"euros": {"euro", "euros", "eur"}, "pounds": {"pound", "pounds", "gbp"}, "dollars": {"dollars", "usd"}}


@dataclass(frozen=True, slots=True)
class Price:
    """What a job costs on `cars`, as it is said: "89 euros"."""

    job: str
    cars: Cars
    amount: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Prices:
    """`unread`: rows of lists of prices that are none of these."""

    rows: tuple[Price, ...]
    fitment: Fitment
    unread: tuple[UnreadRow, ...] = ()

    @property
    def jobs(self) -> tuple[str, ...]:
        """Every job once, in the documents' order."""
        return tuple(dict.fromkeys(price.job for price in self.rows))

    def holds(self, place: Place) -> bool:
        """Whether a place is in one of the lists that the prices come from."""
        return any(price.evidence.passage.chunk.id == place.chunk.id for price in self.rows)

    def of(self, job: str, cars: Cars) -> tuple[Price, ...]:
        """The prices of exactly this job on any of `cars`."""
        return tuple(price for price in self.rows if price.job == job and price.cars & cars)

    def about(self, text: str) -> tuple[str, ...]:
        """The jobs that a text names, by the documents' words or by everyday ones; every service where it names just
        the service."""
        wanted = named(text)
        if not wanted and not _SERVICE.isdisjoint(reading(text).words):
            wanted = (*named("minor service"), *named("major service"))
        return tuple(job for job in self.jobs if any(phrase <= _stems(job) for phrase in wanted)) or tuple(
            job for job in self.jobs if len(_stems(job)) > 1 and _stems(job) <= _stems(text)
        )


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> Prices:
    """The prices of all tables that have a column of them, or one of vehicles under headings that speak of prices."""
    fitment = fitment_of(vehicles)
    said: dict[str, str] = {}
    for chunk in chunks:
        for money, spellings in _MONEY.items():
            if not spellings.isdisjoint(words(chunk.text)):
                said.setdefault(chunk.document_id, money)
    found: list[Price] = []
    unread: list[UnreadRow] = []
    for table in tables(chunks):
        read = [[*_read(row, said, fitment)] for row in table]
        found += (price for prices in read for price in prices)
        for row, prices in zip(table, read, strict=True) if any(read) else ():
            wrong = () if prices else ("a row needs one job and one price, and beside them nothing but the product",)
            if problems := (*wrong, *strangers(row, _FITS, fitment)):
                unread.append(UnreadRow(row.evidence, problems))
    return Prices(tuple(found), fitment, tuple(unread))


def _read(row: TableRow, said: Mapping[str, str], fitment: Fitment) -> Iterator[Price]:
    money = said.get(row.chunk.document_id, "")
    fits = next((row.cells[name] for name in _FITS if name in row.cells), "")
    cars, rest = applicable(fits, fitment), {name: value for name, value in row.cells.items() if name not in _FITS}
    paid = [name for name in rest if not _PRICE.isdisjoint(words(name))]
    if len(paid) == 1 and len(rest) == 2:
        job = next(value for name, value in rest.items() if name not in paid)
        yield Price(job, cars, _amount(rest[paid[0]], money), row.evidence)
    elif fits and not paid and money and not _PRICE.isdisjoint(_stems(row.chunk.title)):
        for name, value in rest.items():
            if _figure(value):
                yield Price(name[:1].upper() + name[1:], cars, _amount(value, money), row.evidence)


def _amount(value: str, money: str) -> str:
    return f"{value} {money}".strip() if _figure(value) else value


def _figure(value: str) -> bool:
    return value.replace(".", "").replace(",", "").isdecimal()


def _stems(text: str) -> frozenset[str]:
    return frozenset(part.removesuffix("s") for word in reading(text).words for part in word.split("-"))
