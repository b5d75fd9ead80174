"""What the spec tools found, as a short answer: first the figure, then what it belongs to, with the rows' markers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.vehicle_data.lookups import Comparison, Contrast
from agents.vehicles.applicability import Cars, Fitment

WHICH_ONE = "Which one is yours?"

_LISTED = 8
"""Lines of an answer that differs by vehicle; beyond that it says from where to where, and asks."""
_AFTER = 5
_FEW_VALUES = 2  # of one side, in a cell of a table
_DECIMALS = 3
_NO_FIGURE = "no figure in our documents"


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of one attribute: the cars that it is true of, what it holds for besides, and the numbers of its
    markers. `extra` is the value in another unit."""

    attribute: str
    cars: Cars
    value: str
    detail: str
    number: float | None
    unit: str | None
    markers: tuple[int, ...]
    extra: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The text; `asks` whether it ends with a question back; `used` are the cells that it speaks of. `differs`: it says
    something else of each of several cars. `order`: it ranks them, by the highest or lowest."""

    text: str
    asks: bool
    used: tuple[Cell, ...]
    differs: bool = False
    order: str = ""


def cells(rows: Sequence[Mapping[str, Any]], numbers: Sequence[int]) -> list[Cell]:
    """The rows of a tool's result; `numbers` are the markers of its evidence."""
    return [
        Cell(
            row["attribute"],
            frozenset((variant, year) for variant, year in row["cars"]),
            row["value"],
            row["detail"],
            row["number"],
            row["unit"],
            tuple(numbers[source] for source in row["sources"]),
        )
        for row in rows
    ]


def looked_up(found: Sequence[Cell], fitment: Fitment, own: bool) -> Answer:
    """The values of one question. Where they differ by car, each car's; where `own` is set, which one it is matters."""
    plain = _without_needless_details(found)
    lines = _by_cars(plain, fitment)
    if len(lines) == 1:
        cars, told = lines[0]
        where = fitment.name(cars)
        return Answer(_sentence(told, where), False, tuple(told))
    differs = len({cars for cars, _ in lines}) > 1
    asks = own and differs
    label = _capital(_label(plain))
    if len(lines) > _LISTED:
        return _from_to(plain, fitment)
    named = len(_attributes(plain)) > 1
    shown = [f"- {_values(told, named)} – {fitment.name(cars)}{_details(told)} {_marked(told)}" for cars, told in lines]
    of = "model" if len(fitment.models(_all_cars(plain))) > 1 else "version"
    lead = f"{label}, which depends on the {of}:" if differs else f"{label}:"
    text = f"{lead}\n\n" + "\n".join(shown)
    return Answer(f"{text}\n\n{WHICH_ONE}" if asks else text, asks, tuple(plain), differs)


def left_out(attributes: Sequence[str], vehicle: str) -> str:
    """That the documents do not say what they say of others."""
    named = " and ".join(map(_small, attributes))
    return f"Our documents do not give the {named} of the {vehicle}. Our customer service may know it."


def ranked(order: str, found: Sequence[Cell], rest: Sequence[Cell], left: Cars, fitment: Fitment) -> Answer:
    """The car with the highest or lowest figure first, then some of the others; of those `left` there is none."""
    best, *others = found
    text = f"{_line(best, fitment)}, the {order} {_small(best.attribute)}."
    shown = [*others[:_AFTER], *(cell for cell in rest if cell.cars - _all_cars(found))]
    lines = [f"- {_line(cell, fitment)}" for cell in shown]
    if lines:
        text += "\n\nThe others:\n\n" + "\n".join(lines)
    if left := left - _all_cars([*found, *rest]):
        text += f"\n\n{_NO_FIGURE.capitalize()}: {fitment.name(left)}."
    return Answer(text, False, (best, *shown), order=order)


def paired(request: Comparison, found: Sequence[Cell], rest: Sequence[Cell], fitment: Fitment) -> Answer:
    """The figures of each side, `found` being in order; yes or no where the question is asserted of the first."""
    sides = request.sides
    places = [[place for place, cell in enumerate(found) if cell.cars & side] for side in sides]
    verdict = ""
    if len(sides) == 2 and all(places):
        first, second = places
        ahead, behind = max(first) < min(second), min(first) > max(second)
        equal = len({*first, *second}) == 1
        if request.asserted:
            verdict = "Yes. " if ahead else "No. " if behind or equal else "That depends on the version. "
        elif ahead or behind:
            verdict = f"{fitment.name(sides[0] if ahead else sides[1])}. "
        elif equal:
            verdict = "They are the same. "
    label = _capital(_small(found[0].attribute))
    lines, used = _by_side(sides, [*found, *rest], fitment)
    apart = _apart(used) if request.apart else ""
    return Answer(f"{verdict}{label}:\n\n" + "\n".join(lines) + apart, False, tuple(used))


