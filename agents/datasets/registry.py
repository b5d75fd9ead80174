"""The table of registered datasets, and those that come with the knowledge base, as one list by name."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Executable, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from agents.dataset import ALL, OPERATOR, Audience, DatasetUnavailable, DatasetUnknown, Reader, Registered
from agents.datasets import addresses
from agents.datasets.rights import audience_of, check_own_rows, may_read
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
    asked for. For `own_rows` see `Registered`."""

    name: str
    description: str
    address: str
    added_at: str = ""
    taken_at: str = ""
    audience: Audience = "customers"
    own_rows: str = ""
    bundled: bool = False

    @property
    def registered(self) -> Registered:
        return Registered(
            self.name,
            self.description,
            addresses.redact(self.address),
            self.added_at,
            "bundled" if self.bundled else "added",
            self.audience,
            self.own_rows,
        )


class Registry:
    """Reads and writes the list; every call blocks. `bundled` is the folder of `datasets.toml`, or none; `audience`
    that of the datasets that name none. All methods raise DatasetUnavailable where the database does."""

    def __init__(self, engine: Engine, bundled: Path | None, audience: Audience = "customers") -> None:
        self._engine = engine
        self._bundled = bundled
        self._audience = audience

    def renew(self, bundled: Path | None) -> None:
        """Tell of those that are bundled in this folder from now on."""
        self._bundled = bundled

    def entries(self, reader: Reader = OPERATOR) -> dict[str, Entry]:
        """Those that the reader may read, by name; what was added goes before what is bundled."""
        bundled_entries = bundled(self._bundled, self._audience) if self._bundled else {}
        query = select(datasets)
        try:
            with reading(self._engine) as connection:
                added = {row.name: self._entry(row._asdict()) for row in connection.execute(query)}
        except SQLAlchemyError as error:
            raise DatasetUnavailable("The list of datasets cannot be read now: try again in a minute.") from error
        listed = sorted((bundled_entries | added).items())
        return {name: entry for name, entry in listed if may_read(entry.audience, reader)}

    def _entry(self, row: dict[str, Any]) -> Entry:
        return Entry(**(row | {"audience": row["audience"] or self._audience}))

    def entry(self, name: str, reader: Reader = OPERATOR) -> Entry:
        """Raises DatasetUnknown."""
        entries = self.entries(reader)
        if name not in entries:
            nothing = "None is registered: `pitcrew datasets add`." if reader == OPERATOR else "There is none for you."
            there = f"There are: {', '.join(entries)}." if entries else nothing
            raise DatasetUnknown(f'There is no dataset "{name[:80]}". {there}')
        return entries[name]

    def new(self, name: str, address: str, description: str, audience: str = "", own_rows: str = "") -> Entry:
        """What can be added. Raises NameTaken, and ValueError for a name, an address or rights that cannot be."""
        if not NAME.fullmatch(name) or name in RESERVED:
            raise ValueError(
                f'"{name[:80]}" cannot be a name: use small letters, digits and _, a letter first, 40 at most; '
                f"{', '.join(sorted(RESERVED))} are taken."
            )
        if name in self.entries():
            raise NameTaken(f'There is a dataset "{name}" already: choose another name, or remove that one first.')
        address = addresses.normal(address)
        check_own_rows(own_rows)
        at, about = now(), " ".join(description.split())[:DESCRIPTION_CHARS]
        return Entry(name, about, address, at, at, audience_of(audience or self._audience), own_rows)

    def add(self, entry: Entry, audience: str = "") -> None:
        """With the audience as it was said: who says none means the usual one. Raises NameTaken."""
        row = {column.name: getattr(entry, column.name) for column in datasets.columns} | {"audience": audience}
        try:
            self._change(insert(datasets).values(row))
        except IntegrityError:
            raise NameTaken(f'There is a dataset "{entry.name}" already.') from None  # its text holds the address

    def touch(self, name: str, taken_at: str) -> None:
        """Note that there is a new snapshot."""
        self._change(update(datasets).where(datasets.c.name == name).values(taken_at=taken_at))

    def opened(self, name: str, audience: str | None, own_rows: str | None) -> Entry:
        """The dataset as it would be with other rights; None leaves one as it is. Raises DatasetUnknown, and ValueError
        for rights that cannot be, and for a bundled one."""
        entry = self.entry(name)
        if entry.bundled:
            raise ValueError(f'"{name}" comes with the knowledge base: write `audience` and `own_rows` in {LIST}.')
        check_own_rows(own_rows or "")
        return replace(
            entry,
            audience=entry.audience if audience is None else audience_of(audience),
            own_rows=entry.own_rows if own_rows is None else own_rows,
        )

    def open(self, entry: Entry) -> None:
        """Give it these rights."""
        rights = {"audience": entry.audience, "own_rows": entry.own_rows}
        self._change(update(datasets).where(datasets.c.name == entry.name).values(**rights))

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


def bundled(folder: Path, audience: Audience = "customers") -> dict[str, Entry]:
    """The datasets that `datasets.toml` in this folder lists; none where it is not there. `audience` is that of those
    that name none. Raises DatasetUnavailable."""
    path = folder / LIST
    if not path.is_file():
        return {}
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))
        return {
            name: _bundled(name, about, folder, audience)
            for name, about in listed.items()
            if NAME.fullmatch(name) and name not in RESERVED
        }
    except ValueError as error:
        raise DatasetUnavailable(f"{path} cannot be read: {error}") from error
    except (OSError, KeyError, TypeError) as error:
        raise DatasetUnavailable(f"{path} cannot be read: each dataset is a table with a description.") from error


def _bundled(name: str, about: Any, folder: Path, audience: Audience) -> Entry:
    if not isinstance(about, Mapping):
        raise TypeError(name)
    own_rows = str(about.get("own_rows", ""))
    check_own_rows(own_rows)
    return Entry(
        name,
        str(about["description"]),
        str((folder / name).resolve()),
        audience=audience_of(str(about.get("audience", audience))),
        own_rows=own_rows,
        bundled=True,
    )


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
