"""What the tables of documents state about vehicles: one fact per cell, with the row that it stands in.

A table is about vehicles where its columns are vehicles, where columns name them row by row, or where everything above
it speaks of some of them only. That is read off its words, whatever the file is called.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agents.language.units import Amount, amounts, unit
from agents.passages.spans import Cell, Span, spans
from agents.vehicles.applicability import Cars, Fitment
from rag.types import Chunk

WHEEL_DIAMETER = "Wheel diameter"
"""The attribute that a tyre's size gives besides: the rim's diameter in inches (ISO 4000-1: `225/55 R18` is 18)."""

_IDENTITY = re.compile(r"(?:model|variant|vehicles?|cars?|version|applies to|fits|engine)\b", re.IGNORECASE)
_TYRE = re.compile(r"\s*\d{3}/\d{2,3}\s*Z?R\s*(\d{2})\b", re.IGNORECASE)
_SAYS_NOTHING = frozenset({"", "value", "data", "details", "characteristic"})
_EMPTY = frozenset({"", "-", "–", "—"})
_AS_BEFORE = frozenset({"same", "the same", "as before", "ditto"})
_NAMES_UNIT = re.compile(r"\(([^()]+)\)\s*$|\bin ([^\W\d_]+)\s*$")
_ASIDE = re.compile(r"\([^()]*\)")
_IN_WORDS = re.compile(r"\s*(?:yes|no|not|none|standard|option\w*)\b", re.IGNORECASE)
_ONLY = " only"
_FITTED = ("standard", "option", "available")
"""Of some cars: then the others have no such thing."""
_CONDITION = re.compile(r"\s(?:at|with|from|by)\s.*$")
_YEAR = re.compile(r"^(?:(?:model year )?(?:19|20)\d\d|both years)\b", re.IGNORECASE)
_JOINTS = " ,;:()–-"
_BARE = re.compile(r"\s*[-+−]?\d[\d.,]*\s*")
_PRICES = re.compile(r"\bprices are in ([^\W\d_]+)", re.IGNORECASE)
"""Says what the bare numbers of a page are."""
_LONGEST_VALUE = 90
_LONGEST_MEAN = 45
_FEWEST_LETTERS = 3  # of a name
_MOST_WORDS = 8  # of a cell's part that ends with the name of a car
_MOSTLY = 0.6  # of a column's cells: what it is a column of


@dataclass(frozen=True, slots=True)
class Fact:
    """What a row says of some cars. `attribute` and `value` as printed, this behind a "no" of cars
    that a cell leaves out; `detail` what else the row is about, such as a
    tyre size; `amount` the value's one figure, if it has one; `context` the headings that it stands under. The row lies
    at `start` to `end` of the chunk's document."""

    cars: Cars
    attribute: str
    value: str
    detail: str
    amount: Amount | None
    context: str
    chunk: Chunk
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Row:
    """A row and the cars that everything above it speaks of."""

    span: Span
    chunk: Chunk
    within: Cars


def facts(chunks: Sequence[Chunk], fitment: Fitment) -> Iterator[Fact]:
    """The facts of all tables about vehicles, in the order of the chunks. Cost linear in the text."""
    currencies = {chunk.document_id: unit(found[1]) for chunk in chunks if (found := _PRICES.search(chunk.text))}
    for rows in _tables(chunks, fitment).values():
        for fact in _table_facts(rows, fitment):
            currency = currencies.get(fact.chunk.document_id)
            if currency and fact.amount and fact.amount.unit is None:
                fact = replace(fact, amount=Amount(fact.amount.value, currency))
            yield fact


def _tables(chunks: Sequence[Chunk], fitment: Fitment) -> dict[tuple[object, ...], list[_Row]]:
    """The rows of each table, wherever it was cut into chunks."""
    tables: dict[tuple[object, ...], list[_Row]] = defaultdict(list)
    for chunk in chunks:
        outer = fitment.everything
        for heading in (chunk.title, *chunk.section):
            outer = fitment.narrowed(heading, outer)
        for span in spans(chunk, 0):
            if span.kind == "row" and len(span.cells) > 1:
                within = fitment.narrowed(span.lead, outer) if span.lead else outer
                key = (chunk.document_id, chunk.section, span.cells[0].column)
                tables[key].append(_Row(span, chunk, within))
    return tables


def _table_facts(rows: Sequence[_Row], fitment: Fitment) -> Iterator[Fact]:
    if _is_prose(rows):
        return
    names = dict.fromkeys(cell.column for row in rows for cell in row.span.cells if cell.column)
    within = rows[0].within
    headed = [name for name in dict.fromkeys(cell.column for row in rows for cell in row.span.cells[1:]) if name]
    labelled = any(fitment.labelled(name, within) for name in headed)
    vehicles = {name: found for name in headed if labelled and (found := _cars_of(name, within, fitment))}
    if vehicles:
        for row in rows:
            yield from _across(row, vehicles, fitment)
        return
    identity = [name for name in names if _names_cars(name, rows, fitment)]
    if identity:
        yield from _down(rows, identity, fitment)
    elif within != fitment.everything:
        for row in rows:
            yield from _beneath(row, fitment)


