"""`pitcrew ingest`: bring the knowledge base in line with a folder of documents."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.failure import PARTIAL
from api.cli.output import note, print_json, progress

if TYPE_CHECKING:
    from api.settings import Settings
    from rag.ingest import Failure, Listing, Plan, Report


def ingest(
    paths: Annotated[
        list[Path],
        typer.Argument(exists=True, metavar="PATH...", help="The folder of a knowledge base, or folders and files."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done and write nothing.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also delete documents whose file is no longer below PATH.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; only failures are named.")] = False,
) -> None:
    """Read documents into the knowledge base: new and changed files go in, unchanged ones are left alone.

    A single folder is the root that document names count from; its folders are the subjects. What lies in
    PITCREW_KNOWLEDGE_DIR keeps its place there. Stop it at any time: the same command again finishes the work.

    Example: pitcrew ingest knowledge_base --prune
    """
    from api.settings import Settings
    from rag.ingest import plan

    settings = Settings()
    places = [path.resolve() for path in paths]
    root = root_of(places, settings.knowledge_dir)
    listing = listed(places, root)
    known = {name: held for name, held in _known(settings).items() if _below(name, places, root)}
    todo = plan(listing.files, known, prune=prune)
    if dry_run:
        failed = (*listing.refused, *_unreadable(todo))
    else:
        report = _carry_out(settings, todo, quiet=quiet)
        failed = (*listing.refused, *report.failed)
    if json:
        for line in lines(todo, failed, listing.other):
            print_json(line)
    _summarise(todo, failed, listing.other, root, dry_run=dry_run, quiet=quiet)
    if failed:
        raise typer.Exit(PARTIAL)


def root_of(places: Sequence[Path], knowledge_dir: Path) -> Path:
    """The folder that document ids count from: the knowledge base's own where it holds all of `places`, a single folder
    itself, otherwise the deepest folder that holds them all."""
    if all(place.is_relative_to(knowledge_dir) for place in places):
        return knowledge_dir
    folders = {place if place.is_dir() else place.parent for place in places}
    if len(folders) == 1:
        return folders.pop()
    return Path(os.path.commonpath(folders))


def listed(places: Sequence[Path], root: Path) -> "Listing":
    """What lies at and below `places`, each file once, by its id below `root`."""
    from api.compose import VEHICLES_FILE
    from rag.ingest import Failure, File, Listing, scan

    files: dict[str, File] = {}
    other: set[str] = set()
    refused: dict[str, Failure] = {}
    for place in places:
        folder = place if place.is_dir() else place.parent
        prefix = folder.relative_to(root)
        ignore = (VEHICLES_FILE,) if folder == root else ()
        found = scan(folder, only=None if place.is_dir() else place.name, ignore=ignore)
        for file in found.files:
            name = (prefix / file.id).as_posix()
            files[name] = File(name, file.path, file.content_hash)
        other |= {(prefix / name).as_posix() for name in found.other}
        refused |= {
            name: Failure(name, failure.message)
            for failure in found.refused
            for name in [(prefix / failure.id).as_posix()]
        }
    return Listing(tuple(files[name] for name in sorted(files)), tuple(sorted(other)), tuple(refused.values()))


def _below(document_id: str, places: Sequence[Path], root: Path) -> bool:
    return any((root / PurePosixPath(document_id)).is_relative_to(place) for place in places)


def _known(settings: "Settings") -> dict[str, str]:
    """The documents in the catalogue, with their hashes; none where there is no database yet, and none is made."""
    from sqlalchemy.engine import make_url

    from api.migrate import revision
    from orchestrator.stores.database import open_database
    from rag.catalogue import Catalogue

    if settings.embedded_sql and not Path(make_url(settings.sql_url).database or "").is_file():
        return {}
    database = open_database(settings.sql_url)
    try:
        return Catalogue(database).hashes() if revision(database) else {}
    finally:
        database.dispose()


def _unreadable(todo: "Plan") -> Iterator["Failure"]:
    """The files that could not be ingested, found out by reading them."""
    from rag.ingest import Failure, read
    from rag.loader import UnreadableFile

    for file in (*todo.add, *todo.update):
        try:
            read(file)
        except UnreadableFile as error:
            yield Failure(file.id, str(error))


def _carry_out(settings: "Settings", todo: "Plan", *, quiet: bool) -> "Report":
    from api.compose import open_library, open_migrated_database
    from rag.ingest import apply

    database = open_migrated_database(settings)
    try:
        with open_library(settings, database) as library, progress("Ingesting", quiet=quiet) as advance:
            return apply(todo, library.catalogue, library.indexes, library.embedder, advance)
    except KeyboardInterrupt:
        note("Stopped. What was read is kept; run the same command again to finish.")
        raise
    finally:
        database.dispose()


def lines(todo: "Plan", failed: Sequence["Failure"], other: Sequence[str]) -> Iterator[dict[str, str]]:
    """One object per document, by its name: what was done, or is to be done, and why not."""
    actions: dict[str, dict[str, str]] = {file.id: {"action": "add"} for file in todo.add}
    actions |= {file.id: {"action": "update"} for file in todo.update}
    actions |= {name: {"action": "skip"} for name in todo.skip}
    actions |= {name: {"action": "delete"} for name in todo.delete}
    actions |= {name: {"action": "ignore", "message": "No loader reads this format."} for name in other}
    actions |= {failure.id: {"action": "fail", "message": failure.message} for failure in failed}
    for name in sorted(actions):
        yield {"document": name} | actions[name]


def _summarise(
    todo: "Plan", failed: Sequence["Failure"], other: Sequence[str], root: Path, *, dry_run: bool, quiet: bool
) -> None:
    for failure in failed:
        note(f"failed: {failure.id}: {failure.message}")
    if quiet:
        return
    names = {failure.id for failure in failed}
    added = sum(file.id not in names for file in todo.add)
    updated = sum(file.id not in names for file in todo.update)
    counts = f"{added} added, {updated} updated, {len(todo.skip)} unchanged, {len(todo.delete)} deleted"
    left_out = f", {len(other)} ignored (no loader reads them)" if other else ""
    note(f"{'Plan for ' if dry_run else ''}{root}: {counts}, {len(failed)} failed{left_out}")
    if dry_run:
        note("Nothing was written. Run it without --dry-run to do this.")
