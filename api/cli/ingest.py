"""`pitcrew ingest`: bring the knowledge base in line with a folder of documents."""

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.terminal.output import note, print_json
from api.failure import PARTIAL

if TYPE_CHECKING:
    from api.cli.ingestion import Done, Ingestion
    from api.settings import Settings
    from rag.ingestion.ingest import Plan
    from rag.ingestion.scan import Failure


DEFAULT_SUBJECT = "handbook"
MOST_PAGES = 500
GENTLE = 10
"""How nice it is to other processes: a server that answers goes first, and an idle machine works as fast as ever."""


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="The folder of a knowledge base; folders and files; or web addresses."),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be done and write nothing.")] = False,
    impact: Annotated[
        bool, typer.Option("--impact", help="With --dry-run: past questions whose sources would change.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Also take away documents whose file is no longer below PATH.")
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Read every file again, and take it also where an older version was chosen."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on: take in every change below PATH as it is made. Ctrl-C ends it.")
    ] = False,
    extract_only: Annotated[
        bool, typer.Option("--extract-only", help="Show what is read from the files; the knowledge base is left alone.")
    ] = False,
    subject: Annotated[
        str | None, typer.Option(help="Of a web address: which specialist's documents these are. [default: handbook]")
    ] = None,
    max_pages: Annotated[
        int | None, typer.Option(min=1, help="Of a web address: the most pages that are read. [default: 500]")
    ] = None,
    intranet: Annotated[
        bool, typer.Option("--intranet", help="Of a web address: also one of a private network.")
    ] = False,
    workers: Annotated[
        bool, typer.Option("--workers", help="Let `pitcrew worker` processes read and embed, on all their machines.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object per document on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress; only failures are named.")] = False,
) -> None:
    """Read documents into the knowledge base: new and changed files go in, unchanged ones are left alone.

    A single folder is the root that document names count from; its folders are the subjects. What lies in
    PITCREW_KNOWLEDGE_DIR keeps its place there. All changes are shown at once when all of them are ready, also by a
    server that is running. Stop it at any time: the same command again finishes the work.

    Of a web address every page at and below it is read, or every page of a sitemap: on the same host, as robots.txt
    allows. The same command again reads what has changed.

    With --workers each new or changed file is put on the queue of the workers of a cluster; what they do not come to,
    and the publication, is this command's work.

    Example: pitcrew ingest knowledge_base --prune
    Example: pitcrew ingest https://www.example.com/help/ --subject handbook
    """
    sites = any(is_address(path) for path in paths)
    _check(dry_run, impact=impact, watch=watch, extract_only=extract_only, workers=workers, but=sites or force)
    alone = all(is_address(path) for path in paths) and not (dry_run or watch or extract_only)
    _check_sites(sites, alone=alone, asked=subject is not None or max_pages is not None or intranet)
    os.nice(GENTLE)
    if sites:
        asked = (subject or DEFAULT_SUBJECT, max_pages or MOST_PAGES, intranet)
        _finish(_of_sites(paths, *asked, prune=prune, force=force, quiet=quiet), json=json, quiet=quiet)
        return
    files = [_existing(path) for path in paths]
    if extract_only:
        from api.cli.extract import extract_only as show

        show(files, json=json)
        return
    from api.cli.ingestion import Ingestion

    places = [path.resolve() for path in files]
    hidden = quiet or (watch and not sys.stderr.isatty())  # in a log, what was published is enough
    found = _settings(workers=workers)
    ingestion = Ingestion(found, places, prune=prune, force=force, quiet=hidden, careful=watch, workers=workers)
    if watch:
        from api.cli.folder_watch import watch as keep_watching

        keep_watching(ingestion, report=lambda done: _report(done, json=json, quiet=quiet, changes_only=True))
        return
    done = ingestion.foresee() if dry_run else ingestion.run()
    _finish(done, ingestion if impact else None, json=json, quiet=quiet)


def _finish(done: "Done", impact_of: "Ingestion | None" = None, *, json: bool, quiet: bool) -> None:
    _report(done, json=json, quiet=quiet)
    if impact_of is not None:
        from api.cli.impact import show_impact

        show_impact(impact_of, done.plan, json=json)
    if done.failed:
        raise typer.Exit(PARTIAL)


def _of_sites(
    paths: list[str], subject: str, most_pages: int, intranet: bool, *, prune: bool, force: bool, quiet: bool
) -> "Done":
    from api.cli.sites import Reading, ingest_sites

    reading = Reading(subject, most_pages, intranet=intranet)
    return ingest_sites(paths, reading, prune=prune, force=force, quiet=quiet)


def _settings(*, workers: bool) -> "Settings":
    """Raises BadSetting where workers are to help and none can."""
    from api.settings import Settings

    settings = Settings()
    if workers:
        from api.compose.worker import refuse_embedded

        refuse_embedded(settings)
    return settings


