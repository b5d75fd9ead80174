"""The maker's workshops, as the knowledge base's table of them says: where they are, when they are open, what for.

The table is any whose rows name a dealer, a time zone and the places per slot, such as `workshops.csv`. What follows
of opening hours, holidays and free places is in `agents.appointments.dealers.opening`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog
from holidays.utils import list_supported_countries

from agents.appointments.dealers.hours import (
    DAYS,
    Day,
    Hours,
    closed_day,
    is_closed,
    month,
    names_days,
    periods_of,
    week,
)
from agents.appointments.dealers.places import Mention, Places
from agents.language.numbers import numbers
from agents.language.tokens import spoken
from agents.passages.table_rows import UnreadRow
from agents.passages.table_rows import rows as table_rows
from agents.types import Evidence
from agents.vehicles.range import Vehicle, Vehicles
from rag.types import Chunk, Place

log = structlog.get_logger()

MOST_PLACES = 100
KEY_CHARS = 64


@dataclass(frozen=True, slots=True)
class Workshop:
    """A dealer's workshop. `key` names it in the appointment store. `zone` is its IANA time zone, `country` (ISO
    3166-1) and `region` (ISO 3166-2, or "") those of its public holidays, on which it is closed. `hours` by weekday
    from Monday. Appointments begin `slot` apart, `places` at a time. `services` are the vehicles that it works on, all
    if none.

    `lead`: how long before an appointment it is to be booked; `tyre_lead` for a change of tyres in `tyre_months`.
    One may be moved or cancelled until `change_until` before it, with a courtesy car until `change_until_with_car`,
    and moved at most `moves` times, None for as often as one likes. `evidence` is the table's row."""

    key: str
    town: str
    name: str
    street: str
    telephone: str
    zone: str
    country: str
    region: str
    hours: tuple[tuple[Hours, ...], ...]
    closed: tuple[Day, ...]
    places: int
    slot: timedelta
    nearby: tuple[str, ...]
    aliases: tuple[str, ...]
    services: tuple[Vehicle, ...]
    lead: timedelta
    tyre_lead: timedelta
    tyre_months: tuple[int, ...]
    change_until: timedelta
    change_until_with_car: timedelta
    moves: int | None
    evidence: Evidence

    def serves(self, vehicle: Vehicle) -> bool:
        """Whether it works on this vehicle."""
        return not self.services or vehicle in self.services

    @property
    def address(self) -> str:
        """Dealer, street and town on one line."""
        return ", ".join(part for part in (self.name, self.street, self.town) if part)


@dataclass(frozen=True, slots=True)
class Unbookable:
    """A dealer whose row cannot be read to its end, so that nobody is sent there: it can only be called. `hours` as
    they are written, "" for none."""

    town: str
    name: str
    street: str
    telephone: str
    hours: str
    evidence: Evidence

    @property
    def address(self) -> str:
        """Dealer, street and town on one line."""
        return ", ".join(part for part in (self.name, self.street, self.town) if part)


