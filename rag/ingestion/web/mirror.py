"""The folder that holds the pages of a site as files, with a note of where each came from."""

import codecs
import hashlib
import mimetypes
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import msgspec

from rag.ingestion.web.address import file_name, other_name
from rag.ingestion.web.network import Fetched
from rag.loaders import loader_for

_NOTES = ".pages.json"
_HTML = frozenset({"text/html", "application/xhtml+xml"})


class Kept(msgspec.Struct, frozen=True):
    """A page that is kept. `start`: the address that the crawl began with which found it; `etag` and `modified`: what
    the server called this state of it; `digest` of the bytes of the file."""

    file: str
    start: str
    etag: str = ""
    modified: str = ""
    digest: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the page only if it has changed."""
        named = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in named.items() if value}


class Mirror:
    """The pages of one host below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pages = self._noted()
        self._names = {page.file.lower(): address for address, page in self._pages.items()}

    def _noted(self) -> dict[str, Kept]:
        with suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode((self.folder / _NOTES).read_bytes(), type=dict[str, Kept])
        return {}

    def kept(self, address: str) -> Kept | None:
        """What is kept of a page, where its file is still there as it was written."""
        page = self._pages.get(address)
        if page is None:
            return None
        try:
            digest = _digest((self.folder / page.file).read_bytes())
        except OSError:
            return None
        return page if digest == page.digest else None

    def body(self, page: Kept) -> bytes:
        """What is in the file of a page. Raises OSError."""
        return (self.folder / page.file).read_bytes()

    def keep(self, address: str, start: str, answer: Fetched) -> None:
        """Keep a page, in a format that a loader reads (`suffix_of`). Raises OSError."""
        suffix = suffix_of(address, answer.media_type)
        if suffix is None:
            raise ValueError(f"no loader reads {answer.media_type}")
        before = self._pages.get(address)
        name = self._name(address, suffix)
        body = _as_utf8(answer)
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name[:60]}.part")
        draft.write_bytes(body)
        draft.replace(file)
        if before is not None and before.file != name.as_posix():
            (self.folder / before.file).unlink(missing_ok=True)
            self._names.pop(before.file.lower(), None)
        headers = answer.headers
        etag, modified = headers.get("etag", ""), headers.get("last-modified", "")
        self._pages[address] = Kept(name.as_posix(), start, etag, modified, _digest(body))
        self._names[name.as_posix().lower()] = address

    def _name(self, address: str, suffix: str) -> PurePosixPath:
        name = file_name(address, suffix)
        if self._names.get(name.as_posix().lower(), address) != address:
            name = other_name(name, address)
        return name

    def drop(self, addresses: set[str]) -> None:
        """Keep these pages no more."""
        for address in addresses & self._pages.keys():
            page = self._pages.pop(address)
            self._names.pop(page.file.lower(), None)
            (self.folder / page.file).unlink(missing_ok=True)

    def found_from(self, start: str) -> set[str]:
        """The addresses of the pages that a crawl from there has found at some time."""
        return {address for address, page in self._pages.items() if page.start == start}

    def save(self) -> None:
        """Note where the pages came from. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self.folder / f"{_NOTES}.part"
        draft.write_bytes(msgspec.json.format(msgspec.json.encode(dict(self._sorted()))))
        os.replace(draft, self.folder / _NOTES)

    def _sorted(self) -> Iterator[tuple[str, Kept]]:
        yield from sorted(self._pages.items())


def suffix_of(address: str, media_type: str) -> str | None:
    """The suffix of the loader that reads what a server calls so; None where none does."""
    if media_type in _HTML:
        return ".html"
    path = PurePosixPath(urlsplit(address).path)
    guesses = mimetypes.guess_all_extensions(media_type, strict=False)
    return next(
        (suffix for suffix in (path.suffix.lower(), *guesses) if suffix and loader_for(Path(f"x{suffix}"))), None
    )


def _as_utf8(answer: Fetched) -> bytes:
    """The body; text of an encoding that only the server's header names is written as UTF-8."""
    if not answer.media_type.startswith("text/") or answer.charset in ("", "utf-8", "utf8"):
        return answer.body
    try:
        return codecs.BOM_UTF8 + answer.body.decode(answer.charset).encode()
    except (LookupError, UnicodeDecodeError):
        return answer.body


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
