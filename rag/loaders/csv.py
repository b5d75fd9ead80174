"""CSV: every row becomes one line that says what its cells mean."""

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

from rag.file_bytes import MAX_BYTES
from rag.loader import EmptyFile, Loader, Reading, UnreadableFile
from rag.text.builder import Draft
from rag.text.decoding import decoded
from rag.text.row_lines import MAX_COLUMNS, columns, line

_SEPARATORS = ",;\t|"
_FIRST_ROWS = 50


def read(data: bytes, title: str) -> Reading:
    text, note = decoded(data)
    records = _records(text)
    if not records:
        raise EmptyFile("The file holds no cells with anything in them: fill it in or remove it.")
    header, *rows = records
    if not rows:
        raise UnreadableFile("The file holds a header but no rows: add rows or remove the file.")
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile(f"The file has more than {MAX_COLUMNS} columns: split it into several files.")
    for number, row in enumerate(rows, start=2):
        if any(cell.strip() for cell in row[len(header) :]):
            raise UnreadableFile(
                f"Row {number} has {len(row)} cells but the header names {len(header)}: "
                "quote cells that hold the separator."
            )
    names = columns(header)
    draft = Draft()
    draft.rows(line(names, row) for row in rows)
    return Reading(draft.content(title), note)


def _records(text: str) -> list[list[str]]:
    """The rows that hold anything, the header first."""
    # A cell may be as large as a file. The library's own limit finds quotes that nobody closes, which `strict` tells.
    csv.field_size_limit(MAX_BYTES)
    try:
        return list(_rows(text, _separator(text)))
    except csv.Error as error:
        raise UnreadableFile(f"This is not well-formed CSV ({error}): check its quotes and save it again.") from error


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    lines = io.StringIO(text, newline="")
    for row in csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True):
        if any(cell.strip() for cell in row):
            yield row


def _separator(text: str) -> str:
    """The separator by which most of the first rows have as many cells as the header, and more than one; a comma where
    none does."""

    def agreement(separator: str) -> tuple[int, int]:
        widths = []
        with suppress(csv.Error):
            widths += [len(row) for row in islice(_rows(text, separator), _FIRST_ROWS)]
        return (widths.count(widths[0]), widths[0]) if widths and widths[0] > 1 else (0, 0)

    return max(_SEPARATORS, key=agreement)


LOADER = Loader((".csv", ".tsv"), read)