def contrasted(request: Contrast, found: Sequence[Cell], fitment: Fitment) -> Answer:
    """The values of each side: of one attribute as a list, of several as a table with a column for each side."""
    sides, plain = request.sides, _without_needless_details(found)
    attributes = _attributes(plain)
    if len(attributes) == 1:
        lines, used = _by_side(sides, plain, fitment)
        apart = _apart(used) if request.apart else ""
        return Answer(f"{_capital(_label(plain))}:\n\n" + "\n".join(lines) + apart, False, tuple(plain))
    of_side = [[replace(cell, cars=own) for cell in plain if (own := cell.cars & side)] for side in sides]
    heads = [fitment.name(side) for side in sides]
    rows, used = [["", *heads], ["---"] * (len(sides) + 1)], list[Cell]()
    for attribute in attributes:
        told = [_ends([cell for cell in cells_of_one if cell.attribute == attribute]) for cells_of_one in of_side]
        in_cells = (_told_in_cell(some, head, fitment) for some, head in zip(told, heads, strict=True))
        rows.append([_capital(_small(attribute)), *in_cells])
        used += (cell for some in told for cell in some)
    return Answer("\n".join(f"| {' | '.join(row)} |" for row in rows), False, tuple(used))


def _by_side(sides: Sequence[Cars], found: Sequence[Cell], fitment: Fitment) -> tuple[list[str], list[Cell]]:
    """A line for each cell of each side, and one for the cars of a side that have none; and the cells."""
    lines, used = [], list[Cell]()
    for side in sides:
        own = [replace(cell, cars=cell.cars & side) for cell in found if cell.cars & side]
        lines += [f"- {_line(cell, fitment)}" for cell in own]
        if left := side - _all_cars(own):
            lines.append(f"- {fitment.name(left)}: {_NO_FIGURE}")
        used += own
    return lines, used


def _apart(told: Sequence[Cell]) -> str:
    """How far two figures of one unit lie apart, in a sentence; nothing where they are others."""
    if len(told) != 2 or told[0].unit != told[1].unit or told[0].number is None or told[1].number is None:
        return ""
    by = f"{round(abs(told[0].number - told[1].number), _DECIMALS):,.{_DECIMALS}f}".rstrip("0").rstrip(".")
    markers = " ".join(dict.fromkeys(map(_marked, ([cell] for cell in told))))
    return f"\n\nThe difference is {' '.join(filter(None, (by, told[0].unit)))} {markers}."


def _ends(found: Sequence[Cell]) -> Sequence[Cell]:
    """The cells of one side; of many figures the lowest and the highest."""
    figures = sorted((cell for cell in found if cell.number is not None), key=_number)
    return [figures[0], figures[-1]] if len(figures) == len(found) > _FEW_VALUES else found


def _told_in_cell(told: Sequence[Cell], head: str, fitment: Fitment) -> str:
    """What is said of the side that the column's head names: where its cars differ, of which of them each is said."""
    if len(told) == 1:
        return f"{_figure(told[0])} {_marked(told)}"
    names = [fitment.name(cell.cars).removeprefix(head).strip(" ()").replace(" (", ", ") for cell in told]
    of = (f" ({name})" if name else "" for name in names)
    each = [f"{_figure(cell)}{whose} {_marked([cell])}" for cell, whose in zip(told, of, strict=True)]
    return ", ".join(each) or "–"


def chosen(found: Sequence[Cell], rest: Sequence[Cell], fitment: Fitment) -> Answer:
    """The cars that meet a condition, and by what."""
    if not found:
        shown = rest[:_AFTER]
        lines = [f"- {_line(cell, fitment)}" for cell in shown]
        label = _small(rest[0].attribute) if rest else "this"
        return Answer(f"None of the models, by {label}:\n\n" + "\n".join(lines), False, tuple(shown))
    lines = [f"- {_line(cell, fitment)}" for cell in found]
    text = f"By {_small(found[0].attribute)}, these do:\n\n" + "\n".join(lines)
    left = _all_cars(rest) - _all_cars(found)
    return Answer(f"{text}\n\nNot: {fitment.name(left)}." if left else text, False, tuple(found))


