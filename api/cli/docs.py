"""`pitcrew docs`: what is in the knowledge base, how it came there, and taking back what should not be."""

import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.terminal import completion
from api.cli.terminal.output import note, print_json, print_table
from api.failure import FILL, USAGE, CommandFailed

if TYPE_CHECKING:
    from api.settings import Settings
    from rag.catalogue import Catalogue, Change, Standing, Version
    from rag.ingestion.ingest import Shelf
    from rag.releases import Entry, Published

_ALIKE, _NEXT = 60.0, 15.0
"""rapidfuzz's ratio, 0..100, from which a name is worth suggesting; others may be so much less like it."""

app = typer.Typer(
    name="docs",
    help="Look into the knowledge base: its documents, their versions, and taking back what should not be shown.",
    epilog="Example: pitcrew docs history specs/wren.md",
    no_args_is_help=True,
)

Json = Annotated[bool, typer.Option("--json", help="JSON on stdout, one object per line.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Id = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="A document's path below the knowledge base.", autocompletion=completion.documents
    ),
]


@app.command("list")
def list_(
    subject: Annotated[str | None, typer.Option("--subject", help="Only of this folder of the knowledge base.")] = None,
    json: Json = False,
) -> None:
    """The documents that are shown, with their versions.

    Example: pitcrew docs list --subject specs
    """
    with _looking() as catalogue:
        documents = [document for document in catalogue.documents() if subject is None or document.subject == subject]
    if json:
        for document in documents:
            print_json(asdict(document))
        return
    if not documents:
        note(f"There is none. Fill the knowledge base: {FILL}")
        return
    rows = [
        (document.id, str(document.version), str(document.chunks), document.ingested_at[:10], document.title)
        for document in documents
    ]
    print_table(("document", "version", "passages", "since", "title"), rows)


@app.command()
def show(
    document: Id,
    version: Annotated[int | None, typer.Option("--version", min=1, help="An older version.")] = None,
    json: Json = False,
) -> None:
    """The text of a document as it was read: what searches and citations refer to.

    Example: pitcrew docs show specs/wren.md --version 1
    """
    with _looking() as catalogue:
        standing = _standing(catalogue, document)
        number = version or standing.version
        if number is None:
            raise CommandFailed(f"{document} was taken away. Name a version: pitcrew docs history {document}")
        stored = {entry.number: entry for entry in catalogue.versions(document)}.get(number)
        text = catalogue.text(document, number)
    if stored is None or text is None:
        raise CommandFailed(f"{document} has no version {number}. See: pitcrew docs history {document}")
    if stored.purged_at:
        raise CommandFailed(f"The text of version {number} of {document} was erased on {stored.purged_at[:10]}.")
    if json:
        print_json({"document": document, "shown": number == standing.version} | asdict(stored) | {"text": text})
        return
    note(f"{document}, version {number}: {stored.title} ({stored.chunks} passages, stored {_time(stored.created_at)})")
    print(text)


@app.command()
def history(document: Id, json: Json = False) -> None:
    """What was published about a document, the oldest first.

    Example: pitcrew docs history specs/wren.md
    """
    with _looking() as catalogue:
        standing = _standing(catalogue, document)
        changes, versions = (
            catalogue.history(document),
            {version.number: version for version in catalogue.versions(document)},
        )
    if json:
        for change in changes:
            print_json({"document": document} | asdict(change))
        return
    rows = [_row(change, versions, current=change is changes[-1]) for change in changes]
    print_table(("generation", "published", "what", "version", "passages", "content", ""), rows)
    if standing.version is None:
        note(f"Nothing of it is shown now. Bring it back: pitcrew docs rollback {document}")


def _row(change: "Change", versions: "dict[int, Version]", *, current: bool) -> tuple[str, ...]:
    what = {"move": f"moved from {change.moved_from}" if change.moved_from else "moved away"}
    version = versions.get(change.version or 0)
    remark = "erased" if version and version.purged_at else "shown now" if current and version else ""
    return (
        str(change.generation),
        _time(change.published_at),
        what.get(change.action, change.action),
        str(change.version or "-"),
        str(version.chunks) if version else "-",
        version.content_hash[:12] if version else "-",
        remark,
    )