class Workshops:
    """All workshops, in the order of their table. Immutable."""

    def __init__(
        self,
        rows: Sequence[Workshop] = (),
        makes: Sequence[str] = (),
        unread: Sequence[UnreadRow] = (),
        unbookable: Sequence[Unbookable] = (),
    ) -> None:
        """`makes`: names of the maker, which alone are no place even where a town is called the same. `unread`: rows
        that are left out, of which `unbookable` are known by name, and those of which something is."""
        self.rows = tuple(rows)
        self.unread = tuple(unread)
        self._by_key = {row.key: row for row in self.rows}
        names = ((name, row) for row in self.rows for name in (row.town, row.name, *row.aliases))
        near = ((name, row) for row in self.rows for name in row.nearby)
        self._places = Places(tuple(names), tuple(near), makes)
        served = {row.town for row in self.rows}
        apart = ((name, row) for row in unbookable for name in (row.name, row.town) if name not in served)
        self._unbookable = Places(tuple(apart), (), makes)

    def get(self, key: str) -> Workshop | None:
        """The workshop that the appointment store knows by `key`."""
        return self._by_key.get(key)

    def named(self, text: str) -> tuple[Workshop, ...]:
        """The workshops that a text names by town, dealer or a place nearby, spelt roughly; several where it names
        several, or a place with several around."""
        return tuple(dict.fromkeys(found for mention in self.mentions(text) for found in mention.found))

    def mentions(self, text: str, *, asked: bool = False) -> tuple[Mention[Workshop], ...]:
        """Where a text names workshops, in order; `asked`: one was asked for."""
        return self._places.mentions(text, asked=asked)

    def unbookable(self, text: str) -> tuple[Mention[Unbookable], ...]:
        """Where a text names dealers that can only be called, or towns that have no other."""
        return self._unbookable.mentions(text)

    def holds(self, place: Place) -> bool:
        """Whether a place is in a list of workshops, rather than where one is spoken of."""
        return len(self.named(place.chunk.text)) >= min(2, len(self.rows))

    def serving(self, vehicles: Sequence[Vehicle]) -> tuple[Workshop, ...]:
        """Those that work on every one of these vehicles."""
        return tuple(row for row in self.rows if all(map(row.serves, vehicles)))


_NEEDED = frozenset({"dealer", "time zone", "places per slot"})
_FIGURES = {
    "places per slot": (1, MOST_PLACES),
    "slot": (5, 24 * 60),
    "lead": (0, 365),
    "tyre change lead": (0, 365),
    "change until": (0, 24 * 60),
    "with courtesy car change until": (0, 24 * 60),
    "moves": (0, 1000),
}
"""Columns of whole numbers: the least and the most."""


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> Workshops:
    """The workshops that the chunks' tables name. A row that cannot be read is logged and left out: nobody is to come
    to a closed door."""
    rows: dict[str, Workshop] = {}
    unread: list[UnreadRow] = []
    unbookable: dict[str, Unbookable] = {}
    for table_row in table_rows(chunks):
        cells, evidence = table_row.cells, table_row.evidence
        if len(_NEEDED - cells.keys()) > 1:
            continue
        if faults := tuple(_faults(cells, vehicles)):
            left_out = UnreadRow(evidence, faults)
            log.warning(
                "workshop_unreadable",
                document=table_row.chunk.document_id, row=left_out.text[:200], error="; ".join(faults),
            )  # fmt: skip
            unread.append(left_out)
            if name := cells.get("dealer"):
                unbookable.setdefault(name, _unbookable(cells, evidence))
            continue
        row = _workshop(cells, vehicles, evidence)
        rows.setdefault(row.key, row)
        if strange := tuple(_strange(cells, vehicles)):
            unread.append(UnreadRow(evidence, strange))
    makes = sorted({make for row in vehicles.rows for make in row.makes})
    return Workshops(tuple(rows.values()), makes, unread, [*unbookable.values()])


def _faults(cells: Mapping[str, str], vehicles: Vehicles) -> Iterator[str]:
    """All for which a row cannot be read."""
    for name in sorted(_NEEDED - cells.keys()):
        yield f"{name!r} is empty or no column"
    reads: list[Callable[[], object]] = [
        lambda: _key(cells.get("dealer", "x")),
        lambda: _zone(cells.get("time zone", "UTC")),
        lambda: _country(cells),
        *(lambda hours=hours: periods_of(hours) for name, hours in cells.items() if names_days(name)),
        lambda: _open(cells),
        *(lambda day=day: closed_day(day) for day in _list(cells.get("closed on", ""))),
        *(lambda name=name: _number(cells, name, 1) for name in _FIGURES),
        lambda: _services(cells.get("services", ""), vehicles),
        *(lambda name=name: month(name) for name in _list(cells.get("tyre change season", ""))),
    ]
    for read in reads:
        try:
            read()
        except ValueError as error:
            yield str(error)


