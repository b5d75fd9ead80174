"""Workbooks: each visible sheet is a section, each row a line that says what its cells mean.

Cells hold their last computed values. A sheet's first row of more than one cell is its header; lines of a single cell
above it stand as text.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import IO

from lxml import etree
from python_calamine import CalamineError, CalamineSheet, SheetTypeEnum, SheetVisibleEnum, load_workbook

from rag.loader import EmptyFile, Loader, Reading, UnreadableFile
from rag.text.archive import checked
from rag.text.builder import Draft
from rag.text.row_lines import MAX_COLUMNS, columns, line

_Place = tuple[int, int]
"""A cell's row and column, from 0."""
_Value = int | float | str | bool | time | date | datetime | timedelta
_WORKBOOK, _STYLES, _RELATIONS = "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BUILT_IN_PERCENTS = {"9", "10"}
_PLACE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_WIDEST = 1000
_MAX_CELLS = 5_000_000  # the library lays out a sheet's whole rectangle, also between two distant cells


def read(data: bytes, title: str) -> Reading:
    try:
        percents = _percents(checked(data, "spreadsheetml", ".xlsx"))
        workbook = load_workbook(io.BytesIO(data))
        sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet]
        hidden = [sheet.name for sheet in sheets if sheet.visible is not SheetVisibleEnum.Visible]
        draft = Draft()
        for sheet in sheets:
            if sheet.name not in hidden:
                _put_sheet(draft, workbook.get_sheet_by_name(sheet.name), percents.get(sheet.name, set()))
    except (CalamineError, etree.LxmlError) as error:
        raise UnreadableFile("The workbook is damaged: open it and save it as .xlsx again.") from error
    if not draft.tables and not any(draft.lines):
        raise EmptyFile("The workbook's visible sheets are empty: fill them in or remove the file.")
    return Reading(draft.content(title), f"Hidden sheets were left out: {', '.join(hidden)}." if hidden else "")


def _put_sheet(draft: Draft, sheet: CalamineSheet, percents: set[_Place]) -> None:
    if sheet.width > MAX_COLUMNS:
        raise UnreadableFile(
            f"The sheet {sheet.name!r} has more than {MAX_COLUMNS} columns: split it into several sheets."
        )
    if sheet.height * sheet.width > _MAX_CELLS:
        raise UnreadableFile(f"The sheet {sheet.name!r} has more than {_MAX_CELLS:,} cells: split it.")
    records = [record for record in _records(sheet, percents) if any(record)]
    if not records:
        return
    draft.heading(2, sheet.name)
    tabular = any(sum(map(bool, record)) > 1 for record in records)
    while tabular and sum(map(bool, records[0])) == 1:
        draft.paragraph("".join(records.pop(0)))
    header, *rows = records
    if not rows or not tabular:
        draft.paragraph("\n".join(" | ".join(filter(None, record)) for record in records))
        return
    names = columns(header)
    draft.rows(line(names, row) for row in rows)


def _records(sheet: CalamineSheet, percents: set[_Place]) -> Iterator[list[str]]:
    """The cells of each row as they read. What stands in merged cells stands in each of their rows and columns, but
    once where nothing stands beside it: that is a title."""
    left, bottom = (sheet.start or (0, 0))[1], (sheet.end or (0, 0))[0]
    down, across = _merged(sheet.merged_cell_ranges or (), bottom)
    above: list[str] = []
    for row, values in enumerate(sheet.iter_rows()):  # they begin with the sheet's first row, even if it is empty
        cells = [
            _format_value(value, percent=(row, column) in percents) for column, value in enumerate(values, start=left)
        ]
        for column in range(len(cells)):
            if (row, left + column) in down:
                cells[column] = above[column]
        if sum(map(bool, cells)) > 1:
            for column in range(1, len(cells)):
                if (row, left + column) in across:
                    cells[column] = cells[column - 1]
        above = cells
        yield cells


def _merged(ranges: Iterable[tuple[_Place, _Place]], bottom: int) -> tuple[set[_Place], set[_Place]]:
    """The places that continue the cell above them, and those that continue the one to their left."""
    down: set[_Place] = set()
    across: set[_Place] = set()
    for (top, first), (last_row, last_column) in ranges:
        rows = range(top, min(last_row, bottom) + 1)
        down.update((row, first) for row in rows[1:])
        across.update((row, column) for row in rows for column in range(first + 1, min(last_column, _WIDEST) + 1))
        if len(down) + len(across) > _MAX_CELLS:
            raise UnreadableFile("The workbook merges millions of cells: save it again without them.")
    return down, across


def _format_value(value: _Value, *, percent: bool) -> str:
    """A cell's value as a person writes it: no float noise, no midnight after a date."""
    match value:
        case bool():
            return "yes" if value else "no"
        case int() | float() if percent:
            return f"{value * 100:.10g} %"
        case float():
            return str(int(value)) if value.is_integer() else f"{value:.10g}"
        case datetime() if (value.hour, value.minute, value.second) == (0, 0, 0):
            return value.date().isoformat()
        case datetime():
            return value.isoformat(" ", "minutes" if not value.second else "seconds")
        case date() | time():
            return value.isoformat()
        case _:
            return " ".join(str(value).split())


def _percents(file: IO[bytes]) -> dict[str, set[_Place]]:
    """By sheet, the cells that show their value as a percentage: the library tells values, not how they look."""
    with zipfile.ZipFile(file) as archive:
        names = set(archive.namelist())
        if not {_STYLES, _WORKBOOK, _RELATIONS} <= names:
            return {}
        styles = _percent_styles(_parsed(archive, _STYLES))
        if not styles:
            return {}
        targets = {relation.get("Id"): relation.get("Target", "") for relation in _parsed(archive, _RELATIONS)}
        sheets = {
            sheet.get("name"): posixpath.normpath(posixpath.join("/xl", targets.get(sheet.get(_ID), ""))).lstrip("/")
            for sheet in _parsed(archive, _WORKBOOK).iterfind("{*}sheets/{*}sheet")
        }
        return {name: _styled(archive, part, styles) for name, part in sheets.items() if part in names}


def _parsed(archive: zipfile.ZipFile, part: str) -> etree._Element:
    return etree.fromstring(archive.read(part), etree.XMLParser(resolve_entities=False, no_network=True))


def _percent_styles(styles: etree._Element) -> set[str]:
    """The numbers of the cell styles whose number format has a percent sign."""
    formats = {
        form.get("numFmtId") for form in styles.iterfind("{*}numFmts/{*}numFmt") if "%" in form.get("formatCode", "")
    }
    formats |= _BUILT_IN_PERCENTS
    cells = enumerate(styles.iterfind("{*}cellXfs/{*}xf"))
    return {str(number) for number, cell in cells if cell.get("numFmtId") in formats}


def _styled(archive: zipfile.ZipFile, part: str, styles: set[str]) -> set[_Place]:
    """The places of a sheet's cells that have one of these styles."""
    places: set[_Place] = set()
    with archive.open(part) as file:
        walk = etree.iterparse(file, tag=("{*}c", "{*}row"), resolve_entities=False, no_network=True, huge_tree=True)
        for _, element in walk:
            place = _PLACE.fullmatch(element.get("r", "")) if element.get("s") in styles else None
            if place:
                column = sum(26**power * (ord(letter) - 64) for power, letter in enumerate(reversed(place[1])))
                places.add((int(place[2]) - 1, column - 1))
            element.clear()
    return places


LOADER = Loader((".xlsx",), read)
