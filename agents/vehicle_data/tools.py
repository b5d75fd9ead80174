"""Tools over the spec tables: look up, compare and filter vehicles, convert units. Every figure comes with its row."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field

from agents.context import ToolContext
from agents.language.units import Amount, NotConvertible, Unit, convert, magnitude, significant, unit, written
from agents.tool import Arguments, Result, Tool, ToolFailed
from agents.types import Evidence
from agents.vehicle_data.attributes import Attribute
from agents.vehicle_data.fact_table import Entry, VehicleData, parse
from agents.vehicle_data.prose import stated
from agents.vehicles.applicability import Cars
from agents.vehicles.range import Vehicles

Word = Annotated[str, Field(min_length=1, max_length=80)]
Name = Annotated[str, Field(min_length=1, max_length=300)]
Figure = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]

A = TypeVar("A", bound=Arguments)

_MOST_ATTRIBUTES = 4
_DENIED = ("no", "not", "none", "without", "n/a")


class LookUp(Arguments):
    attribute: Name = Field(description="What is looked up, e.g. 'kerb weight', 'boot volume', 'rear tyre pressure'.")
    vehicle: Name | None = Field(None, description="Model, or model and variant; several with commas; null for all.")
    variant: Word | None = Field(None, description="The variant, where `vehicle` gives the model only.")
    year: int | None = Field(None, ge=1900, le=2100, description="The model year; null for every year.")


class Compare(Arguments):
    attribute: Name = Field(description="What is compared; an attribute with figures.")
    vehicles: tuple[Name, ...] = Field((), max_length=12, description="Models or variants; empty for all vehicles.")
    year: int | None = Field(None, ge=1900, le=2100, description="The model year; null for every year.")
    order: Literal["highest", "lowest"] = Field("highest", description="Which figure comes first.")


class Select(Arguments):
    attribute: Name = Field(description="What the vehicles are chosen by.")
    operator: Literal["<", "<=", "=", ">=", ">", "has"] = Field(
        description="How the vehicle's figure stands to `value`; 'has' for equipment that it has at all."
    )
    value: Figure | None = Field(None, description="The figure to compare with; null with 'has'.")
    unit: Word | None = Field(None, description="The unit of `value`, e.g. 'm' or 'kg'; null for the table's own.")
    year: int | None = Field(None, ge=1900, le=2100, description="The model year; null for every year.")


class Convert(Arguments):
    amount: Figure = Field(description="The figure to convert.")
    unit: Word = Field(description="Its unit, e.g. 'l', 'bar', 'l/100 km'.")
    to: Word = Field(description="The unit wanted, e.g. 'gallons', 'psi', 'mpg'.")


def _in_thread(read: Callable[[A, VehicleData, Vehicles], Result]) -> Callable[[A, ToolContext], Awaitable[Result]]:
    """The tool that reads so: the tables are a database, for which nothing else is to wait."""

    async def run(arguments: A, context: ToolContext) -> Result:
        data = await context.resources.reference.derived(parse)
        return await asyncio.to_thread(read, arguments, data, context.resources.vehicles)

    return run


def _look_up(arguments: LookUp, data: VehicleData, vehicles: Vehicles) -> Result:
    cars = _cars(data, vehicles, [f"{arguments.vehicle or ''} {arguments.variant or ''}".strip()], arguments.year)
    attributes = _attributes(data, arguments.attribute)
    told = [entries for item in attributes if (entries := data.values(item, cars))]
    if not told:
        raise ToolFailed(f"The tables do not give '{arguments.attribute[:80]}' for {data.fitment.name(cars)}.")
    rows, evidence = _rows(data, list(chain.from_iterable(map(_by_value, told))))
    return Result({"rows": rows}, evidence)


def _compare(arguments: Compare, data: VehicleData, vehicles: Vehicles) -> Result:
    cars = _cars(data, vehicles, arguments.vehicles, arguments.year)
    attribute = _measured(data, arguments.attribute)
    entries = data.values(attribute, cars)
    figures = _of_one_measure(entries)
    if not figures:
        raise ToolFailed(f"The tables give no figures to compare for '{attribute.name}'.")
    rest = [entry for entry in entries if entry not in figures]
    groups = _by_value(figures)
    groups.sort(key=lambda group: _magnitude(group[0]), reverse=arguments.order == "highest")
    rows, evidence = _rows(data, groups + _by_value(rest))
    known = {entry.car for entry in entries}
    missing = frozenset(cars) - known
    value = {
        "order": arguments.order,
        "rows": rows[: len(groups)],
        "without_figure": rows[len(groups) :],
        "not_in_tables": data.fitment.name(missing) if missing else "",
    }
    return Result(value, evidence)


def _filter(arguments: Select, data: VehicleData, vehicles: Vehicles) -> Result:
    cars = _cars(data, vehicles, (), arguments.year)
    if arguments.operator == "has":
        attribute = _attributes(data, arguments.attribute)[0]
        entries = data.values(attribute, cars)
        kept = [entry for entry in entries if not denied(entry.value)]
    else:
        attribute = _measured(data, arguments.attribute)
        entries = data.values(attribute, cars)
        wanted = _wanted(arguments, entries)
        kept = list(data.compared(attribute, arguments.operator, wanted, cars))
    left = [entry for entry in entries if entry not in kept]
    groups = _by_value(kept)
    rows, evidence = _rows(data, groups + _by_value(left))
    return Result({"matching": rows[: len(groups)], "not_matching": rows[len(groups) :]}, evidence)


async def _convert(arguments: Convert, context: ToolContext) -> Result:
    given, wanted = unit(arguments.unit), unit(arguments.to)
    if given is None or wanted is None:
        unknown = arguments.unit if given is None else arguments.to
        raise ToolFailed(
            f"'{unknown}' is no unit that is known here. Use one such as kg, lb, mm, litres, gallons, bar."
        )
    try:
        amount = await asyncio.to_thread(convert, arguments.amount, given, wanted)
    except NotConvertible as error:
        raise ToolFailed(str(error)) from error
    digits = significant(f"{arguments.amount:g}")
    return Result(
        {
            "given": written(arguments.amount, given, max(digits, 12)),
            "amount": amount,
            "unit": wanted.label,
            "text": written(amount, wanted, digits),
        }
    )


async def _look_up_anywhere(arguments: LookUp, context: ToolContext) -> Result:
    """What the tables say, or else the sentence that states a figure for it. Raises the tables' ToolFailed."""
    try:
        return await _in_thread(_look_up)(arguments, context)
    except ToolFailed:
        data, vehicles = await context.resources.reference.derived(parse), context.resources.vehicles
        named = f"{arguments.vehicle or ''} {arguments.variant or ''}".strip()
        cars = _cars(data, vehicles, [named], arguments.year)
        found = await stated(arguments.attribute, cars, data.fitment, context.resources)
        if found is None:
            raise
        entry = Entry(found.attribute, "", 0, found.text, "", found.amount, found.evidence)
        rows, evidence = _rows(data, [[entry]])
        spoken_of = {"vehicle": data.fitment.name(found.cars), "cars": [list(car) for car in sorted(found.cars)]}
        return Result({"rows": [{**rows[0], **spoken_of}]}, evidence)


