"""Reading a site: the pages of a sitemap, or the pages that lead to one another below an address.

One page at a time, with a pause between two; what robots.txt forbids is not asked for, and nothing leaves the host.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from protego import Protego

from rag.file_bytes import MAX_BYTES
from rag.ingestion.scan import Failure
from rag.ingestion.web.address import BadAddress, Scope, normal
from rag.ingestion.web.mirror import Kept, Mirror, suffix_of
from rag.ingestion.web.network import AGENT, Fetched, Network, Unfetched
from rag.ingestion.web.page import page
from rag.ingestion.web.sitemap import MOST_BYTES, Sitemap, sitemap

PAUSE_S = 0.25
LONGEST_DELAY_S = 20.0
REDIRECTS = 5
MOST_SITEMAPS = 200
_ROBOTS_BYTES = 512 * 1024
_HTML = ".html"

Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Crawled:
    """What became of the pages. `complete`: everything that belongs to the site was looked at, so that what was not
    found is gone. Of `elsewhere` (another host or path), `forbidden` (by robots.txt), `unwanted` (the page asks not to
    be kept) and `unread` (a format that no loader reads) the numbers."""

    read: int = 0
    unchanged: int = 0
    gone: int = 0
    elsewhere: int = 0
    forbidden: int = 0
    unwanted: int = 0
    unread: int = 0
    failed: list[Failure] = field(default_factory=list)
    complete: bool = True


class Crawl:
    """One reading of a site, from an address in normal form into a mirror."""

    def __init__(
        self,
        start: str,
        mirror: Mirror,
        network: Network,
        *,
        most_pages: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._start = start
        self._mirror = mirror
        self._network = network
        self._most = most_pages
        self._sleep = sleep
        self._scope = Scope.around(start)
        self._follows = True
        self._waiting: deque[str] = deque()
        self._known: set[str] = set()
        self._held: set[str] = set()
        self._done = Crawled()
        self._pause = PAUSE_S

    def run(self, progress: Progress, *, prune: bool = False) -> Crawled:
        """Fetch every page, and with `prune` drop those that are there no more. Raises Unfetched where the site, or
        the first page, cannot be had, and OSError where a page cannot be kept."""
        robots = self._robots()
        self._pause = max(PAUSE_S, min(robots.crawl_delay(AGENT) or 0, LONGEST_DELAY_S))
        try:
            self._begin(robots)
            for done, address in enumerate(self._pages()):
                progress(done, done + 1 + len(self._waiting), address)
                self._visit(address, robots)
            if prune and self._done.complete:
                gone = self._mirror.found_from(self._start) - self._held
                self._done.gone = len(gone)
                self._mirror.drop(gone)
        finally:
            self._mirror.save()
        progress(len(self._held), len(self._held), "")
        return self._done

    def _pages(self) -> Iterator[str]:
        """What is to be visited, while it grows."""
        number = 0
        while self._waiting:
            if number == self._most:
                self._done.complete = False
                left = len(self._waiting)
                self._done.failed.append(
                    Failure(self._start, f"{left} further pages were left out: --max-pages says how many are read.")
                )
                return
            number += 1
            yield self._waiting.popleft()

    def _robots(self) -> Protego:
        parts = urlsplit(self._start)
        address = urlunsplit((parts.scheme, parts.netloc, "/robots.txt", "", ""))
        answer, _ = self._followed(address, _ROBOTS_BYTES, Scope(parts.netloc, "/"))
        if answer is None:
            return Protego.parse("")
        if answer.status >= 500 or answer.status == 429:
            raise Unfetched(
                f"{address} cannot be read ({answer.status}), so nobody knows what may be: try again later."
            )
        return Protego.parse(answer.body.decode("utf-8", "replace"))

    def _begin(self, robots: Protego) -> None:
        """Find out whether the address is a page or a sitemap, and what belongs to it."""
        if not robots.can_fetch(self._start, AGENT):
            raise Unfetched(f"robots.txt of {self._scope.host} asks programs not to read {self._start}.")
        answer, at = self._followed(self._start, MOST_BYTES, self._scope.whole)
        if answer is None:
            raise Unfetched(f"{self._start} leads to another host, {at}: give that address.")
        if answer.status != 200:
            raise Unfetched(f"{self._start} cannot be had: the server says {answer.status}.")
        listed = sitemap(answer.body)
        if listed is None:
            self._scope = Scope.around(at)
            self._await(at)
            named = list(robots.sitemaps)
        else:
            self._scope, self._follows = self._scope.whole, False
            named = [at]
        for address in self._listed(named, {at: listed} if listed else {}):
            self._await(address)

    def _listed(self, named: list[str], read: dict[str, Sitemap]) -> Iterator[str]:
        """The pages of these sitemaps, and of those that they name."""
        waiting, seen = deque(named), set[str]()
        while waiting and len(seen) < MOST_SITEMAPS:
            address = waiting.popleft()
            if address in seen:
                continue
            seen.add(address)
            found = read.get(address) or self._sitemap(address)
            if found is None:
                continue
            waiting.extend(found.sitemaps)
            yield from found.pages

    def _sitemap(self, written: str) -> Sitemap | None:
        try:
            self._sleep(self._pause)
            answer, _ = self._followed(normal(written), MOST_BYTES, self._scope.whole)
        except (BadAddress, Unfetched) as error:
            self._failed(written, str(error))
            return None
        return sitemap(answer.body) if answer is not None and answer.status == 200 else None

    def _await(self, written: str) -> None:
        try:
            address = normal(written, self._start)
        except BadAddress:
            return
        if address in self._known:
            return
        self._known.add(address)
        if address in self._scope:
            self._waiting.append(address)
        else:
            self._done.elsewhere += 1

    def _visit(self, address: str, robots: Protego) -> None:
        if not robots.can_fetch(address, AGENT):
            self._done.forbidden += 1
            return
        kept = self._mirror.kept(address)
        self._sleep(self._pause)
        try:
            answer, at = self._followed(address, MAX_BYTES, self._scope, kept)
        except Unfetched as error:
            self._failed(address, str(error))
            return
        if answer is None:
            self._done.elsewhere += 1
        elif at != address and at in self._known:
            return
        elif answer.status == 304 and kept is not None:
            self._done.unchanged += 1
            self._hold(at, Fetched(304, {**answer.headers}, self._mirror.body(kept)), html=kept.file.endswith(_HTML))
        elif answer.status in (404, 410):
            self._done.complete = self._done.complete and address != self._start
        elif 400 <= answer.status < 500 and answer.status != 429 and address != self._start:
            self._done.failed.append(
                Failure(address, f"This page is not for everybody: the server says {answer.status}.")
            )
        elif answer.status != 200:
            self._failed(address, f"The server says {answer.status}: try again later.")
        else:
            self._take(at, answer, robots)

    def _take(self, address: str, answer: Fetched, robots: Protego) -> None:
        self._known.add(address)
        suffix = suffix_of(address, answer.media_type)
        if suffix is None or not answer.body.strip():
            self._done.unread += 1
        elif not robots.can_fetch(address, AGENT):
            self._done.forbidden += 1
        elif self._hold(address, answer, html=suffix == _HTML):
            before = self._mirror.kept(address)
            self._mirror.keep(address, self._start, answer)
            after = self._mirror.kept(address)
            same = before is not None and after is not None and before.digest == after.digest
            self._done.unchanged += same
            self._done.read += not same

    def _hold(self, address: str, answer: Fetched, *, html: bool) -> bool:
        """Follow where a page leads; whether it is to be kept."""
        if html:
            found = page(answer.body, address, answer.headers, answer.charset)
            for link in found.links if self._follows else ():
                self._await(link)
            if not found.kept:
                self._done.unwanted += 1
                return False
        self._held.add(address)
        return True

    def _followed(self, address: str, most: int, scope: Scope, kept: Kept | None = None) -> tuple[Fetched | None, str]:
        """What is at the address, or where it leads to, and its address there; nothing where that is outside."""
        for _ in range(REDIRECTS + 1):
            answer = self._network.fetch(address, most, kept.conditions if kept else None)
            if answer.location is None:
                return answer, address
            try:
                address = normal(answer.location, address)
            except BadAddress as error:
                raise Unfetched(f"The page leads nowhere: {error}") from error
            if address not in scope:
                return None, address
            kept = None
        raise Unfetched(f"The page leads on more than {REDIRECTS} times.")

    def _failed(self, address: str, message: str) -> None:
        self._done.complete = False
        self._done.failed.append(Failure(address, message))
