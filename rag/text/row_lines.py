"""A table's row as one line that says what its cells mean, so that it is found and read on its own.

`model,year,power_kw` / `Alpha 42,2025,85` becomes `Model: Alpha 42 | Year: 2025 | Power: 85 kW`.
"""

import re
from collections.abc import Sequence

MAX_COLUMNS = 200
_NAMED = "mm cm m km km/h kg g t l ml kW kWh W Wh V A Ah Nm bar kPa s min h °C € % g/km l/100km kWh/100km"
_UNITS = {unit.lower(): unit for unit in _NAMED.split()}
_UNITS |= {unit: unit for unit in ("litres", "hours", "minutes", "months", "years", "days")}
_UNITS |= {"kmh": "km/h", "c": "°C", "eur": "EUR", "gbp": "GBP", "percent": "%", "pct": "%"}
_NUMBER = re.compile(r"[-+]?\d[\d.,   ]*(?:\s*(?:-|–|to)\s*\d[\d.,]*)?")

Column = tuple[str, str]
"""A column's readable name and the unit that its values lack, or "": `power_kw` is ("Power", "kW")."""


def columns(header: Sequence[str]) -> tuple[Column, ...]:
    """The columns that a header names; one without a name is called by its number."""
    return tuple(_column(name, number) for number, name in enumerate(header, start=1))


def line(names: Sequence[Column], values: Sequence[str]) -> str:
    """The cells that hold anything, each after its column's name; there is a column for every value."""
    return " | ".join(
        cell(label, unit, value) for (label, unit), value in zip(names, values, strict=False) if value.strip()
    )


def cell(label: str, unit: str, value: str) -> str:
    """One value after its name, on one line, with its unit where it is a bare number."""
    value = " ".join(value.split())
    suffix = f" {unit}" if unit and _NUMBER.fullmatch(value) else ""
    return f"{label}: {value}{suffix}"


def _column(name: str, number: int) -> Column:
    words = name.replace("_", " ").split() or [f"Column {number}"]
    unit = _UNITS.get(words[-1].lower(), "") if "_" in name and len(words) > 1 else ""
    label = " ".join(words[:-1] if unit else words)
    return label[0].upper() + label[1:], unit
