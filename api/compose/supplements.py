"""What answers depend on besides documents: the maker's vehicles, customers' questions, and datasets.

They lie at the root of a knowledge base. Ingestion takes them into the data folder, as a numbered edition that never
changes; whoever answers reads the newest one, wherever it was started and whatever has become of the files since. Where
the database is a server's the newest edition is in it as well, for processes on other machines.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from agents.dataset import DatasetUnavailable
from api.settings import BadSetting, Settings
from rag.customer_questions import FILE as QUESTIONS
from rag.database import open_database
from rag.ingestion.shared_files import SharedFiles

VEHICLES = "vehicles.csv"
DATASETS = "datasets"
NAMES = {VEHICLES: "the maker's vehicles", QUESTIONS: "customers' questions", DATASETS: "datasets"}
"""What is taken, and what it is: two files, and a folder that has a list of its datasets."""
DATASET_LIST = "datasets.toml"
FOLDER = "supplements"
KEPT = 5
"""Editions that are kept: the newest ones."""
_ORIGINS = "origins.json"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What an ingestion has taken in anew, and what it took away because the root that it came from has it no more."""

    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def current(settings: Settings) -> Path:
    """The folder of the newest edition. In a data folder that has none, because it is older than this or because
    nothing was ingested, that is the knowledge base itself."""
    editions = _editions(settings)
    return editions[-1] if editions else settings.knowledge_dir


def absent(settings: Settings) -> tuple[str, ...]:
    """The names of those that are not there."""
    folder = current(settings)
    return tuple(name for name in NAMES if not _there(folder / name))


def take(settings: Settings, root: Path, *, prune: bool = False) -> Taken:
    """Take in what lies at the root of a knowledge base. What it has not stays as it is, unless it came from there and
    `prune` says that what is gone there goes here. Raises BadSetting for what cannot be read, and OSError."""
    editions = _editions(settings)
    before = editions[-1] if editions else None
    origins = _origins(before)
    found = {name for name in NAMES if _there(root / name)}
    changed = {name for name in found if before is None or _digest(root / name) != _digest(before / name)}
    gone = {name for name, origin in origins.items() if prune and name not in found and origin == str(root)}
    if not changed and not gone:
        return Taken()
    _check(root, changed)
    origins = {name: origin for name, origin in origins.items() if name not in gone} | dict.fromkeys(found, str(root))
    number = int(before.name) + 1 if before is not None else 1
    draft = settings.data_dir / FOLDER / f".{number}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for name in origins:
        if name in changed or before is None:
            _copy(root / name, draft / name)
        else:
            _link(before / name, draft / name)
    (draft / _ORIGINS).write_bytes(msgspec.json.encode(origins))
    draft.rename(draft.with_name(str(number)))
    for old in _editions(settings)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return Taken(tuple(sorted(changed)), tuple(sorted(gone)))


def fetch(settings: Settings, files: SharedFiles) -> None:
    """Have the newest edition of the database here, if there is one, and none after it. Raises SQLAlchemy's errors and
    OSError."""
    if settings.embedded_sql or not (shared := _shared(files)):
        return
    newest, folder = max(shared), settings.data_dir / FOLDER
    for edition in _editions(settings):
        number = int(edition.name)
        if number > newest or (number == newest and _name(edition) != shared[newest]):
            shutil.rmtree(edition)  # of another database, or of an ingestion that was broken off
    if (folder / str(newest)).is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=folder) as draft:
        files.fetch(shared[newest], Path(draft, "edition.tar"))
        with tarfile.open(Path(draft, "edition.tar")) as archive:
            archive.extractall(Path(draft, "edition"), filter="data")
        with suppress(OSError):  # another process of this folder may have been quicker
            Path(draft, "edition").rename(folder / str(newest))


def share(settings: Settings, files: SharedFiles) -> None:
    """Put the newest edition into the database, for other machines. Raises SQLAlchemy's errors and OSError."""
    if settings.embedded_sql or not (editions := _editions(settings)):
        return
    newest, shared = editions[-1], _shared(files)
    if int(newest.name) in shared:
        return
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(Path(folder, "edition.tar"), "w") as archive:
            archive.add(newest, ".")
        files.put(_name(newest), Path(folder, "edition.tar"))
    files.drop([shared[number] for number in sorted(shared)[: 1 - KEPT]])


def shared(settings: Settings) -> int:
    """The number of the newest edition in the database, 0 where there is none. Raises SQLAlchemy's errors."""
    database = open_database(settings.sql_url)
    try:
        return max(_shared(SharedFiles(database)), default=0)
    finally:
        database.dispose()


def _shared(files: SharedFiles) -> dict[int, str]:
    """The editions in the database: by number the names under which they are there."""
    named = (name.split("/") for name in files.digests() if name.startswith(f"{FOLDER}/"))
    return {int(number): "/".join((folder, number, digest)) for folder, number, digest in named}


def _name(edition: Path) -> str:
    return f"{FOLDER}/{edition.name}/{_digest(edition)}"


def _check(root: Path, names: Collection[str]) -> None:
    """Whoever answers must be able to read it."""
    from agents.datasets.registry import bundled
    from agents.vehicles.range import Vehicles
    from rag.customer_questions import BadQuestions, read

    readers: dict[str, Callable[[Path], object]] = {
        VEHICLES: lambda path: Vehicles.parse(path.read_text(encoding="utf-8")),
        QUESTIONS: read,
        DATASETS: bundled,
    }
    for name in names:
        try:
            readers[name](root / name)
        except BadQuestions as error:
            raise BadSetting(str(error)) from error
        except (ValueError, KeyError, TypeError, DatasetUnavailable) as error:
            raise BadSetting(f"{root / name} cannot be read: {error}") from error


def _editions(settings: Settings) -> list[Path]:
    folder = settings.data_dir / FOLDER
    numbered = [path for path in folder.iterdir() if path.name.isdecimal()] if folder.is_dir() else []
    return sorted(numbered, key=lambda path: int(path.name))


def _origins(edition: Path | None) -> dict[str, str]:
    if edition is None:
        return {}
    try:
        return msgspec.json.decode((edition / _ORIGINS).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {name: "" for name in NAMES if _there(edition / name)}


def _there(path: Path) -> bool:
    return (path / DATASET_LIST if path.name == DATASETS else path).is_file()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, symlinks=False, ignore=shutil.ignore_patterns(".*"))
    else:
        shutil.copyfile(source, target)


def _link(source: Path, target: Path) -> None:
    """Have the same files again: an edition never changes."""
    if source.is_dir():
        shutil.copytree(source, target, copy_function=_linked)
    else:
        _linked(str(source), str(target))


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system that has no links
        shutil.copyfile(source, target)


def _digest(path: Path) -> str:
    """Of a file's bytes, or of the names and bytes of all files below."""
    digest = hashlib.sha256()
    for file in _files(path):
        digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
        with file.open("rb") as content:
            while block := content.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield file
