"""The files that a person names on the command line, as documents-to-be with their ids."""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from api.compose.supplements import DATASET_LIST, DATASETS, VEHICLES
from rag.customer_questions import FILE as CUSTOMER_QUESTIONS_FILE
from rag.ingestion.scan import Failure, File, Hashes, Listing, scan

ASIDE = (VEHICLES, CUSTOMER_QUESTIONS_FILE, "questions*.jsonl", "dialogues*.toml")
"""Files at the root that are about the documents and are none: searches would find labelled questions instead of their
answers."""


def root_of(places: Sequence[Path], knowledge_dir: Path) -> Path:
    """The folder that document ids count from: the knowledge base's own where it holds all of `places`, a single folder
    itself, otherwise the deepest folder that holds them all."""
    if all(place.is_relative_to(knowledge_dir) for place in places):
        return knowledge_dir
    folders = {place if place.is_dir() else place.parent for place in places}
    if len(folders) == 1:
        return folders.pop()
    return Path(os.path.commonpath(folders))


def listed(places: Sequence[Path], root: Path, hash_of: Hashes | None = None) -> Listing:
    """What lies at and below `places`, each file once, by its id below `root`. A place that is gone holds
    nothing."""
    files: dict[str, File] = {}
    other: set[str] = set()
    refused: dict[str, Failure] = {}
    figures = {DATASETS} if (root / DATASETS / DATASET_LIST).is_file() else set()
    for place in places:
        folder = place if place.is_dir() else place.parent
        prefix = folder.relative_to(root)
        ignore = {path.name for aside in ASIDE for path in folder.glob(aside)} | figures if folder == root else set()
        if not place.exists():
            continue
        if figures and prefix.parts[:1] == (DATASETS,):
            other.add(place.relative_to(root).as_posix())
            continue
        contents = scan(folder, only=None if place.is_dir() else place.name, ignore=ignore, hash_of=hash_of)
        for file in contents.files:
            name = (prefix / file.id).as_posix()
            files[name] = File(name, file.path, file.content_hash)
        other |= {(prefix / name).as_posix() for name in contents.other} | (figures if place == root else set())
        refused |= {
            name: Failure(name, failure.message)
            for failure in contents.refused
            for name in [(prefix / failure.id).as_posix()]
        }
    return Listing(tuple(files[name] for name in sorted(files)), tuple(sorted(other)), tuple(refused.values()))


def below(document_id: str, places: Sequence[Path], root: Path) -> bool:
    """Whether the document's file lies at or below one of `places`."""
    return any((root / PurePosixPath(document_id)).is_relative_to(place) for place in places)