def _without_needless_details(found: Sequence[Cell]) -> list[Cell]:
    """Details matter only where a car has different values with different ones; cells that are then alike are one."""
    values: dict[tuple[str, tuple[str, int]], set[str]] = {}
    for cell in found:
        for car in cell.cars:
            values.setdefault((cell.attribute, car), set()).add(cell.value)
    joined: dict[tuple[str, str, str], Cell] = {}
    for cell in found:
        vary = any(len(values[cell.attribute, car]) > 1 for car in cell.cars)
        detail = cell.detail if vary else ""
        known = joined.get((cell.attribute, cell.value, detail))
        markers = tuple(dict.fromkeys((*(known.markers if known else ()), *cell.markers)))
        cars = cell.cars | (known.cars if known else frozenset())
        joined[cell.attribute, cell.value, detail] = replace(cell, detail=detail, cars=cars, markers=markers)
    return list(joined.values())


def _by_cars(found: Sequence[Cell], fitment: Fitment) -> list[tuple[Cars, list[Cell]]]:
    """The cells that are told of the same cars together, in the maker's order of cars; cells of one attribute that
    differ by their details are told on lines of their own."""
    lines: dict[tuple[int, ...], set[tuple[str, int]]] = {}
    for car in fitment.in_order:
        by_detail: dict[str, list[int]] = {}
        for place, cell in enumerate(found):
            if car in cell.cars:
                by_detail.setdefault(cell.detail, []).append(place)
        for places in by_detail.values():
            lines.setdefault(tuple(places), set()).add(car)
    return [(frozenset(cars), [found[place] for place in places]) for places, cars in lines.items()]


def _from_to(found: Sequence[Cell], fitment: Fitment) -> Answer:
    """The lowest and highest value of each attribute, and a question back."""
    lines, used = [], []
    figures = sorted((cell for cell in found if cell.number is not None), key=_number)
    for attribute, unit in dict.fromkeys((cell.attribute, cell.unit) for cell in found if cell.number is not None):
        own = [cell for cell in figures if (cell.attribute, cell.unit) == (attribute, unit)]
        ends = list(dict.fromkeys((own[0], own[-1])))
        said = " to ".join(f"{_figure(cell)} ({fitment.name(cell.cars)}) {_marked([cell])}" for cell in ends)
        lines.append(f"- {_capital(_small(attribute))}: {said}")
        used += ends
    models = ", ".join(fitment.models(_all_cars(found)))
    span = "from the lowest to the highest:\n\n" + "\n".join(lines) if lines else models
    return Answer(f"That depends on the model, {span}\n\n{WHICH_ONE}", True, tuple(used), True)


def _line(cell: Cell, fitment: Fitment) -> str:
    return f"{fitment.name(cell.cars)}: {_figure(cell)}{_details([cell])} {_marked([cell])}"


def _number(cell: Cell) -> float:
    return cell.number or 0.0


def _sentence(told: Sequence[Cell], where: str) -> str:
    several = len(told) > 1
    what = "" if several else f"{_small(told[0].attribute)}, "
    return f"{_capital(_values(told, several))} – {what}{where}{_details(told)} {_marked(told)}."


def _values(told: Sequence[Cell], named: bool) -> str:
    return ", ".join(f"{_figure(cell)} ({_small(cell.attribute)})" if named else _figure(cell) for cell in told)


def _figure(cell: Cell) -> str:
    """A value as printed, with the unit that only its attribute's name gives."""
    bare = cell.unit and cell.number is not None and not any(map(str.isalpha, cell.value))
    value = f"{cell.value} {cell.unit}" if bare else cell.value
    return f"{value} = {cell.extra}" if cell.extra else value


def _details(told: Sequence[Cell]) -> str:
    details = dict.fromkeys(cell.detail for cell in told if cell.detail)
    return f", {', '.join(details)}" if details else ""


def _marked(told: Sequence[Cell]) -> str:
    return " ".join(f"[{number}]" for number in dict.fromkeys(number for cell in told for number in cell.markers))


def _attributes(found: Sequence[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.attribute for cell in found))


def _all_cars(found: Sequence[Cell]) -> Cars:
    return frozenset[tuple[str, int]]().union(*(cell.cars for cell in found))


def _label(found: Sequence[Cell]) -> str:
    return " and ".join(_small(attribute) for attribute in _attributes(found))


def _small(name: str) -> str:
    """A name inside a sentence; abbreviations keep their capitals."""
    first = name.split(" ", 1)[0]
    return name[:1].lower() + name[1:] if first[1:].islower() else name


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
