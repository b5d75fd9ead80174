"""CSV: every row becomes one line that says what its cells mean, so that it is found and read on its own.

`model,year,power_kw` / `Wren 42,2025,85` becomes `Model: Wren 42 | Year: 2025 | Power: 85 kW`.
"""

import csv
import re
from pathlib import Path

from rag.loader import UnreadableFile
from rag.reading import read_text, title_from_name
from rag.types import Content, Table

_SAMPLE = 64 * 1024
_MAX_COLUMNS = 200
_UNITS = {
    unit.lower(): unit
    for unit in (
        "mm",
        "cm",
        "m",
        "km",
        "km/h",
        "kg",
        "g",
        "t",
        "l",
        "ml",
        "kW",
        "kWh",
        "W",
        "Wh",
        "V",
        "A",
        "Ah",
        "Nm",
        "bar",
        "kPa",
        "s",
        "min",
        "h",
        "°C",
        "€",
        "%",
        "g/km",
        "l/100km",
        "kWh/100km",
    )
} | {
    "litres": "litres",
    "hours": "hours",
    "minutes": "minutes",
    "months": "months",
    "years": "years",
    "days": "days",
    "kmh": "km/h",
    "c": "°C",
    "eur": "EUR",
    "gbp": "GBP",
    "percent": "%",
    "pct": "%",
}
_NUMBER = re.compile(r"[-+]?\d[\d.,   ]*(?:\s*(?:-|–|to)\s*\d[\d.,]*)?")


class CsvLoader:
    suffixes = (".csv", ".tsv")

    def load(self, path: Path) -> Content:
        header, *rows = _records(read_text(path, ("utf-8-sig", "latin-1")))
        if not rows:
            raise UnreadableFile("The file holds a header but no rows: add rows or remove the file.")
        if len(header) > _MAX_COLUMNS:
            raise UnreadableFile(f"The file has more than {_MAX_COLUMNS} columns: split it into several files.")
        columns = [_column(name, number) for number, name in enumerate(header, start=1)]
        lines, spans, start = [], [], 0
        for number, row in enumerate(rows, start=2):
            if len(row) > len(header):
                raise UnreadableFile(
                    f"Row {number} has {len(row)} cells but the header names {len(header)}: "
                    "quote cells that hold the separator."
                )
            pairs = zip(columns, row, strict=False)
            line = " | ".join(_cell(label, unit, value) for (label, unit), value in pairs if value.strip())
            lines.append(line)
            spans.append((start, start + len(line)))
            start += len(line) + 1
        return Content(title=title_from_name(path), text="\n".join(lines), tables=(Table((), tuple(spans)),))


def _records(text: str) -> list[list[str]]:
    """The rows that hold anything, the header first."""
    try:
        rows = csv.reader(text.splitlines(keepends=True), _dialect(text), strict=True)
        return [row for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise UnreadableFile(f"This is not well-formed CSV ({error}): check its quotes and save it again.") from error


def _dialect(text: str) -> type[csv.Dialect]:
    """The separator that the first lines agree on; a comma where they do not say."""
    sample = text[:_SAMPLE].rpartition("\n")[0] or text[:_SAMPLE]
    try:
        return csv.Sniffer().sniff(sample, delimiters=",;\t|")
    except csv.Error:
        return csv.excel


def _column(name: str, number: int) -> tuple[str, str]:
    """A column's readable name and the unit that its values lack: `power_kw` is ("Power", "kW")."""
    words = name.replace("_", " ").split() or [f"Column {number}"]
    unit = _UNITS.get(words[-1].lower(), "") if "_" in name and len(words) > 1 else ""
    label = " ".join(words[:-1] if unit else words)
    return label[0].upper() + label[1:], unit


def _cell(label: str, unit: str, value: str) -> str:
    value = " ".join(value.split())
    suffix = f" {unit}" if unit and _NUMBER.fullmatch(value) else ""
    return f"{label}: {value}{suffix}"


LOADER = CsvLoader()
