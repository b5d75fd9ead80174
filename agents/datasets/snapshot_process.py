"""The process that makes one snapshot: `python -m agents.datasets.snapshot_process`, started by
`snapshots.py`.

What is registered is somebody else's: a file is read, and a database driver works, within limits and away from the
server.
"""

import gc
import os
from pathlib import Path

import duckdb
import msgspec

from agents.datasets import folder, source_database
from agents.datasets.addresses import Kind, kind_of
from agents.datasets.categories import unify
from agents.datasets.pipe_messages import DATA, SCHEMA, Described, Made, SnapshotRequest
from agents.datasets.staging import CannotBeRead
from agents.datasets.table_files import READERS, readable, tables_of
from rag.isolation.confinement import confine
from rag.isolation.pipes import read_frame, write_frame

MEMORY_BYTES = 4 << 30
MOST_BYTES = 2 << 30
"""Of any file of a snapshot."""
_ENGINE_MB = 1024


def main() -> None:
    """Make the one snapshot that standard input asks for."""
    inbox, outbox = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    gc.freeze()
    confine(MEMORY_BYTES, MOST_BYTES)
    write_frame(outbox, b"")
    if (frame := read_frame(inbox)) is not None:
        write_frame(outbox, msgspec.msgpack.encode(_made(msgspec.msgpack.decode(frame, type=SnapshotRequest))))


def _made(request: SnapshotRequest) -> Made:
    try:
        make(request.address, Path(request.folder))
    except CannotBeRead as error:
        return Made(str(error))
    except (MemoryError, duckdb.OutOfMemoryException):
        return Made("It takes too much memory: register a smaller table, file or view.")
    except Exception as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        return Made(f"It cannot be copied ({reason}): see whether it is damaged, and whether the disk is full.")
    return Made()


def make(address: str, into: Path) -> None:
    """Write the files of the snapshot into a folder. Raises CannotBeRead, OSError, duckdb.Error."""
    connection = duckdb.connect(
        str(into / DATA),
        config={
            "memory_limit": f"{_ENGINE_MB}MB",
            "threads": "2",
            "temp_directory": str(into / "spill"),
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
        },
    )
    try:
        connection.execute("SET TimeZone = 'UTC'")
        description = _copy(address, into, connection)
        unify(connection, description.tables)
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
    (into / SCHEMA).write_bytes(msgspec.json.encode(description))


def _copy(address: str, into: Path, connection: duckdb.DuckDBPyConnection) -> Described:
    kind, place = kind_of(address), Path(address)
    if kind is Kind.DATABASE:
        return source_database.copied(address, connection)
    if kind is Kind.FOLDER and (place / folder.SCHEMA).is_file():
        made = into / "source.db"
        folder.built(place, made)
        return source_database.copied(f"sqlite:///{made}", connection)
    files = list(readable(place)) if kind is Kind.FOLDER else [place]
    if not files or files[0].suffix.lower() not in READERS:
        raise CannotBeRead(f"There is nothing to read: use {', '.join(READERS)}, or the URL of a database.")
    work = into / "work"
    work.mkdir()
    tables = tables_of(connection, files, work)
    for path in work.iterdir():
        path.unlink()
    work.rmdir()
    if not any(table.columns for table in tables):
        raise CannotBeRead("There is no table in it.")
    return Described(tables)


if __name__ == "__main__":
    main()
