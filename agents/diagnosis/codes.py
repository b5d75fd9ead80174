"""Trouble codes: what a text calls them, and what the knowledge base's tables say of each, looked up exactly."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agents.language.codes import are_digits, is_code
from agents.language.phrases import Phrases
from agents.language.words import vocabulary
from agents.passages.table_rows import TableRow, applicable, rows
from agents.types import Evidence
from agents.vehicles.applicability import Cars, Fitment, fitment_of
from agents.vehicles.range import Vehicles
from rag.terms import plain
from rag.types import Chunk

_WRITTEN = re.compile(
    r"(?<![^\W_])(?P<letter>[pbcu])(?P<gap>[\s._:-]{0,2})(?P<first>[0-3o])[\s._-]?(?P<rest>[0-9a-fo]{3})"
    r"(?:-?[0-9a-f]{2})?(?![^\W_])"
)
_JOINTS = (",", "/", "&", "+", "and", "or", "und")
_SAID = Phrases(
    ("(dtc|dtcs|tc|tcs|code|codes|trouble*|fault*|error*|eror*|failure*|diagnostic*|stored*|obd*|mean*|scan*)",)
)
_LONGEST_ALONE = 8
"""Characters of a text that is nothing but a code."""
_SEPARATORS = str.maketrans(dict.fromkeys(";,/", " "))
_MOSTLY = 0.6
"""Share of a table's rows that have a code in a column, from which on it is the column of codes."""
_ROLES = {
    "meaning": vocabulary("meaning means description definition text explanation fault"),
    "cause": vocabulary("cause causes reason reasons"),
    "remedy": vocabulary("do action actions remedy measure measures repair advice"),
    "drive": vocabulary("drive driving continue"),
    "system": vocabulary("system area group component"),
    "applies": vocabulary("applies model models vehicle vehicles variant variants"),
}


@dataclass(frozen=True, slots=True)
class FaultCode:
    """What a row says of a code, in its words; "" for what it leaves open. `cars` it is about."""

    code: str
    meaning: str
    cause: str
    remedy: str
    may_drive_on: str
    system: str
    applies_to: str
    cars: Cars
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class FaultCodes:
    """All rows, by their codes in capitals."""

    rows: Mapping[str, tuple[FaultCode, ...]]

    def of(self, code: str, subjects: Sequence[str]) -> tuple[FaultCode, ...]:
        """The rows of exactly this code in documents of these subjects."""
        return tuple(row for row in self.rows.get(code.upper(), ()) if row.evidence.passage.chunk.subject in subjects)


def parse(chunks: Sequence[Chunk], vehicles: Vehicles) -> FaultCodes:
    """The codes of every table that has a column of them, whatever its file is called."""
    tables: dict[tuple[object, ...], list[TableRow]] = defaultdict(list)
    for row in rows(chunks):
        tables[row.chunk.document_id, row.chunk.section].append(row)
    fitment = fitment_of(vehicles)
    found: dict[str, list[FaultCode]] = defaultdict(list)
    for table in tables.values():
        column = _code_column(table)
        for row in table:
            for code in _codes_in(row.cells.get(column, "")):
                found[code].append(_read(code, row, column, fitment))
    return FaultCodes({code: tuple(read) for code, read in found.items()})


def codes(text: str, known: FaultCodes) -> tuple[str, ...]:
    """The codes that a text names, in capitals, each once: `P0420`, `p 0420`, `P-0420`, `PO420`. What is not written
    as one word without an O counts where it is known, or where the text speaks of codes."""
    spoken = plain(text)
    about_codes = spoken in _SAID or len(spoken.strip(" .?!,")) <= _LONGEST_ALONE
    found: dict[str, None] = {}
    for match in _WRITTEN.finditer(spoken):
        code = (match["letter"] + match["first"] + match["rest"]).replace("o", "0").upper()
        exact = match.group()[:5].upper() == code
        if not (exact or code in known.rows or about_codes):
            continue
        found[code] = None
        at = match.end()
        while also := _also(spoken, at):
            rest, at = also
            other = match["letter"].upper() + rest.upper()
            if other not in known.rows and not about_codes:
                break
            found[other] = None
    return tuple(found)


def _also(spoken: str, at: int) -> tuple[str, int] | None:
    """The digits of a further code that is joined to the one before `at`, and where they end."""
    behind = spoken[at : at + 20].lstrip()
    joint = next((joint for joint in _JOINTS if behind.startswith(joint)), "")
    rest = behind.removeprefix(joint).lstrip()
    if not joint or not are_digits(rest[:4]) or rest[4:5].isalnum():
        return None
    return rest[:4], spoken.index(rest[:4], at) + 4


def _code_column(table: Sequence[TableRow]) -> str:
    """The name of the column that holds a code of its own in most rows, "" if there is none."""
    for column in dict.fromkeys(name for row in table for name in row.cells):
        held = [row.cells[column] for row in table if _codes_in(row.cells.get(column, ""))]
        if len(held) >= _MOSTLY * len(table) and len(set(held)) == len(held) and len(table[0].cells) > 1:
            return column
    return ""


def _codes_in(value: str) -> list[str]:
    """The codes of a cell that holds nothing else."""
    parts = value.upper().translate(_SEPARATORS).split()
    return parts if all(map(is_code, parts)) else []


def _read(code: str, row: TableRow, column: str, fitment: Fitment) -> FaultCode:
    cells = {name: value for name, value in row.cells.items() if name != column}
    said = {role: _cell(cells, names) for role, names in _ROLES.items()}
    return FaultCode(
        code,
        said["meaning"],
        said["cause"],
        said["remedy"],
        said["drive"],
        said["system"],
        said["applies"],
        applicable(said["applies"], fitment),
        row.evidence,
    )


def _cell(cells: Mapping[str, str], names: frozenset[str]) -> str:
    return next((value for column, value in cells.items() if not names.isdisjoint(column.split())), "")