def _is_prose(rows: Sequence[_Row]) -> bool:
    """Whether a column after the first holds sentences rather than data."""
    lengths: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        for cell in row.span.cells[1:]:
            lengths[cell.column].append(len(cell.value))
    return any(sum(column) / len(column) > _LONGEST_MEAN for column in lengths.values())


def _cars_of(text: str, within: Cars, fitment: Fitment, column: str | None = None) -> tuple[Cars, str] | None:
    """The cars that a header or cell names, and what else it says of them; None where it begins otherwise."""
    found = fitment.labelled(text, within, column)
    if found is not None:
        return found, ""
    named = fitment.named_first(text)
    if not named:
        return None
    return fitment.narrowed(text, within), _YEAR.sub("", text[named:].strip(_JOINTS)).strip(_JOINTS)


def _names_cars(column: str, rows: Sequence[_Row], fitment: Fitment) -> bool:
    """Whether a column says which vehicle its row is about. One of `models` says for which of them it holds: that makes
    a table of lamps, symptoms or dealers none of vehicles."""
    if not _IDENTITY.match(column):
        return False
    cells = [(row, cell) for row in rows for cell in row.span.cells if cell.column == column]
    read = [_cars_of(cell.value, row.within, fitment, column) for row, cell in cells]
    return sum(found is not None for found in read) >= _MOSTLY * len(rows)


def _across(row: _Row, vehicles: Mapping[str, tuple[Cars, str]], fitment: Fitment) -> Iterator[Fact]:
    """A row whose columns are vehicles says something of each of them."""
    labels = [cell for cell in row.span.cells if cell.column not in vehicles]
    within, kept = row.within, []
    for cell in labels:
        named = fitment.labelled(cell.value, within, cell.column)
        within = named or fitment.narrowed(cell.value, within)
        if named is None:
            kept.append(cell.value)
    chunk = row.chunk
    name = ", ".join(kept) or (chunk.section[-1] if chunk.section else chunk.title)
    before = ""
    for cell in row.span.cells:
        if cell.column in vehicles:
            cars, detail = vehicles[cell.column]
            value = before if cell.value.casefold() in _AS_BEFORE else cell.value
            before = value
            yield from _shared(row, cars & within or cars, name, value, detail, fitment)


def _down(rows: Sequence[_Row], identity: Sequence[str], fitment: Fitment) -> Iterator[Fact]:
    """Rows that name their vehicles in cells of the columns `identity`."""
    about = [_subject(row, identity, fitment) for row in rows]
    item, details = _apart(rows, about, identity)
    for row, subject in zip(rows, about, strict=True):
        if subject is None:
            continue
        cars, detail = subject
        head = next((cell.value for cell in row.span.cells if cell.column == item), "")
        told = [cell.value for cell in row.span.cells if cell.column in details]
        for cell in row.span.cells:
            if cell.column in identity or cell.column == item:
                continue
            aspect = cell.column.lower() if head else cell.column
            name = " ".join(part for part in (head, "" if _bare(cell, item) else aspect) if part)
            own = ", ".join(part for part in (detail, *(entry for entry in told if entry != cell.value)) if part)
            yield from _shared(row, cars, name, cell.value, own, fitment)


def _bare(cell: Cell, item: str) -> bool:
    """Whether a column's name adds nothing to the item's."""
    return bool(item) and cell.column.casefold() in _SAYS_NOTHING


def _subject(row: _Row, identity: Sequence[str], fitment: Fitment) -> tuple[Cars, str] | None:
    """The cars of a row, and what its cells say of them besides; None where no cell names any."""
    cars, details, named = row.within, [], False
    for cell in row.span.cells:
        if cell.column not in identity:
            continue
        found = _cars_of(cell.value, cars, fitment, cell.column)
        if found is None:
            details.append(cell.value)
        else:
            cars, named = found[0], True
            details += [found[1]] if found[1] else []
    return (cars, ", ".join(details)) if named else None


def _apart(
    rows: Sequence[_Row], about: Sequence[tuple[Cars, str] | None], identity: Sequence[str]
) -> tuple[str, frozenset[str]]:
    """What tells rows about the same cars apart: the column of items, or "", and else the columns of details."""
    if len(set(about)) == len(rows):
        return "", frozenset()
    free = dict.fromkeys(cell.column for row in rows for cell in row.span.cells if cell.column not in identity)
    for column in free:
        values = [_value(row, column) for row in rows]
        if len({*zip(about, values, strict=True)}) == len(rows):
            if sum(map(_is_name, values)) >= _MOSTLY * len(values):
                return column, frozenset()
            plain = {name for name in free if all(not amounts(_value(row, name)) for row in rows)}
            return "", frozenset(name for name in plain if name == column or _varies(name, rows, about))
    return next((name for name in free if all(_is_name(_value(row, name)) for row in rows)), ""), frozenset()


