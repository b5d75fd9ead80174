"""Files in the database: what ingestion makes on one machine, and processes on other machines read.

A file is there whole or not at all. It is kept in parts, so that neither side holds all of it in memory.
"""

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from sqlalchemy import Engine, delete, insert, select

from rag.database import reading
from rag.tables import shared_file_parts, shared_files

_PART = 1 << 20


class SharedFiles:
    """Over a synchronous engine. Thread-safe; blocks its thread; errors are SQLAlchemy's and OSError."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def digests(self) -> Mapping[str, str]:
        """SHA-256 of every file, hexadecimal, by name."""
        with reading(self._engine) as connection:
            return {row.name: row.digest for row in connection.execute(select(shared_files))}

    def put(self, name: str, path: Path) -> None:
        """Keep the file at `path` under this name, in the place of what was kept under it."""
        digest = digest_of(path)
        if self.digests().get(name) == digest:
            return
        with self._engine.begin() as connection:
            connection.execute(delete(shared_files).where(shared_files.c.name == name))
            connection.execute(insert(shared_files).values(name=name, digest=digest))
            for number, content in enumerate(_parts(path)):
                connection.execute(insert(shared_file_parts).values(name=name, number=number, content=content))

    def fetch(self, name: str, path: Path) -> bool:
        """Let `path` be the file of this name; False where there is none."""
        digest = self.digests().get(name)
        if digest is None:
            return False
        if path.is_file() and digest_of(path) == digest:
            return True
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}", suffix=".partial", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file, reading(self._engine) as connection:
                parts = select(shared_file_parts.c.content).where(shared_file_parts.c.name == name)
                in_order = parts.order_by(shared_file_parts.c.number).execution_options(yield_per=1)
                for content in connection.execute(in_order).scalars():
                    file.write(content)
            os.replace(partial, path)
        except BaseException:
            Path(partial).unlink(missing_ok=True)
            raise
        return True

    def drop(self, names: Collection[str]) -> None:
        """Unknown names are ignored."""
        with self._engine.begin() as connection:
            connection.execute(delete(shared_files).where(shared_files.c.name.in_(list(names))))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    for content in _parts(path):
        digest.update(content)
    return digest.hexdigest()


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while content := file.read(_PART):
            yield content
