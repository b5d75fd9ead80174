"""One ingestion from plan to publication, as the command line runs it: once, or again for every change.

Imported by the commands that need it, because what it imports is heavy.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.engine import make_url

from api.cli.release import publish, publish_waiting, repair, taking_turns
from api.cli.terminal.files import below, listed, root_of
from api.cli.terminal.output import note, progress
from api.compose import supplements
from api.compose.auditing import audit_command
from api.compose.database import open_migrated_database
from api.compose.datasets import copy_datasets
from api.compose.knowledge import open_embedder, open_questions, open_shelf
from api.compose.statements import prepare_statements, share_statements
from api.failure import CommandFailed
from api.migrations import head_revision, revision
from api.settings import Settings
from rag.catalogue import Catalogue, Standing
from rag.customer_questions import FILE as CUSTOMER_QUESTIONS_FILE
from rag.customer_questions import CustomerQuestions
from rag.database import open_database
from rag.ingestion.extract import Extractor
from rag.ingestion.ingest import Plan, Shelf, Staged, complete, extracted, plan, store, unread
from rag.ingestion.scan import Failure, Hashes, Listing
from rag.ingestion.settling import Absences, whole
from rag.ingestion.shared_files import SharedFiles
from rag.releases import Published

SECOND_LOOK_S = 1.0
"""How long a file must not have changed before it is taken in where other programs may be writing it."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, or with `foreseen` would be. `holds`: documents that stay as a person chose; `other`: files that
    no loader reads; `chunks` of what was published, and how many of them were `embedded`; `repaired`: passages that
    the indexes had lost."""

    root: Path
    plan: Plan
    failed: tuple[Failure, ...]
    other: tuple[str, ...]
    holds: Mapping[str, Standing]
    published: Published | None = None
    chunks: int = 0
    embedded: int = 0
    repaired: int = 0
    foreseen: bool = False


@dataclass(frozen=True, slots=True)
class Tools:
    """What an ingestion works with."""

    shelf: Shelf
    extractor: Extractor


class Ingestion:
    """What a person wants ingested. The first `run` does all of it; later ones do what has changed since, and say of a
    file that cannot be read only once why."""

    def __init__(
        self,
        settings: Settings,
        places: Sequence[Path],
        *,
        prune: bool = False,
        force: bool = False,
        quiet: bool = False,
        root: Path | None = None,
        careful: bool = False,
        workers: bool = False,
    ) -> None:
        """`places`: absolute paths. Document ids count from `root`: without one, from the folder that `root_of` finds.
        `careful`: other programs may be at work in the folders, see `rag/ingestion/settling.py`.
        `workers`: they read the documents, as far as there are any."""
        self.settings = settings
        self.places = tuple(places)
        self.folders = tuple(place for place in places if place.is_dir())
        self.root = root or root_of(places, settings.knowledge_dir)
        self.quiet = quiet
        self._prune = prune
        self._force = force
        self._hashes = Hashes()
        self._failed: dict[str, str] = {}
        self._absences = Absences() if careful else None
        self._missed = 0
        self._workers = workers
        self._first = True

    def foresee(self) -> Done:
        """What `run` would do, without writing anything."""
        listing = self._listing()
        with existing_catalogue(self.settings) as catalogue:
            todo, holds = self._plan(listing, catalogue.standings() if catalogue else {})
        with Extractor() as extractor:
            unread = [
                Failure(file.id, read.message)
                for file, read in zip(todo.files, extracted(self.root, todo.files, extractor), strict=True)
                if read.content is None
            ]
        return Done(self.root, todo, (*listing.refused, *unread), listing.other, holds, foreseen=True)

    @contextmanager
    def opened(self) -> Iterator[Tools]:
        """What `run` works with, for running several times: the embedder is loaded once."""
        with ExitStack() as stack:
            database = open_migrated_database(self.settings)
            stack.callback(database.dispose)
            shelf = stack.enter_context(open_shelf(self.settings, database, open_embedder(self.settings)))
            yield Tools(shelf, stack.enter_context(Extractor()))

    def run(self, tools: Tools | None = None) -> Done:
        """Bring the knowledge base in line with the files, and show it. Raises CommandFailed, and what `explain`
        explains."""
        if tools is None:
            with self.opened() as opened:
                return self.run(opened)
        try:
            with taking_turns(self.settings):
                return self._run(tools)
        except KeyboardInterrupt:
            note("Stopped. What was read is kept; run the same command again to finish.")
            raise

    def _run(self, tools: Tools) -> Done:
        shelf = tools.shelf
        self._take_supplements(shelf.files)
        questions = open_questions(self.settings, shelf.embedder, shelf.vectors)
        publish_waiting(self.settings, shelf, quiet=self.quiet)
        listing = self._listing()
        standings = shelf.catalogue.standings()
        todo, holds = self._plan(listing, standings)
        if self._absences is not None and not todo.idle:
            todo = self._settled(listing, self._absences, standings)
        staged = Staged(None) if todo.idle else self._stage(todo, tools)
        published, repaired = None, 0
        if staged.release_id is not None:
            published = publish(self.settings, shelf, staged.release_id, quiet=self.quiet)
            if published is not None:
                audit_command(self.settings, "ingest", {"generation": published.generation, **published.actions})
            if shelf.versions.sweep():
                shelf.vectors.prune(shelf.catalogue.fingerprints() | set(questions.keys))
        elif self._first:
            repaired = repair(self.settings, shelf, quiet=self.quiet)
        self._learn(questions, shelf)
        if published is not None or self._first:
            with progress("What is stated", quiet=self.quiet) as advance:
                prepare_statements(self.settings, shelf.catalogue, shelf.embedder, advance)
            share_statements(self.settings, shelf.files)
        failed = self._news(todo, (*listing.refused, *staged.failed))
        self._first = False
        return Done(self.root, todo, failed, listing.other, holds, published, staged.chunks, staged.embedded, repaired)

    def _take_supplements(self, files: SharedFiles) -> None:
        """What lies at the root beside the documents."""
        supplements.fetch(self.settings, files)
        taken = supplements.take(self.settings, self.root, prune=self._prune)
        supplements.share(self.settings, files)
        for names, done in ((taken.changed, "Taken in"), (taken.removed, "Taken away")):
            if names and not self.quiet:
                note(f"{done}: {', '.join(f'{name} ({supplements.NAMES[name]})' for name in names)}.")
        if supplements.DATASETS in taken.changed:
            copy_datasets(self.settings)

    def _stage(self, todo: Plan, tools: Tools) -> Staged:
        if self._workers and (files := unread(todo, tools.shelf.versions)):
            from api.cli.spreading import let_workers_read  # what it imports is there in a cluster only

            with progress("Workers read", quiet=self.quiet) as advance:
                let_workers_read(self.settings, files, tools.shelf, advance)
        with progress("Reading", quiet=self.quiet) as advance:
            stored = store(todo, self.root, tools.shelf, tools.extractor, advance)
        with progress("Embedding", quiet=self.quiet) as advance:
            return complete(stored, tools.shelf, advance)

    def _learn(self, questions: CustomerQuestions, shelf: Shelf) -> None:
        """Make what the search needs of customers' questions, and say of which the answer's place is not there."""
        with progress("Customers' questions", quiet=self.quiet) as advance:
            learnt = questions.embed(advance)
        if not learnt and not self._first:
            return
        chunks = shelf.catalogue.chunks(shelf.catalogue.chunk_ids()).values()
        if lost := questions.lost(chunks):
            example = f"{lost[0].document_id}, {lost[0].section}: {lost[0].text}"
            note(
                f"{len(lost)} of {len(questions)} questions in {CUSTOMER_QUESTIONS_FILE} lead to no place in the "
                f"documents, the first of them: {example}"
            )

    def _listing(self) -> Listing:
        for folder in self.folders:
            if not folder.is_dir():  # a drive that is not mounted must not take all documents away
                raise CommandFailed(f"{folder} is gone. Nothing was changed.")
        return listed(self.places, self.root, self._hashes)

    def _plan(self, listing: Listing, standings: Mapping[str, Standing]) -> tuple[Plan, Mapping[str, Standing]]:
        local_standings = {
            name: standing for name, standing in standings.items() if below(name, self.places, self.root)
        }
        files = [file for file in listing.files if self._failed.get(file.id) != file.content_hash]
        waiting = {file.id for file in listing.files} - {file.id for file in files}
        todo = plan(files, local_standings, prune=self._prune, force=self._force and self._first)
        todo = replace(todo, delete=tuple(name for name in todo.delete if name not in waiting))
        return todo, {name: local_standings[name] for name in todo.hold}

    def _settled(self, before: Listing, absences: Absences, standings: Mapping[str, Standing]) -> Plan:
        """What of a plan is to be believed, after a second look."""
        time.sleep(SECOND_LOOK_S)
        after = self._listing().files
        files = whole(before.files, after)
        todo, _ = self._plan(replace(before, files=files), standings)
        changing = {file.id for file in after} - {file.id for file in files}
        shown = sum(below(name, self.places, self.root) for name, one in standings.items() if one.version is not None)
        missed = absences.look([name for name in todo.delete if name not in changing], shown, time.monotonic())
        if missed.too_many and missed.too_many != self._missed:
            note(
                f"{missed.too_many} of {shown} files are gone at once, as when a drive is not mounted: their documents "
                f"stay. If that is meant, stop and run: pitcrew ingest {self.root} --prune"
            )
        self._missed = missed.too_many
        return replace(todo, delete=missed.to_go)

    def _news(self, todo: Plan, failed: Sequence[Failure]) -> tuple[Failure, ...]:
        """Failures that were not told before, which are remembered: those of files as long as they do not change."""
        hashes = {file.id: file.content_hash for file in todo.files}
        new = tuple(
            failure for failure in failed if self._failed.get(failure.id) != hashes.get(failure.id, failure.message)
        )
        self._failed |= {failure.id: hashes.get(failure.id, failure.message) for failure in new}
        return new


@contextmanager
def existing_catalogue(settings: Settings) -> Iterator[Catalogue | None]:
    """The catalogue, for looking; None where there is no database of this version yet, and none is made."""
    if settings.embedded_sql and not Path(make_url(settings.sql_url).database or "").is_file():
        yield None
        return
    database = open_database(settings.sql_url)
    try:
        yield Catalogue(database) if revision(database) == head_revision() else None
    finally:
        database.dispose()
