"""Web addresses for `pitcrew ingest`: the pages are fetched into the data folder, and ingested from there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import typer

from api.cli.ingestion import Done, Ingestion
from api.cli.terminal.output import note, progress
from api.failure import CommandFailed
from api.settings import Settings
from rag.ingestion.scan import Failure
from rag.ingestion.web.address import BadAddress, folder_name, normal
from rag.ingestion.web.crawl import Crawl, Crawled
from rag.ingestion.web.mirror import Mirror
from rag.ingestion.web.network import Network, Unfetched

FOLDER = "web"
_SUBJECT = re.compile(r"[a-z][a-z0-9_-]{0,40}\Z")


@dataclass(frozen=True, slots=True)
class Reading:
    """How sites are read. `subject`: the first folder of the documents' names; `intranet`: also private networks."""

    subject: str
    most_pages: int
    intranet: bool = False


def ingest_sites(addresses: Sequence[str], reading: Reading, *, prune: bool, force: bool, quiet: bool) -> Done:
    """Read the sites one after the other, then ingest all of them. Pages that could not be had are among the failures.
    Raises CommandFailed where a site cannot be read at all, typer.BadParameter for what is no address or subject."""
    if not _SUBJECT.match(reading.subject):
        raise typer.BadParameter(
            f"A subject is one word in small letters, such as maintenance; not {reading.subject!r}."
        )
    try:
        starts = [normal(address) for address in addresses]
    except BadAddress as error:
        raise typer.BadParameter(str(error)) from error
    settings = Settings()
    root = settings.data_dir.resolve() / FOLDER
    network = Network(private=reading.intranet)
    mirrors = [Mirror(root / reading.subject / folder_name(urlsplit(start).netloc)) for start in starts]
    failed: list[Failure] = []
    try:
        for start, mirror in zip(starts, mirrors, strict=True):
            crawled = _crawl(Crawl(start, mirror, network, most_pages=reading.most_pages), prune=prune, quiet=quiet)
            failed += crawled.failed
            _say(start, crawled, quiet=quiet)
    finally:
        network.close()
    places = list(dict.fromkeys(mirror.folder for mirror in mirrors))
    done = Ingestion(settings, places, prune=prune, force=force, quiet=quiet, root=root).run()
    return replace(done, failed=(*failed, *done.failed))


def _crawl(crawl: Crawl, *, prune: bool, quiet: bool) -> Crawled:
    try:
        with progress("Fetching", quiet=quiet) as advance:
            return crawl.run(advance, prune=prune)
    except Unfetched as error:
        raise CommandFailed(str(error)) from error


def _say(start: str, crawled: Crawled, *, quiet: bool) -> None:
    if quiet:
        return
    counts = {
        "read": crawled.read,
        "unchanged": crawled.unchanged,
        "gone": crawled.gone,
        "failed": len(crawled.failed),
        "of formats that no loader reads": crawled.unread,
        "forbidden by robots.txt": crawled.forbidden,
        "that ask not to be kept": crawled.unwanted,
        "elsewhere": crawled.elsewhere,
    }
    always = ("read", "unchanged", "failed")
    note(f"{start}: {', '.join(f'{count} {what}' for what, count in counts.items() if count or what in always)}")