@app.command()
def remove(
    documents: Annotated[
        list[str],
        typer.Argument(metavar="ID...", help="Paths below the knowledge base.", autocompletion=completion.documents),
    ],
    purge: Annotated[
        bool, typer.Option("--purge", help="Also erase the texts of all versions. That cannot be undone.")
    ] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Show documents no more. Their files may stay: ingestion leaves them out until they change.

    Versions and history are kept, for the citations of past answers and for `rollback`. With --purge the texts go too,
    and those citations lose their text.

    Example: pitcrew docs remove specs/old-model.md
    """
    from api.compose.knowledge import open_questions
    from rag.releases import Entry

    with _changing() as (settings, shelf):
        standings = {name: _standing(shelf.catalogue, name) for name in dict.fromkeys(documents)}
        visible = [name for name, standing in standings.items() if standing.version is not None]
        if not visible and not purge:
            note("Nothing to do: it is not shown." if len(standings) == 1 else "Nothing to do: none of them is shown.")
            return
        what = "Erase all versions of" if purge else "Take away"
        _confirm(f"{what} {', '.join(standings)}?", yes=yes)
        entries = [Entry(name, "remove", None, standings[name].seen_hash) for name in visible]
        published = _publish(settings, shelf, entries)
        if purge:
            shelf.versions.purge(list(standings))
            questions = open_questions(settings, shelf.embedder, shelf.vectors)
            shelf.vectors.prune(shelf.catalogue.fingerprints() | set(questions.keys))
    if json:
        for name in standings:
            print_json({"document": name, "action": "remove", "purged": purge})
    note(_summary(published, f"{'Erased' if purge else 'Removed'}: {', '.join(standings)}."))


@app.command()
def rollback(
    document: Id,
    to: Annotated[int | None, typer.Option("--to", min=1, help="This version; else the one shown before.")] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Show an older version of a document again, also of one that was taken away.

    Ingestion leaves it so until the file changes; `pitcrew ingest --force` takes the file.

    Example: pitcrew docs rollback specs/wren.md --to 1
    """
    from rag.releases import Entry

    with _changing() as (settings, shelf):
        standing = _standing(shelf.catalogue, document)
        number = _target(document, standing, shelf.catalogue, to)
        _confirm(f"Show version {number} of {document} instead of {_now(standing)}?", yes=yes)
        published = _publish(settings, shelf, [Entry(document, "rollback", number, standing.seen_hash)])
    if json:
        print_json({"document": document, "action": "rollback", "version": number})
    note(_summary(published, f"{document} is at version {number}."))


def _target(document: str, standing: "Standing", catalogue: "Catalogue", to: int | None) -> int:
    versions = {version.number: version for version in catalogue.versions(document)}
    before = [change.version for change in catalogue.history(document) if change.version]
    number = to or next((version for version in reversed(before) if version != standing.version), None)
    if number is None:
        raise CommandFailed(f"{document} has no other version that was shown.")
    if number not in before:
        raise CommandFailed(f"{document} has no version {number}. It has: {', '.join(map(str, sorted(set(before))))}.")
    if versions[number].purged_at:
        raise CommandFailed(f"The text of version {number} of {document} was erased.")
    if number == standing.version:
        raise CommandFailed(f"Version {number} of {document} is what is shown.")
    return number


def _now(standing: "Standing") -> str:
    return f"version {standing.version}" if standing.version else "nothing"


def _summary(published: "Published | None", what: str) -> str:
    return f"{what} Published as generation {published.generation}." if published else what


def _publish(settings: "Settings", shelf: "Shelf", entries: "Sequence[Entry]") -> "Published | None":
    from api.cli.release import publish
    from api.compose.auditing import audit_command

    if not entries:
        return None
    release_id = shelf.releases.begin()
    shelf.releases.enter(release_id, entries)
    shelf.releases.make_ready(release_id)
    published = publish(settings, shelf, release_id)
    for entry in entries:
        audit_command(settings, f"docs_{entry.action}", {"document": entry.document_id, "version": entry.version})
    return published


@contextmanager
def _looking() -> Iterator["Catalogue"]:
    from api.cli.ingestion import existing_catalogue
    from api.settings import Settings

    with existing_catalogue(Settings()) as catalogue:
        if catalogue is None:
            raise CommandFailed(f"There is no knowledge base yet. Make and fill it: {FILL}")
        yield catalogue


@contextmanager
def _changing() -> Iterator[tuple["Settings", "Shelf"]]:
    from api.cli.release import publish_waiting, taking_turns
    from api.compose.database import open_migrated_database
    from api.compose.knowledge import open_embedder, open_shelf
    from api.settings import Settings

    settings = Settings()
    with taking_turns(settings):
        database = open_migrated_database(settings)
        try:
            with open_shelf(settings, database, open_embedder(settings)) as shelf:
                publish_waiting(settings, shelf)
                yield settings, shelf
        finally:
            database.dispose()


def _standing(catalogue: "Catalogue", document: str) -> "Standing":
    """What is known of a document. Raises CommandFailed with the names that are most like it."""
    standings = catalogue.standings()
    if document not in standings:
        raise CommandFailed(f"There is no document {document!r}.{_suggestion(document, standings)}", USAGE)
    return standings[document]


def _suggestion(document: str, names: Collection[str]) -> str:
    from rapidfuzz import fuzz, process

    alike = process.extract(document, list(names), scorer=fuzz.ratio, limit=3, score_cutoff=_ALIKE)
    if not alike:
        return " See: pitcrew docs list"
    _, best, _ = alike[0]
    return f" Did you mean {' or '.join(name for name, score, _ in alike if score >= best - _NEXT)}?"


def _confirm(question: str, *, yes: bool, ask: Callable[..., Any] = typer.confirm) -> None:
    """Go on if the person says so. Raises CommandFailed where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise CommandFailed(f"{question} Nobody can be asked here: say --yes.", USAGE)
    if not ask(question, err=True):
        raise CommandFailed("Nothing was changed.")


def _time(stored: str) -> str:
    return stored[:16].replace("T", " ")
