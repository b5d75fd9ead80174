"""An embedded installation taken along to PostgreSQL: all tables of its database, what parked runs wait with, and the
vectors of its documents.

All of it is one transaction over there: what is interrupted has moved nothing, and the same command begins again. The
installation stays as it was. Imported by the command that needs it, because what it imports is heavy.
"""

import hashlib
import math
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine, Integer, Table, delete, func, insert, inspect, literal, select, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from api.cli.release import taking_turns
from api.cli.terminal.output import Advance
from api.compose import supplements
from api.compose.parking import PARKED_FILE, prepare_parking
from api.compose.sharing import kept_apart
from api.compose.statements import share_statements
from api.failure import CommandFailed
from api.migrations import declared, head_revision, make_job_tables, migrate, revision
from api.settings import BadSetting, Settings
from orchestrator.graph.savers import moving as states
from orchestrator.stores.staff_tables import audit_chain
from rag.database import open_database, reading
from rag.ingestion.shared_files import SharedFiles
from rag.vectors import metadata as vector_tables

LOT = 1_000
"""Rows at a time."""
MADE_AGAIN = ("alembic_version", "message_numbers", "message_words")
"""How the names of tables begin that the other database makes by itself: its version, and SQLite's index of words."""
VECTORS_FILE = "vectors.db"


@dataclass(frozen=True, slots=True)
class Count:
    """Of a table: its rows where they come from, and where they are now."""

    table: str
    there: int
    here: int


@dataclass(frozen=True, slots=True)
class _Contents:
    """Of a table: how many rows, and a digest of them, whatever their order."""

    rows: int = 0
    digest: int = 0

    def with_rows(self, rows: Sequence[tuple[object, ...]]) -> "_Contents":
        digests = (int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=16).digest()) for row in rows)
        return _Contents(self.rows + len(rows), (self.digest + sum(digests)) % (1 << 128))


def database_file(address: str) -> Path:
    """The file that `sqlite:data/pitcrew.db`, or SQLAlchemy's `sqlite:///data/pitcrew.db`, names; a folder stands for
    the database in it. Raises CommandFailed where there is none."""
    scheme, _, place = address.partition(":")
    path = Path(place.removeprefix("///") or ".").expanduser()
    if scheme != "sqlite" or not place:
        raise CommandFailed("--from is the database that is moved, such as sqlite:data/pitcrew.db.")
    path = path / "pitcrew.db" if path.is_dir() else path
    if not path.is_file():
        raise CommandFailed(f"There is no database {path}. --from names the old one, such as sqlite:data/pitcrew.db.")
    return path.resolve()


def move(settings: Settings, file: Path, url: str, advance: Advance) -> list[Count]:
    """Move what the database `file` has, and what lies beside it, to the PostgreSQL at `url`. Raises CommandFailed."""
    old = settings.model_copy(update={"data_dir": file.parent, "database_url": f"sqlite:///{file}"})
    new = settings.model_copy(update={"database_url": url})
    if new.embedded_sql:
        raise CommandFailed("--to is a PostgreSQL, such as postgresql://user:password@host/pitcrew.")
    with ExitStack() as stack:
        source = stack.enter_context(_opened(old, "--from"))
        if revision(source) != head_revision():
            raise CommandFailed(
                f"The database {file} is not at this version: run `pitcrew migrate` with "
                f"PITCREW_DATABASE_URL=sqlite:///{file} first."
            )
        stack.enter_context(_alone(old, source, "--from"))
        stack.enter_context(taking_turns(old))
        target = stack.enter_context(_opened(new, "--to"))
        stack.enter_context(_alone(new, target, "--to"))
        _prepare(new, target)
        there = stack.enter_context(reading(source))
        _refuse_unknown(source)
        with target.execution_options(patience_s=math.inf).begin() as here:
            counts = _moved(there, here, file.parent, advance)
        _share(new.model_copy(update={"data_dir": file.parent}), SharedFiles(target))
        return counts


@contextmanager
def _opened(settings: Settings, which: str) -> Iterator[Engine]:
    """Raises CommandFailed for one that cannot be used, without its address, which may hold a password."""
    try:
        engine = open_database(settings.sql_url)
        revision(engine)
    except (ArgumentError, SQLAlchemyError, ImportError) as error:
        raise CommandFailed(
            f"The database of {which} cannot be used ({type(error).__name__}): check its address, and that it runs."
        ) from error
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _alone(settings: Settings, database: Engine, which: str) -> Iterator[None]:
    """Keep every server and worker out. Raises CommandFailed where one is in."""
    with ExitStack() as stack:
        try:
            # With embedded parts, so that nobody else may be in.
            stack.enter_context(kept_apart(settings.model_copy(update={"redis_url": ""}), database))
        except BadSetting as error:
            raise CommandFailed(
                f"A server or worker is at work on the database of {which}. Stop it, then run this again."
            ) from error
        yield


