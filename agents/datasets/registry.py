"""The table of registered datasets, and those that come with the knowledge base, as one list by name."""

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, Executable, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from agents.dataset import ALL, DatasetUnavailable, DatasetUnknown, Registered
from agents.datasets import addresses
from agents.tables import datasets
from rag.database import reading

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
RESERVED = frozenset({ALL, "main", "memory", "system", "temp", "information_schema", "pg_catalog", "duckdb", "sqlite"})
LIST = "datasets.toml"
DESCRIPTION_CHARS = 500


class NameTaken(Exception):
    """There is a dataset of this name already."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset of the list. `address` may hold a password, or refer to one. `taken_at` is when its snapshot was last
    asked for."""

    name: str
    description: str
    address: str
    added_at: str = ""
    taken_at: str = ""
    bundled: bool = False

    @property
    def registered(self) -> Registered:
        return Registered(
            self.name,
            self.description,
            addresses.redact(self.address),
            self.added_at,
            "bundled" if self.bundled else "added",
        )


class Registry:
    """Reads and writes the list; every call blocks. `bundled` is the folder of `datasets.toml`, or none. All methods
    raise DatasetUnavailable where the database does."""

    def __init__(self, engine: Engine, bundled: Path | None) -> None:
        self._engine = engine
        self._bundled = bundled

    def entries(self) -> dict[str, Entry]:
        """All by name; what was added goes before what is bundled."""
        bundled_entries = bundled(self._bundled) if self._bundled else {}
        columns = datasets.c
        query = select(columns.name, columns.description, columns.address, columns.added_at, columns.taken_at)
        try:
            with reading(self._engine) as connection:
                added = {row.name: Entry(*row) for row in connection.execute(query)}
        except SQLAlchemyError as error:
            raise DatasetUnavailable("The list of datasets cannot be read now: try again in a minute.") from error
        return dict(sorted((bundled_entries | added).items()))

    def entry(self, name: str) -> Entry:
        """Raises DatasetUnknown."""
        entries = self.entries()
        if name not in entries:
            there = f"There are: {', '.join(entries)}." if entries else "None is registered: `pitcrew datasets add`."
            raise DatasetUnknown(f'There is no dataset "{name[:80]}". {there}')
        return entries[name]

    def new(self, name: str, address: str, description: str) -> Entry:
        """What can be added. Raises NameTaken, and ValueError for a name or address that cannot be used."""
        if not NAME.fullmatch(name) or name in RESERVED:
            raise ValueError(
                f'"{name[:80]}" cannot be a name: use small letters, digits and _, a letter first, 40 at most; '
                f"{', '.join(sorted(RESERVED))} are taken."
            )
        if name in self.entries():
            raise NameTaken(f'There is a dataset "{name}" already: choose another name, or remove that one first.')
        address = addresses.normal(address)
        at = now()
        return Entry(name, " ".join(description.split())[:DESCRIPTION_CHARS], address, at, at)

    def add(self, entry: Entry) -> None:
        """Raises NameTaken."""
        row = {column.name: getattr(entry, column.name) for column in datasets.columns}
        try:
            self._change(insert(datasets).values(row))
        except IntegrityError:
            raise NameTaken(f'There is a dataset "{entry.name}" already.') from None  # its text holds the address

    def touch(self, name: str, taken_at: str) -> None:
        """Note that there is a new snapshot."""
        self._change(update(datasets).where(datasets.c.name == name).values(taken_at=taken_at))

    def remove(self, name: str) -> None:
        """Raises DatasetUnknown, and ValueError for a bundled one."""
        if self.entry(name).bundled:
            raise ValueError(f'"{name}" comes with the knowledge base: delete it there, in {LIST} and its folder.')
        self._change(delete(datasets).where(datasets.c.name == name))

    def _change(self, statement: Executable) -> None:
        try:
            with self._engine.begin() as connection:
                connection.execute(statement)
        except IntegrityError:
            raise
        except SQLAlchemyError:  # whose text holds the address
            raise DatasetUnavailable("The list of datasets cannot be changed now: try again in a minute.") from None


def bundled(folder: Path) -> dict[str, Entry]:
    """The datasets that `datasets.toml` in this folder lists; none where it is not there. Raises
    DatasetUnavailable."""
    path = folder / LIST
    if not path.is_file():
        return {}
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            name: Entry(name, str(about["description"]), str((folder / name).resolve()), bundled=True)
            for name, about in listed.items()
            if NAME.fullmatch(name) and name not in RESERVED
        }
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise DatasetUnavailable(f"{path} cannot be read: each dataset is a table with a description.") from error


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