LOOK_UP = Tool(
    "look_up_specification",
    "Look up a figure or an item of equipment of a vehicle: in the spec tables, with the rows it stands in, or else in "
    "the text of the documents, where the value is the whole sentence.",
    LookUp,
    _look_up_anywhere,
)
COMPARE = Tool(
    "compare_vehicles", "Put vehicles in the order of one figure of the spec tables.", Compare, _in_thread(_compare)
)
FILTER = Tool(
    "filter_vehicles",
    "Find the vehicles whose figure meets a condition, or that have an item.",
    Select,
    _in_thread(_filter),
)
CONVERT = Tool("convert_units", "Convert an amount into another unit of the same measure.", Convert, _convert)


def denied(value: str) -> bool:
    """Whether a cell says that there is no such thing."""
    words = value.casefold().replace(",", " ").split()
    return not words or words[0] in _DENIED


def _attributes(data: VehicleData, phrase: str) -> tuple[Attribute, ...]:
    """Raises ToolFailed, which names what comes close."""
    found = data.attributes.named(phrase) or data.attributes.meant(data.fitment.question(phrase))
    if found:
        return found[:_MOST_ATTRIBUTES]
    close = ", ".join(f"'{name}'" for name in data.attributes.closest(phrase))
    raise ToolFailed(f"The tables do not have '{phrase[:80]}'. What comes closest: {close or 'nothing'}.")


def _measured(data: VehicleData, phrase: str) -> Attribute:
    """The one attribute with figures that is meant. Raises ToolFailed."""
    found = [
        attribute for attribute in _attributes(data, phrase) if any(entry.amount for entry in data.values(attribute))
    ]
    if not found:
        raise ToolFailed(f"The tables give no figures for '{phrase[:80]}', so it cannot be compared.")
    if len(found) > 1:
        names = ", ".join(f"'{match.name}'" for match in found)
        raise ToolFailed(f"'{phrase[:80]}' can mean {names}. Ask for one of them.")
    return found[0]