def is_address(path: str) -> bool:
    """Whether a person means a page on the web, and no file."""
    return path.lower().startswith(("http://", "https://"))


def _existing(path: str) -> Path:
    found = Path(path)
    if not os.path.lexists(found):
        raise typer.BadParameter(f"There is no file or folder {path!r}.")
    return found


def bring_in_line(folder: Path) -> None:
    """What `pitcrew ingest --prune` does with a folder, in this process and at full speed. Files that are left out are
    named and do not stop the rest."""
    from api.cli.ingestion import Ingestion
    from api.settings import Settings

    _report(Ingestion(Settings(), [folder.resolve()], prune=True).run(), json=False, quiet=False)


def _check(dry_run: bool, *, impact: bool, watch: bool, extract_only: bool, workers: bool, but: bool) -> None:
    """`but`: for something else that workers do not do."""
    if workers and (but or dry_run or extract_only):
        raise typer.BadParameter("--workers goes with files, and without --force, --dry-run and --extract-only.")
    if impact and not dry_run:
        raise typer.BadParameter("--impact looks ahead: use it with --dry-run.")
    if watch and dry_run:
        raise typer.BadParameter("--watch takes changes in, and --dry-run writes nothing: use one of them.")
    if extract_only and (watch or dry_run):
        raise typer.BadParameter("--extract-only stands alone: it writes nothing anyway.")


def _check_sites(sites: bool, *, alone: bool, asked: bool) -> None:
    """`asked`: for something that only sites have."""
    if sites and not alone:
        raise typer.BadParameter(
            "Web addresses go by themselves: without files, --dry-run, --watch and --extract-only."
        )
    if asked and not sites:
        raise typer.BadParameter("--subject, --max-pages and --intranet belong to web addresses.")


def lines(todo: "Plan", failed: Sequence["Failure"], other: Sequence[str]) -> Iterator[dict[str, str]]:
    """One object per document, by its name: what was done, or is to be done, and why not."""
    actions: dict[str, dict[str, str]] = {file.id: {"action": "add"} for file in todo.add}
    actions |= {file.id: {"action": "update"} for file in todo.update}
    actions |= {name: {"action": "skip"} for name in todo.skip}
    actions |= {name: {"action": "hold", "message": HOLD_REASON} for name in todo.hold}
    actions |= {name: {"action": "delete"} for name in todo.delete}
    actions |= {move.file.id: {"action": "move", "moved_from": move.source} for move in todo.move}
    actions |= {
        name: {"action": "ignore", "message": "This is no document, or of a format that no loader reads."}
        for name in other
    }
    actions |= {failure.id: {"action": "fail", "message": failure.message} for failure in failed}
    for name in sorted(actions):
        yield {"document": name} | actions[name]


HOLD_REASON = "The file is unchanged since another version was chosen, or none; --force takes the file."


def _report(done: "Done", *, json: bool, quiet: bool, changes_only: bool = False) -> None:
    if json:
        for line in lines(done.plan, done.failed, done.other):
            if not changes_only or line["action"] not in {"skip", "ignore", "hold"}:
                print_json(line)
    for failure in done.failed:
        note(f"failed: {failure.id}: {failure.message}")
    if quiet or (changes_only and done.plan.idle and not done.failed):
        return
    for name, standing in () if changes_only else done.holds.items():
        state = f"version {standing.version} (rolled back)" if standing.version else "taken away (docs remove)"
        note(f"kept: {name}: {state}; --force to take the file")
    note(f"{'Plan for ' if done.foreseen else ''}{done.root}: {_counts(done)}")
    if done.foreseen:
        note("Nothing was written. Run it without --dry-run to do this.")
    elif done.published is not None:
        passages = "1 passage" if done.chunks == 1 else f"{done.chunks} passages"
        came = f": {passages} came in, {done.embedded} embedded anew" if done.chunks else ""
        note(f"Published as generation {done.published.generation}{came}.")
    elif done.repaired:
        note(f"Passages that the indexes lacked and have now: {done.repaired}.")


def _counts(done: "Done") -> str:
    plan, names = done.plan, {failure.id for failure in done.failed}
    counts = [
        f"{sum(file.id not in names for file in plan.add)} added",
        f"{sum(file.id not in names for file in plan.update)} updated",
        *([f"{sum(move.file.id not in names for move in plan.move)} moved"] if plan.move else []),
        f"{len(plan.skip)} unchanged",
        f"{len(plan.delete)} deleted",
        *([f"{len(plan.hold)} kept as chosen"] if plan.hold else []),
        f"{len(done.failed)} failed",
        *([f"{len(done.other)} ignored (no documents, or no loader reads them)"] if done.other else []),
    ]
    return ", ".join(counts)
