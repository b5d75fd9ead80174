"""Files of figures into tables of a snapshot: CSV, TSV, JSON, JSON Lines, Parquet and Excel workbooks."""

import codecs
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from python_calamine import CalamineError, CalamineWorkbook

from agents.dataset import Column, Table, quoted
from agents.datasets.plain import kind_of
from agents.datasets.rules import SEEN
from agents.datasets.staging import STAGE, CannotBeRead, check_rows, discard, free_name, free_names, settle, stage
from rag.decoding import decoded

_LONGEST_LINE = 16 << 20
_MOST_DECODED = 256 << 20
_NESTED = ("STRUCT", "MAP", "UNION", "JSON", "VARIANT")

Read = Callable[[duckdb.DuckDBPyConnection, Path, str], None]


def tables_of(into: duckdb.DuckDBPyConnection, paths: Sequence[Path], work: Path) -> tuple[Table, ...]:
    """Each file as a table by its name (a workbook as one for each sheet); what they are. `work`: an empty folder to
    work in. Raises CannotBeRead."""
    for path in paths:
        if path.stat().st_size == 0:
            raise CannotBeRead(f"{path.name} is empty.")
        # A name of our own, because DuckDB reads stars and brackets in names as patterns.
        link = work / f"source{path.suffix.lower()}"
        link.unlink(missing_ok=True)
        link.symlink_to(path)
        try:
            READERS[path.suffix.lower()](into, link, path.stem)
        except duckdb.Error as error:
            said = " ".join(str(error).replace(str(link), path.name).split("\n")[0].split())[:400]
            raise CannotBeRead(f"{path.name} cannot be read: {said}") from error
        finally:
            discard(into)
        check_rows(sum(table.rows or 0 for table in described(into)))
    return described(into)


def described(snapshot: duckdb.DuckDBPyConnection) -> tuple[Table, ...]:
    """The snapshot's tables in the order in which they were made, with what DuckDB knows of them."""
    columns: dict[str, list[Column]] = {}
    query = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal ORDER BY ALL"
    order = "table_oid, column_index"
    for table, name, type_ in snapshot.execute(query.replace("ALL", order)).fetchall():
        columns.setdefault(table, []).append(Column(name, kind_of(type_), type_))
    return tuple(Table("", name, tuple(held), rows=_count(snapshot, name)) for name, held in columns.items())


def _count(snapshot: duckdb.DuckDBPyConnection, table: str) -> int:
    row = snapshot.execute(f"SELECT count(*) FROM {quoted(table)}").fetchone()  # noqa: S608
    return int(row[0]) if row else 0


def _free(into: duckdb.DuckDBPyConnection, name: str) -> str:
    return free_name(name, [table.name for table in described(into)])


def _csv(into: duckdb.DuckDBPyConnection, path: Path, name: str, **options: str) -> None:
    given = "".join(f", {option} = {value}" for option, value in options.items())
    into.execute(
        f"CREATE OR REPLACE TEMP TABLE stage AS SELECT * FROM read_csv(?, all_varchar = true, header = true"  # noqa: S608
        f", max_line_size = {_LONGEST_LINE}{given})",
        [str(_in_utf8(path))],
    )
    found = [row[0] for row in into.execute(f"DESCRIBE {STAGE}").fetchall()]
    for at, column in enumerate(found):
        into.execute(f"ALTER TABLE {STAGE} RENAME COLUMN {quoted(column)} TO c{at}")
    settle(into, _free(into, name), free_names(found), [SEEN] * len(found))


def _tsv(into: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    _csv(into, path, name, delim=r"'\t'")


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


def _json(into: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    _typed(into, f"read_json(?, maximum_object_size = {_LONGEST_LINE}, sample_size = -1)", path, name)


def _parquet(into: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    _typed(into, "read_parquet(?)", path, name)


def _typed(into: duckdb.DuckDBPyConnection, call: str, path: Path, name: str) -> None:
    """A file that knows its types. What is nested becomes JSON text; times with a zone become UTC."""
    found = into.execute(f"DESCRIBE SELECT * FROM {call}", [str(path)]).fetchall()  # noqa: S608
    names = free_names(row[0] for row in found)
    values = []
    for (column, type_, *_), shown in zip(found, names, strict=True):
        value = quoted(column)
        if type_.endswith("]") or type_.startswith(_NESTED):
            value = f"CAST(to_json({value}) AS VARCHAR)"
        elif type_.startswith("TIMESTAMP WITH TIME ZONE"):
            value = f"{value} AT TIME ZONE 'UTC'"
        values.append(f"{value} AS {quoted(shown)}")
    made = quoted(_free(into, name))
    into.execute(f"CREATE TABLE {made} AS SELECT {', '.join(values)} FROM {call}", [str(path)])  # noqa: S608


def _workbook(into: duckdb.DuckDBPyConnection, path: Path, name: str) -> None:
    try:
        book = CalamineWorkbook.from_path(path)
        sheets = {title: book.get_sheet_by_name(title).to_python() for title in book.sheet_names}
    except (CalamineError, OSError, ValueError) as error:
        raise CannotBeRead("It is no Excel workbook that can be read: save it again.") from error
    filled = {title: [row for row in rows if any(cell != "" for cell in row)] for title, rows in sheets.items()}
    for title, rows in filled.items():
        if len(rows) > 1:
            head = free_names(rows[0])
            stage(into, len(head), ([_cell(cell) for cell in row] for row in rows[1:]))
            table = name if sum(len(one) > 1 for one in filled.values()) == 1 else title
            settle(into, _free(into, table), head, [SEEN] * len(head))


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