def _cars(data: VehicleData, vehicles: Vehicles, names: Iterable[str], year: int | None) -> Cars:
    """The cars of these names and this year, all where none is given. Raises ToolFailed."""
    fitment = data.fitment
    cars: set[tuple[str, int]] = set()
    for name in filter(None, names):
        named = fitment.labelled(name, fitment.everything, "variant") or fitment.mentioned(name)
        if not named:
            known = ", ".join(dict.fromkeys(row.name for row in vehicles.rows))
            raise ToolFailed(f"There is no vehicle '{name[:80]}'. The vehicles are: {known}.")
        cars |= named
    chosen = frozenset(cars) or fitment.everything
    if year is None:
        return chosen
    built = frozenset(car for car in chosen if car[1] in (year, 0))
    if not built:
        years = ", ".join(map(str, sorted({made for _, made in chosen})))
        raise ToolFailed(f"There is no model year {year} of {fitment.name(chosen)}. The model years are: {years}.")
    return built


def _wanted(arguments: Select, entries: Sequence[Entry]) -> Amount:
    """The amount to compare with, in the table's unit where none is given. Raises ToolFailed."""
    if arguments.value is None:
        raise ToolFailed(f"'{arguments.operator}' needs a value to compare with.")
    own = next((entry.amount.unit for entry in entries if entry.amount), None)
    given = own if arguments.unit is None else unit(arguments.unit)
    if given is None and arguments.unit is not None:
        raise ToolFailed(f"'{arguments.unit}' is no unit that is known here. The table is in {_label(own)}.")
    if given and own and given.measure != own.measure:
        raise ToolFailed(f"{given.label} does not measure this: the table is in {own.label}.")
    return Amount(arguments.value, given)


def _label(known: Unit | None) -> str:
    return known.label if known else "bare numbers"


def _magnitude(entry: Entry) -> float:
    return magnitude(entry.amount) if entry.amount else 0.0


def _of_one_measure(entries: Sequence[Entry]) -> list[Entry]:
    """Those with a figure of the measure that most of them have: others cannot be compared with them."""
    by_measure: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.amount:
            by_measure.setdefault(entry.amount.unit.measure if entry.amount.unit else "", []).append(entry)
    return max(by_measure.values(), key=len, default=[])


def _by_value(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The entries that say the same, together."""
    groups: dict[tuple[int, str, str], list[Entry]] = {}
    for entry in entries:
        groups.setdefault((entry.attribute.number, entry.value, entry.detail), []).append(entry)
    return list(groups.values())


def _rows(data: VehicleData, groups: Sequence[Sequence[Entry]]) -> tuple[list[dict[str, Any]], tuple[Evidence, ...]]:
    """Each group as plain data; `sources` are the positions of its rows among the evidence."""
    evidence: dict[tuple[str, int, int], tuple[int, Evidence]] = {}
    rows = []
    for group in groups:
        sources = []
        for stretch in _stretches([entry.evidence for entry in group]):
            key = (stretch.passage.chunk.id, stretch.start, stretch.end)
            evidence.setdefault(key, (len(evidence), stretch))
            sources.append(evidence[key][0])
        first = group[0]
        cars = frozenset(entry.car for entry in group)
        rows.append(
            {
                "attribute": first.attribute.name,
                "vehicle": data.fitment.name(cars),
                "cars": [list(car) for car in sorted(cars)],
                "value": first.value,
                "detail": first.detail,
                "number": first.amount.value if first.amount else None,
                "unit": first.amount.unit.label if first.amount and first.amount.unit else None,
                "sources": sources,
            }
        )
    return rows, tuple(item for _, item in evidence.values())


def _stretches(found: Sequence[Evidence]) -> list[Evidence]:
    """The rows, each once; neighbouring rows of one chunk as one stretch."""
    unique = {(match.passage.chunk.id, match.start): match for match in found}
    ordered = sorted(unique.values(), key=lambda value: (value.passage.chunk.document_id, value.start))
    joined: list[Evidence] = []
    for item in ordered:
        last = joined[-1] if joined else None
        if last and last.passage.chunk.id == item.passage.chunk.id and item.start - last.end <= 1:
            joined[-1] = Evidence(last.passage, last.start, item.end)
        else:
            joined.append(item)
    return joined