def _prepare(settings: Settings, target: Engine) -> None:
    """The tables, where there are none yet. Raises CommandFailed for those of another version."""
    if revision(target) not in (None, head_revision()):
        raise CommandFailed("The database of --to is of another version: move to an empty one.")
    migrate(target)
    make_job_tables(target)
    prepare_parking(settings)


def _refuse_unknown(source: Engine) -> None:
    known = {table.name for metadata in declared() for table in metadata.sorted_tables}
    names = inspect(source).get_table_names()
    unknown = [name for name in names if name not in known and not name.startswith(MADE_AGAIN)]
    if unknown:
        raise CommandFailed(f"The database of --from has tables that Pitcrew does not know: {', '.join(unknown)}.")


def _share(settings: Settings, files: SharedFiles) -> None:
    """Let processes on other machines have what lies beside the documents. Raises CommandFailed."""
    try:
        supplements.share(settings, files)
    except (SQLAlchemyError, OSError) as error:
        raise CommandFailed(
            f"All rows are moved, but not what lies beside the documents ({type(error).__name__}): run "
            "`pitcrew ingest` on the new database."
        ) from error
    share_statements(settings, files)


def _moved(there: Connection, here: Connection, folder: Path, advance: Advance) -> list[Count]:
    vector_tables.create_all(here)
    vectors = folder / VECTORS_FILE
    tables = [table for metadata in declared() for table in metadata.sorted_tables]
    here.execute(delete(audit_chain).where(audit_chain.c.number == 0))  # a chain that has not begun: another comes
    for table in [*tables, *vector_tables.sorted_tables]:
        if here.execute(select(literal(1)).select_from(table).limit(1)).first() is not None:
            raise CommandFailed(f"The database of --to holds something already ({table.name}): move to an empty one.")
    counts = [_copied(table, there, here, advance) for table in tables]
    counts += _parked(there, here, folder / PARKED_FILE)
    if vectors.is_file():
        beside = open_database(f"sqlite:///{vectors}", durable=False)
        try:
            with reading(beside) as kept:
                counts += [_copied(table, kept, here, advance) for table in vector_tables.sorted_tables]
        finally:
            beside.dispose()
    return counts


def _copied(table: Table, there: Connection, here: Connection, advance: Advance) -> Count:
    """Copy a table and read it again. Raises CommandFailed where it is not what it was."""
    total = there.execute(select(func.count()).select_from(table)).scalar_one()
    sent, every = _Contents(), select(table).execution_options(yield_per=LOT)
    try:
        for rows in there.execute(every).partitions():
            here.execute(insert(table), [row._asdict() for row in rows])
            sent = sent.with_rows([tuple(row) for row in rows])
            advance(sent.rows, total, table.name)
        _go_on_counting(table, here)
        come = _Contents()
        for rows in here.execute(every).partitions():
            come = come.with_rows([tuple(row) for row in rows])
    except SQLAlchemyError as error:
        raise CommandFailed(
            f"The table {table.name} could not be moved ({type(error).__name__}). Nothing was moved."
        ) from error
    if come != sent or sent.rows != total:
        raise CommandFailed(
            f"The table {table.name} is not what it was: {total} rows there, {come.rows} here. Nothing was moved."
        )
    return Count(table.name, total, come.rows)


def _go_on_counting(table: Table, here: Connection) -> None:
    """Let numbers that the database gives follow those that came with the rows."""
    for column in table.primary_key:
        if isinstance(column.type, Integer) and len(table.primary_key) == 1 and not column.foreign_keys:
            named = {"table": table.name, "column": column.name}
            sequence = here.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar()
            most = here.execute(select(func.max(column))).scalar()
            if sequence is not None and most is not None:
                here.execute(text("SELECT setval(CAST(:name AS regclass), :most)"), {"name": sequence, "most": most})


def _parked(there: Connection, here: Connection, file: Path) -> list[Count]:
    """Raises CommandFailed."""
    waiting = set(there.execute(text("SELECT id FROM runs WHERE status = 'parked'")).scalars())
    if not file.is_file():
        if waiting:
            raise CommandFailed(
                f"{len(waiting)} runs wait for a customer's answer, and {file}, which they need, is gone."
            )
        return []
    connection = here.connection.driver_connection
    assert isinstance(connection, psycopg.Connection)
    try:
        found = states.there(file)
        if states.here(connection).runs:
            raise CommandFailed("The database of --to holds something already (checkpoints): move to an empty one.")
        states.copy(file, connection)
        come = states.here(connection)
    except (sqlite3.Error, psycopg.Error) as error:
        raise CommandFailed(
            f"What parked runs wait with could not be moved ({type(error).__name__}). Nothing was moved."
        ) from error
    lacking = waiting - found.runs
    if come != found or lacking:
        raise CommandFailed(
            f"What parked runs wait with is not whole: {found.checkpoints} states there, {come.checkpoints} here, and "
            f"{len(lacking)} runs have none. Nothing was moved."
        )
    return [
        Count("checkpoints", found.checkpoints, come.checkpoints),
        Count("checkpoint_writes", found.writes, come.writes),
    ]
