"""Where a dataset comes from: a file, a folder, or the URL of a database; how it is shown, and what tells whether it
has changed."""

import enum
import errno
import hashlib
import re
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from agents.datasets import url_secrets
from rag.ingestion.scan import Hashes

_URL = re.compile(r"[A-Za-z][\w+.-]*:(?://|$)")
_SQLITE = frozenset({".db", ".sqlite", ".sqlite3"})
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx")
"""Of the files that can be tables."""


class Kind(enum.Enum):
    """What an address names."""

    FILE = "file"
    FOLDER = "folder"
    DATABASE = "database"


def normal(address: str) -> str:
    """The address as it is kept: paths absolute, a file of SQLite as its URL, references to the environment as they
    are. Raises ValueError with advice."""
    if url_secrets.is_reference(address):
        return address
    if not _URL.match(address):
        path = _existing(address)
        suffix = path.suffix.lower()
        if path.is_file() and suffix not in _SQLITE and suffix not in SUFFIXES:
            raise ValueError(f"{path.name[:200]!r} cannot be read: use {', '.join(SUFFIXES)}, or a SQLite database.")
        return f"sqlite:///{path}" if path.is_file() and suffix in _SQLITE else str(path)
    try:
        url = make_url(address)
    except (ArgumentError, ValueError) as error:
        raise ValueError("This is no database URL: use one such as sqlite:///file.db.") from error
    if url.get_backend_name() != "sqlite" or "${" in address:
        return address
    path = _existing(url.database or "-")
    if not path.is_file():
        raise ValueError("This is no SQLite database: sqlite:/// is followed by the path of its file.")
    return f"sqlite:///{path}"


def _existing(place: str) -> Path:
    what = "does not exist"
    with suppress(OSError, ValueError, RuntimeError):  # too long, not a path at all, nobody's home
        path = Path(place).expanduser().resolve()
        if path.is_file() or path.is_dir():  # of pipes and devices there may be no end
            return path
        if path.exists():
            what = "is no file"
    raise ValueError(f"{place[:200]!r} {what}: give a file, a folder or the URL of a database.")


def kind_of(address: str) -> Kind:
    """Of an address as it is kept."""
    if _URL.match(address) or url_secrets.is_reference(address):
        return Kind.DATABASE
    return Kind.FOLDER if Path(address).is_dir() else Kind.FILE


def redact(address: str) -> str:
    """The address without its secrets."""
    return url_secrets.redact(address) if kind_of(address) is Kind.DATABASE else address


def keeps_secret(address: str) -> bool:
    """Whether the address holds a password itself, instead of referring to the environment."""
    return bool(_URL.match(address)) and url_secrets.holds_secret(address)


def state(address: str, taken_at: str, hash_of: Hashes) -> str:
    """What changes when the source does: of a file or folder with what it holds; a database is as it was `taken_at`,
    which is when somebody last asked for a new copy. Where a file or folder lies does not matter: what was copied of it
    is as good when both were moved together. Raises OSError, also for what is neither (any more)."""
    if kind_of(address) is Kind.DATABASE:
        return _digest(address, taken_at)
    place = Path(address)
    if place.is_dir():
        files = [path for path in sorted(place.iterdir()) if path.is_file() and not path.name.startswith(".")]
        return _digest("folder", taken_at, *(part for path in files for part in (path.name, hash_of(path))))
    if place.exists() and not place.is_file():  # nobody waits for what comes out of a pipe
        raise OSError(errno.EINVAL, "It is no file and no folder")
    return _digest("file", taken_at, place.name, hash_of(place))


_FORM = "3"
"""Of snapshots: another number where they are made in another way, so that all are made again."""


def _digest(*parts: str) -> str:
    joined = "\0".join((_FORM, *parts))
    return hashlib.sha256(joined.encode("utf-8", "surrogateescape")).hexdigest()
