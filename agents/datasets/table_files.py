"""Files of figures into tables of a snapshot: CSV, TSV, JSON, JSON Lines, Parquet and Excel workbooks."""

import codecs
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from python_calamine import CalamineError, CalamineWorkbook

from agents.dataset import Column, Table, quoted
from agents.datasets.column_types import WRITTEN
from agents.datasets.plain_values import kind_of
from agents.datasets.staging import STAGE, CannotBeRead, check_rows, discard, free_name, free_names, settle, stage
from rag.text.decoding import decoded

_LONGEST_LINE = 16 << 20
_MOST_DECODED = 256 << 20
_NESTED = ("STRUCT", "MAP", "UNION", "JSON", "VARIANT")


class Making:
    """The tables that are made of files in `snapshot`, counted as they are."""

    def __init__(self, snapshot: duckdb.DuckDBPyConnection) -> None:
        self.snapshot = snapshot
        self._rows: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The name, or one like it that no table has yet."""
        return free_name(name, self._rows)

    def made(self, table: str) -> None:
        """Count a new table. Raises CannotBeRead for too many rows of all."""
        row = self.snapshot.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()  # noqa: S608
        self._rows[table] = int(row[0]) if row else 0
        check_rows(sum(self._rows.values()))

    def tables(self) -> tuple[Table, ...]:
        """What they are, in the order in which they were made."""
        columns: dict[str, list[Column]] = {name: [] for name in self._rows}
        query = (
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY column_index"
        )
        for table, name, type_ in self.snapshot.execute(query).fetchall():
            columns[table].append(Column(name, kind_of(type_), type_))
        return tuple(Table("", name, tuple(columns[name]), rows=rows) for name, rows in self._rows.items())


Read = Callable[[Making, Path, str], None]


def tables_of(into: duckdb.DuckDBPyConnection, paths: Sequence[Path], work: Path) -> tuple[Table, ...]:
    """Each file as a table by its name (a workbook as one for each sheet); what they are. `work`: an empty folder to
    work in. Raises CannotBeRead."""
    making = Making(into)
    for path in paths:
        if path.stat().st_size == 0:
            raise CannotBeRead(f"{path.name} is empty.")
        # A name of our own, because DuckDB reads stars and brackets in names as patterns.
        link = work / f"source{path.suffix.lower()}"
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        try:
            READERS[path.suffix.lower()](making, link, path.stem)
        except duckdb.Error as error:
            reason = " ".join(str(error).replace(str(link), path.name).split("\n")[0].split())[:400]
            raise CannotBeRead(f"{path.name} cannot be read: {reason}") from error
        finally:
            discard(into)
    return making.tables()


def _csv(making: Making, path: Path, name: str, **options: str) -> None:
    into = making.snapshot
    clauses = "".join(f", {option} = {value}" for option, value in options.items())
    into.execute(
        f"CREATE OR REPLACE TEMP TABLE stage AS SELECT * FROM read_csv(?, all_varchar = true, header = true"  # noqa: S608
        f", max_line_size = {_LONGEST_LINE}{clauses})",
        [str(_in_utf8(path))],
    )
    columns = [row[0] for row in into.execute(f"DESCRIBE {STAGE}").fetchall()]
    for at, column in enumerate(columns):
        into.execute(f"ALTER TABLE {STAGE} RENAME COLUMN {quoted(column)} TO c{at}")
    _settle(making, name, free_names(columns))


def _settle(making: Making, name: str, columns: Sequence[str]) -> None:
    table = making.free(name)
    settle(making.snapshot, table, columns, [WRITTEN] * len(columns))
    making.made(table)


def _tsv(making: Making, path: Path, name: str) -> None:
    _csv(making, path, name, delim=r"'\t'")


def _in_utf8(path: Path) -> Path:
    """The file, or a copy of it in UTF-8 where it is in another encoding."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(4)
        try:
            decoder.decode(start)
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
            return path
        except UnicodeDecodeError:
            pass
    if path.stat().st_size > _MOST_DECODED:
        raise CannotBeRead(f"It is not in UTF-8 and larger than {_MOST_DECODED >> 20} MB: convert it to UTF-8.")
    text, _ = decoded(path.read_bytes())
    copy = path.with_name(f"utf8{path.suffix}")
    copy.write_text(text, encoding="utf-8", newline="")
    return copy


def _json(making: Making, path: Path, name: str) -> None:
    _typed(making, f"read_json(?, maximum_object_size = {_LONGEST_LINE}, sample_size = -1)", path, name)


def _parquet(making: Making, path: Path, name: str) -> None:
    _typed(making, "read_parquet(?)", path, name)


def _typed(making: Making, call: str, path: Path, name: str) -> None:
    """A file that knows its types. What is nested becomes JSON text; times with a zone become UTC."""
    into = making.snapshot
    columns = into.execute(f"DESCRIBE SELECT * FROM {call}", [str(path)]).fetchall()  # noqa: S608
    names = free_names(row[0] for row in columns)
    values = []
    for (column, type_, *_), title in zip(columns, names, strict=True):
        value = quoted(column)
        if type_.endswith("]") or type_.startswith(_NESTED):
            value = f"CAST(to_json({value}) AS VARCHAR)"
        elif type_.startswith("TIMESTAMP WITH TIME ZONE"):
            value = f"{value} AT TIME ZONE 'UTC'"
        values.append(f"{value} AS {quoted(title)}")
    table = making.free(name)
    into.execute(f"CREATE TABLE {quoted(table)} AS SELECT {', '.join(values)} FROM {call}", [str(path)])  # noqa: S608
    making.made(table)


def _workbook(making: Making, path: Path, name: str) -> None:
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = {title: book.get_sheet_by_name(title).to_python() for title in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise CannotBeRead("It is no Excel workbook that can be read: save it again.") from error
    filled = {title: [row for row in rows if any(cell != "" for cell in row)] for title, rows in sheets.items()}
    for title, rows in filled.items():
        if len(rows) > 1:
            head = free_names(rows[0])
            stage(making.snapshot, len(head), ([_cell(cell) for cell in row] for row in rows[1:]))
            table = name if sum(len(value) > 1 for value in filled.values()) == 1 else title
            _settle(making, table, head)


def _cell(value: Any) -> str | None:
    match value:
        case "":
            return None
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case dt.datetime():
            return value.isoformat(" ")
    return str(value)


READERS: Mapping[str, Read] = {
    ".csv": _csv,
    ".tsv": _tsv,
    ".json": _json,
    ".jsonl": _json,
    ".ndjson": _json,
    ".parquet": _parquet,
    ".xlsx": _workbook,
}


def readable(folder: Path) -> Iterator[Path]:
    """The files in a folder that can become tables, by name."""
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in READERS and path.is_file() and not path.name.startswith("."):
            yield path