def _varies(column: str, rows: Sequence[_Row], about: Sequence[tuple[Cars, str] | None]) -> bool:
    """Whether rows about the same cars differ in a column."""
    values: dict[object, set[str]] = defaultdict(set)
    for row, subject in zip(rows, about, strict=True):
        values[subject].add(_value(row, column))
    return any(len(found) > 1 for found in values.values())


def _value(row: _Row, column: str) -> str:
    return next((cell.value for cell in row.span.cells if cell.column == column), "")


def _is_name(value: str) -> bool:
    """Whether a cell names what its row is about, rather than giving a measure."""
    return value[:1].isalpha() and sum(character.isalpha() for character in value) >= len(value) / 2


def _beneath(row: _Row, fitment: Fitment) -> Iterator[Fact]:
    """A row of a name and its value, in a table of which everything above says what cars it is about."""
    label, *values = row.span.cells
    if len(values) == 1 and sum(map(str.isalpha, label.value)) >= _FEWEST_LETTERS:
        column = values[0].column
        name = label.value if column.casefold() in _SAYS_NOTHING else f"{label.value}, {column}"
        for fact in _shared(row, fitment.narrowed(label.value, row.within), name, values[0].value, "", fitment):
            yield replace(fact, context=f"{fact.context} {row.span.lead}")


def _shared(row: _Row, cars: Cars, name: str, value: str, detail: str, fitment: Fitment) -> Iterator[Fact]:
    """A cell's facts; one such as `standard on Wren 58; option on Wren 42` is several."""
    value = value.strip()
    if value.casefold() in _EMPTY or len(value) > _LONGEST_VALUE or not any(map(str.isalpha, name)):
        return
    rest, fitted = cars, False
    for part in value.split(";"):
        own, head = _own(part.removesuffix(_ONLY), cars, fitment)
        if own and own != cars:
            fitted = fitted or part.endswith(_ONLY) or head.strip().casefold().startswith(_FITTED)
            said = head if _BARE.fullmatch(head) else part.strip()
            yield replace(_fact(row, own, name, said, detail), amount=measured(head, name))
            rest = rest - own
    if rest:
        yield _fact(row, rest, name, f"no, {value}" if fitted else value, detail)
    tyre = _TYRE.match(value)
    if tyre:
        amount = Amount(float(tyre[1]), unit("inch"))
        yield _fact(row, cars, WHEEL_DIAMETER, f"{tyre[1]} inches ({value})", detail, amount)


def _own(part: str, cars: Cars, fitment: Fitment) -> tuple[Cars, str]:
    """The cars that the end of a cell's part names, and what stands before their name: `8.0` in `8.0 manual`."""
    words = part.split()
    for start in range(1, min(len(words), _MOST_WORDS)):
        tail = " ".join(words[start:])
        if any(map(str.isalpha, tail)) or re.search(r"\b(?:19|20)\d\d\b", tail):
            found = fitment.labelled(tail, cars, "variant")
            if found is not None:
                return found & cars, " ".join(words[:start])
    return frozenset(), part


def _fact(row: _Row, cars: Cars, name: str, value: str, detail: str, amount: Amount | None = None) -> Fact:
    chunk = row.chunk
    context = " ".join((chunk.title, *chunk.section))
    known = amount if amount or _TYRE.match(value) else measured(value, name)
    return Fact(cars, name, value, detail, known, context, chunk, row.span.start, row.span.end)


def measured(value: str, name: str = "") -> Amount | None:
    """The one figure that a cell gives, None where it gives none or several. A bare number has the unit that the
    attribute's name ends with; hours and minutes are put together; what stands in brackets is said another way."""
    if _IN_WORDS.match(value):
        return None
    found = amounts(_CONDITION.sub("", _ASIDE.sub("", value)))
    with_unit = [item for item in found if item.unit is not None]
    if len(with_unit) > 1 and all(item.unit and item.unit.measure == "time" for item in with_unit):
        return _total(with_unit) if _adjoining(value, with_unit) else None
    if len(with_unit) == 1:
        return with_unit[0] if with_unit[0] is found[-1] else None
    bare = _BARE.match(value)
    if with_unit or len(found) != 1 or bare is None:
        return None
    named = _NAMES_UNIT.search(name)
    of = unit(named[1] or named[2]) if named else None
    return Amount(found[0].value, of) if of or bare.end() == len(value) else None


def _adjoining(value: str, found: Iterable[Amount]) -> bool:
    """Whether only blanks lie between amounts: `6 h 30 min`, not `8 years or 6 months`."""
    ends = [(match.start, match.end) for match in found]
    return all(not value[a[1] : b[0]].strip() for a, b in pairwise(ends))


def _total(found: Sequence[Amount]) -> Amount | None:
    first = found[0].unit
    if first is None:
        return None
    hours = {"h": 60.0, "min": 1.0, "s": 1 / 60}
    if not all(match.unit and match.unit.label in hours for match in found):
        return None
    minutes = sum(match.value * hours[match.unit.label] for match in found if match.unit)
    return Amount(minutes / hours[first.label], first)