def _strange(cells: Mapping[str, str], vehicles: Vehicles) -> Iterator[str]:
    """What is left out of the products that a dealer looks after."""
    for name in _list(cells.get("services", "")) if vehicles.rows else ():
        if not vehicles.mentioned(name):
            yield f"'services': no product is called {name!r}"


def _workshop(cells: Mapping[str, str], vehicles: Vehicles, evidence: Evidence) -> Workshop:
    """A row in which there is no fault."""
    name = cells["dealer"]
    country, region = _country(cells)
    lead = timedelta(days=_number(cells, "lead", 0))
    change = timedelta(hours=_number(cells, "change until", 0))
    return Workshop(
        key=_key(name),
        town=cells.get("town", ""),
        name=name,
        street=cells.get("street", ""),
        telephone=cells.get("telephone", ""),
        zone=_zone(cells["time zone"]),
        country=country,
        region=region,
        hours=week(cells),
        closed=tuple(map(closed_day, _list(cells.get("closed on", "")))),
        places=_number(cells, "places per slot", 1),
        slot=timedelta(minutes=_number(cells, "slot", 30)),
        nearby=_list(cells.get("nearby places", "")),
        aliases=_list(cells.get("also called", "")),
        services=_services(cells.get("services", ""), vehicles),
        lead=lead,
        tyre_lead=max(lead, timedelta(days=_number(cells, "tyre change lead", 0))),
        tyre_months=tuple(map(month, _list(cells.get("tyre change season", "")))),
        change_until=change,
        change_until_with_car=max(change, timedelta(hours=_number(cells, "with courtesy car change until", 0))),
        moves=_number(cells, "moves", 0) if "moves" in cells else None,
        evidence=evidence,
    )


def _unbookable(cells: Mapping[str, str], evidence: Evidence) -> Unbookable:
    return Unbookable(
        town=cells.get("town", ""),
        name=cells["dealer"],
        street=cells.get("street", ""),
        telephone=cells.get("telephone", ""),
        hours=", ".join(f"{_spelt(name)} {value}" for name, value in cells.items() if names_days(name)),
        evidence=evidence,
    )


def _spelt(days: str) -> str:
    """`Monday to Friday` of "monday to friday"."""
    return " ".join(word.capitalize() if word in DAYS else word for word in days.split())


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def _open(cells: Mapping[str, str]) -> None:
    if all(is_closed(value) for name, value in cells.items() if names_days(name)):
        raise ValueError("it is never open")


def _key(name: str) -> str:
    key = "-".join(spoken(name))[:KEY_CHARS]
    if not key:
        raise ValueError("the dealer has no name")
    return key


def _number(cells: Mapping[str, str], name: str, default: int) -> int:
    """The whole number that a cell begins with; its unit may follow."""
    if name not in cells:
        return default
    least, most = _FIGURES[name]
    figure = next((number.plain() for number in numbers(cells[name]) if not number.start), "")
    if not figure.isdecimal() or not least <= int(figure) <= most:
        raise ValueError(f"{name}: {cells[name]!r} is no whole number from {least} to {most}")
    return int(figure)


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error


def _country(cells: Mapping[str, str]) -> tuple[str, str]:
    """A country and its region, "" for none."""
    country, _, region = cells.get("country", "").partition("-")
    known = list_supported_countries(include_aliases=True)
    if country and (country not in known or (region and region not in known[country])):
        raise ValueError(f"no public holidays are known of {country!r} {region!r}")
    return country, region


def _services(cell: str, vehicles: Vehicles) -> tuple[Vehicle, ...]:
    named = _list(cell)
    found = tuple(dict.fromkeys(vehicle for name in named for vehicle in vehicles.mentioned(name)))
    if named and not found and vehicles.rows:
        raise ValueError(f"{cell!r} names no vehicle")
    return found
